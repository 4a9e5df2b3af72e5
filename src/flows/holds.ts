/** Holds and promises: a hold stops a plan's debits at once, a promise moves the next one to the promised day, a release lets them go on. */
import { addDays, atLocal, type BusinessDate, type Instant } from '../domain/clock.ts';
import { InvalidInput, NotFound } from '../domain/errors.ts';
import type { Lender } from '../domain/lender.ts';
import type { Hold, HoldKind, Plan } from '../domain/plan.ts';
import type { Actor } from './actor.ts';
import { type ActAt, type Acted, actOnPlan, assertActive } from './acts.ts';
import type { World } from './world.ts';

/** `until` null: until a person releases it. */
export type HoldInput = Readonly<{ kind: Exclude<HoldKind, 'promise'>; until: Instant | null }>;
export type Held = Acted & Readonly<{ hold: Hold }>;

/** A promise further off than this is no promise to pay but an extension: change the plan. */
const LONGEST_PROMISE_DAYS = 60;

/** Throws NotFound, Conflict PLAN_NOT_ACTIVE, or InvalidInput where `until` has passed. */
export async function placeHold(world: World, lender: Lender, planId: string, { kind, until }: HoldInput, actor: Actor): Promise<Held> {
  return put(world, lender, planId, actor, ({ now }) => {
    if (until && until <= now)
      throw new InvalidInput([
        { pointer: '/until', code: 'IN_THE_PAST', message: 'until has passed already: give a later instant, or none' },
      ]);
    return { kind, until };
  });
}

/** The borrower promises to pay on `date`: no debit before that day begins in the lender's zone. A new promise takes the place of the old. */
export async function promiseToPay(world: World, lender: Lender, planId: string, date: BusinessDate, actor: Actor): Promise<Held> {
  return put(world, lender, planId, actor, ({ today }) => {
    const fault = (code: string, message: string) => new InvalidInput([{ pointer: '/date', code, message }]);
    if (date <= today) throw fault('IN_THE_PAST', `date ${date} is not after today (${today}): promise a day to come`);
    if (date > addDays(today, LONGEST_PROMISE_DAYS))
      throw fault('TOO_FAR', `date ${date} is more than ${LONGEST_PROMISE_DAYS} days off: change the plan instead`);
    return { kind: 'promise', until: atLocal(date, '00:00', lender.timeZone) };
  });
}

/** Throws NotFound for a hold that this plan does not have (any more). */
export async function releaseHold(world: World, lender: Lender, planId: string, holdId: string, actor: Actor): Promise<Held> {
  let hold: Hold | undefined;
  const acted = await actOnPlan(world, lender, planId, actor, (plan) => {
    hold = plan.holds.find((h) => h.id === holdId);
    if (!hold) throw new NotFound('hold', holdId);
    return {
      plan: { ...plan, holds: plan.holds.filter((h) => h.id !== holdId) },
      event: { type: 'plan.holdReleased', data: { holdId, kind: hold.kind } },
    };
  });
  return { ...acted, hold: hold as Hold };
}

type Term = Pick<Hold, 'kind' | 'until'>;

async function put(world: World, lender: Lender, planId: string, actor: Actor, termOf: (at: ActAt) => Term): Promise<Held> {
  let hold: Hold | undefined;
  const acted = await actOnPlan(world, lender, planId, actor, (plan, at) => {
    assertActive(plan, 'be held');
    hold = { id: world.ids.next('hld'), ...termOf(at), by: actor.by, why: actor.why, at: at.now };
    const { id: holdId, kind, until } = hold;
    return {
      plan: { ...plan, holds: [...standing(plan, kind), hold] },
      event: { type: kind === 'promise' ? 'plan.promised' : 'plan.held', data: { holdId, kind, until } },
    };
  });
  return { ...acted, hold: hold as Hold };
}

const standing = (plan: Plan, added: HoldKind): readonly Hold[] =>
  added === 'promise' ? plan.holds.filter((h) => h.kind !== 'promise') : plan.holds;
