/**
 * Routing: which channel a debit takes. Filters first, then the highest expected value, success × amount × lossIfMissed − cost.
 * After insufficient funds the channel stays: another one meets the same empty account and burns another counter (domain.md rule 7).
 */
import { createHash } from 'node:crypto';
import type { ChannelProfile } from './channel-profile.ts';
import { type Instant, instant } from './clock.ts';
import { localAt, localDate } from './decide/hours.ts';
import { halfUp } from './decimal.ts';
import type { FailureClass } from './failures.ts';
import { endOfWindow } from './gate/times.ts';
import { said } from './gate/words.ts';
import { roundHalfUp } from './money.ts';
import { type Stop, stopFor } from './stop.ts';

export type RouteAsk = Readonly<{
  lenderId: string;
  planId: string;
  /** Number of the attempt to come. */
  n: number;
  rail: string;
  currency: string;
  minor: number;
  /** Channels the mandate was signed on; empty: any of the rail. */
  mandateChannels: readonly string[];
  /** Share of the amount that is lost where it is not collected (strategy: skip.lossIfMissed), 0..1. */
  lossIfMissed: number;
  /** Share of debits sent through another channel than the best, 0.01 to 0.05, so that its success stays known; 0: none. */
  standbyShare: number;
  lastChannel: string | null;
  lastFailure: FailureClass | null;
}>;

export type ChannelFacts = Readonly<{
  on: boolean;
  /** Learned share of debits that succeed, 0..1; null: the profile's own. */
  successRate: number | null;
  /** Taken, or perhaps taken, from the account through this channel today. */
  usedToday: number;
  /** The merchant's insufficient-funds counter against the channel's ceiling; null where it has none. */
  nsf: Readonly<{ count: number; ceiling: number }> | null;
  stops: readonly Stop[];
}>;

export type Route = Readonly<{
  channel: string | null;
  because: string;
  /** Expected value in minor units, best first. */
  ranked: readonly Readonly<{ channel: string; value: number; because: string }>[];
  filtered: readonly Readonly<{ channel: string; because: string }>[];
}>;

type Candidate = Readonly<{ profile: ChannelProfile; facts: ChannelFacts }>;

/** Near the ceiling the last tenth is kept for debits that have no other channel. */
const NSF_KEEP = 0.9;
const MILLION = 1_000_000;
const millionths = (share: number): bigint => BigInt(Math.round(share * MILLION));

/** What the channel charges for a debit: its share or its minimum, and the flat part. Minor units, half up. */
export const feeOf = ({ fee }: ChannelProfile, minor: number): number => Math.max(fee.min, roundHalfUp(fee.share, minor)) + fee.flat;

/** Expected value of a debit in minor units: success × amount × lossIfMissed − fee, rounded half up. */
function gainOf(minor: number, success: number, lossIfMissed: number, fee: number): number {
  return Number(halfUp(BigInt(minor) * millionths(success) * millionths(lossIfMissed), BigInt(MILLION) ** 2n)) - fee;
}

/** Why a channel cannot take the debit now; null when it can. */
function barred(ask: RouteAsk, { profile: p, facts }: Candidate, now: Instant): string | null {
  const day = localDate(now, p.zone);
  const stop = stopFor(facts.stops, ask.lenderId, p.name);
  const { nsf } = facts;
  if (!facts.on) return 'the channel is off';
  if (stop) return `debits are stopped for ${stop.scope}`;
  if (!p.rails.includes(ask.rail)) return `it does not carry ${ask.rail}`;
  if (!p.currencies.some((x) => x === '*' || x === ask.currency)) return `it does not take ${ask.currency}`;
  if (ask.mandateChannels.length > 0 && !ask.mandateChannels.includes(p.name)) return 'the mandate was signed for another channel';
  if (p.perDebitLimit !== null && ask.minor > p.perDebitLimit) return `above ${said(p.perDebitLimit, ask.currency)} a debit`;
  if (p.dailyLimitPerAccount !== null && facts.usedToday + ask.minor > p.dailyLimitPerAccount)
    return `${said(facts.usedToday, ask.currency)} of ${said(p.dailyLimitPerAccount, ask.currency)} a day is used`;
  if (nsf && nsf.count >= nsf.ceiling * NSF_KEEP) return `${nsf.count} debits without funds are near its ceiling of ${nsf.ceiling}`;
  const blackout = endOfWindow(now.getTime(), p.blackouts, p.zone);
  if (blackout !== null) return `closed for maintenance until ${instant(blackout).toISOString()}`;
  if (p.windows.length > 0 && endOfWindow(now.getTime(), p.windows, p.zone) === null) return 'outside its hours';
  if (now >= localAt(day, p.cutOff, p.zone)) return `the cut-off of ${p.cutOff} has passed`;
  return null;
}

/** Two whole numbers from plan and n: the same for ever, evenly spread. */
function drawn({ planId, n }: RouteAsk): readonly [number, number] {
  const hash = createHash('sha256')
    .update(JSON.stringify(['standby', planId, n]))
    .digest();
  return [hash.readUInt32BE(0), hash.readUInt32BE(4)];
}

/**
 * Chooses the channel. `channel` is null where none can take the debit now, or where the account was empty and the same channel has to be
 * waited for; `because` says which. A channel that is no longer offered, or off, frees the choice.
 */
export function route(ask: RouteAsk, channels: readonly Candidate[], now: Instant): Route {
  const filtered: { channel: string; because: string }[] = [];
  const ranked: { channel: string; value: number; because: string }[] = [];
  for (const candidate of channels) {
    const { profile, facts } = candidate;
    const because = barred(ask, candidate, now);
    if (because !== null) {
      filtered.push({ channel: profile.name, because });
      continue;
    }
    const success = facts.successRate ?? profile.successRate;
    const fee = feeOf(profile, ask.minor);
    const value = gainOf(ask.minor, success, ask.lossIfMissed, fee);
    ranked.push({
      channel: profile.name,
      value,
      because: `${success * 100} % of ${said(ask.minor, ask.currency)}, fee ${said(fee, ask.currency)}`,
    });
  }
  ranked.sort((a, b) => b.value - a.value || (a.channel < b.channel ? -1 : 1));
  const answer = (channel: string | null, because: string): Route => ({ channel, because, ranked, filtered });

  const last = channels.find((c) => c.profile.name === ask.lastChannel);
  if (ask.lastFailure === 'insufficientFunds' && last?.facts.on) {
    const again = ranked.some((r) => r.channel === ask.lastChannel);
    return again
      ? answer(ask.lastChannel, 'the account was short of funds: another channel would meet the same account')
      : answer(
          null,
          `the account was short of funds, so ${ask.lastChannel} is waited for: ${filtered.find((f) => f.channel === ask.lastChannel)?.because}`,
        );
  }
  const [best, ...others] = ranked;
  if (!best) return answer(null, 'no channel can take the debit now');
  const [chance, which] = drawn(ask);
  const standby = others[which % Math.max(1, others.length)];
  if (standby && chance < ask.standbyShare * 2 ** 32)
    return answer(standby.channel, 'a small share goes through the others, so that their success stays known');
  return answer(best.channel, 'the highest expected value');
}
