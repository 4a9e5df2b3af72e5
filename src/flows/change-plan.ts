/** Changes a plan's schedule: the next version takes the place of everything not yet paid. What was submitted runs to its end and is allocated under the new version. */
import { Conflict } from '../domain/errors.ts';
import type { Lender } from '../domain/lender.ts';
import type { Plan } from '../domain/plan.ts';
import { reschedule } from '../domain/reschedule.ts';
import { explicitRows } from '../domain/schedule.ts';
import type { Actor } from './actor.ts';
import { type Act, type ActAt, type Acted, actOnPlan, assertActive } from './acts.ts';
import type { InstalmentInput } from './plan-input.ts';
import type { World } from './world.ts';

export type PlanChange = Readonly<{
  /** The rows that replace everything not yet paid: they carry the whole principal of what they replace, part-payments included. */
  instalments: readonly InstalmentInput[];
  /** If-Match: the plan's version as the caller read it; another one is VERSION_CHANGED (412). Null: not asked for. */
  ifVersion: number | null;
}>;

/** Throws NotFound, Conflict VERSION_CHANGED or PLAN_NOT_ACTIVE, or InvalidInput with pointers below /instalments. */
export async function changePlan(world: World, lender: Lender, planId: string, change: PlanChange, actor: Actor): Promise<Acted> {
  return actOnPlan(world, lender, planId, actor, (plan, at) => changed(world, plan, change, at));
}

function changed(world: World, plan: Plan, { instalments, ifVersion }: PlanChange, { today }: ActAt): Act {
  if (ifVersion !== null && ifVersion !== plan.version)
    throw new Conflict(
      'VERSION_CHANGED',
      `plan ${plan.id} is at version ${plan.version}, not ${ifVersion}: read it again and decide anew`,
      {
        planId: plan.id,
        version: plan.version,
        ifVersion,
      },
    );
  assertActive(plan, 'be changed');
  const rows = explicitRows(instalments);
  const ids = rows.map(() => world.ids.next('ins'));
  const { plan: after, posting } = reschedule(plan, rows, ids, today);
  const superseded = after.instalments.filter((i, n) => i.state === 'superseded' && plan.instalments[n]?.state !== 'superseded');
  const data = { scheduleVersion: after.scheduleVersion, superseded: superseded.map((i) => i.id), added: ids };
  return { plan: after, event: { type: 'plan.changed', data, posting } };
}
