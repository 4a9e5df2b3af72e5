/**
 * Records what became of attempts: in one short transaction the fence, the events with their postings, the attempts closed, the plans moved on.
 * Plans and attempts are read inside the transaction, so that money is allocated to the plan as it is now, whatever was decided before.
 */
import type { Attempt } from '../domain/attempt.ts';
import type { Discrepancy } from '../domain/discrepancy.ts';
import type { NewEvent } from '../domain/event.ts';
import { FAILURES } from '../domain/failures.ts';
import { next } from '../domain/machine.ts';
import { MANDATE, type Mandate } from '../domain/mandate.ts';
import { ANSWER_PENDING, type Hold, outstanding, PLAN, type Plan } from '../domain/plan.ts';
import { moved, type Result } from './moves.ts';
import type { Changes, Lease, Tx } from './store.ts';
import type { World } from './world.ts';

export type Recorded = Readonly<{ moved: number; attempts: readonly Attempt[] }>;

/** At most so many results in one transaction. */
const BATCH = 500;

/**
 * Records results under a lease. What another hand has recorded meanwhile is left as it stands.
 * Throws FENCE_LOST when the lease is gone: nothing was written, and whoever holds the partition now will ask the bank.
 */
export async function record(world: World, lease: Lease, results: readonly Result[], doneInbox: readonly string[] = []): Promise<Recorded> {
  const attempts: Attempt[] = [];
  let count = 0;
  for (let from = 0; from < results.length || (from === 0 && doneInbox.length > 0); from += BATCH) {
    const last = from + BATCH >= results.length;
    const part = await recordBatch(world, lease, results.slice(from, from + BATCH), last ? doneInbox : []);
    attempts.push(...part.attempts);
    count += part.moved;
  }
  await stopChannels(world, attempts);
  return { moved: count, attempts };
}

/** A batch that conflicts is halved until the one row at fault is alone. */
async function recordBatch(world: World, lease: Lease, results: readonly Result[], doneInbox: readonly string[]): Promise<Recorded> {
  try {
    return await world.store.transact((tx) => recordOnce(world, tx, lease, results, doneInbox));
  } catch (error) {
    if (results.length < 2 || (error as { code?: string }).code !== 'STALE') throw error;
    const half = Math.ceil(results.length / 2);
    const first = await recordBatch(world, lease, results.slice(0, half), []);
    const second = await recordBatch(world, lease, results.slice(half), doneInbox);
    return { moved: first.moved + second.moved, attempts: [...first.attempts, ...second.attempts] };
  }
}

async function recordOnce(world: World, tx: Tx, lease: Lease, results: readonly Result[], doneInbox: readonly string[]): Promise<Recorded> {
  const now = world.clock.now();
  const before = new Map((await tx.attempts([...new Set(results.map((r) => r.attemptId))])).map((a) => [a.id, a]));
  const plans = new Map((await tx.plans([...new Set([...before.values()].map((a) => a.planId))])).map((p) => [p.id, p]));
  const lenders = new Map((await world.store.work.lenders([...new Set([...plans.values()].map((p) => p.lenderId))])).map((l) => [l.id, l]));
  const versions = new Map([...plans].map(([id, p]) => [id, p.version]));
  const attempts = new Map(before);
  const events: NewEvent[] = [];
  const discrepancies: Discrepancy[] = [];
  const closes: string[] = [];
  for (const result of results) {
    const attempt = attempts.get(result.attemptId);
    const plan = attempt && plans.get(attempt.planId);
    const channel = attempt && world.channels.get(attempt.channel);
    if (!attempt || !plan || !channel) throw new Error(`no attempt, plan or channel for ${result.attemptId}`);
    const zone = lenders.get(attempt.lenderId)?.timeZone ?? 'UTC';
    const step = moved(attempt, plan, result, channel.profile, zone, now);
    attempts.set(attempt.id, step.attempt);
    discrepancies.push(...step.discrepancies.map((d) => ({ ...d, id: world.ids.next('dis') })));
    closes.push(...step.closes);
    if (!step.events.length) continue;
    events.push(...step.events);
    plans.set(plan.id, step.plan);
  }
  const changed = [...attempts.values()].filter((a) => a !== before.get(a.id));
  const final = changed.filter((a) => a.eventN !== (before.get(a.id) as Attempt).eventN);
  const mandates = await refusedMandates(tx, final, now, events);
  for (const id of new Set(final.map((a) => a.planId))) {
    const refusedBy = final.find((a) => a.planId === id && isRefused(a) && a.failure && FAILURES[a.failure].stops === 'borrower');
    const plan = settleOrReopen(held(plans.get(id) as Plan, refusedBy, world, events), now, events);
    plans.set(id, wake(plan, final, (versions.get(id) as number) + 1, now));
  }
  const changes: Changes = {
    events,
    attempts: changed.map((a) => ({ id: a.id, eventN: (before.get(a.id) as Attempt).eventN, set: moving(a), after: a })),
    plans: [...new Set(final.map((a) => a.planId))].map((id) => plans.get(id) as Plan),
    mandates,
    newDiscrepancies: discrepancies,
    // Only what was waited for can have become a person's case.
    closeDiscrepancies: [
      ...final.filter((a) => !a.open && before.get(a.id)?.state !== 'submitted').map((a) => ({ attemptId: a.id, at: now })),
      ...closes.map((key) => ({ key, at: now })),
    ],
    doneInbox,
  };
  await tx.write(changes, lease);
  return { moved: events.length, attempts: final };
}

/** The fields of an attempt that an event may move; the rest are its facts and never change. */
const MOVING = [
  'state',
  'open',
  'eventN',
  'movedAt',
  'ask',
  'slot',
  'channelTradeNo',
  'takenOn',
  'returnedOn',
  'failure',
  'rawCode',
  'rawText',
  'unknownBy',
] as const;
const moving = (attempt: Attempt): Partial<Attempt> => Object.fromEntries(MOVING.map((field) => [field, attempt[field]]));

/** A plan whose attempt moved is decided on again at once, unless an answer is still to come. */
function wake(plan: Plan, final: readonly Attempt[], version: number, now: Date): Plan {
  const waiting = final.some((a) => a.planId === plan.id && a.open);
  const last = final.findLast((a) => a.planId === plan.id);
  const nextAction = waiting
    ? { kind: 'wait' as const, at: null, because: ANSWER_PENDING }
    : { kind: 'decide' as const, at: now, because: `attempt ${last?.n} ${last?.state}` };
  return { ...plan, version, nextAction };
}

/** Said at once, or days later by taking the money back: the same reason stops the same things. */
const isRefused = ({ state }: Attempt): boolean => state === 'failed' || state === 'returned';

/** Domain rule 8: a hard refusal stops the mandate, not just the attempt. */
async function refusedMandates(tx: Tx, final: readonly Attempt[], now: Date, events: NewEvent[]): Promise<Mandate[]> {
  const hard = final.filter((a) => isRefused(a) && a.failure && FAILURES[a.failure].stops === 'mandate');
  if (!hard.length) return [];
  const out: Mandate[] = [];
  for (const mandate of await tx.mandates([...new Set(hard.map((a) => a.mandateId))])) {
    if (mandate.state !== 'active') continue;
    const by = hard.find((a) => a.mandateId === mandate.id) as Attempt;
    const state = next(MANDATE, mandate.state, 'suspend');
    const n = mandate.eventN + 1;
    out.push({ ...mandate, state, eventN: n, version: mandate.version + 1 });
    events.push({
      subject: mandate.id,
      n,
      type: 'mandate.suspended',
      lenderId: mandate.lenderId,
      borrowerId: mandate.borrowerId,
      planId: by.planId,
      bucket: mandate.bucket,
      from: mandate.state,
      to: state,
      at: now,
      by: 'duly',
      why: FAILURES[by.failure as keyof typeof FAILURES].says,
      evidence: { kind: 'reply', ref: by.id },
      currency: null,
      posting: [],
      data: { attemptId: by.id, failure: by.failure },
    });
  }
  return out;
}

/** A refusal or a dispute by the payer holds the plan until staff have spoken with them. */
function held(plan: Plan, refused: Attempt | undefined, world: World, events: NewEvent[]): Plan {
  if (!refused) return plan;
  const now = world.clock.now();
  const why = `${FAILURES[refused.failure as keyof typeof FAILURES].says} (attempt ${refused.n})`;
  const hold: Hold = { id: world.ids.next('hld'), kind: 'dispute', until: null, by: 'duly', why, at: now };
  const n = plan.eventN + 1;
  events.push(planEvent(plan, n, 'plan.held', why, now, { holdId: hold.id, kind: hold.kind, attemptId: refused.id }));
  return { ...plan, holds: [...plan.holds, hold], eventN: n };
}

/** A plan on which nothing is owed any more is settled; one that owes again, because money went back, is active again. */
export function settleOrReopen(plan: Plan, now: Date, events: NewEvent[]): Plan {
  const owes = plan.instalments.some((i) => outstanding(i) > 0);
  const event =
    !owes && plan.state === 'active' ? 'settle' : owes && (plan.state === 'settled' || plan.state === 'earlySettled') ? 'reopen' : null;
  if (!event) return plan;
  const state = next(PLAN, plan.state, event);
  const n = plan.eventN + 1;
  events.push({
    ...planEvent(
      plan,
      n,
      event === 'settle' ? 'plan.settled' : 'plan.reopened',
      event === 'settle' ? 'everything due is paid' : 'money went back',
      now,
      {},
    ),
    from: plan.state,
    to: state,
  });
  return { ...plan, state, eventN: n };
}

export const planEvent = (
  plan: Plan,
  n: number,
  type: string,
  why: string,
  at: Date,
  data: Readonly<Record<string, unknown>>,
): NewEvent => ({
  subject: plan.id,
  n,
  type,
  lenderId: plan.lenderId,
  borrowerId: plan.borrowerId,
  planId: plan.id,
  bucket: plan.bucket,
  from: plan.state,
  to: plan.state,
  at,
  by: 'duly',
  why,
  evidence: null,
  currency: plan.currency,
  posting: [],
  data,
});

/** A request that the channel does not understand would be refused a thousand times more: its queue stops until somebody has looked. */
async function stopChannels(world: World, attempts: readonly Attempt[]): Promise<void> {
  for (const a of attempts) {
    if (a.state !== 'failed' || a.failure !== 'badRequest') continue;
    const at = world.clock.now();
    await world.store.admin.stops.set({ scope: `channel:${a.channel}`, by: 'duly', why: `${a.id}: ${a.rawCode} ${a.rawText}`, at });
    world.log.error({ channel: a.channel, attemptId: a.id, rawCode: a.rawCode }, 'the channel does not understand our requests: stopped');
  }
}
