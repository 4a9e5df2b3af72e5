/** The days on which a cycle is planned to be debited: the due date, then the retries, moved behind the payday where one is known. */

import { adjust, type Calendar } from '../calendar.ts';
import { type BusinessDate, daysBetween } from '../clock.ts';
import type { Collection } from '../collection.ts';
import { nextPaydayTarget, paydayOf } from '../payday.ts';
import { addDays } from './hours.ts';

/** A payday is looked for so many days beyond the last offset. */
const BEYOND_LAST_OFFSET = 3;

/** The due date under the holiday policy. Moving it to an earlier day is left out where the rail forbids a debit so early: then the next business day. */
export function presentDay(c: Collection, dueDate: BusinessDate, calendar: Calendar): BusinessDate {
  const day = adjust(dueDate, c.strategy.holidayPolicy, calendar);
  return day < dueDate && daysBetween(day, dueDate) > c.pack.earlyDays ? calendar.onOrAfter(dueDate) : day;
}

/** A day itself, or the next business day where the strategy keeps to business days. */
export const workday = (c: Collection, day: BusinessDate, calendar: Calendar): BusinessDate =>
  c.strategy.holidayPolicy === 'none' ? day : calendar.onOrAfter(day);

/** The first morning in (after, until] on which the money of a payday is there; null when no payday is known or none falls in. */
export type PayMorning = (after: BusinessDate, until: BusinessDate) => BusinessDate | null;

/** The payday as declared, or as learned from the plan's own receipts where they are clear enough; looked up when first asked for. */
export function payMorningOf(c: Collection): PayMorning {
  const { payday } = c.strategy.retries;
  if (!payday) return () => null;
  let day: number | null | undefined;
  return (after, until) => {
    if (day === undefined) day = paydayOf(c.plan, payday.confidence);
    if (day === null) return null;
    const morning = nextPaydayTarget(day, payday.waitDays, after);
    return morning <= until ? morning : null;
  };
}

/**
 * Ascending and never more than the strategy's offsets. With a known payday the retries before it are dropped in favour of its morning, because
 * an account that was empty on the due date stays empty until money comes in; without one before the last offset nothing moves.
 */
export function plannedDays(
  c: Collection,
  dueDate: BusinessDate,
  presentOn: BusinessDate,
  payMorning: PayMorning,
  calendar: Calendar,
): BusinessDate[] {
  const retries = c.strategy.retries.offsetsDays.slice(1).map((days) => addDays(dueDate, days));
  const payday = retries.length ? payMorning(presentOn, addDays(retries.at(-1)!, BEYOND_LAST_OFFSET)) : null;
  const moved = payday
    ? [
        payday,
        ...lastOf(
          retries.filter((day) => day > payday),
          retries.length - 1,
        ),
      ]
    : retries;
  const days = [presentOn];
  for (const day of moved) {
    const open = workday(c, day, calendar);
    if (open > days.at(-1)!) days.push(open);
  }
  return days;
}

const lastOf = <T>(list: readonly T[], n: number): readonly T[] => (n > 0 ? list.slice(-n) : []);
