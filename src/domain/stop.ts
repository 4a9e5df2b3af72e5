/** A stop switch: nothing new is sent while one covers the debit. Seen by every worker before its next call. */
import type { Instant } from './clock.ts';

export type StopScope = 'all' | `lender:${string}` | `channel:${string}`;
export type Stop = Readonly<{ scope: StopScope; by: string; why: string; at: Instant }>;

/** The switch that covers a debit of this lender on this channel, if any. */
export const stopFor = (stops: readonly Stop[], lenderId: string, channel: string): Stop | undefined =>
  stops.find((s) => s.scope === 'all' || s.scope === `lender:${lenderId}` || s.scope === `channel:${channel}`);
