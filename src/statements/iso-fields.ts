/** The fields that ISO 20022 messages share: amounts with their currency, sides, days, accounts. */
import { type BusinessDate, type Instant, parseInstant } from '../domain/clock.ts';
import { minorOf, wholeMinor } from './amount.ts';
import { BadStatement } from './reader.ts';
import type { Times } from './times.ts';
import { type Element, find, textOf } from './xml-tree.ts';

const AGAIN = 'fetch the file again; if it stays so, ask the bank for a corrected one';
const OFFSET = /(Z|[+-]\d{2}:\d{2})$/;

export const lacks = (element: Element, what: string): BadStatement =>
  new BadStatement('MISSING_FIELD', element.at, `<${element.name}> has no ${what}`, AGAIN);

export type Amount = Readonly<{ minor: number; currency: string }>;

/** `<Amt Ccy="EUR">123.54</Amt>`; more decimals than the currency has are taken when they are zeros. @throws BadStatement */
export function amountOf(element: Element, fallback: string | null = null): Amount {
  const currency = element.attributes.get('Ccy') ?? fallback;
  if (!currency) throw lacks(element, 'attribute Ccy (its currency)');
  const minor = minorOf(element.text, currency, element.at);
  if (minor < 0) throw new BadStatement('BAD_AMOUNT', element.at, 'the amount is below zero, which CdtDbtInd is there to say', AGAIN);
  return { minor, currency };
}

/** The amount down a path, or null where there is none. */
export function amountAt(element: Element | null, ...path: readonly string[]): Amount | null {
  const found = find(element, ...path);
  return found && amountOf(found);
}

/** +1 for a credit to the account, -1 for a debit. */
export function signOf(element: Element): 1 | -1 | null {
  const side = find(element, 'CdtDbtInd');
  if (!side) return null;
  if (side.text === 'CRDT') return 1;
  if (side.text === 'DBIT') return -1;
  throw new BadStatement('BAD_VALUE', side.at, 'CdtDbtInd is neither CRDT nor DBIT', AGAIN);
}

/** A whole count such as NbOfTxs; null where there is none. */
export function countAt(element: Element | null, ...path: readonly string[]): number | null {
  const found = find(element, ...path);
  return found && wholeMinor(found.text.replace(/^0+(?=\d)/, ''), found.at);
}

/** The day of a `<Dt>` or `<DtTm>` in it, or of its own text; null where there is none. @throws BadStatement for what is no day */
export function dayOf(element: Element | null, times: Times): BusinessDate | null {
  if (!element) return null;
  const found = find(element, 'Dt') ?? find(element, 'DtTm') ?? element;
  const day = times.day(found.text.slice(0, 10));
  if (!day || (found.text.length > 10 && !/^[TZ+-]/.test(found.text.slice(10))))
    throw new BadStatement('BAD_DATE', found.at, `<${found.name}> is not a day like 2026-11-24`, AGAIN);
  return day;
}

/** The instant of a `<DtTm>` in it; null where there is none, or none that names its offset. @throws BadStatement for what is no time */
export function instantOf(element: Element | null, name = 'DtTm'): Instant | null {
  const found = find(element, name);
  if (!found || !OFFSET.test(found.text)) return null;
  try {
    return parseInstant(found.text);
  } catch {
    throw new BadStatement('BAD_DATE', found.at, `<${name}> is not a time like 2026-11-24T18:00:00+01:00`, AGAIN);
  }
}

/** The number of an account: IBAN or another. */
export const accountNumber = (account: Element | null): string | null =>
  textOf(account, 'Id', 'IBAN') ?? textOf(account, 'Id', 'Othr', 'Id');

/** ISO 13616: country, two check figures, 11 to 30 more, 97 dividing all of it but one. A creditor id looks alike and fails. */
export function isIban(text: string): boolean {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(text)) return false;
  const figures = [...text.slice(4), ...text.slice(0, 4)].map((char) => Number.parseInt(char, 36)).join('');
  return BigInt(figures) % 97n === 1n;
}

/** The end of a number that may be shown and kept. */
export const tailOf = (number: string | null): string | null => number?.replace(/\s/g, '').slice(-4) || null;

/** A party's name; from version 8 on it stands inside `<Pty>`. */
export const nameOf = (party: Element | null): string | null => (textOf(party, 'Nm') ?? textOf(party, 'Pty', 'Nm'))?.slice(0, 140) ?? null;

/** Longest reference that any of the formats allows is 140. */
const MOST_REFERENCE = 256;

/** A reference, or null for the words that mean that there is none. @throws BadStatement for what is far too long to be one */
export function reference(text: string | null): string | null {
  if (text === null || /^(NOTPROVIDED|NONREF)?$/i.test(text)) return null;
  if (text.length > MOST_REFERENCE)
    throw new BadStatement('BAD_VALUE', {}, `a reference begins '${text.slice(0, 20)}' and has ${text.length} characters`, AGAIN);
  return text;
}

/** Words joined and cut to what is kept with a row. */
export const words = (parts: readonly (string | null)[]): string =>
  [...new Set(parts.filter((part): part is string => Boolean(part)))].join(' · ').replace(/\s+/g, ' ').slice(0, 300);
