/** Everything the decider looks at: one plan with its agreements and its past, under one strategy and one rail's rules, at one instant. */
import type { AttemptFact } from './attempt.ts';
import type { Instant } from './clock.ts';
import type { Mandate } from './mandate.ts';
import type { Plan } from './plan.ts';
import type { RulePack } from './rule-pack.ts';
import type { Strategy } from './strategy.ts';

export type Collection = Readonly<{
  /** Assessed to `now`: instalments, penalty and receipts stand as of today. */
  plan: Plan;
  /** Ranked: the account that is debited first comes first. */
  mandates: readonly Mandate[];
  /** All attempts of this plan, by `n`. */
  attempts: readonly AttemptFact[];
  /** Keys of the notices already made, whatever became of them. */
  noticeKeys: ReadonlySet<string>;
  strategy: Strategy;
  /** Of the first usable mandate's rail; the strictest one where there is none. */
  pack: Pick<RulePack, 'stepDown' | 'earlyDays' | 'lateDays' | 'notice' | 'windows' | 'oneSuccessPerCycle'>;
  now: Instant;
  /** The lender's time zone: due dates, windows and quiet hours are judged in it. */
  zone: string;
}>;
