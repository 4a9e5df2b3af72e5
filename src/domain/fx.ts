/**
 * Conversions (外币兑换). An amount stays in its currency; what a bank turned into another is two postings, each summing to zero in its own
 * currency through 2998. The bank's own two amounts are booked: its rate is kept beside them as its statement writes it, and nothing is
 * computed from it.
 */
import { strict as assert } from 'node:assert';
import { halfUp } from './decimal.ts';
import { entry, type LedgerLine, line } from './ledger.ts';

/** A sum that may go either way: above zero towards us. */
export type Moved = Readonly<{ currency: string; minor: number }>;
/** What a statement says of a row that was converted: the other side's amount, zero or above, and the rate as it is written. */
export type Conversion = Readonly<{ currency: string; minor: number; rate: string }>;

/** `gave` left the account `from` in one currency, `got` arrived on `to` in another. One posting each, in that order. */
export function conversionPostings(from: string, gave: Moved, to: string, got: Moved): readonly [LedgerLine[], LedgerLine[]] {
  assert(gave.currency !== got.currency, `nothing is converted from ${gave.currency} to ${got.currency}`);
  return [entry([line('2998', gave.minor), line(from, -gave.minor)]), entry([line(to, got.minor), line('2998', -got.minor)])];
}

/**
 * What each of `shares` is of `got`, where `gave` of their currency became `got` of another: whole minor units, each less than one from its exact
 * part, and where the shares come to `gave` they come to `got` to the unit.
 */
export function sharesOf(got: number, gave: number, shares: readonly number[]): number[] {
  assert(gave > 0 && got >= 0, `a conversion is of amounts above zero, not of ${gave} into ${got}`);
  const upTo = (sum: number): bigint => {
    const whole = halfUp(BigInt(Math.abs(sum)) * BigInt(got), BigInt(gave));
    return sum < 0 ? -whole : whole;
  };
  let before = 0;
  return shares.map((share) => {
    const from = upTo(before);
    before += share;
    return Number(upTo(before) - from);
  });
}
