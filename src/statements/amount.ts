/**
 * Amounts from text to whole minor units, exactly: no float ever holds one. What is doubtful is refused with its place: exponents, full-width
 * figures, commas out of place, more decimals than the currency has (unless they are zeros), a second sign, nothing at all.
 */
import { digitsOf, isCurrency } from '../domain/currencies.ts';
import { BadStatement, type Place } from './reader.ts';

/** How a file writes its amounts beyond plain digits and a point. */
export type AmountForm = Readonly<{
  /** Separates whole from parts; '.' unless said. */
  point?: '.' | ',';
  /** Separates thousands, where the file does; then groups of three or none at all. */
  group?: ',' | '.' | ' ' | "'";
  /** What may stand before the figure and means nothing, such as '¥'. */
  symbols?: readonly string[];
}>;

const WHOLE = /^(0|[1-9]\d{0,15})$/;
const PLAIN = /^(\d{1,16})(?:\.(\d{1,12}))?$/;

const shown = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

const badAmount = (text: string, place: Place, says: string): BadStatement =>
  new BadStatement('BAD_AMOUNT', place, `${shown(text)} ${says}`, 'fetch the file again, unchanged by other programs');

/** Whole minor units as they stand, such as '110016'; no sign. @throws BadStatement BAD_AMOUNT */
export function wholeMinor(text: string, place: Place): number {
  const minor = WHOLE.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(minor)) throw badAmount(text, place, 'is not a whole number of minor units');
  return minor;
}

/** As `wholeMinor`, with a '-' before it where it is below zero. */
export const signedMinor = (text: string, place: Place): number =>
  text.startsWith('-') ? -wholeMinor(text.slice(1), place) || 0 : wholeMinor(text, place);

/** '-5.00 CNY', for what a person reads. */
export function shownMinor(minor: number, currency: string): string {
  const places = digitsOf(currency);
  const digits = String(Math.abs(minor)).padStart(places + 1, '0');
  const figure = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
  return `${minor < 0 ? '-' : ''}${figure} ${currency}`;
}

/**
 * Minor units of '1,100.16', '1100.1600', '¥1.00', '-5.00', '5.00-', '(5.00)', '5.00CR', '5.00 DR'; below zero for the last four.
 * Blanks around it mean nothing. @throws BadStatement BAD_AMOUNT
 */
export function minorOf(text: string, currency: string, place: Place, form: AmountForm = {}): number {
  const { negative, digits } = unsigned(text.trim(), form, text, place);
  const parts = PLAIN.exec(digits);
  if (!parts) throw badAmount(text, place, 'is not an amount');
  if (!isCurrency(currency)) throw new BadStatement('BAD_CURRENCY', place, `${shown(currency)} is not a currency`, 'name the currency');
  const places = digitsOf(currency);
  const part = parts[2] ?? '';
  if (/[1-9]/.test(part.slice(places))) throw badAmount(text, place, `has more than ${places} decimals, which ${currency} has not`);
  const minor = Number(parts[1]! + part.slice(0, places).padEnd(places, '0'));
  if (!Number.isSafeInteger(minor)) throw badAmount(text, place, 'is beyond 2^53 minor units');
  return negative && minor !== 0 ? -minor : minor;
}

/** Takes signs, symbols and the separators of thousands off, and makes the point a '.'. */
function unsigned(text: string, form: AmountForm, original: string, place: Place): { negative: boolean; digits: string } {
  if (PLAIN.test(text) && form.point !== ',' && form.group !== '.') return { negative: false, digits: text };
  const { point = '.', group, symbols = [] } = form;
  let rest = text;
  let signs = 0;
  let negative = false;
  const take = (found: boolean, minus: boolean, left: () => string): void => {
    if (!found) return;
    rest = left().trim();
    signs += 1;
    negative ||= minus;
  };
  take(/^\(.*\)$/.test(rest), true, () => rest.slice(1, -1));
  take(/[-+]$/.test(rest), rest.endsWith('-'), () => rest.slice(0, -1));
  take(/(CR|DR)$/.test(rest), rest.endsWith('DR'), () => rest.slice(0, -2));
  take(/^[-+]/.test(rest), rest.startsWith('-'), () => rest.slice(1));
  const symbol = symbols.find((one) => rest.startsWith(one));
  if (symbol !== undefined) {
    rest = rest.slice(symbol.length).trim();
    take(/^[-+]/.test(rest), rest.startsWith('-'), () => rest.slice(1));
  }
  if (signs > 1) throw badAmount(original, place, 'has more than one sign');
  const [whole = '', part, ...more] = rest.split(point);
  if (more.length > 0) throw badAmount(original, place, 'is not an amount');
  const plain = group === undefined || !whole.includes(group) ? whole : ungrouped(whole, group, original, place);
  return { negative, digits: part === undefined ? plain : `${plain}.${part}` };
}

function ungrouped(whole: string, group: string, original: string, place: Place): string {
  const [head = '', ...groups] = whole.split(group);
  if (!/^\d{1,3}$/.test(head) || groups.some((one) => !/^\d{3}$/.test(one)))
    throw badAmount(original, place, 'has its thousands separated in the wrong place');
  return head + groups.join('');
}
