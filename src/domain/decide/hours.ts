/**
 * Days and hours as the decider needs them: local times of days as instants, windows and quiet hours.
 * Luxon's answers are kept, since a portfolio asks for the same few thousand (day, time, zone) again and again; the answers are the same with or without.
 */
import { addDays as addDaysAfresh, atLocal, type BusinessDate, dateIn, type Instant, instant, type LocalTime } from '../clock.ts';

const KEPT = 20_000;
/** Every zone's offset has been a multiple of 15 minutes since 1972, and changes on such a multiple: inside one, the local date does not change. */
const QUARTER_MS = 900_000;

function kept<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  if (map.size >= KEPT) map.clear();
  const made = make();
  map.set(key, made);
  return made;
}

const instants = new Map<string, Map<string, number>>();
const dates = new Map<string, Map<number, BusinessDate>>();
const ofZone = <K, V>(all: Map<string, Map<K, V>>, zone: string): Map<K, V> => kept(all, zone, () => new Map<K, V>());

/** `atLocal`, remembered. */
export const localAt = (date: BusinessDate, time: LocalTime, zone: string): Instant =>
  instant(kept(ofZone(instants, zone), date + time, () => atLocal(date, time, zone).getTime()));

/** `dateIn`, remembered by the quarter of an hour. */
export const localDate = (at: Instant, zone: string): BusinessDate =>
  kept(ofZone(dates, zone), Math.floor(at.getTime() / QUARTER_MS), () => dateIn(at, zone));

const shifted = new Map<number, Map<BusinessDate, BusinessDate>>();

/** `addDays` of clock.ts, remembered. */
export const addDays = (date: BusinessDate, days: number): BusinessDate =>
  kept(
    kept(shifted, days, () => new Map<BusinessDate, BusinessDate>()),
    date,
    () => addDaysAfresh(date, days),
  );

export const minDate = (a: BusinessDate, b: BusinessDate): BusinessDate => (a <= b ? a : b);
export const maxDate = (a: BusinessDate, b: BusinessDate): BusinessDate => (a >= b ? a : b);

const laterTime = (a: LocalTime, b: LocalTime): LocalTime => (a >= b ? a : b);
const earlierTime = (a: LocalTime, b: LocalTime): LocalTime => (a <= b ? a : b);

/** The latest of those that are given; at least one must be. */
export const latestOf = (...all: readonly (Instant | null | undefined)[]): Instant =>
  instant(Math.max(...all.map((at) => at?.getTime() ?? -Infinity)));

export type Span = Readonly<{ from: LocalTime; to: LocalTime }>;

/** The first instant at or after `at` that lies outside the quiet hours (which may run over midnight: 22:00 to 08:00). */
export function outOfQuiet(at: Instant, quiet: Span, zone: string): Instant {
  if (quiet.from === quiet.to) return at;
  const day = localDate(at, zone);
  const from = localAt(day, quiet.from, zone);
  const to = localAt(day, quiet.to, zone);
  if (quiet.from < quiet.to) return at >= from && at < to ? to : at;
  if (at < to) return to;
  return at >= from ? localAt(addDays(day, 1), quiet.to, zone) : at;
}

/** Whether a wall-clock time lies in the quiet hours. */
export const isQuiet = (time: LocalTime, quiet: Span): boolean =>
  quiet.from < quiet.to ? time >= quiet.from && time < quiet.to : quiet.from !== quiet.to && (time >= quiet.from || time < quiet.to);

/** The stretches of a day in which a debit may be submitted: from the strategy's first window to its stop time, cut to the rail's own hours. */
export function openHours(times: readonly LocalTime[], stopTime: LocalTime, rail: readonly Span[]): Span[] {
  const first = times[0]!;
  if (rail.length === 0) return [{ from: first, to: stopTime }];
  return rail
    .filter(({ from, to }) => to > first && from < stopTime)
    .map(({ from, to }) => ({ from: laterTime(from, first), to: earlierTime(to, stopTime) }))
    .sort((a, b) => (a.from < b.from ? -1 : 1));
}

/** The first instant of `day`, not before `floor`, that lies in `open`; null when the day has none left. */
export function firstInstant(day: BusinessDate, floor: Instant, open: readonly Span[], zone: string): Instant | null {
  for (const { from, to } of open) {
    const start = localAt(day, from, zone);
    if (floor <= start) return start;
    if (floor < localAt(day, to, zone)) return floor;
  }
  return null;
}

/** The first of the day's window times at or after `floor` that lies in `open`; null when none is left. */
export function nextWindow(
  day: BusinessDate,
  floor: Instant,
  times: readonly LocalTime[],
  open: readonly Span[],
  zone: string,
): Instant | null {
  const time = times.find((t) => open.some((s) => t >= s.from && t < s.to) && localAt(day, t, zone) >= floor);
  return time ? localAt(day, time, zone) : null;
}
