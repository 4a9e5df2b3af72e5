/** What the house knows by name when it settles: agreements, calendars and payers. */

import type { PayoutPort } from '../../channels/payout.ts';
import { agreementFor } from '../../domain/agreement.ts';
import type { Calendar } from '../../domain/calendar.ts';
import { dateIn } from '../../domain/clock.ts';
import { DulyError } from '../../domain/errors.ts';
import type { Lender } from '../../domain/lender.ts';
import type { Agreement } from '../../domain/settlement.ts';
import type { World } from '../world.ts';

/** The agreement that holds for a lender today. */
export const agreementOf = (world: World, lender: Lender): Agreement =>
  agreementFor(world.agreements, lender, dateIn(world.clock.now(), lender.timeZone));

export function calendarOf(world: World, { name, cycle }: Agreement): Calendar {
  const calendar = world.calendars.get(cycle.calendar);
  if (!calendar) throw new Error(`agreement ${name} names no calendar of ours: ${cycle.calendar}`);
  return calendar;
}

export function payerOf(world: World, name: string): PayoutPort {
  const port = world.payouts.get(name);
  if (!port) throw new DulyError('NO_PAYER', `there is no way to pay by '${name}': set it up, or change the agreement`, { payout: name });
  return port;
}
