/** What a borrower would pay to settle a plan on a day. A quote only: nothing is written and nothing promised. */
import { assess } from '../domain/booking.ts';
import { type BusinessDate, dateIn } from '../domain/clock.ts';
import { InvalidInput, NotFound } from '../domain/errors.ts';
import type { Lender } from '../domain/lender.ts';
import { type Quote, quote } from '../domain/quote.ts';
import { assertActive } from './acts.ts';
import type { World } from './world.ts';

export type SettlementQuote = Readonly<{ planId: string }> & Quote;

/** `feeShare`: decimal fraction in text of the principal not yet due; '0' for none. Throws NotFound, PLAN_NOT_ACTIVE, or InvalidInput for a day gone by. */
export async function quoteEarlySettlement(
  world: World,
  lender: Lender,
  planId: string,
  on: BusinessDate,
  feeShare: string,
): Promise<SettlementQuote> {
  const plan = await world.store.of(lender.id).plans.get(planId);
  if (!plan) throw new NotFound('plan', planId);
  assertActive(plan, 'be settled early');
  const today = dateIn(world.clock.now(), lender.timeZone);
  if (on < today)
    throw new InvalidInput([
      { pointer: '/on', code: 'IN_THE_PAST', message: `on ${on} has gone by (today is ${today}): ask for today or later` },
    ]);
  return { planId, ...quote(assess(plan, on), on, feeShare) };
}
