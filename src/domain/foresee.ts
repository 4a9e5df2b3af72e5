/** The future of a plan as the decider would live it, if the bank always paid or always refused: for previews and dry runs. Nothing is written. */
import type { AttemptFact } from './attempt.ts';
import { assess, book } from './booking.ts';
import type { Calendar } from './calendar.ts';
import { type Instant, latest } from './clock.ts';
import type { Collection } from './collection.ts';
import { localDate } from './decide/hours.ts';
import { decideNext } from './decide.ts';
import type { DebitDecision, Decision } from './decision.ts';
import type { FailureClass } from './failures.ts';
import { SELF_PAYMENT_ACCOUNT } from './ledger.ts';

/** What the bank is taken to answer. */
export type AssumedAnswer = 'succeeded' | FailureClass;

/** Decisions in order of time, at most `limit` of them, the last one being what the plan comes to rest on where it does. `refused`: for lack of funds, each time. */
export function foresee(
  c: Collection,
  calendar: Calendar,
  { assume, limit }: Readonly<{ assume: 'pays' | 'refused'; limit: number }>,
): Decision[] {
  const decisions: Decision[] = [];
  let at = c;
  for (let looked = 0; decisions.length < limit && looked < 4 * limit; looked++) {
    const decision = decideNext(at, calendar);
    const ahead = decision.kind !== 'stop' && decision.at !== null && decision.at > at.now;
    if (ahead && decision.kind !== 'wait') {
      // As in life: when its instant has come the plan is looked at afresh, with the penalty grown until then.
      at = atInstant(at, decision.at);
      continue;
    }
    decisions.push(decision);
    if (decision.kind === 'stop' || (decision.kind === 'wait' && decision.at === null)) break;
    at = after(at, decision, assume === 'pays' ? 'succeeded' : 'insufficientFunds');
  }
  return decisions;
}

/** The collection at `now` as it would be then if nothing happened in between. */
export const atInstant = (c: Collection, now: Instant): Collection => ({ ...c, now, plan: assess(c.plan, localDate(now, c.zone)) });

/** The collection once `decision` was done at its instant (or now, where that has passed) and the bank, if asked, gave `answer` at once. */
export function after(c: Collection, decision: Decision, answer: AssumedAnswer): Collection {
  if (decision.kind === 'stop' || decision.at === null) return c;
  const then = atInstant(c, latest(c.now, decision.at));
  switch (decision.kind) {
    case 'remind':
      return { ...then, noticeKeys: new Set([...then.noticeKeys, decision.key]) };
    case 'debit':
      return answered(then, decision, answer);
    case 'escalate':
      return { ...then, plan: { ...then.plan, collections: { id: 'col_foreseen', openedAt: then.now, stage: decision.stage } } };
    case 'recall':
      return { ...then, plan: { ...then.plan, collections: null } };
    case 'wait':
      return then;
  }
}

function answered(c: Collection, debit: DebitDecision, answer: AssumedAnswer): Collection {
  const n = c.plan.lastN + 1;
  const today = localDate(c.now, c.zone);
  const succeeded = answer === 'succeeded';
  const mandate = c.mandates.find((m) => m.id === debit.mandateId);
  const fact: AttemptFact = {
    id: `att_foreseen_${n}`,
    planId: c.plan.id,
    mandateId: debit.mandateId,
    n,
    cycle: debit.cycle,
    part: null,
    trigger: debit.trigger,
    channel: '',
    amount: { minor: debit.minor, currency: c.plan.currency },
    aims: debit.aims,
    accountKey: mandate?.accountKey ?? '',
    slot: null,
    businessDate: today,
    dueDate: debit.dueDate,
    state: succeeded ? 'succeeded' : 'failed',
    open: false,
    failure: succeeded ? null : answer,
    createdAt: c.now,
    movedAt: c.now,
  };
  const targets = debit.aims.map((aim) => aim.instalmentId);
  const arrival = { id: fact.id, kind: 'debit', minor: debit.minor, valueDate: today, bookedAt: c.now, targets } as const;
  const plan = succeeded ? book(c.plan, arrival, SELF_PAYMENT_ACCOUNT, today).plan : c.plan;
  return { ...c, plan: { ...plan, lastN: n }, attempts: [...c.attempts, fact] };
}
