/**
 * What acts on a plan have in common.
 *
 * An act bumps the plan's version, commits, and only then reads the open attempts: a worker looks at the versions again after its intent is down,
 * so each side writes, then reads, and one always sees the other. What had left already is named in `inFlight` and runs to its end.
 */
import { type BusinessDate, dateIn, type Instant } from '../domain/clock.ts';
import { Conflict, NotFound } from '../domain/errors.ts';
import type { NewEvent } from '../domain/event.ts';
import type { LedgerLine } from '../domain/ledger.ts';
import type { Lender } from '../domain/lender.ts';
import type { Plan } from '../domain/plan.ts';
import type { Actor } from './actor.ts';
import { settleOrReopen } from './record.ts';
import type { Changes } from './store.ts';
import type { World } from './world.ts';

/** The plan after the act, and the attempts (att_...) that had left before it and may still succeed. */
export type Acted = Readonly<{ plan: Plan; inFlight: readonly string[] }>;

/** What an act makes of a plan: the plan changed (version, eventN and nextAction are set here), one event about it, and what else goes into the transaction. */
export type Act = Readonly<{
  plan: Plan;
  event: Readonly<{ type: string; to?: string; data?: NewEvent['data']; posting?: readonly LedgerLine[] }>;
  also?: Omit<Partial<Changes>, 'events' | 'plans'>;
}>;

export type ActAt = Readonly<{ now: Instant; today: BusinessDate; actor: Actor }>;

/** Event `n` of a plan's life, with nothing booked and nothing moved unless `more` says so. */
export function planEvent(
  plan: Plan,
  n: number,
  type: string,
  { now, actor }: Omit<ActAt, 'today'>,
  more: Partial<NewEvent> = {},
): NewEvent {
  return {
    subject: plan.id,
    n,
    type,
    lenderId: plan.lenderId,
    borrowerId: plan.borrowerId,
    planId: plan.id,
    from: null,
    to: null,
    at: now,
    by: actor.by,
    why: actor.why,
    evidence: null,
    currency: plan.currency,
    posting: [],
    data: {},
    bucket: plan.bucket,
    ...more,
  };
}

/**
 * Runs `act` on the plan as read inside one transaction; `act` may run more than once and must do nothing else.
 * Throws NotFound for a plan that this lender does not have, and whatever `act` throws; then nothing was written.
 */
export async function actOnPlan(
  world: World,
  lender: Lender,
  planId: string,
  actor: Actor,
  act: (plan: Plan, at: ActAt) => Act,
): Promise<Acted> {
  if (!(await world.store.of(lender.id).plans.get(planId))) throw new NotFound('plan', planId);
  const plan = await world.store.transact(async (tx) => {
    const [before] = await tx.plans([planId]);
    if (!before) throw new NotFound('plan', planId);
    const now = world.clock.now();
    const at: ActAt = { now, today: dateIn(now, lender.timeZone), actor };
    const { plan: changed, event, also = {} } = act(before, at);
    const acted: Plan = {
      ...changed,
      version: before.version + 1,
      eventN: before.eventN + 1,
      nextAction: { kind: 'decide', at: now, because: event.type },
    };
    const { type, to, data = {}, posting = [] } = event;
    const moved = to === undefined ? {} : { from: before.state, to };
    const events = [planEvent(acted, acted.eventN, type, at, { ...moved, data, posting })];
    const after = settleOrReopen(acted, now, events);
    await tx.write({ ...also, plans: [after], events }, null);
    return after;
  });
  return { plan, inFlight: await inFlight(world, [planId]) };
}

/** Attempts of these plans that may still succeed. To be read after the restricting write has been committed. */
export async function inFlight(world: World, planIds: readonly string[]): Promise<string[]> {
  return (await world.store.work.openAttempts(planIds)).map((a) => a.id);
}

/** Throws Conflict PLAN_NOT_ACTIVE where the plan has ended. */
export function assertActive(plan: Plan, wish: string): void {
  if (plan.state !== 'active')
    throw new Conflict('PLAN_NOT_ACTIVE', `plan ${plan.id} is ${plan.state}: only an active plan can ${wish}`, {
      planId: plan.id,
      state: plan.state,
    });
}
