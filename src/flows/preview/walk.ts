/** Walks a plan through time in memory: the decider decides, the gate judges, the bank is taken to answer. */
import type { Attempt, AttemptFact } from '../../domain/attempt.ts';
import { assess, book } from '../../domain/booking.ts';
import { addDays, atLocal, dateIn, type Instant } from '../../domain/clock.ts';
import { decideNext } from '../../domain/decide.ts';
import type { DebitDecision, RemindDecision } from '../../domain/decision.ts';
import { clearingAccount } from '../../domain/ledger.ts';
import type { NoticeFact } from '../../domain/notice.ts';
import { expand } from '../../domain/permit.ts';
import type { Plan } from '../../domain/plan.ts';
import { collectionOf, type Gathered } from '../gather.ts';
import { intend } from '../intend.ts';
import type { PreviewStep } from '../preview.ts';
import type { World } from '../world.ts';

type Assume = 'pays' | 'refused';

/** At most `limit` steps; ends earlier where the plan comes to rest. */
export function walk(world: World, start: Gathered, from: Instant, assume: Assume, limit: number): PreviewStep[] {
  const steps: PreviewStep[] = [];
  let row = start;
  let now = from;
  for (let looked = 0; steps.length < limit && looked < 8 * limit; looked++) {
    const decision = decideNext(collectionOf(row, now), row.calendar);
    if (decision.kind === 'stop' || decision.at === null) break;
    if (decision.at > now) {
      now = decision.at;
      row = at(world, row, now);
      continue;
    }
    if (decision.kind === 'wait') break;
    if (decision.kind === 'escalate') row = withPlan(row, { collections: { id: 'col_foreseen', openedAt: now, stage: decision.stage } });
    else if (decision.kind === 'recall') row = withPlan(row, { collections: null });
    else if (decision.kind === 'remind') {
      steps.push(stepOf(decision, now));
      row = { ...row, notices: [...row.notices, delivered(row, decision, now)] };
    } else {
      const [step, after] = debited(world, row, decision, now, assume);
      steps.push(step);
      row = after;
    }
  }
  return steps;
}

/** The row as it would be found at `now` if nothing happened in between. */
function at(world: World, row: Gathered, now: Instant): Gathered {
  const today = dateIn(now, row.lender.timeZone);
  if (today === row.today) return row;
  const { country, lenderType } = row.lender;
  const pack = world.packs.packFor({ rail: row.pack.rail, country, lenderType, on: today });
  const ofToday = [...row.accountAttempts].map(([key, list]): [string, AttemptFact[]] => [
    key,
    list.filter((a) => a.businessDate === today),
  ]);
  return { ...row, today, pack, assessed: assess(row.plan, today), accountAttempts: new Map(ofToday) };
}

function withPlan(row: Gathered, change: Partial<Plan>): Gathered {
  const plan = { ...row.plan, ...change };
  return { ...row, plan, assessed: assess(plan, row.today) };
}

const stepOf = (d: RemindDecision | DebitDecision, when: Instant): PreviewStep => ({
  kind: d.kind,
  when,
  dueDate: d.dueDate,
  trigger: d.kind === 'debit' ? d.trigger : null,
  amount: d.minor,
  because: d.because,
  permit: null,
  refusal: null,
});

function debited(world: World, row: Gathered, decision: DebitDecision, now: Instant, assume: Assume): [PreviewStep, Gathered] {
  const answer = intend(world, row, [], decision, now);
  const step = stepOf(decision, now);
  if (answer.kind === 'refused') {
    const { refusal } = answer;
    const tomorrow = atLocal(addDays(row.today, 1), '00:00', row.lender.timeZone);
    const until = refusal.retryAt && refusal.retryAt > now ? refusal.retryAt : tomorrow;
    return [{ ...step, refusal }, withPlan(row, { deferral: { until, rule: refusal.rule } })];
  }
  const { attempt } = answer;
  const paid = assume === 'pays';
  const final: Attempt = { ...attempt, state: paid ? 'succeeded' : 'failed', open: false, failure: paid ? null : 'insufficientFunds' };
  const known: Gathered = {
    ...row,
    attempts: [...row.attempts, final],
    accountAttempts: added(row.accountAttempts, attempt.accountKey, final),
    mandateAttempts: added(row.mandateAttempts, attempt.mandateId, final),
  };
  const { amount, id, aims, channel, n } = attempt;
  const targets = aims.map((aim) => aim.instalmentId);
  const arrival = { id, kind: 'debit' as const, minor: amount.minor, valueDate: row.today, bookedAt: now, targets };
  const plan = paid ? book(row.plan, arrival, clearingAccount(channel), row.today).plan : row.plan;
  return [{ ...step, amount: amount.minor, permit: expand(attempt.permit, row.pack) }, withPlan({ ...known, plan }, { lastN: n })];
}

const added = (map: ReadonlyMap<string, readonly AttemptFact[]>, key: string, attempt: Attempt): Map<string, AttemptFact[]> =>
  new Map([...map, [key, [...(map.get(key) ?? []), attempt]]].map(([k, list]) => [k as string, [...(list as readonly Attempt[])]]));

/** A reminder taken as sent and delivered. */
function delivered({ plan, mandates }: Gathered, decision: RemindDecision, now: Instant): NoticeFact {
  const { key, dueDate, debitDate, minor, mandateId } = decision;
  const accountLast4 = mandates.find((m) => m.id === mandateId)?.accountLast4 ?? '';
  const announces = mandateId === null ? null : { dueDate, debitDate, minor, accountLast4 };
  return { id: `ntc_foreseen_${key}`, planId: plan.id, key, announces, state: 'delivered', sentAt: now };
}
