/** Chance as a pure function: what befalls an order follows from (seed, what is asked, number), never from the order of calls. */
import { createHash, createHmac } from 'node:crypto';

/** A number in [0, 1), evenly spread over its arguments. */
export function chance(seed: string, ...about: readonly string[]): number {
  const digest = createHash('sha256')
    .update([seed, ...about].join('\u0000'))
    .digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}

/** A whole number from `from` to `to`, both included. */
export const pick = (from: number, to: number, seed: string, ...about: readonly string[]): number =>
  from + Math.floor(chance(seed, ...about) * (to - from + 1));

/** A keyed hash as lower-case hex, `length` characters of it. */
export const keyedHash = (key: string, text: string, length = 32): string =>
  createHmac('sha256', key).update(text).digest('hex').slice(0, length);
