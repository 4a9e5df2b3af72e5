/**
 * The simulated text-message gateway: an outbox of its own, delivery reports seconds to minutes later, and outcomes by the last four digits.
 * At most one row a message id: a repeat is refused and counted.
 */
import { createHash, createHmac } from 'node:crypto';
import { type Collection, type Db, MongoBulkWriteError, MongoServerError } from 'mongodb';
import { type Clock, type Instant, plusMs } from '../../domain/clock.ts';
import { DulyError } from '../../domain/errors.ts';
import { Grouped } from '../../grouped.ts';
import type { DeliveryReport, Message, SendOutcome, SmsGateway } from '../gateway.ts';

/** Shares from 0 to 1 of all messages, decided by a hash of (seed, receiver, words). */
export type SmsFaultRates = Readonly<{ lostAnswer: number; notDelivered: number; queueFull: number; latencyMs: number }>;

export type SimulatorSmsOptions = Readonly<{
  db: Db;
  clock: Clock;
  seed: string | number;
  faults?: Partial<SmsFaultRates>;
  /** Waits `latencyMs` before each answer; only needed where that is above 0. */
  wait?: (ms: number) => Promise<void>;
}>;

/** One message taken by the gateway. `repeats` counts how often the same id came again. */
export type SimulatorSmsRow = Readonly<{
  _id: string;
  gatewayNo: string;
  /** Keyed hash of the number. */
  to: string;
  toLast4: string;
  template: string;
  language: string;
  text: string;
  sentAt: Instant;
  reportAt: Instant;
  reportState: 'delivered' | 'failed';
  rawCode: string;
  /** Place in the stream of reports; null until it was told. */
  told: number | null;
  repeats: number;
}>;

export type SimulatorSms = Readonly<{
  gateway: SmsGateway;
  /** When the next delivery report is due; null: none is. */
  nextDue(): Promise<Instant | null>;
  /** What was sent, oldest first; of one number where given. For tests. */
  outbox(to?: string): Promise<SimulatorSmsRow[]>;
  /** Messages sent, repeats refused, sends refused. */
  counts(): Promise<Readonly<{ sent: number; repeats: number; refused: number }>>;
}>;

type MagicNumber = Readonly<{ last4: string; title: string; does: 'delivered' | 'notDelivered' | 'lostAnswer' | 'queueFull' | Refusal }>;
type Refusal = Readonly<{ rawCode: string; rawText: string; again: 'later' | 'once' | 'never'; optOut: boolean }>;

/** Outcome by the last four digits of the receiver's number; any other number is delivered. The reply codes are Twilio's. */
export const MAGIC_NUMBERS: readonly MagicNumber[] = [
  { last4: '0019', title: 'is delivered', does: 'delivered' },
  { last4: '0027', title: 'is sent, and reported not delivered', does: 'notDelivered' },
  { last4: '0035', title: 'is sent, but the answer is lost: unsure, then reported delivered', does: 'lostAnswer' },
  {
    last4: '0043',
    title: 'has opted out',
    does: { rawCode: '21610', rawText: 'the receiver sent STOP', again: 'never', optOut: true },
  },
  {
    last4: '0050',
    title: 'is no valid number',
    does: { rawCode: '21211', rawText: 'not a valid number', again: 'never', optOut: false },
  },
  { last4: '0068', title: 'finds the queue full the first time, then is delivered', does: 'queueFull' },
  {
    last4: '0076',
    title: 'is out of reach each time: one more try is worth it',
    does: { rawCode: '30003', rawText: 'out of reach', again: 'once', optOut: false },
  },
];

const QUEUE_FULL: Refusal = { rawCode: '30001', rawText: 'the queue is full', again: 'later', optOut: false };
const REPEAT: Refusal = { rawCode: 'REPEAT', rawText: 'this message id was sent before', again: 'never', optOut: false };
const BATCH = 500;

type RefusalRow = Readonly<{ _id: string; tries: number }>;
type CounterRow = Readonly<{ _id: 'told'; n: number }>;

/** Opens the gateway on its own `simsms_` collections; several processes may have it open on one database. */
export async function openSimulatorSms(options: SimulatorSmsOptions): Promise<SimulatorSms> {
  const faults: SmsFaultRates = { lostAnswer: 0, notDelivered: 0, queueFull: 0, latencyMs: 0, ...options.faults };
  if (faults.latencyMs > 0 && !options.wait)
    throw new DulyError('SIMULATOR_OPTIONS', 'latencyMs needs `wait`: pass a function that sleeps');
  const outbox: Collection<SimulatorSmsRow> = options.db.collection('simsms_outbox');
  await outbox.createIndexes([
    { key: { told: 1, reportAt: 1, _id: 1 }, name: 'reports' },
    { key: { to: 1, sentAt: 1 }, name: 'receiver' },
  ]);
  await options.db.createCollection('simsms_state').catch((error) => {
    if (!(error instanceof MongoServerError) || error.codeName !== 'NamespaceExists') throw error;
  });
  const sms = new Gateway(options, faults, outbox);
  return { gateway: sms, nextDue: () => sms.nextDue(), outbox: (to) => sms.sent(to), counts: () => sms.counts() };
}

class Gateway implements SmsGateway {
  readonly name = 'simulator';
  private readonly seed: string;
  private readonly refusals: Collection<RefusalRow>;
  private readonly state: Collection<CounterRow>;
  /** Takes messages many at a time; false for one whose id is there already. */
  private readonly taken = new Grouped<SimulatorSmsRow, boolean>((rows) => this.take(rows));

  constructor(
    private readonly options: SimulatorSmsOptions,
    private readonly faults: SmsFaultRates,
    private readonly outbox: Collection<SimulatorSmsRow>,
  ) {
    this.seed = String(options.seed);
    this.refusals = options.db.collection('simsms_refused');
    this.state = options.db.collection('simsms_state');
  }

  async send(message: Message): Promise<SendOutcome> {
    if (this.faults.latencyMs > 0) await this.options.wait?.(this.faults.latencyMs);
    const does = this.doesWith(message);
    if (typeof does === 'object') return this.refuse(message, does);
    if (does === 'queueFull' && (await this.tries(message)) === 0) return this.refuse(message, QUEUE_FULL);
    const row = this.rowOf(message, does === 'notDelivered');
    if (!(await this.taken.do(row))) {
      await this.outbox.updateOne({ _id: message.id }, { $inc: { repeats: 1 } });
      return { kind: 'failed', ...REPEAT };
    }
    return does === 'lostAnswer'
      ? { kind: 'unknown', error: 'no answer within the time allowed' }
      : { kind: 'sent', gatewayNo: row.gatewayNo };
  }

  private async take(rows: readonly SimulatorSmsRow[]): Promise<boolean[]> {
    try {
      await this.outbox.insertMany([...rows], { ordered: false });
      return rows.map(() => true);
    } catch (error) {
      if (!(error instanceof MongoBulkWriteError) || error.code !== 11000) throw error;
      const refused = new Set([error.writeErrors].flat().map((e) => e.index));
      return rows.map((_, k) => !refused.has(k));
    }
  }

  /** Reports get their number when they fall due, in one transaction with the counter: none ever appears below a number already told. */
  async reports(cursor: string | null, limit: number): Promise<{ items: DeliveryReport[]; cursor: string | null }> {
    const after = Number(cursor ?? 0);
    if (!Number.isSafeInteger(after)) throw new RangeError(`not a cursor of this gateway: ${cursor}`);
    await this.tell(this.options.clock.now());
    const rows = await this.outbox.find({ told: { $gt: after } }, { sort: { told: 1 }, limit }).toArray();
    const last = rows.at(-1);
    return { items: rows.map(reportOf), cursor: last ? String(last.told) : cursor };
  }

  async nextDue(): Promise<Instant | null> {
    return (await this.outbox.findOne({ told: null }, { sort: { told: 1, reportAt: 1 } }))?.reportAt ?? null;
  }

  async sent(to?: string): Promise<SimulatorSmsRow[]> {
    return this.outbox.find(to ? { to: this.hash(to) } : {}, { sort: { sentAt: 1, _id: 1 } }).toArray();
  }

  async counts(): Promise<{ sent: number; repeats: number; refused: number }> {
    const [sums] = await this.outbox.aggregate([{ $group: { _id: null, sent: { $sum: 1 }, repeats: { $sum: '$repeats' } } }]).toArray();
    const [refused] = await this.refusals.aggregate([{ $group: { _id: null, n: { $sum: '$tries' } } }]).toArray();
    return { sent: sums?.sent ?? 0, repeats: sums?.repeats ?? 0, refused: refused?.n ?? 0 };
  }

  private doesWith(message: Message): MagicNumber['does'] {
    const magic = MAGIC_NUMBERS.find((m) => m.last4 === message.to.slice(-4));
    if (magic) return magic.does;
    const rolls = (share: number, what: string) => share > 0 && this.chance(what, message) < share;
    if (rolls(this.faults.queueFull, 'queue')) return 'queueFull';
    if (rolls(this.faults.lostAnswer, 'answer')) return 'lostAnswer';
    return rolls(this.faults.notDelivered, 'delivery') ? 'notDelivered' : 'delivered';
  }

  private rowOf(message: Message, lost: boolean): SimulatorSmsRow {
    const sentAt = this.options.clock.now();
    const delayMs = 5_000 + Math.floor(this.chance('delay', message) * 295_000);
    return {
      _id: message.id,
      gatewayNo: `SM${this.hash(`gateway ${message.id}`)}`,
      to: this.hash(message.to),
      toLast4: message.to.slice(-4),
      template: message.template,
      language: message.language,
      text: message.text,
      sentAt,
      reportAt: plusMs(sentAt, delayMs),
      reportState: lost ? 'failed' : 'delivered',
      rawCode: lost ? '30005' : 'DELIVRD',
      told: null,
      repeats: 0,
    };
  }

  private async tell(now: Instant): Promise<void> {
    const { client } = this.options.db;
    for (let told = BATCH; told === BATCH; ) {
      if (!(await this.outbox.findOne({ told: null, reportAt: { $lte: now } }, { projection: { _id: 1 } }))) return;
      told = await client.withSession((session) =>
        session.withTransaction(async () => {
          const filter = { told: null, reportAt: { $lte: now } };
          const due = await this.outbox.find(filter, { session, sort: { reportAt: 1, _id: 1 }, limit: BATCH }).toArray();
          if (due.length === 0) return 0;
          const change = { $inc: { n: due.length } };
          const counter = await this.state.findOneAndUpdate({ _id: 'told' }, change, { session, upsert: true, returnDocument: 'after' });
          const before = (counter?.n ?? due.length) - due.length;
          const moves = due.map((row, k) => ({ updateOne: { filter: { _id: row._id }, update: { $set: { told: before + k + 1 } } } }));
          await this.outbox.bulkWrite(moves, { session });
          return due.length;
        }),
      );
    }
  }

  private async refuse(message: Message, refusal: Refusal): Promise<SendOutcome> {
    await this.refusals.updateOne({ _id: message.id }, { $inc: { tries: 1 } }, { upsert: true });
    return { kind: 'failed', ...refusal };
  }

  private async tries(message: Message): Promise<number> {
    return (await this.refusals.findOne({ _id: message.id }))?.tries ?? 0;
  }

  private hash(text: string): string {
    return createHmac('sha256', `sms ${this.seed}`).update(text).digest('hex').slice(0, 32);
  }

  /** By what the message says and to whom, never by its id: a run that draws its ids in another order meets the same fates. */
  private chance(what: string, { to, template, language, text }: Message): number {
    const digest = createHash('sha256').update([this.seed, what, to, template, language, text].join('\u0000')).digest();
    return digest.readUIntBE(0, 6) / 2 ** 48;
  }
}

const reportOf = (row: SimulatorSmsRow): DeliveryReport => ({
  id: `${row.gatewayNo}:${row.reportState}`,
  gatewayNo: row.gatewayNo,
  messageId: row._id,
  state: row.reportState,
  at: row.reportAt,
  rawCode: row.rawCode,
});
