/** A rule pack: what one rail and one law allow, as dated data (config/rules/*.yaml). The gate reads it; nothing else judges a debit. */
import type { BusinessDate, LocalTime } from './clock.ts';
import type { FailureClass } from './failures.ts';

/**
 * A ceiling on attempts. `per`: what is counted together; `withinDays`: the sliding window, null for the whole life of `per`.
 * `resetByNewMandate`: attempts older than the mandate in use do not count, because the payer agreed anew after them.
 */
export type CountLimit = Readonly<{
  code: string;
  per: 'cycle' | 'instalment' | 'plan' | 'mandate' | 'account';
  /** Which attempts count: all that reached the channel, those that failed, those in a row that failed, those that succeeded. */
  counts: 'attempts' | 'failures' | 'consecutiveFailures' | 'successes';
  classes: readonly FailureClass[] | 'any';
  max: number;
  withinDays: number | 'calendarMonth' | null;
  resetByNewMandate: boolean;
  source: string;
}>;

/**
 * `days` counted from the day the notice was sent (0: `hours` alone decide). `amountBinds`: never more than was announced.
 * `validDays`: days after which a notice announces nothing any more; null: no end.
 */
export type PackNotice = Readonly<{
  days: number;
  hours: number;
  unit: 'calendar' | 'business';
  amountBinds: boolean;
  validDays: number | null;
  source: string;
}>;

export type RulePack = Readonly<{
  name: string;
  version: string;
  title: string;
  rail: string;
  country: string;
  lenderTypes: readonly string[];
  currencies: readonly string[];
  validFrom: BusinessDate;
  /** What the numbers rest on; every limit repeats the address it came from. */
  sources: readonly string[];
  /** Days (or hours, where the rule says so) before the debit by which the payer must have been told. Null: none required. */
  notice: PackNotice | null;
  /** Zone of the windows and of the business days; null: the lender's own. */
  zone: string | null;
  /** Local times between which the bank may be asked; the end is not inside. A window over midnight is written as two. */
  windows: readonly Readonly<{ from: LocalTime; to: LocalTime }>[];
  windowSource: string | null;
  businessDaysOnly: boolean;
  calendar: string;
  /** Days before the due date from which a debit is allowed; 0: not before it. */
  earlyDays: number;
  /** Days after the due date up to which the cycle may be debited; null: no end. */
  lateDays: number | null;
  /** `forbidden`: same amount only; `closesCycle`: any success, even a small one, ends the cycle; `allowed`. */
  stepDown: 'forbidden' | 'closesCycle' | 'allowed';
  stepDownSource: string;
  /** A debit of a cycle that was refused before must ask for the same amount again. */
  sameAmount: boolean;
  /** Days after the cycle's first attempt within which it may be asked again; null: no end. */
  representDays: number | null;
  /** Whether one amount may be split into parts. */
  split: boolean;
  /** One success ends the cycle whatever its amount. */
  oneSuccessPerCycle: boolean;
  perDebitMax: number | null;
  minGapHours: number;
  limits: readonly CountLimit[];
  /** Failure classes after which this rail may not be asked again for the cycle. */
  neverAfter: readonly FailureClass[];
  /** May the pack's debit take penalty and late fees, or principal and interest only? */
  penaltyAllowed: boolean;
  examples: readonly PackExample[];
}>;

/** A case in words and numbers that the test suite runs through the gate. */
export type PackExample = Readonly<{ name: string; given: Readonly<Record<string, unknown>>; expect: 'permit' | string }>;
