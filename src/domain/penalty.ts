/**
 * Penalty (罚息): for each day, on the principal overdue at that day's start.
 *
 * The day after the due date is the first day; a payment on day v lowers the principal from the start of v + 1. Days of one principal form a
 * segment and are rounded half up once. `retroactive` grace: nothing is owed up to the last day of grace; past it every day from the due date
 * counts, unless no principal is left by then. `deferred`: only the days after grace count.
 */
import { type BusinessDate, daysBetween } from './clock.ts';
import { decimal, type Fraction } from './decimal.ts';
import { roundHalfUp } from './money.ts';
import type { PenaltyTerms } from './plan.ts';

/** Penalty terms with the rate read once. */
export type PenaltyRule = Readonly<{ rate: Fraction; graceDays: number; retroactive: boolean }>;

/** Throws InvalidInput where the rate is not decimal text. */
export const penaltyRule = (terms: PenaltyTerms): PenaltyRule => ({
  rate: decimal(terms.dailyRate, '/penalty/dailyRate'),
  graceDays: terms.graceDays,
  retroactive: terms.graceMode === 'retroactive',
});

/** Walks one instalment through its days, in order. A day is a number: days past the due date, below zero before it. */
export class PenaltyMeter {
  /** Penalty of the segments that ended, in minor units. */
  private ended = 0;
  /** Last day that the running segment does not count. */
  private since: number;

  constructor(
    private readonly rule: PenaltyRule,
    private principal: number,
  ) {
    this.since = rule.retroactive ? 0 : rule.graceDays;
  }

  /** Minor units owed by the end of `day`. Never lower on a later day. */
  assessed(day: number): number {
    if (day <= this.rule.graceDays || day <= 0 || this.rule.rate.num === 0n) return 0;
    return this.ended + this.running(day);
  }

  /** So much principal was paid on `day`: a new segment begins. */
  repay(day: number, minor: number): void {
    this.ended += this.running(day);
    this.since = Math.max(this.since, day);
    this.principal -= minor;
    if (this.principal === 0 && day <= this.rule.graceDays) this.ended = 0;
  }

  private running(day: number): number {
    return day > this.since && this.principal > 0 ? roundHalfUp(this.rule.rate, this.principal, day - this.since) : 0;
  }
}

/** Penalty in minor units on a principal of which nothing was paid, due on `dueDate`, by the end of `through`. */
export const penaltyOn = (principal: number, dueDate: BusinessDate, through: BusinessDate, terms: PenaltyTerms): number =>
  new PenaltyMeter(penaltyRule(terms), principal).assessed(daysBetween(dueDate, through));
