/** On which days a lender is paid, and for which statement days. Pure. */
import type { Calendar } from './calendar.ts';
import { addDays, atLocal, type BusinessDate, dateIn, type Instant, timeIn, weekday } from './clock.ts';
import type { Cycle } from './settlement.ts';

/** The day on which what the statement of `day` brought is paid, if all goes well. Grows with `day`. */
export function payDayOf({ every, weekday: on, plusDays }: Cycle, day: BusinessDate, calendar: Calendar): BusinessDate {
  const end = every === 'week' && on !== null ? addDays(day, (on - weekday(day) + 7) % 7) : day;
  return plusDays === 0 ? calendar.onOrAfter(end) : calendar.addBusinessDays(end, plusDays);
}

/** Days looked back for a pay day: longer than a week and any run of holidays together. */
const MOST_DAYS = 60;

/** The latest pay day that has come: from its `at` on in the lender's zone it counts. */
export function lastPayDay(cycle: Cycle, now: Instant, calendar: Calendar, zone: string): BusinessDate {
  const date = dateIn(now, zone);
  const today = timeIn(now, zone) >= cycle.at ? date : addDays(date, -1);
  for (let back = 0; back < MOST_DAYS; back++) {
    const payOn = payDayOf(cycle, addDays(today, -back), calendar);
    if (payOn <= today) return payOn;
  }
  throw new RangeError(`calendar ${calendar.name}: no pay day in the ${MOST_DAYS} days to ${today}; check its holidays`);
}

/** The next moment after `now` at which batches of this cycle may be made. */
export function nextLook({ at }: Cycle, now: Instant, zone: string): Instant {
  const date = dateIn(now, zone);
  const today = atLocal(date, at, zone);
  return today > now ? today : atLocal(addDays(date, 1), at, zone);
}
