/** Exact fractions, read from decimal text. Rates never pass through a float: 0.015 is 15 / 1000. */
import { InvalidInput } from './errors.ts';

/** A fraction that is not negative; `den` is above zero. */
export type Fraction = Readonly<{ num: bigint; den: bigint }>;

const DECIMAL = /^(\d{1,15})(?:\.(\d{1,18}))?$/;

/** Reads decimal text such as '0.00075'; throws InvalidInput (at `pointer`) for signs, exponents, commas and blanks. */
export function decimal(text: string, pointer = ''): Fraction {
  const parts = DECIMAL.exec(text);
  if (!parts) {
    const message = `${pointer || 'rate'}: '${text}' is not a decimal fraction; write it in digits, such as '0.015' for 1.5 %`;
    throw new InvalidInput([{ pointer, code: 'NOT_A_DECIMAL', message }]);
  }
  const places = parts[2] ?? '';
  return { num: BigInt(parts[1] + places), den: 10n ** BigInt(places.length) };
}

/** The whole number nearest to num / den; a half goes up. Both must not be negative. */
export const halfUp = (num: bigint, den: bigint): bigint => (2n * num + den) / (2n * den);
