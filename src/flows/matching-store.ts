/** What the flows need of the store to hold a day's file against our records: the merge of two sorted scans, and what it found, kept by line. */
import type { BusinessDate, Instant } from '../domain/clock.ts';
import type { MatchResult } from '../domain/discrepancy.ts';
import type { Terms, Verdict } from '../domain/match.ts';
import type { LenderDay } from '../domain/reconciliation.ts';

export type Day = Readonly<{ channel: string; businessDate: BusinessDate; statementId: string }>;

/** What a day's match came to. Every line has one verdict; records of ours that no line stands for have one each beside. */
export type MatchedDay = Readonly<{
  lines: number;
  /** Sums to `lines` and our records that stand alone. */
  byResult: Readonly<Record<MatchResult, number>>;
  /** What the file's rows come to, by lender of the record they are of; HOUSE for those of none. Their net is the file's net. */
  lenders: readonly LenderDay[];
  /** What our records of the day moved, those carried over left out, and what the file's rows did: + towards us, fees apart, by currency. */
  oursMinor: Readonly<Record<string, number>>;
  theirsMinor: Readonly<Record<string, number>>;
}>;

/** A verdict as kept: of line `n`, or of a record that stands alone (null). */
export type KeptVerdict = Readonly<{
  n: number | null;
  result: MatchResult;
  /** The record it was put together with; null where there is none. `told` alone names it: a plain match is of the line's own number. */
  attemptId: string | null;
  says: string;
}>;

export interface MatchingStore {
  /**
   * Compares, hands over what somebody has to look at in batches as it is found, then keeps a verdict for each line. Running it again replaces
   * what the last run kept. A file must be accepted; the caller sees to it that one day is compared once at a time.
   */
  matchDay(
    day: Day & Readonly<{ terms: Terms; cutOff: Instant }>,
    onDirty: (verdicts: readonly Verdict[]) => Promise<void>,
  ): Promise<MatchedDay>;
  /** What is kept of lines `from` to `to`, by number; empty before the first match. */
  verdicts(statementId: string, from: number, to: number): Promise<KeptVerdict[]>;
  /**
   * Faults in what is kept, in words: lines without a verdict or with two, a record that two lines of one kind stand for. Looks at every line.
   */
  faults(day: Day): Promise<string[]>;
}
