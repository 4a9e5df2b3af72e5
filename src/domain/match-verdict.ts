/** The small change of matching: how a verdict is made, and what a row or a record moves. */
import type { MatchResult } from './discrepancy.ts';
import type { MatchRule, Ours, Terms, Theirs, Verdict } from './match.ts';

const RULE_OF: Readonly<Record<Ours['kind'], MatchRule>> = { payment: 'orderNumber', return: 'orderNumber', refund: 'refundNumber' };

export const verdict = (result: MatchResult, ours: Ours | null, theirs: Theirs | null, differenceMinor: number, says: string): Verdict => ({
  result,
  ours,
  theirs,
  more: [],
  rule: ours && theirs ? RULE_OF[ours.kind] : null,
  differenceMinor: differenceMinor || 0,
  suggestion: null,
  says,
});

/** What a row or a record moves on the channel's account with us, fee apart: + towards us. */
export function effectOf(one: Theirs | Ours): number {
  if ('side' in one) return one.status !== 'succeeded' || NO_DEBIT.has(one.kind) ? 0 : one.side === 'in' ? one.minor : -one.minor;
  return one.day === null ? 0 : one.kind === 'payment' ? one.minor : -one.minor;
}
/** Fees are booked as fees and transfers by our account's statement: neither is held against a debit. */
const NO_DEBIT: ReadonlySet<string> = new Set(['fee', 'transfer']);

/** What moved so late on the day that the next day's file may have it; null when it did not. */
export const carriedOver = (one: Ours, terms: Terms): Verdict | null =>
  terms.carryFrom && one.at && one.at >= terms.carryFrom
    ? verdict('carriedOver', one, null, 0, `it moved near or after the day's cut-off: the next file may have it`)
    : null;
