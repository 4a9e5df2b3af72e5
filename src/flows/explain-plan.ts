/**
 * The story of a plan, or of one attempt, in words that a borrower's lawyer could read: what was agreed, what was said, what was tried under which
 * rules, what came in and where it went, what is still owed, and what happens next, when and why. Reads only.
 */
import { assess } from '../domain/booking.ts';
import { dateIn, type Instant } from '../domain/clock.ts';
import { NotFound } from '../domain/errors.ts';
import { inMoney, inTime } from '../domain/explain.ts';
import type { Plan } from '../domain/plan.ts';
import type { Strategy } from '../domain/strategy.ts';
import { attemptStory } from './explain/attempts.ts';
import { diary } from './explain/diary.ts';
import { agreed, allocated, owed } from './explain/money.ts';
import { permitWords } from './explain/permits.ts';
import { refundStory } from './explain/refunds.ts';
import type { LenderStore } from './store.ts';
import type { World } from './world.ts';

/** `at`: when it happened; null for what is not an event (what is outstanding). */
export type Sentence = Readonly<{ at: Instant | null; text: string }>;
export type Section = Readonly<{ title: string; sentences: readonly Sentence[] }>;
export type Explanation = Readonly<{
  id: string;
  title: string;
  sections: readonly Section[];
  next: Readonly<{ at: Instant | null; text: string }>;
}>;

/** The first so many of each kind are told. */
const MOST = { limit: 1000 };

/** Throws NotFound for a plan that this lender does not have. */
export async function explainPlan(world: World, store: LenderStore, planId: string): Promise<Explanation> {
  const plan = await store.plans.get(planId);
  if (!plan) throw new NotFound('plan', planId);
  const lender = await lenderOf(world, store);
  const [borrower, mandates, attempts, notices, skips, refunds] = await Promise.all([
    store.borrowers.get(plan.borrowerId),
    store.mandates.many(plan.mandateIds),
    store.attempts.list({ planId }, MOST),
    store.notices.list({ planId }, MOST),
    store.skips.list({ planId }, MOST),
    store.refunds.list({ planId }, MOST),
  ]);
  const rows = [attempts, notices, refunds].flatMap((list): readonly Readonly<{ id: string }>[] => list.data);
  const subjects = [planId, ...plan.mandateIds, ...rows.map((row) => row.id)];
  const events = await store.eventsOf(subjects);
  const zone = lender.timeZone;
  const now = world.clock.now();
  const today = assess(plan, dateIn(now, zone));
  return {
    id: planId,
    title: `Plan ${plan.externalId} of borrower ${borrower?.externalId ?? plan.borrowerId}, lender ${lender.name}`,
    sections: [
      { title: 'What was agreed', sentences: agreed(plan, mandates, practiceOf(world, plan), zone) },
      {
        title: 'What happened',
        sentences: diary({ world, plan, zone, events, attempts: attempts.data, notices: notices.data, skips: skips.data }),
      },
      { title: 'What came in, and where it went', sentences: allocated(plan) },
      { title: `What is owed on ${dateIn(now, zone)}`, sentences: owed(today, dateIn(now, zone)) },
    ],
    next: nextOf(plan, zone),
  };
}

/** Throws NotFound for an attempt that this lender does not have. */
export async function explainAttempt(world: World, store: LenderStore, attemptId: string): Promise<Explanation> {
  const attempt = await store.attempts.get(attemptId);
  if (!attempt) throw new NotFound('attempt', attemptId);
  const lender = await lenderOf(world, store);
  const [plan, events, notice, refunds] = await Promise.all([
    store.plans.get(attempt.planId),
    store.eventsOf([attemptId]),
    attempt.permit.ntc ? store.notices.get(attempt.permit.ntc) : null,
    store.refunds.all({ receiptId: attemptId }),
  ]);
  if (!plan) throw new NotFound('plan', attempt.planId);
  const zone = lender.timeZone;
  const given = refundStory(await store.eventsOf(refunds.map((r) => r.id)));
  return {
    id: attemptId,
    title: `Attempt ${attempt.n} of plan ${plan.externalId}: ${inMoney(attempt.amount.minor, attempt.amount.currency)}, ${attempt.state}`,
    sections: [
      { title: 'What happened', sentences: attemptStory(attempt, events, zone) },
      { title: 'Why it was allowed', sentences: permitWords(world, attempt, notice, zone) },
      ...(given.length ? [{ title: 'What was given back', sentences: given }] : []),
    ],
    next: attempt.ask
      ? {
          at: attempt.ask.at,
          text: `${inTime(attempt.ask.at, zone)}: the bank is asked again what became of it; until then nothing else is debited from this plan.`,
        }
      : nextOf(plan, zone),
  };
}

/** The strategy as pinned on the plan; null where that version is no longer at hand. */
function practiceOf(world: World, plan: Plan): Strategy | null {
  const strategy = world.strategies.get(plan.strategy.name);
  return strategy?.version === plan.strategy.version ? strategy : null;
}

async function lenderOf(world: World, store: LenderStore) {
  const lender = await world.store.admin.lenders.get(store.lenderId);
  if (!lender) throw new NotFound('lender', store.lenderId);
  return lender;
}

/** What each step rests on, to end the sentence about what comes next. */
const RESTS_ON: Readonly<Partial<Record<Plan['nextAction']['kind'], string>>> = {
  debit: ' The gate looks at every rule again before it.',
  remind: ' A debit it announces passes the gate only with this message sent.',
};

const DOES: Readonly<Record<Plan['nextAction']['kind'], string>> = {
  decide: 'the plan is looked at again and decided on',
  remind: 'the borrower is sent a message',
  debit: 'the account is debited',
  wait: 'the plan is looked at again, and nothing is done before',
  escalate: 'the plan is handed over to collections',
  recall: 'the plan is taken back from collections',
  stop: 'nothing more is done',
};

function nextOf(plan: Plan, zone: string): Explanation['next'] {
  const { kind, at, because } = plan.nextAction;
  if (at) {
    const under = `by the strategy "${plan.strategy.name}", version ${plan.strategy.version}`;
    return { at, text: `${inTime(at, zone)}: ${DOES[kind]} ${under}, because ${because}.${RESTS_ON[kind] ?? ''}` };
  }
  const idle = kind === 'stop' ? 'nothing more is done' : 'nothing is done until an answer comes or somebody acts';
  return { at, text: `${idle}, because ${because}.` };
}

/** The explanation as lines for a terminal; times in `zone`. */
export function asText({ title, sections, next }: Explanation, zone: string): string {
  const line = ({ at, text }: Sentence) => `  ${at ? `${inTime(at, zone)}  ` : ''}${text}`;
  const parts = sections.flatMap((s) => ['', s.title, ...(s.sentences.length ? s.sentences.map(line) : ['  Nothing.'])]);
  return [title, ...parts, '', 'What happens next', `  ${next.text}`, ''].join('\n');
}
