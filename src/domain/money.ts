/** Money is whole minor units and a currency. No float ever holds money; adding two currencies throws; a split loses nothing. */
import { strict as assert } from 'node:assert';

export type Money = Readonly<{ minor: number; currency: string }>;

export function money(minor: number, currency: string): Money {
  assert(Number.isSafeInteger(minor), `not whole minor units: ${minor} ${currency}`);
  return { minor, currency };
}
