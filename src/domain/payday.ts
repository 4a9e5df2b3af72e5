/** When money comes in: declared by the borrower, or learned from the days on which it was there. A window is two days of the month, the second wraps from 31 to 1. */
import { addDays, addMonths, type BusinessDate, dayOfMonth } from './clock.ts';
import type { Plan } from './plan.ts';

export type Credit = Readonly<{ date: BusinessDate; minor: number }>;
/** `day`: first day of the window, 1-31; `share` of all credits that fell inside it, 0 to 1. */
export type Payday = Readonly<{ day: number; share: number }>;

/** Fewer months than this tell chance, not a habit. */
const MIN_MONTHS = 3;
const MIN_SUCCESSES = 3;

/** The two-day window of the month that holds most of the inflow, the earlier among equals; null with fewer than three months of credits. */
export function learnPayday(credits: readonly Credit[]): Payday | null {
  const inflow = credits.filter((c) => c.minor > 0);
  if (new Set(inflow.map((c) => c.date.slice(0, 7))).size < MIN_MONTHS) return null;
  const byDay = new Array<number>(32).fill(0);
  for (const { date, minor } of inflow) byDay[dayOfMonth(date)]! += minor;
  const all = byDay.reduce((s, minor) => s + minor, 0);
  let best = { day: 1, minor: -1 };
  for (let day = 1; day <= 31; day++) {
    const minor = byDay[day]! + byDay[(day % 31) + 1]!;
    if (minor > best.minor) best = { day, minor };
  }
  return { day: best.day, share: best.minor / all };
}

/** First day of the plan's payday window: as declared, else learned from at least three receipts with a share of `confidence` or more; null when unclear. */
export function paydayOf(plan: Plan, confidence: number): number | null {
  if (plan.paydayDeclared !== null) return plan.paydayDeclared;
  const successes = plan.receipts.filter((r) => !r.back);
  if (successes.length < MIN_SUCCESSES) return null;
  const learned = learnPayday(successes.map((r) => ({ date: r.valueDate, minor: r.minor })));
  return learned && learned.share >= confidence ? learned.day : null;
}

/** The next day after `after` to ask: `waitDays` after the window's first day, which is the month's last where the month is shorter. */
export function nextPaydayTarget(day: number, waitDays: number, after: BusinessDate): BusinessDate {
  // A month of 31 days as the anchor, so that the day is clipped by each month and never by the anchor; two months back, as a wait may reach over the month's end.
  const anchor = addDays('2000-01-01' as BusinessDate, day - 1);
  let months = (Number(after.slice(0, 4)) - 2000) * 12 + Number(after.slice(5, 7)) - 1 - 2;
  let target = addDays(addMonths(anchor, months), waitDays);
  while (target <= after) target = addDays(addMonths(anchor, ++months), waitDays);
  return target;
}
