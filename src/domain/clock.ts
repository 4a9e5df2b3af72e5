/**
 * Instants, days and the clock that hands them out.
 *
 * An instant is a UTC point in time; a business date is a day in nobody's zone and becomes one only through a lender's or a rail's zone.
 * This file and `src/clock.ts` are the only ones that build a `Date`: that is what lets the test clock move the whole house.
 */
import { DateTime } from 'luxon';

/** A UTC instant. Never mutated; built by the helpers below alone. */
export type Instant = Date;

/** A day such as '2026-03-31', in no time zone. */
export type BusinessDate = string & { readonly kind: 'BusinessDate' };

/** A wall-clock time such as '09:10', in no time zone. */
export type LocalTime = string;

export interface Clock {
  now(): Instant;
  today(zone: string): BusinessDate;
}

const DAY_MS = 86_400_000;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

/** Reads 'YYYY-MM-DD'; throws a RangeError for a day that does not exist, such as 2027-02-30. */
export function businessDate(text: string): BusinessDate {
  const parts = DATE.exec(text);
  const at = parts ? new Date(Date.UTC(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]))) : null;
  if (!at || at.toISOString().slice(0, 10) !== text || text < '1900-01-01') throw new RangeError(`not a day of the calendar: ${text}`);
  return text as BusinessDate;
}

export const isBusinessDate = (text: string): text is BusinessDate => {
  try {
    return Boolean(businessDate(text));
  } catch {
    return false;
  }
};

/** Days since 1970-01-01, by the months of a year that begins in March: a plan's books ask this so often that parsing a Date each time would be half the work. */
function dayNumber(date: BusinessDate): number {
  const month = Number(date.slice(5, 7));
  const year = Number(date.slice(0, 4)) - (month <= 2 ? 1 : 0);
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + Number(date.slice(8, 10)) - 1;
  return 365 * year + Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400) + dayOfYear - 719_468;
}
const fromDayNumber = (n: number): BusinessDate => new Date(n * DAY_MS).toISOString().slice(0, 10) as BusinessDate;

export const addDays = (date: BusinessDate, days: number): BusinessDate => fromDayNumber(dayNumber(date) + days);

/** Whole days from `from` to `to`; negative when `to` is earlier. */
export const daysBetween = (from: BusinessDate, to: BusinessDate): number => dayNumber(to) - dayNumber(from);

/** 1 = Monday ... 7 = Sunday. */
export const weekday = (date: BusinessDate): number => ((((dayNumber(date) + 3) % 7) + 7) % 7) + 1;

export const dayOfMonth = (date: BusinessDate): number => Number(date.slice(8, 10));

/** `months` later on the anchor's day of the month, or the month's last day where it has no such day. Count from the anchor, never from a clipped date. */
export function addMonths(anchor: BusinessDate, months: number): BusinessDate {
  const [year, month, day] = anchor.split('-').map(Number) as [number, number, number];
  const first = new Date(Date.UTC(year, month - 1 + months, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  return fromDayNumber(first.getTime() / DAY_MS + Math.min(day, last) - 1);
}

/** An instant from epoch milliseconds. */
export const instant = (ms: number): Instant => new Date(ms);

/** Reads an ISO 8601 instant that names its offset; throws a RangeError otherwise. */
export function parseInstant(text: string): Instant {
  const at = DateTime.fromISO(text, { setZone: true });
  if (!at.isValid || !/(Z|[+-]\d{2}:?\d{2})$/.test(text)) throw new RangeError(`not an instant with an offset: ${text}`);
  return at.toJSDate();
}

export const isInstant = (text: string): boolean => {
  try {
    return Boolean(parseInstant(text));
  } catch {
    return false;
  }
};

export const plusMs = (at: Instant, ms: number): Instant => new Date(at.getTime() + ms);
export const plusMinutes = (at: Instant, minutes: number): Instant => plusMs(at, minutes * 60_000);
export const plusHours = (at: Instant, hours: number): Instant => plusMs(at, hours * 3_600_000);
export const earliest = (a: Instant, b: Instant): Instant => (a <= b ? a : b);
export const latest = (a: Instant, b: Instant): Instant => (a >= b ? a : b);

/** The business date of an instant in a zone. */
export const dateIn = (at: Instant, zone: string): BusinessDate => DateTime.fromJSDate(at, { zone }).toFormat('yyyy-MM-dd') as BusinessDate;

/** The wall-clock time 'HH:mm' of an instant in a zone. */
export const timeIn = (at: Instant, zone: string): LocalTime => DateTime.fromJSDate(at, { zone }).toFormat('HH:mm');

/** The instant of a wall-clock time on a day in a zone; a time that DST skips moves forward, one that comes twice is the first. */
export function atLocal(date: BusinessDate, time: LocalTime, zone: string): Instant {
  const at = DateTime.fromISO(`${date}T${time}`, { zone });
  if (!at.isValid) throw new RangeError(`no such time: ${date} ${time} ${zone}`);
  // luxon picks one of two by the offset in force when it is asked, which changes with the seasons.
  return (at.getPossibleOffsets()[0] ?? at).toJSDate();
}

export const isZone = (zone: string): boolean => DateTime.local({ zone }).isValid;
