/**
 * What an answer does to a refund: the row, its receipt's plan and attempt, and the posting go in one transaction, without a lease; each document
 * is guarded by the version it was read at. Whoever heard the answer comes here: the sender, the asker, reconciliation, a person.
 */
import type { Answer, Outcome } from '../../channels/channel.ts';
import { ACCEPTED_RUNG, askAfter, PERSON_AFTER } from '../../domain/ask-ladder.ts';
import type { Attempt, Evidence } from '../../domain/attempt.ts';
import { refundReceipt, unrefundReceipt } from '../../domain/booking.ts';
import { bankDayOf } from '../../domain/channel-profile.ts';
import { type BusinessDate, dateIn, type Instant } from '../../domain/clock.ts';
import { type Discrepancy, NEW_DISCREPANCY } from '../../domain/discrepancy.ts';
import { NotFound } from '../../domain/errors.ts';
import type { NewEvent } from '../../domain/event.ts';
import type { Plan } from '../../domain/plan.ts';
import { isSent, type Refund } from '../../domain/refund.ts';
import type { Actor } from '../actor.ts';
import { settleOrReopen } from '../record.ts';
import { untilFresh } from '../stale.ts';
import type { Tx } from '../store.ts';
import type { World } from '../world.ts';
import { type RefundStep, stepped } from './event.ts';
import { shortage, shortageKey } from './shortage.ts';
import { cashAccountOf } from './way.ts';

export type RefundSaid = Readonly<{ refundId: string; said: Outcome | Answer; evidence: Evidence; actor: Actor }>;

const ROUNDS = 5;
/** On these words alone what was final is changed. */
const BINDING: ReadonlySet<Evidence['kind']> = new Set(['statement', 'person']);

/**
 * Records what was said of a refund; repeating it changes nothing. Answers the refund afterwards. Throws NotFound; IllegalTransition for a
 * person's word that its state does not take; Conflict REFUND_TOO_LARGE where a late success meets a receipt that was given back otherwise.
 */
export const refundAnswered = (world: World, said: RefundSaid): Promise<Refund> =>
  untilFresh(ROUNDS, () => world.store.transact((tx) => answerOnce(world, tx, said)));

async function answerOnce(world: World, tx: Tx, said: RefundSaid): Promise<Refund> {
  const [before] = await tx.rows<Refund>('refunds', [said.refundId]);
  if (!before) throw new NotFound('refund', said.refundId);
  const [plan] = await tx.plans([before.planId]);
  const [attempt = null] = before.receiptId.startsWith('att_') ? await tx.attempts([before.receiptId]) : [];
  const [lender] = await world.store.work.lenders([before.lenderId]);
  if (!plan || !lender) throw new NotFound('plan', before.planId);
  const now = world.clock.now();
  const heard = new Hearing(world, before, plan, attempt, lender.timeZone, said, now);
  heard.hear();
  if (heard.row === before && !heard.discrepancies.length) return before;
  const row: Refund = { ...heard.row, version: before.version + 1 };
  const events = [...heard.events];
  const moved = heard.plan === plan ? null : afterMove(heard.plan, plan, row, now, events);
  const moves = attempt && heard.refundedBy !== 0;
  await tx.write(
    {
      events,
      rows: { refunds: [row] },
      plans: moved ? [moved] : [],
      attempts: moves ? [{ id: attempt.id, eventN: attempt.eventN, set: { refundedMinor: attempt.refundedMinor + heard.refundedBy } }] : [],
      newDiscrepancies: heard.discrepancies.map((d) => ({ ...d, id: world.ids.next('dis') })),
      closeDiscrepancies: heard.closes.map((key) => ({ key, at: now })),
    },
    null,
  );
  return row;
}

function afterMove(plan: Plan, before: Plan, refund: Refund, now: Instant, events: NewEvent[]): Plan {
  const nextAction = { kind: 'decide' as const, at: now, because: `refund ${refund.refundNo} ${refund.state}` };
  return settleOrReopen({ ...plan, version: before.version + 1, nextAction }, now, events);
}

class Hearing {
  readonly events: NewEvent[] = [];
  readonly discrepancies: Omit<Discrepancy, 'id'>[] = [];
  readonly closes: string[] = [];
  /** Minor units by which the receipt's refunds grew. */
  refundedBy = 0;

  constructor(
    private readonly world: World,
    public row: Refund,
    public plan: Plan,
    private readonly attempt: Attempt | null,
    private readonly zone: string,
    private readonly heard: RefundSaid,
    private readonly now: Instant,
  ) {}

  hear(): void {
    const { said, evidence } = this.heard;
    const binding = BINDING.has(evidence.kind);
    const person = evidence.kind === 'person';
    const waits = isSent(this.row.state);
    switch (said.kind) {
      case 'succeeded':
        if (!waits && !(binding && this.row.state === 'failed') && !person) break;
        if (!person && !this.fits(said.echo.amount, said.echo.at)) this.mismatch(said.echo.amount, 'does not fit what was asked');
        else if (!binding && this.row.amount.minor > this.left)
          this.mismatch(said.echo.amount, 'is that it went out, and what it is of was given back already');
        else this.succeed(said.channelTradeNo, said.echo.at);
        break;
      case 'accepted':
        if (this.row.state === 'unknown') this.step({ move: 'accept' });
        if (waits) this.later(Math.max(this.row.asks, ACCEPTED_RUNG), { channelTradeNo: said.channelTradeNo });
        break;
      case 'failed':
        if (waits || person) this.step({ move: 'fail', set: { askAt: null } });
        else if (binding && this.row.state === 'succeeded') this.bounce(this.now);
        break;
      case 'returned':
        if (waits) this.succeed(said.channelTradeNo, said.echo.at);
        if (this.row.state === 'succeeded' || person) this.bounce(said.at);
        break;
      case 'duplicate':
      case 'unknown':
        if (this.row.state === 'processing') this.step({ move: 'lose' });
        if (waits) this.later(this.row.asks);
        break;
      case 'notFound':
      case 'unsent':
        if (waits) this.later(this.row.asks);
        break;
    }
    if (!isSent(this.row.state)) this.closes.push(unresolvedKey(this.row));
    else if (this.row.asks > PERSON_AFTER)
      this.tell('unresolved', unresolvedKey(this.row), `there is no final answer on refund ${this.row.refundNo}`);
  }

  private succeed(tradeNo: string, at: Instant): void {
    const { row, now } = this;
    const { plan, posting } = refundReceipt(this.plan, row.receiptId, row.amount.minor, cashAccountOf(row), this.today);
    this.plan = plan;
    this.refundedBy += row.amount.minor;
    this.step({ move: 'succeed', set: { channelTradeNo: tradeNo, paidOn: this.dayOf(at), askAt: null }, posting });
    if (this.goneBack && this.attempt)
      this.discrepancies.push(shortage(this.attempt, shortageKey(row.id, 0), cashAccountOf(row), row.amount.minor, now));
  }

  /** It came back: what it had re-opened is paid again, or it is owed to the borrower once more. */
  private bounce(at: Instant): void {
    const { row } = this;
    const { plan, posting } = unrefundReceipt(this.plan, row.receiptId, row.amount.minor, cashAccountOf(row), this.today);
    this.plan = plan;
    this.refundedBy -= row.amount.minor;
    this.step({ move: 'return', set: { returnedOn: this.dayOf(at), askAt: null }, posting });
    if (this.goneBack) this.closes.push(shortageKey(row.id, 0));
  }

  private step(step: Omit<RefundStep, 'at' | 'actor' | 'evidence'>): void {
    const { said, evidence, actor } = this.heard;
    const { rawCode, rawText } = said;
    const set = { rawCode, rawText, ...step.set };
    const { row, event } = stepped(this.row, { ...step, set, at: this.now, actor, evidence: { ...evidence, rawCode, rawText } });
    this.row = row;
    this.events.push(event);
  }

  /** The next question, by the ladder. No event: nothing happened. */
  private later(asks: number, set: Partial<Refund> = {}): void {
    const ask = askAfter(this.now, asks);
    this.row = { ...this.row, ...set, askAt: ask.at, asks: ask.n };
  }

  private mismatch(amount: Refund['amount'], says: string): void {
    if (this.row.state === 'processing') this.step({ move: 'lose' });
    this.later(this.row.asks);
    this.tell('answerMismatch', `${this.row.id}:answerMismatch`, `the answer on refund ${this.row.refundNo} ${says}`, {
      asked: this.row.amount,
      answered: amount,
    });
  }

  private tell(kind: Discrepancy['kind'], key: string, says: string, facts: Readonly<Record<string, unknown>> = {}): void {
    const { lenderId, planId, bucket, channel, id: refundId } = this.row;
    const all = { ...facts, refundId, evidence: this.heard.evidence };
    this.discrepancies.push({ ...NEW_DISCREPANCY, kind, key, says, facts: all, lenderId, planId, bucket, channel, openedAt: this.now });
  }

  private fits(amount: Refund['amount'], at: Instant): boolean {
    const { sentAt } = this.row;
    return amount.minor === this.row.amount.minor && amount.currency === this.row.amount.currency && sentAt !== null && at >= sentAt;
  }

  private get today(): BusinessDate {
    return dateIn(this.now, this.zone);
  }

  /** The other side's business day: a channel counts its cut-off, a transfer is of the lender's calendar day. */
  private dayOf(at: Instant): BusinessDate {
    const profile = this.row.way === 'channel' ? this.world.channels.get(this.row.channel)?.profile : undefined;
    return profile ? bankDayOf(profile, at) : dateIn(at, this.zone);
  }

  /** What of the receipt no refund has given back. */
  private get left(): number {
    const receipt = this.plan.receipts.find((r) => r.id === this.row.receiptId);
    return receipt ? receipt.minor - receipt.refunded : 0;
  }

  private get goneBack(): boolean {
    return this.plan.receipts.some((r) => r.id === this.row.receiptId && r.back);
  }
}

const unresolvedKey = (row: Refund): string => `${row.id}:unresolved`;
