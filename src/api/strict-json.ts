/**
 * Reads JSON the way money needs it read. Beyond the grammar it refuses what JSON.parse lets through in silence: a key given twice,
 * `__proto__` and its kin, more than 32 levels, numbers that are not plain whole ones (1e3, 0.1, -0, above 2^53), broken surrogates and NUL.
 * One pass, no recursion deeper than the limit, so 100 KB of brackets costs nothing.
 */
import { DulyError, InvalidInput } from '../domain/errors.ts';

const MAX_DEPTH = 32;
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);
const WHOLE = /^(0|-?[1-9]\d{0,15})$/;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const SPACE = /[ \t\n\r]*/y;
const WORDS: readonly (readonly [string, boolean | null])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A JSON pointer (RFC 6901) of a path, cut short where a caller sent a huge key. */
const pointerOf = (path: readonly (string | number)[]): string =>
  path.map((p) => `/${String(p).slice(0, 60).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

const malformed = (at: number, what: string): DulyError =>
  new DulyError('MALFORMED_JSON', `the body is not JSON: ${what} at character ${at + 1}`, { position: at + 1 });
const fault = (path: readonly (string | number)[], code: string, message: string): InvalidInput =>
  new InvalidInput([{ pointer: pointerOf(path), code, message }]);

class Reader {
  private at = 0;
  private readonly path: (string | number)[] = [];
  constructor(private readonly text: string) {}

  whole(): Json {
    const value = this.value();
    this.space();
    if (this.at < this.text.length) throw malformed(this.at, 'more text after the value');
    return value;
  }

  private space(): void {
    SPACE.lastIndex = this.at;
    SPACE.test(this.text);
    this.at = SPACE.lastIndex;
  }

  private take(char: string): boolean {
    this.space();
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }

  private token(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at = pattern.lastIndex;
    return found ? found[0] : null;
  }

  private value(): Json {
    this.space();
    const char = this.text[this.at];
    if (char === '{') return this.object();
    if (char === '[') return this.array();
    if (char === '"') return this.string();
    for (const [word, value] of WORDS)
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    const number = this.token(NUMBER);
    if (number === null) throw malformed(this.at, char === undefined ? 'it ends too early' : 'a value was expected');
    if (!WHOLE.test(number) || !Number.isSafeInteger(Number(number)))
      throw fault(
        this.path,
        'NOT_WHOLE',
        'numbers are plain whole ones up to 2^53 - 1; amounts are in minor units (write 110016 for 1,100.16)',
      );
    return Number(number);
  }

  private string(): string {
    const raw = this.token(STRING);
    if (raw === null) throw malformed(this.at, 'a text that does not end or holds a bare control character');
    const text = JSON.parse(raw) as string;
    if (!(text as string & { isWellFormed(): boolean }).isWellFormed() || text.includes('\u0000'))
      throw fault(this.path, 'UNPRINTABLE', 'the text holds half a character or NUL; send valid Unicode');
    return text;
  }

  private deeper(): void {
    if (this.path.length >= MAX_DEPTH)
      throw new DulyError('MALFORMED_JSON', `the body nests deeper than ${MAX_DEPTH} levels`, { position: this.at + 1 });
  }

  private array(): Json[] {
    this.deeper();
    this.at++;
    const items: Json[] = [];
    if (this.take(']')) return items;
    do {
      this.path.push(items.length);
      items.push(this.value());
      this.path.pop();
    } while (this.take(','));
    if (!this.take(']')) throw malformed(this.at, 'a comma or ] was expected');
    return items;
  }

  private object(): { [key: string]: Json } {
    this.deeper();
    this.at++;
    const found: { [key: string]: Json } = {};
    if (this.take('}')) return found;
    do {
      this.space();
      if (this.text[this.at] !== '"') throw malformed(this.at, 'a field name was expected');
      const key = this.string();
      this.path.push(key);
      if (FORBIDDEN.has(key)) throw fault(this.path, 'UNKNOWN_FIELD', `${key} is never a field: take it out`);
      if (Object.hasOwn(found, key)) throw fault(this.path, 'REPEATED', 'this field is given twice: give it once');
      if (!this.take(':')) throw malformed(this.at, 'a colon was expected');
      found[key] = this.value();
      this.path.pop();
    } while (this.take(','));
    if (!this.take('}')) throw malformed(this.at, 'a comma or } was expected');
    return found;
  }
}

/** Parses `text`. Throws DulyError MALFORMED_JSON with the position, or InvalidInput with the pointer of what is not taken. */
export const parseJson = (text: string): Json => new Reader(text).whole();
