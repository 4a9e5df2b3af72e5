/** Quiet hours at the moment of sending: the decider chose a time outside them, but a late sweep may reach them. */
import { dateIn, type Instant } from '../../domain/clock.ts';
import { outOfQuiet } from '../../domain/decide/hours.ts';
import type { Lender } from '../../domain/lender.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Skip } from '../../domain/records.ts';
import { strategyOf } from '../gather.ts';
import type { NoticeDraft } from '../remind.ts';
import type { World } from '../world.ts';

/** When a message of this plan may go out; null: now. Judged in the lender's zone. */
export function quietUntil(world: World, plan: Plan, lender: Lender, now: Instant): Instant | null {
  const at = outOfQuiet(now, strategyOf(world, plan).quietHours, lender.timeZone);
  return at > now ? at : null;
}

/** Writes down why nothing was said, one row a plan and day. */
export async function skipForQuiet(
  world: World,
  held: readonly Readonly<{ draft: NoticeDraft; until: Instant }>[],
  now: Instant,
): Promise<void> {
  const skips = held.map(({ draft: { plan, lender, decision }, until }): Skip => {
    const { quietHours } = strategyOf(world, plan);
    return {
      id: world.ids.next('skp'),
      lenderId: plan.lenderId,
      planId: plan.id,
      bucket: plan.bucket,
      date: dateIn(now, lender.timeZone),
      rule: 'quietHours',
      source: 'strategy',
      says: `no message between ${quietHours.from} and ${quietHours.to}: "${decision.template}" waits`,
      counters: null,
      trigger: 'remind',
      dueDate: decision.dueDate,
      minor: decision.minor,
      retryAt: until,
      at: now,
    };
  });
  if (skips.length) await world.store.work.putSkips(skips);
}
