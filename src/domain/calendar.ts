/** Bank days as dated data: weekday rule, holidays, and the weekend days that are worked in exchange (调休). */
import { addDays, type BusinessDate, weekday } from './clock.ts';

export interface Calendar {
  readonly name: string;
  readonly zone: string;
  /** First and last day the data speaks of; outside it `isBusinessDay` falls back to the weekday rule. */
  readonly covers: Readonly<{ from: BusinessDate; to: BusinessDate }>;
  isBusinessDay(date: BusinessDate): boolean;
  /** The first business day on or after `date`. */
  onOrAfter(date: BusinessDate): BusinessDate;
  onOrBefore(date: BusinessDate): BusinessDate;
  /** `days` business days later (earlier when negative), counted from `date`. */
  addBusinessDays(date: BusinessDate, days: number): BusinessDate;
}

export type HolidayPolicy = 'none' | 'following' | 'preceding' | 'modifiedFollowing';

/** What a calendar is made of. `weekend`: 1 = Monday ... 7 = Sunday, never all seven; `worked`: weekend days that are business days all the same. */
export type CalendarData = Readonly<{
  name: string;
  zone: string;
  weekend: readonly number[];
  covers: Readonly<{ from: BusinessDate; to: BusinessDate }>;
  holidays: readonly BusinessDate[];
  worked: readonly BusinessDate[];
}>;

/** A holiday wins over a worked day; a RangeError where every weekday is weekend, for then no search would end. */
export function makeCalendar({ name, zone, weekend, covers, holidays, worked }: CalendarData): Calendar {
  const off = new Set(weekend);
  if (off.size >= 7) throw new RangeError(`calendar ${name}: no weekday is a business day; leave at least one out of weekend`);
  const closed = new Set(holidays);
  const open = new Set(worked);
  const isBusinessDay = (date: BusinessDate) => !closed.has(date) && (open.has(date) || !off.has(weekday(date)));
  const seek = (date: BusinessDate, step: 1 | -1): BusinessDate => {
    let day = date;
    while (!isBusinessDay(day)) day = addDays(day, step);
    return day;
  };
  return {
    name,
    zone,
    covers,
    isBusinessDay,
    onOrAfter: (date) => seek(date, 1),
    onOrBefore: (date) => seek(date, -1),
    addBusinessDays(date, days) {
      const step = days < 0 ? -1 : 1;
      let day = date;
      for (let left = Math.abs(days); left > 0; left--) day = seek(addDays(day, step), step);
      return day;
    },
  };
}

/** The day a date is moved to under a policy; `modifiedFollowing` goes back where the next business day lies in another month. */
export function adjust(date: BusinessDate, policy: HolidayPolicy, calendar: Calendar): BusinessDate {
  if (policy === 'none') return date;
  if (policy === 'preceding') return calendar.onOrBefore(date);
  const later = calendar.onOrAfter(date);
  return policy === 'modifiedFollowing' && later.slice(0, 7) !== date.slice(0, 7) ? calendar.onOrBefore(date) : later;
}
