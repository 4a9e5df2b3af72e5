/**
 * Order numbers: what the bank knows a debit by, and its key against doing it twice.
 *
 * A number is a pure function of (lender's code, plan's external id, n): no clock and no chance, so a restored or re-run scheduler makes the
 * same numbers and the bank refuses the repeats. The check character is the ISO 7064 hybrid scheme (mod M+1, M): it catches every wrong
 * character and nearly every swap of neighbours.
 */
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import type { NumberGrammar } from './channel-profile.ts';
import { InvalidInput } from './errors.ts';

const ALPHABETS: Readonly<Record<NumberGrammar['alphabet'], string>> = {
  digits: '0123456789',
  upperAlnum: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  lowerAlnum: '0123456789abcdefghijklmnopqrstuvwxyz',
  base32: '0123456789ABCDEFGHJKMNPQRSTVWXYZ',
};
const ENOUGH_BITS = 80;
/** Digits of n after a lender's own reference: of fixed width, so that no two (reference, n) make one number. */
const N_DIGITS = 3;

export type OrderNumberAsk = Readonly<{
  lenderCode: string;
  planExternalId: string;
  n: number;
  grammar: NumberGrammar;
  /** The lender's own reference; needed in the modes that carry it. */
  lenderReference?: string | null;
}>;

const checkLength = (g: NumberGrammar): number => (g.check === 'mod' ? 1 : 0);
const bodyLength = (g: NumberGrammar): number => g.length - g.prefix.length - checkLength(g);

/** Bits of the hash that a number of this grammar can carry. */
export const freeBits = (g: NumberGrammar): number =>
  Math.max(0, Math.min(256, Math.floor(Math.log2(ALPHABETS[g.alphabet].length) * bodyLength(g))));

/** What is wrong with a grammar and how to mend it; null when it is sound. */
export function faultOfGrammar(g: NumberGrammar): string | null {
  if ([...g.prefix].some((ch) => !ALPHABETS[g.alphabet].includes(ch)))
    return `prefix ${g.prefix} has characters outside ${g.alphabet}; choose others`;
  if (bodyLength(g) < 1) return `length ${g.length} leaves no room beside prefix and check character; make it longer`;
  if (g.mode !== 'ours' && bodyLength(g) < g.lendersMax + N_DIGITS)
    return `length ${g.length} cannot hold a lender's reference of ${g.lendersMax} and ${N_DIGITS} digits of n; make lendersMax smaller`;
  return null;
}

/** The check character of a text over an alphabet of M characters, M even: ISO 7064's hybrid system. */
function checkCharacter(text: string, alphabet: string): string {
  const m = alphabet.length;
  let p = m;
  for (const ch of text) {
    const sum = (p + alphabet.indexOf(ch)) % m || m;
    p = (sum * 2) % (m + 1);
  }
  return alphabet[(m + 1 - p) % m]!;
}

const sealed = (text: string, g: NumberGrammar): string => (g.check === 'mod' ? text + checkCharacter(text, ALPHABETS[g.alphabet]) : text);

/** A whole number in the alphabet, at least `length` characters long. */
function spell(value: bigint, length: number, alphabet: string): string {
  const base = BigInt(alphabet.length);
  let text = '';
  for (let rest = value; rest > 0n; rest /= base) text = alphabet[Number(rest % base)] + text;
  return text.padStart(length, alphabet[0]);
}

const refuse = (code: string, message: string): never => {
  throw new InvalidInput([{ pointer: '/orderReference', code, message }]);
};

/** The lender's reference with n appended; a code in front where the grammar asks for it, led by its own length so that codes cannot run into references. */
function withReference({ lenderCode, n, grammar, lenderReference }: OrderNumberAsk): string {
  const alphabet = ALPHABETS[grammar.alphabet];
  const ref = lenderReference ?? refuse('required', 'orderReference is missing: this channel sends the lender its own number; give one');
  if (ref.length === 0 || ref.length > grammar.lendersMax)
    refuse('length', `orderReference has ${ref.length} characters, this channel takes 1 to ${grammar.lendersMax}: shorten it`);
  const wrong = [...ref].find((ch) => !alphabet.includes(ch));
  if (wrong) refuse('alphabet', `orderReference has the character '${wrong}', this channel takes only ${alphabet}: write it without`);
  if (n >= 10 ** N_DIGITS) refuse('n', `attempt ${n} does not fit behind orderReference: at most ${10 ** N_DIGITS - 1} attempts a plan`);
  const who = grammar.mode === 'lenderId+lenders' ? (alphabet[lenderCode.length] ?? '') + lenderCode : '';
  const text = grammar.prefix + who + ref + String(n).padStart(N_DIGITS, '0');
  if ([...who].some((ch) => !alphabet.includes(ch)) || text.length + checkLength(grammar) > grammar.length)
    refuse(
      'length',
      `orderReference with the lender's code ${lenderCode} and n does not fit ${grammar.length} characters of ${grammar.alphabet}: shorten it`,
    );
  return text;
}

/**
 * The number of the plan's nth attempt in a channel's form. Same input, same number, for ever.
 * Throws InvalidInput for a lender's reference that does not fit; an AssertionError where the grammar is too narrow for a hash.
 */
export function orderNumber(ask: OrderNumberAsk): string {
  const { lenderCode, planExternalId, n, grammar } = ask;
  assert(Number.isSafeInteger(n) && n >= 1, `attempts are numbered 1, 2, 3 ..., not ${n}`);
  if (grammar.mode !== 'ours') return sealed(withReference(ask), grammar);
  assert(
    freeBits(grammar) >= ENOUGH_BITS,
    `${freeBits(grammar)} free bits are too few for a hash (${ENOUGH_BITS} needed): draw a durable counter and use orderNumberFromCounter`,
  );
  const alphabet = ALPHABETS[grammar.alphabet];
  const hash = BigInt(
    `0x${createHash('sha256')
      .update(JSON.stringify([lenderCode, planExternalId, n]))
      .digest('hex')}`,
  );
  const length = bodyLength(grammar);
  return sealed(grammar.prefix + spell(hash % BigInt(alphabet.length) ** BigInt(length), length, alphabet), grammar);
}

/** The number for a value drawn from a durable counter, which the intent must store; for grammars under 80 free bits. */
export function orderNumberFromCounter(counter: number, grammar: NumberGrammar): string {
  assert(Number.isSafeInteger(counter) && counter >= 0, `a counter is a whole number, not ${counter}`);
  const length = bodyLength(grammar);
  const text = spell(BigInt(counter), length, ALPHABETS[grammar.alphabet]);
  assert(text.length === length, `the counter ${counter} has outgrown ${length} characters of ${grammar.alphabet}: take a longer number`);
  return sealed(grammar.prefix + text, grammar);
}

/** Whether a number has the grammar's form and its check character is right: a typing error in a statement shows. */
export function checks(number: string, grammar: NumberGrammar): boolean {
  const alphabet = ALPHABETS[grammar.alphabet];
  const fits = grammar.mode === 'ours' ? number.length === grammar.length : number.length <= grammar.length;
  if (!fits || !number.startsWith(grammar.prefix) || [...number].some((ch) => !alphabet.includes(ch))) return false;
  return grammar.check === 'none' || sealed(number.slice(0, -1), grammar) === number;
}
