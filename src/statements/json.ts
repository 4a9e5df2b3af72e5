/**
 * JSON as money needs it read: numbers stay the text they are, a key given twice is refused, every value knows its place. A file holds one
 * value or several after another (a reply a line, as pages are saved); each is passed on before the next is read. Files beyond 32 MiB and
 * values nested deeper than 32 levels are refused.
 */
import { TextDecoder } from 'node:util';
import { BadStatement, type Place } from './reader.ts';

const MOST_BYTES = 32 * 1024 * 1024;
const MOST_DEPTH = 32;
/** Any text of the file, and one that is taken from it. */
const MOST_TEXT = 256 * 1024;
const MOST_FIELD = 1_024;
const MOST_KEY = 256;
const AGAIN = 'fetch it again, unchanged by other programs';
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;
const WORDS: readonly (readonly [string, boolean | null])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/** A number as it was written. */
class JsonNumber {
  constructor(
    readonly text: string,
    readonly at: Place,
  ) {}
}

export class JsonObject {
  readonly fields = new Map<string, Json>();
  constructor(readonly at: Place) {}

  /** The value of a key; null where there is none. */
  get(key: string): Json {
    return this.fields.get(key) ?? null;
  }

  object(key: string): JsonObject | null {
    const value = this.get(key);
    return value instanceof JsonObject ? value : null;
  }

  objects(key: string): readonly JsonObject[] | null {
    const value = this.get(key);
    if (!Array.isArray(value)) return null;
    const odd = value.some((one) => !(one instanceof JsonObject));
    if (odd) throw new BadStatement('BAD_VALUE', this.at, `'${key}' holds something that is no object`, AGAIN);
    return value as JsonObject[];
  }

  /** Text, or a number as it was written; null for anything else, and for the empty text. @throws BadStatement for what is far too long */
  text(key: string): string | null {
    const value = this.get(key);
    const text = value instanceof JsonNumber ? value.text : typeof value === 'string' && value !== '' ? value : null;
    if (text !== null && text.length > MOST_FIELD)
      throw new BadStatement('BAD_VALUE', this.at, `'${key}' has ${text.length} characters`, AGAIN);
    return text;
  }

  /** @throws BadStatement MISSING_FIELD */
  need(key: string): string {
    const text = this.text(key);
    if (text === null) throw new BadStatement('MISSING_FIELD', this.at, `there is no '${key}'`, AGAIN);
    return text;
  }
}

export type Json = null | boolean | string | JsonNumber | JsonObject | readonly Json[];

/** @throws BadStatement NOT_JSON, NOT_ENCODED, FILE_TOO_LARGE, REPEATED_KEY */
export async function* jsonValues(input: AsyncIterable<Uint8Array>): AsyncGenerator<Json> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of input) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new BadStatement('FILE_TOO_LARGE', {}, `the file is larger than ${MOST_BYTES} bytes`, 'save it in parts');
    chunks.push(Uint8Array.from(chunk));
  }
  const bytes = Buffer.concat(chunks);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const { line } = placeOf(bytes.toString('utf8'), bytes.toString('utf8').indexOf('\ufffd'));
    throw new BadStatement('NOT_ENCODED', { line: line ?? null }, 'the bytes are not UTF-8', AGAIN);
  }
  const control = text.indexOf('\u007f');
  if (control >= 0) throw new BadStatement('CONTROL_CHARACTER', placeOf(text, control), 'there is a control character (U+007f)', AGAIN);
  yield* new Parser(text).values();
}

const placeOf = (text: string, at: number): Place => {
  const before = text.slice(0, Math.max(at, 0));
  const lastBreak = before.lastIndexOf('\n');
  return { line: before.split('\n').length, column: before.length - lastBreak };
};

class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  /** The line that is being read, where it begins, and the break that ends it: places are worked out forward, in one pass. */
  #line = 1;
  #begin = 0;
  #break: number;

  constructor(text: string) {
    this.#text = text;
    this.#break = text.indexOf('\n');
  }

  *values(): Generator<Json> {
    for (let found = false; ; found = true) {
      this.#space();
      if (this.#at >= this.#text.length) {
        if (!found) throw this.#bad('the file holds no value');
        return;
      }
      yield this.#value();
      this.#space();
      if (this.#text[this.#at] === ',') throw this.#bad('values stand one after another, without commas');
    }
  }

  #place(): Place {
    while (this.#break >= 0 && this.#break < this.#at) {
      this.#line += 1;
      this.#begin = this.#break + 1;
      this.#break = this.#text.indexOf('\n', this.#begin);
    }
    return { line: this.#line, column: this.#at - this.#begin + 1 };
  }

  #bad(says: string, code = 'NOT_JSON'): BadStatement {
    return new BadStatement(code, this.#place(), says, AGAIN);
  }

  #space(): void {
    SPACE.lastIndex = this.#at;
    SPACE.test(this.#text);
    this.#at = SPACE.lastIndex;
  }

  #take(char: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #token(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found) this.#at = pattern.lastIndex;
    return found ? found[0] : null;
  }

  #value(): Json {
    this.#space();
    const char = this.#text[this.#at];
    if (char === '{') return this.#object();
    if (char === '[') return this.#array();
    if (char === '"') return this.#string();
    for (const [word, value] of WORDS)
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    const at = this.#place();
    const number = this.#token(NUMBER);
    if (number === null) throw this.#bad(char === undefined ? 'the file ends too early' : 'a value was expected');
    return new JsonNumber(number, at);
  }

  #string(): string {
    const from = this.#at;
    let to = from;
    do to = this.#text.indexOf('"', to + 1);
    while (to > 0 && this.#escaped(to));
    if (to < 0 || to - from > MOST_TEXT) throw this.#bad(`a text does not end, or is longer than ${MOST_TEXT} characters`);
    try {
      const text = JSON.parse(this.#text.slice(from, to + 1)) as string;
      this.#at = to + 1;
      return text;
    } catch {
      throw this.#bad('a text holds a bare control character or an escape that is none');
    }
  }

  /** A quote after an odd number of backslashes belongs to the text. */
  #escaped(quote: number): boolean {
    let first = quote;
    while (this.#text[first - 1] === '\\') first -= 1;
    return (quote - first) % 2 === 1;
  }

  #deeper(): void {
    this.#depth += 1;
    if (this.#depth > MOST_DEPTH) throw this.#bad(`the values nest deeper than ${MOST_DEPTH} levels`);
    this.#at += 1;
  }

  #array(): Json[] {
    this.#deeper();
    const items: Json[] = [];
    if (!this.#take(']')) {
      do items.push(this.#value());
      while (this.#take(','));
      if (!this.#take(']')) throw this.#bad('a comma or ] was expected');
    }
    this.#depth -= 1;
    return items;
  }

  #object(): JsonObject {
    const object = new JsonObject(this.#place());
    this.#deeper();
    if (!this.#take('}')) {
      do {
        this.#space();
        if (this.#text[this.#at] !== '"') throw this.#bad('the name of a field was expected');
        const key = this.#string();
        if (key.length > MOST_KEY) throw this.#bad('the name of a field is too long to be one');
        if (object.fields.has(key)) throw this.#bad(`the field '${key.slice(0, 40)}' is given twice`, 'REPEATED_KEY');
        if (!this.#take(':')) throw this.#bad('a colon was expected');
        object.fields.set(key, this.#value());
      } while (this.#take(','));
      if (!this.#take('}')) throw this.#bad('a comma or } was expected');
    }
    this.#depth -= 1;
    return object;
  }
}
