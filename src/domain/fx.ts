/**
 * Conversions (外币兑换). An amount stays in its currency; turning one into another is two postings of one subject, each summing to zero in its
 * own currency through 2998, with the rate and its source beside them. The rate is decimal text as the source writes it, never a float.
 */
import { strict as assert } from 'node:assert';
import { digitsOf } from './currencies.ts';
import { decimal, halfUp } from './decimal.ts';
import { entry, type LedgerLine, line } from './ledger.ts';
import { type Money, money } from './money.ts';

/** One unit of `from` is `rate` units of `to`, in major units as rates are quoted: {from: 'USD', to: 'JPY', rate: '151.35'}. */
export type Rate = Readonly<{ from: string; to: string; rate: string }>;

/** The amount in the other currency, rounded half up once to its minor unit; exact whatever the digits of either. Throws InvalidInput for a rate that is no decimal fraction. */
export function convert(amount: Money, { from, to, rate }: Rate): Money {
  assert(amount.currency === from, `the rate is from ${from}, the amount in ${amount.currency}`);
  assert(amount.minor >= 0, `a conversion turns an amount of zero or above, not ${amount.minor}`);
  const { num, den } = decimal(rate);
  const scaled = BigInt(amount.minor) * num * 10n ** BigInt(digitsOf(to));
  return money(Number(halfUp(scaled, den * 10n ** BigInt(digitsOf(from)))), to);
}

/** `gave` left the account `from` in one currency, `got` arrived on `to` in another. One posting each, in that order. */
export function conversionPostings(from: string, gave: Money, to: string, got: Money): readonly [LedgerLine[], LedgerLine[]] {
  assert(gave.currency !== got.currency, `nothing is converted from ${gave.currency} to ${got.currency}`);
  return [entry([line('2998', gave.minor), line(from, -gave.minor)]), entry([line(to, got.minor), line('2998', -got.minor)])];
}
