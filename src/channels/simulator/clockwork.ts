/** The bank's own calendar: when it takes debits, and to which bank day a moment belongs. Times are in the profile's zone. */
import type { ChannelProfile } from '../../domain/channel-profile.ts';
import { addDays, atLocal, type BusinessDate, dateIn, type Instant, plusMinutes, timeIn } from '../../domain/clock.ts';
import { pick } from './chance.ts';
import type { BankCode } from './codes.ts';
import type { AnswerStyle } from './types.ts';

type Local = Readonly<{ date: BusinessDate; time: string }>;
let last = { ms: Number.NaN, zone: '', local: { date: '' as BusinessDate, time: '' } };

/** Day and time on the wall. A debit asks several times of one instant, and time zones are dear: the last answer is kept. */
export function localOf(at: Instant, zone: string): Local {
  if (last.ms !== at.getTime() || last.zone !== zone)
    last = { ms: at.getTime(), zone, local: { date: dateIn(at, zone), time: timeIn(at, zone) } };
  return last.local;
}

type Span = Readonly<{ from: string; to: string }>;

/** A span may pass midnight ('23:00' to '01:00'). The last minute of a window still counts, that of a blackout does not. */
const within = (time: string, { from, to }: Span, lastMinute: boolean): boolean => {
  const beforeEnd = lastMinute ? time <= to : time < to;
  return from <= to ? time >= from && beforeEnd : time >= from || beforeEnd;
};

/** Why the bank does not take a debit at this moment; null when it does. */
export function closedBecause(profile: ChannelProfile, at: Instant): BankCode | null {
  const { time } = localOf(at, profile.zone);
  if (profile.blackouts.some((span) => within(time, span, false))) return 'T3';
  if (time >= profile.cutOff) return 'T2';
  if (profile.windows.length > 0 && !profile.windows.some((span) => within(time, span, true))) return 'T1';
  return null;
}

/** What happens at or after the cut-off belongs to the next day. */
export function bankDay(profile: ChannelProfile, at: Instant): BusinessDate {
  const { date, time } = localOf(at, profile.zone);
  return time >= profile.cutOff ? addDays(date, 1) : date;
}

/** 06:00 of the day after: when files are worked through and statements are ready. */
export const morningAfter = (day: BusinessDate, zone: string): Instant => atLocal(addDays(day, 1), '06:00', zone);

/** When an accepted order is decided; null where the reply is the result. */
export function decisionTime(style: AnswerStyle, profile: ChannelProfile, at: Instant, seed: string, orderNo: string): Instant | null {
  if (style === 'instant') return null;
  if (style === 'file') return morningAfter(bankDay(profile, at), profile.zone);
  return plusMinutes(at, pick(2, 180, seed, 'delay', orderNo));
}

/** A return comes 1 to 30 days later, during the bank's morning. */
export function returnTime(profile: ChannelProfile, takenAt: Instant, seed: string, orderNo: string): Instant {
  const day = addDays(dateIn(takenAt, profile.zone), pick(1, 30, seed, 'return day', orderNo));
  return plusMinutes(atLocal(day, '08:00', profile.zone), pick(0, 179, seed, 'return minute', orderNo));
}
