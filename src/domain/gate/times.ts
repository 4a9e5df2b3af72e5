/** Local times as the gate needs them: windows, stop time, cut-off, blackouts, and the next instant at which all of them are open. */
import { addDays, type BusinessDate, type Instant, instant, type LocalTime } from '../clock.ts';
import { localAt, localDate } from '../decide/hours.ts';
import type { Case } from './case.ts';

type Window = Readonly<{ from: LocalTime; to: LocalTime }>;

/** Milliseconds of a wall-clock time on a day in a zone; '24:00' is the next midnight. */
export const msAt = (date: BusinessDate, time: LocalTime, zone: string): number => localAt(date, time, zone).getTime();

/** The end of the window [from, to) that `ms` is in; null outside all of them. */
export function endOfWindow(ms: number, windows: readonly Window[], zone: string): number | null {
  const date = localDate(instant(ms), zone);
  for (const w of windows) {
    if (ms < msAt(date, w.from, zone)) continue;
    const end = msAt(date, w.to, zone);
    if (ms < end) return end;
  }
  return null;
}

/** The first instant at or after `ms` that is inside a window. */
function intoWindow(ms: number, windows: readonly Window[], zone: string): number {
  if (windows.length === 0 || endOfWindow(ms, windows, zone) !== null) return ms;
  const date = localDate(instant(ms), zone);
  const opens = (day: BusinessDate) => Math.min(...windows.map((w) => msAt(day, w.from, zone)).filter((at) => at >= ms));
  const today = opens(date);
  return Number.isFinite(today) ? today : opens(addDays(date, 1));
}

/** `ms` itself before `time` of its day, else the next midnight. */
function beforeTime(ms: number, time: LocalTime, zone: string): number {
  const date = localDate(instant(ms), zone);
  return ms < msAt(date, time, zone) ? ms : msAt(date, '24:00', zone);
}

/** The zone of the pack's windows and business days. */
export const packZone = ({ facts }: Pick<Case, 'facts'>): string => facts.pack.zone ?? facts.zone;

/** The first instant at or after `from` at which windows, stop time, cut-off, blackouts and business days all agree; null when they never do. */
export function nextOpening(c: Case, from: Instant): Instant | null {
  const { pack, channel, strategy, zone, calendar } = c.facts;
  let ms = Math.max(from.getTime(), c.when.getTime());
  for (let round = 0; round < 100; round++) {
    const start = ms;
    ms = intoWindow(ms, pack.windows, packZone(c));
    ms = intoWindow(ms, channel.windows, channel.zone);
    ms = beforeTime(ms, strategy.present.stopTime, zone);
    ms = beforeTime(ms, channel.cutOff, channel.zone);
    ms = endOfWindow(ms, channel.blackouts, channel.zone) ?? ms;
    if (pack.businessDaysOnly) {
      const date = localDate(instant(ms), packZone(c));
      const open = calendar.onOrAfter(date);
      if (open !== date) ms = msAt(open, '00:00', packZone(c));
    }
    if (ms === start) return instant(ms);
  }
  return null;
}

/** The first opening on or after a business date of the lender. */
export const openingOn = (c: Case, date: BusinessDate): Instant | null => nextOpening(c, instant(msAt(date, '00:00', c.facts.zone)));

/** The call may not begin after this: the end of the windows, the stop time, the cut-off or the next blackout, whichever comes first. */
export function sendByOf(c: Case): Instant {
  const { pack, channel, strategy, zone } = c.facts;
  const ms = c.when.getTime();
  const day = localDate(c.when, channel.zone);
  let by = Math.min(msAt(c.today, strategy.present.stopTime, zone), msAt(day, channel.cutOff, channel.zone));
  if (pack.windows.length > 0) by = Math.min(by, endOfWindow(ms, pack.windows, packZone(c)) ?? ms);
  if (channel.windows.length > 0) by = Math.min(by, endOfWindow(ms, channel.windows, channel.zone) ?? ms);
  for (const b of channel.blackouts) {
    const from = msAt(day, b.from, channel.zone);
    if (from > ms) by = Math.min(by, from);
  }
  return instant(by);
}
