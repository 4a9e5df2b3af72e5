/** Both sides of numbers that are not plainly equal, read in full: lines, attempts by number, refunds, and where else a row of them stands. */
import type { Db, Document } from 'mongodb';
import type { Attempt } from '../../domain/attempt.ts';
import type { BusinessDate, Instant } from '../../domain/clock.ts';
import type { Ours } from '../../domain/match.ts';
import type { Refund } from '../../domain/refund.ts';
import type { KeptLine, StatementStore } from '../../flows/statement-store.ts';
import { fromDoc } from '../codec.ts';
import { numberOf } from '../day-keys.ts';
import { fromLineDoc, lineId } from '../statement-lines.ts';
import type { Crossings } from './crossings.ts';

type Known = Pick<
  Attempt,
  | 'id'
  | 'lenderId'
  | 'mandateId'
  | 'outTradeNo'
  | 'channelTradeNo'
  | 'accountLast4'
  | 'amount'
  | 'state'
  | 'takenOn'
  | 'returnedOn'
  | 'createdAt'
  | 'movedAt'
>;
const FIELDS = {
  ...{ lenderId: 1, mandateId: 1, outTradeNo: 1, channelTradeNo: 1, accountLast4: 1, amount: 1, state: 1, takenOn: 1, returnedOn: 1 },
  ...{ createdAt: 1, movedAt: 1 },
};

export type Both = { ours: Ours[]; theirs: KeptLine[] };

export class Records {
  /** Mandates of records handed out, for the fall-backs. */
  readonly mandateOf = new Map<string, string>();

  constructor(
    private readonly db: Db,
    private readonly statements: StatementStore,
    private readonly of: Readonly<{ channel: string; businessDate: BusinessDate; statementId: string; cutOff: Instant }>,
    private readonly crossings: Crossings,
    /** Refunds of the day by the number of the order they refund. */
    private readonly refundsOf: ReadonlyMap<string, readonly Refund[]>,
  ) {}

  /** The lines at these places, in no order. */
  async lines(places: readonly number[]): Promise<KeptLine[]> {
    if (!places.length) return [];
    const ids = places.map((n) => lineId(this.of.statementId, n));
    const docs = await this.db
      .collection<Document>('statementLines')
      .find({ _id: { $in: ids as never[] } })
      .toArray();
    return docs.map(fromLineDoc);
  }

  refunds(refundNos: readonly string[]): Promise<Refund[]> {
    if (!refundNos.length) return Promise.resolve([]);
    return this.db
      .collection<Document>('refunds')
      .find({ channel: this.of.channel, refundNo: { $in: refundNos as string[] } })
      .toArray()
      .then((docs) => docs.map((d) => fromDoc<Refund>(d)));
  }

  /** Whole groups of `keys`, with these lines among them; by order number. */
  async groups(keys: readonly string[], lines: readonly KeptLine[]): Promise<Map<string, Both>> {
    const groups = new Map<string, Both>();
    const at = (number: string): Both => {
      const there = groups.get(number);
      if (there) return there;
      const fresh = { ours: [], theirs: [] };
      groups.set(number, fresh);
      return fresh;
    };
    for (const line of lines) at(line.outTradeNo as string).theirs.push(line);
    for (const key of keys) at(numberOf(key));
    const attempts = await this.attempts([...groups.keys()]);
    const elsewhere = await this.rowsElsewhere(attempts, groups);
    await this.crossings.know(
      attempts.flatMap(({ outTradeNo }) => (['payment', 'return'] as const).map((kind) => ({ kind, outTradeNo, refundNo: null }))),
    );
    for (const attempt of attempts) at(attempt.outTradeNo).ours.push(...this.oursOf(attempt, elsewhere));
    const refunds = new Map<string, Refund>();
    for (const number of groups.keys()) for (const r of this.refundsOf.get(number) ?? []) refunds.set(r.id, r);
    const named = lines.flatMap((l) => (l.kind === 'refund' && l.refundNo !== null ? [l.refundNo] : []));
    for (const r of await this.refunds(named)) refunds.set(r.id, r);
    await this.knowElsewhere([...refunds.values()]);
    for (const r of refunds.values()) if (r.outTradeNo !== null) groups.get(r.outTradeNo)?.ours.push(this.refundOf(r));
    return groups;
  }

  private async attempts(numbers: readonly string[]): Promise<Known[]> {
    const docs = await this.db
      .collection<Document>('attempts')
      .find({ channel: this.of.channel, outTradeNo: { $in: numbers as string[] } }, { projection: FIELDS })
      .toArray();
    return docs.map((d) => fromDoc<Known>(d));
  }

  /** Reads which files have rows of these refunds already, before they are made records. */
  knowElsewhere(refunds: readonly Refund[]): Promise<void> {
    return this.crossings.know(refunds.map(thingOfRefund));
  }

  /** Debits that the bank had not decided, or decided without our hearing of it: what a row without our number may be of. */
  async open(limit: number): Promise<Ours[]> {
    const docs = await this.db
      .collection<Document>('attempts')
      .find({ channel: this.of.channel, state: 'unknown' }, { projection: FIELDS, limit })
      .toArray();
    return docs.flatMap((d) => this.oursOf(fromDoc<Known>(d), new Set()));
  }

  /** Of records of other days: those whose own day's file has their row, as 'DAY kind number'. */
  private async rowsElsewhere(attempts: readonly Known[], groups: ReadonlyMap<string, Both>): Promise<ReadonlySet<string>> {
    const { channel, businessDate } = this.of;
    const days = new Map<BusinessDate, string[]>();
    for (const a of attempts)
      for (const [kind, day] of [
        ['payment', a.takenOn],
        ['return', a.returnedOn],
      ] as const)
        if (day !== null && day !== businessDate && groups.get(a.outTradeNo)?.theirs.some((t) => t.kind === kind))
          days.set(day, [...(days.get(day) ?? []), a.outTradeNo]);
    const found = new Set<string>();
    for (const [day, numbers] of days) {
      const file = await this.statements.accepted({ kind: 'channel', source: channel }, day);
      if (!file) continue;
      for (const line of await this.statements.linesOf([file.id], numbers))
        if (line.status === 'succeeded') found.add(`${day} ${line.kind} ${line.outTradeNo}`);
    }
    return found;
  }

  private oursOf(a: Known, elsewhere: ReadonlySet<string>): Ours[] {
    this.mandateOf.set(a.id, a.mandateId);
    const base = {
      attemptId: a.id,
      lenderId: a.lenderId,
      outTradeNo: a.outTradeNo,
      refundNo: null,
      channelTradeNo: a.channelTradeNo,
      mandateRef: null,
      accountLast4: a.accountLast4,
      ...a.amount,
      state: a.state,
    };
    const one = (kind: 'payment' | 'return', day: BusinessDate | null, at: Instant | null): Ours => {
      const own = day !== null && elsewhere.has(`${day} ${kind} ${a.outTradeNo}`) ? day : null;
      return { ...base, kind, day, at, matchedIn: this.crossings.fileOf({ ...base, kind }) ?? own };
    };
    // The last move is the debit's own unless it came later, as a late answer or a return does: then the debit itself is all that is known.
    const taken = a.state === 'succeeded' && a.movedAt <= this.of.cutOff ? a.movedAt : a.createdAt;
    const back = a.movedAt <= this.of.cutOff ? a.movedAt : null;
    // A row that no return of ours stands with yet has claimed it all the same.
    const isBack = a.returnedOn !== null || this.crossings.fileOf({ ...base, kind: 'return' }) !== null;
    return [one('payment', a.takenOn, taken), ...(isBack ? [one('return', a.returnedOn, back)] : [])];
  }

  refundOf(r: Refund): Ours {
    const thing = thingOfRefund(r);
    return {
      ...thing,
      attemptId: r.receiptId,
      lenderId: r.lenderId,
      channelTradeNo: r.channelTradeNo,
      mandateRef: null,
      accountLast4: null,
      ...r.amount,
      state: r.state,
      day: r.paidOn,
      at: r.movedAt <= this.of.cutOff ? r.movedAt : null,
      matchedIn: this.crossings.fileOf(thing),
    };
  }
}

const thingOfRefund = (r: Refund) => ({ kind: 'refund' as const, outTradeNo: r.outTradeNo as string, refundNo: r.refundNo });
