/**
 * The two texts that a day's match reads, and nothing else: one index entry an attempt and day, one a statement line, both sorted by order
 * number. Everything a plain match compares stands in the text, so that the scan never touches a document: a merge of many short fields
 * takes twice as long.
 */
import type { Attempt } from '../domain/attempt.ts';
import type { StatementLine } from '../domain/statement.ts';

const PLAIN = /^[\w.-]{1,80}$/;

/** An order number as both texts begin with it: without blanks, so that ascending texts are ascending numbers. Longer ones are nobody's. */
export const numberKey = (number: string): string =>
  PLAIN.test(number)
    ? number
    : Buffer.from(number.slice(0, 200))
        .toString('latin1')
        .replace(/[^\w.-]/g, escaped);
const escaped = (c: string): string => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`;

/** The order number again. */
export const numberOf = (key: string): string =>
  key.includes('%')
    ? Buffer.from(
        key.replace(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        'latin1',
      ).toString()
    : key;

/** When money moved, by whose debit, how much: null while it did not. Written with `takenOn` and `returnedOn`, from which they follow. */
export type DayKeys = Readonly<{ takenKey: string | null; returnedKey: string | null }>;
type OfDay = Pick<Attempt, 'channel' | 'outTradeNo' | 'amount' | 'lenderId' | 'takenOn' | 'returnedOn'>;

export function dayKeys({ channel, outTradeNo, amount, lenderId, takenOn, returnedOn }: OfDay): DayKeys {
  const rest = `${numberKey(outTradeNo)} ${amount.minor} ${amount.currency} ${lenderId}`;
  return { takenKey: takenOn && `${channel} ${takenOn} ${rest}`, returnedKey: returnedOn && `${channel} ${returnedOn} ${rest}` };
}

const KINDS = { payment: 'p', refund: 'r', return: 'b', fee: 'f', adjustment: 'a', transfer: 't', other: 'o' } as const;
const STATUSES = { succeeded: 's', failed: 'f', pending: 'p' } as const;
/** A line that plainly took or gave back: what the quick comparison looks for. */
export const PAYMENT_IN = 'psi1';
export const RETURN_OUT = 'bso1';

/**
 * 'D1234 psi1 110016 CNY 220 17': number, then kind, status, side and count in one word, amount, currency, fee and the line's place. Lines
 * without a number begin with the blank.
 */
export const lineKey = (line: StatementLine, n: number): string =>
  `${line.outTradeNo === null ? '' : numberKey(line.outTradeNo)} ${KINDS[line.kind]}${STATUSES[line.status]}${line.side[0]}${line.count} ${line.minor} ${line.currency} ${line.feeMinor} ${n}`;
