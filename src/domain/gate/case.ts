/** What the gate is asked, what it is told, and the case it makes of both: one debit, judged at one instant. */
import { strict as assert } from 'node:assert';
import { type AttemptFact, isOpen } from '../attempt.ts';
import type { Calendar } from '../calendar.ts';
import type { ChannelProfile } from '../channel-profile.ts';
import { type BusinessDate, type Instant, instant, latest } from '../clock.ts';
import { localDate } from '../decide/hours.ts';
import type { DebitDecision } from '../decision.ts';
import type { Mandate } from '../mandate.ts';
import type { NoticeFact } from '../notice.ts';
import type { Instalment, Plan } from '../plan.ts';
import type { RulePack } from '../rule-pack.ts';
import type { Stop } from '../stop.ts';
import type { Strategy } from '../strategy.ts';

/** One debit somebody wants: the due sweep, a retry, staff, the API. Nobody is trusted to have checked anything. */
export type DebitAsk = Readonly<
  Pick<DebitDecision, 'mandateId' | 'trigger' | 'cycle' | 'dueDate' | 'aims' | 'minor' | 'steppedDown'> & {
    planId: string;
    channel: string;
    currency: string;
    /** 1, 2 ... where one amount is split; null otherwise. */
    part: number | null;
    /** Minor units of the ask that are penalty or late fee. */
    penaltyMinor: number;
    /** When it is to be sent; an instant that has passed means now. */
    at: Instant;
  }
>;

/** Everything the gate may know. It reads no clock and no store. */
export type GateFacts = Readonly<{
  now: Instant;
  /** The lender's zone, and its business date at `now`. */
  zone: string;
  today: BusinessDate;
  plan: Plan;
  mandate: Mandate;
  strategy: Strategy;
  /** All attempts of this plan. */
  attempts: readonly AttemptFact[];
  /** Everything tried today on the mandate's account, by any plan of the lender. */
  accountAttempts: readonly AttemptFact[];
  /** What other plans did under the same mandate, at least 60 days back. */
  mandateAttempts?: readonly AttemptFact[];
  /** The plan's notices. */
  notices: readonly NoticeFact[];
  stops: readonly Stop[];
  pack: RulePack;
  channel: ChannelProfile;
  /** Unknowns the bank caused: how many are open, and their share (0..1) of the channel's last 500 calls. */
  channelBrake: Readonly<{ openUnknown: number; recentShare: number }>;
  calendar: Calendar;
}>;

export type Counter = Readonly<{ before: number; after: number; limit: number }>;
export type No = Readonly<{
  says: string;
  source: string;
  retryAt: Instant | null;
  counters: Readonly<{ before: number; limit: number }> | null;
}>;
/** What a rule finds: null = it passes and counts nothing; a counter = it passes; a `No` = it refuses. */
export type Finding = null | Counter | No;
export type Rule = Readonly<{ code: string; check: (c: Case) => Finding }>;

export type Case = Readonly<{
  ask: DebitAsk;
  facts: GateFacts;
  /** The instant at which the debit would be sent, and the lender's business date then. */
  when: Instant;
  today: BusinessDate;
  /** Attempts that count, oldest first, of the plan, the account's day and the mandate; `unsent` and `voided` are left out. */
  counted: readonly AttemptFact[];
  /** The instalments aimed at, in the ask's order; undefined where the plan has none of that id. */
  aimed: readonly (Instalment | undefined)[];
  /** The instalment aimed at that is due first, and the due date of the last one. */
  oldest: Instalment | undefined;
  lastDue: BusinessDate | undefined;
}>;

export const no = (says: string, source: string, retryAt: Instant | null = null, counters: No['counters'] = null): No => ({
  says,
  source,
  retryAt,
  counters,
});
export const isNo = (finding: Finding): finding is No => finding !== null && 'says' in finding;

export const openFact = (a: AttemptFact): boolean => a.open || isOpen(a.state);

export const ofCycle = (a: AttemptFact, c: Case): boolean => a.planId === c.ask.planId && a.cycle === c.ask.cycle;
export const ofAccount = (a: AttemptFact, c: Case): boolean => a.accountKey === c.facts.mandate.accountKey;
export const wasRefused = (a: AttemptFact): boolean => a.state === 'failed' || a.state === 'returned';
export const refusedForFunds = (a: AttemptFact): boolean => wasRefused(a) && a.failure === 'insufficientFunds';
/** Money that is taken, or may be. */
export const takes = (a: AttemptFact): boolean => a.state === 'succeeded' || openFact(a);

const before = (a: AttemptFact, b: AttemptFact): number => a.createdAt.getTime() - b.createdAt.getTime() || a.n - b.n;

/** One list of all attempts that count, each once, oldest first. */
function countedOf({ attempts, accountAttempts, mandateAttempts = [] }: GateFacts): AttemptFact[] {
  const seen = new Set<string>();
  const list: AttemptFact[] = [];
  for (const group of [attempts, accountAttempts, mandateAttempts])
    for (const a of group)
      if (a.state !== 'unsent' && a.state !== 'voided' && !seen.has(a.id)) {
        seen.add(a.id);
        list.push(a);
      }
  return list.sort(before);
}

/** Asserts that ask and facts speak of the same debit (a mistake of ours when not), and prepares what the rules share. */
export function caseOf(ask: DebitAsk, facts: GateFacts): Case {
  assert(ask.planId === facts.plan.id, `the facts are of plan ${facts.plan.id}, the ask of ${ask.planId}`);
  assert(ask.mandateId === facts.mandate.id, `the facts are of mandate ${facts.mandate.id}, the ask of ${ask.mandateId}`);
  assert(ask.channel === facts.channel.name, `the facts are of channel ${facts.channel.name}, the ask of ${ask.channel}`);
  const when = instant(latest(ask.at, facts.now).getTime());
  const aimed = ask.aims.map((aim) => facts.plan.instalments.find((i) => i.id === aim.instalmentId));
  let oldest: Instalment | undefined;
  let lastDue: BusinessDate | undefined;
  for (const i of aimed) {
    if (!i) continue;
    if (!oldest || i.dueDate < oldest.dueDate || (i.dueDate === oldest.dueDate && i.n < oldest.n)) oldest = i;
    if (!lastDue || i.dueDate > lastDue) lastDue = i.dueDate;
  }
  const today = when.getTime() === facts.now.getTime() ? facts.today : localDate(when, facts.zone);
  return { ask, facts, when, today, counted: countedOf(facts), aimed, oldest, lastDue };
}
