/** Money is whole minor units and a currency. No float ever holds money; adding two currencies throws; a split loses nothing. */
import { strict as assert } from 'node:assert';
import { decimal, type Fraction, halfUp } from './decimal.ts';

export { isCurrency } from './currencies.ts';

export type Money = Readonly<{ minor: number; currency: string }>;

export function money(minor: number, currency: string): Money {
  assert(Number.isSafeInteger(minor), `not whole minor units: ${minor} ${currency}`);
  return { minor, currency };
}

const same = (a: Money, b: Money): string => {
  assert(a.currency === b.currency, `two currencies in one sum: ${a.currency} and ${b.currency}`);
  return a.currency;
};

export const add = (a: Money, b: Money): Money => money(a.minor + b.minor, same(a, b));
export const subtract = (a: Money, b: Money): Money => money(a.minor - b.minor, same(a, b));

/** The sum of any number of amounts of one currency; none is zero of `currency`. */
export const sum = (amounts: readonly Money[], currency: string): Money => amounts.reduce(add, money(0, currency));

const fraction = (share: string | Fraction): Fraction => (typeof share === 'string' ? decimal(share) : share);

/** `share` ('0.6', or a fraction) of minor units, rounded down: a step-down never asks for more than its step says. */
export function floorFraction(minor: number, share: string | Fraction): number {
  assert(Number.isSafeInteger(minor) && minor >= 0, `not whole minor units: ${minor}`);
  const { num, den } = fraction(share);
  return Number((BigInt(minor) * num) / den);
}

/** floorFraction of an amount of money. */
export const percentOf = (whole: Money, share: string | Fraction): Money => money(floorFraction(whole.minor, share), whole.currency);

/** rate × minor × days in minor units, rounded half up once. Exact: small products in whole numbers, large ones in BigInt. */
export function roundHalfUp(rate: string | Fraction, minor: number, days = 1): number {
  assert(Number.isSafeInteger(minor) && minor >= 0 && Number.isSafeInteger(days) && days >= 0, `not whole: ${minor} × ${days}`);
  const { num, den } = fraction(rate);
  const product = Number(num) * minor * days;
  const unit = Number(den);
  if (product > Number.MAX_SAFE_INTEGER || unit > Number.MAX_SAFE_INTEGER / 2)
    return Number(halfUp(num * BigInt(minor) * BigInt(days), den));
  const rest = product % unit;
  return (product - rest) / unit + (2 * rest >= unit ? 1 : 0);
}

/** Cuts `minor` in proportion to whole weights. The parts sum to the whole: what rounding down leaves goes, unit by unit, to the largest remainders, the first among equals. */
export function splitByWeights(minor: number, weights: readonly number[]): number[] {
  assert(Number.isSafeInteger(minor) && minor >= 0, `not whole minor units: ${minor}`);
  assert(weights.length > 0 && weights.every((w) => Number.isSafeInteger(w) && w >= 0), 'weights are whole numbers, none negative');
  const all = weights.reduce((s, w) => s + BigInt(w), 0n);
  assert(all > 0n, 'a split needs a weight above zero');
  const shares = weights.map((w) => BigInt(minor) * BigInt(w));
  const parts = shares.map((share) => Number(share / all));
  const byRemainder = shares
    .map((share, at) => ({ rest: share % all, at }))
    .sort((a, b) => (b.rest > a.rest ? 1 : b.rest < a.rest ? -1 : a.at - b.at));
  const left = minor - parts.reduce((s, p) => s + p, 0);
  for (const { at } of byRemainder.slice(0, left)) parts[at]! += 1;
  return parts;
}
