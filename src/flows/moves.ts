/**
 * What an answer does to an attempt and its plan. Pure: an attempt, its plan and what the bank said go in; events, postings and the changed
 * plan come out. The recorder stores them, under the fence, all or nothing.
 */
import type { Answer, Echo, Outcome } from '../channels/channel.ts';
import { ACCEPTED_RUNG, askAfter, PERSON_AFTER } from '../domain/ask-ladder.ts';
import { ATTEMPT, type Attempt, type AttemptEvent, type AttemptState, type Evidence, isOpen } from '../domain/attempt.ts';
import { book, takeBack } from '../domain/booking.ts';
import { bankDayOf, type ChannelProfile } from '../domain/channel-profile.ts';
import { dateIn, type Instant, plusMinutes } from '../domain/clock.ts';
import { type Discrepancy, NEW_DISCREPANCY } from '../domain/discrepancy.ts';
import type { NewEvent } from '../domain/event.ts';
import type { FailureClass } from '../domain/failures.ts';
import { clearingAccount, type LedgerLine } from '../domain/ledger.ts';
import { next } from '../domain/machine.ts';
import type { Plan } from '../domain/plan.ts';
import { shortageKey, wentOutTwice } from './refund/shortage.ts';

/** A person alone may say that a debit was never taken; no bank's answer proves it. */
type Voided = Readonly<{ kind: 'voided'; rawCode: string; rawText: string }>;
/** `file`: what only a statement tells of it: fee, value date, rate. */
export type Said = (Outcome | Answer | Voided) & Readonly<{ file?: Readonly<Record<string, unknown>> }>;
/** Something somebody said about an attempt. `by`: 'duly', or who decided it in person. */
export type Result = Readonly<{
  attemptId: string;
  said: Said;
  evidence: Evidence;
  by: string;
  why: string;
  unknownBy?: 'bank' | 'sender';
}>;

export type Moved = Readonly<{
  attempt: Attempt;
  plan: Plan;
  events: readonly NewEvent[];
  discrepancies: readonly Omit<Discrepancy, 'id'>[];
  /** Keys of discrepancies that are explained by it. */
  closes: readonly string[];
}>;

/** On these words alone a result that was final is changed. */
const BINDING: ReadonlySet<Evidence['kind']> = new Set(['statement', 'person']);

export function moved(attempt: Attempt, plan: Plan, result: Result, profile: ChannelProfile, zone: string, now: Instant): Moved {
  const step = new Step(attempt, plan, result, profile, zone, now);
  const { said } = result;
  const binding = BINDING.has(result.evidence.kind);
  const { state } = attempt;
  switch (said.kind) {
    case 'succeeded':
      if (state === 'succeeded') break;
      if (!fits(attempt, said.echo)) step.mismatch(said.echo);
      else if (isOpen(state) || binding) step.take('succeed', said.channelTradeNo, said.echo.at);
      else step.discrepancy('answerMismatch', `the bank says that it took ${attempt.outTradeNo}, which stands as ${state}`);
      break;
    case 'accepted':
      if (state === 'submitted' || state === 'unknown') step.accept(said.channelTradeNo);
      else step.askLater();
      break;
    case 'failed':
      if (isOpen(state)) step.fail('fail', said.failure);
      else if (state === 'succeeded' && binding) step.giveBack('deny', said.failure);
      else if (state === 'succeeded')
        step.discrepancy('answerMismatch', `the bank refuses ${attempt.outTradeNo}, which stands as succeeded`);
      break;
    case 'returned':
      if (isOpen(state)) {
        if (!fits(attempt, said.echo)) step.mismatch(said.echo);
        else step.take('succeed', said.channelTradeNo, said.echo.at);
      }
      if (step.attempt.state === 'succeeded') step.giveBack('return', said.failure, said.at);
      break;
    case 'unsent':
      if (state === 'submitted' || state === 'created') step.move('refuse', { slot: null });
      break;
    case 'notFound':
      if (state === 'accepted') step.lose('bank');
      else if (state === 'unknown' && provedNeverTaken(attempt, profile, now)) step.move('void', { slot: null });
      else step.askLater();
      break;
    case 'voided':
      if (state === 'unknown' && binding) step.move('void', { slot: null });
      break;
    case 'duplicate':
    case 'unknown':
      if (state === 'submitted') step.lose(result.unknownBy ?? 'bank', said.kind === 'duplicate');
      else step.askLater();
      break;
  }
  if (isOpen(step.attempt.state) && (step.attempt.ask?.n ?? 0) > PERSON_AFTER)
    step.discrepancy('unresolved', `the bank has given no final answer on ${attempt.outTradeNo}`);
  return { attempt: step.attempt, plan: step.plan, events: step.events, discrepancies: step.discrepancies, closes: step.closes };
}

/** A reply must equal the intent in amount, currency and account, and its time may not come before the intent's. */
const fits = (a: Attempt, echo: Echo): boolean =>
  echo.amount.minor === a.amount.minor &&
  echo.amount.currency === a.amount.currency &&
  echo.accountLast4 === a.accountLast4 &&
  echo.at >= a.createdAt;

/** The expiry inside the bytes has passed, and with it the time in which the bank may still find the order. */
const provedNeverTaken = (a: Attempt, profile: ChannelProfile, now: Instant): boolean =>
  a.validUntil !== null && now > plusMinutes(a.validUntil, profile.queryHorizonMinutes);

class Step {
  readonly events: NewEvent[] = [];
  readonly discrepancies: Omit<Discrepancy, 'id'>[] = [];
  /** Keys of what is explained by this. */
  readonly closes: string[] = [];

  constructor(
    public attempt: Attempt,
    public plan: Plan,
    private readonly result: Result,
    private readonly profile: ChannelProfile,
    private readonly zone: string,
    private readonly now: Instant,
  ) {}

  move(event: AttemptEvent, set: Partial<Attempt> = {}, posting: readonly LedgerLine[] = []): void {
    const from = this.attempt.state;
    const to = next(ATTEMPT, from, event);
    const { rawCode, rawText } = this.result.said;
    this.attempt = {
      ...this.attempt,
      rawCode,
      rawText,
      ...set,
      state: to,
      open: isOpen(to),
      eventN: this.attempt.eventN + 1,
      movedAt: this.now,
      ask: isOpen(to) ? this.attempt.ask : null,
    };
    this.events.push(this.event(from, to, posting));
  }

  lose(by: 'bank' | 'sender', atOnce = false): void {
    this.move('lose', { unknownBy: by });
    this.attempt = { ...this.attempt, ask: atOnce ? { at: this.now, n: 0 } : askAfter(this.now, 0) };
  }

  /** The bank has it and will decide: asked about from the third rung of the ladder on. */
  accept(channelTradeNo: string): void {
    this.move('accept', { channelTradeNo });
    this.attempt = { ...this.attempt, ask: askAfter(this.now, Math.max(this.attempt.ask?.n ?? 0, ACCEPTED_RUNG)) };
  }

  askLater(): void {
    if (isOpen(this.attempt.state)) this.attempt = { ...this.attempt, ask: askAfter(this.now, this.attempt.ask?.n ?? 0) };
  }

  take(event: 'succeed', channelTradeNo: string, bankTime: Instant): void {
    const { attempt } = this;
    const arrival = {
      id: attempt.id,
      kind: 'debit' as const,
      minor: attempt.amount.minor,
      valueDate: dateIn(bankTime, this.zone),
      bookedAt: this.now,
      targets: attempt.aims.map((a) => a.instalmentId),
    };
    const booked = book(this.plan, arrival, clearingAccount(attempt.channel), dateIn(this.now, this.zone));
    this.plan = booked.plan;
    if (this.refunded > 0) this.closes.push(shortageKey(attempt.id, attempt.eventN));
    this.move(event, { channelTradeNo, failure: null, takenOn: bankDayOf(this.profile, bankTime), returnedOn: null }, booked.posting);
  }

  /** `at`: when the bank gave it back; null where it says that it never took it. */
  giveBack(event: 'return' | 'deny', failure: FailureClass, at: Instant | null = null): void {
    const booked = takeBack(this.plan, this.attempt.id, clearingAccount(this.attempt.channel), dateIn(this.now, this.zone));
    this.plan = booked.plan;
    const days = at ? { returnedOn: bankDayOf(this.profile, at) } : { takenOn: null };
    this.move(event, { failure, ...days }, booked.posting);
    if (this.refunded > 0) this.discrepancies.push(wentOutTwice(this.attempt, this.attempt.eventN, this.refunded, this.now));
  }

  /** Given back of this attempt's money by refunds of ours. */
  private get refunded(): number {
    return this.plan.receipts.find((r) => r.id === this.attempt.id)?.refunded ?? 0;
  }

  fail(event: 'fail', failure: FailureClass): void {
    this.move(event, { failure });
  }

  mismatch(echo: Echo): void {
    if (this.attempt.state === 'submitted' || this.attempt.state === 'accepted') this.lose('bank');
    else this.askLater();
    this.discrepancy('answerMismatch', `the answer to ${this.attempt.outTradeNo} does not fit what was asked`, {
      asked: { ...this.attempt.amount, accountLast4: this.attempt.accountLast4, at: this.attempt.createdAt },
      answered: { ...echo.amount, accountLast4: echo.accountLast4, at: echo.at },
    });
  }

  discrepancy(kind: Discrepancy['kind'], says: string, facts: Readonly<Record<string, unknown>> = {}): void {
    const { lenderId, planId, id: attemptId, bucket } = this.attempt;
    this.discrepancies.push({
      ...NEW_DISCREPANCY,
      key: `${attemptId}:${kind}`,
      channel: this.attempt.channel,
      outTradeNo: this.attempt.outTradeNo,
      lenderId,
      planId,
      attemptId,
      bucket,
      kind,
      says,
      facts: { ...facts, evidence: this.result.evidence },
      openedAt: this.now,
    });
  }

  private event(from: AttemptState, to: AttemptState, posting: readonly LedgerLine[]): NewEvent {
    const a = this.attempt;
    return {
      subject: a.id,
      n: a.eventN,
      type: `attempt.${to}`,
      lenderId: a.lenderId,
      borrowerId: a.borrowerId,
      planId: a.planId,
      bucket: a.bucket,
      from,
      to,
      at: this.now,
      by: this.result.by,
      why: this.result.why,
      evidence: { ...this.result.evidence, rawCode: this.result.said.rawCode, rawText: this.result.said.rawText },
      currency: a.amount.currency,
      posting,
      data: {
        outTradeNo: a.outTradeNo,
        channel: a.channel,
        trigger: a.trigger,
        minor: a.amount.minor,
        failure: a.failure,
        channelTradeNo: a.channelTradeNo,
        takenOn: a.takenOn,
        ...(this.result.said.file ? { file: this.result.said.file } : {}),
      },
    };
  }
}
