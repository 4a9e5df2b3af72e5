/** Records of a Nacha file: 94 characters, fields by position from 1, sums that must hold at three levels. */
import { BadStatement } from './reader.ts';

const WIDTH = 94;
const AGAIN = 'fetch the file again, unchanged by other programs';
const LF = 0x0a;
const CR = 0x0d;

/** One record with the places of its fields. */
export class Rec {
  readonly text: string;
  readonly line: number;

  /** Short lines are padded: many programs cut blanks at the end. @throws BadStatement LINE_TOO_LONG */
  constructor(text: string, line: number) {
    if (text.length > WIDTH && text.trimEnd().length > WIDTH)
      throw new BadStatement(
        'LINE_TOO_LONG',
        { line, column: WIDTH + 1 },
        `a record has ${WIDTH} characters, this one ${text.length}`,
        AGAIN,
      );
    this.text = text.padEnd(WIDTH);
    this.line = line;
  }

  /** Characters `from` to `to`, both from 1 and included, blanks at the ends taken off. */
  at(from: number, to: number): string {
    return this.text.slice(from - 1, to).trim();
  }

  /** @throws BadStatement BAD_FIELD for what is not all digits */
  number(from: number, to: number, name: string): number {
    const text = this.text.slice(from - 1, to);
    if (!/^\d+$/.test(text)) throw this.bad(from, `${name} is not a number: '${text}'`);
    return Number(text);
  }

  bad(column: number, says: string, code = 'BAD_FIELD'): BadStatement {
    return new BadStatement(code, { line: this.line, column }, says, AGAIN);
  }
}

/** Counted over a batch, or over the file. `hash` is the sum of the receiving banks' numbers, of which ten digits are stated. */
export class Sums {
  entries = 0;
  hash = 0;
  debit = 0;
  credit = 0;

  add(other: Sums): void {
    this.entries += other.entries;
    this.hash += other.hash;
    this.debit += other.debit;
    this.credit += other.credit;
  }

  /** @param columns where the control record states them. @throws BadStatement TOTALS_DIFFER */
  hold(control: Rec, what: string, columns: Readonly<Record<'entries' | 'hash' | 'debit' | 'credit', readonly [number, number]>>): void {
    const counted = { entries: this.entries, hash: this.hash % 10_000_000_000, debit: this.debit, credit: this.credit };
    const names = { entries: 'entries and addenda', hash: 'as entry hash', debit: 'cents of debits', credit: 'cents of credits' };
    for (const [key, [from, to]] of Object.entries(columns) as [keyof typeof counted, readonly [number, number]][]) {
      const stated = control.number(from, to, names[key]);
      if (stated !== counted[key])
        throw control.bad(from, `the ${what} states ${stated} ${names[key]}, its records come to ${counted[key]}`, 'TOTALS_DIFFER');
    }
  }
}

export const BATCH_CONTROL = { entries: [5, 10], hash: [11, 20], debit: [21, 32], credit: [33, 44] } as const;
export const FILE_CONTROL = { entries: [14, 21], hash: [22, 31], debit: [32, 43], credit: [44, 55] } as const;

/** Puts line breaks into a file that has none: it is then cut every 94 characters. Files with lines pass unchanged. */
export async function* withLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let start: Buffer = Buffer.alloc(0);
  let mode: 'unknown' | 'lines' | 'cut' = 'unknown';
  let rest: Buffer = Buffer.alloc(0);
  const cut = (bytes: Uint8Array): Buffer => {
    const whole = rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([rest, bytes]);
    const full = Math.floor(whole.length / WIDTH);
    const out = Buffer.alloc(full * (WIDTH + 1));
    for (let i = 0; i < full; i++) {
      whole.copy(out, i * (WIDTH + 1), i * WIDTH, (i + 1) * WIDTH);
      out[i * (WIDTH + 1) + WIDTH] = LF;
    }
    rest = whole.subarray(full * WIDTH);
    return out;
  };
  const decide = (bytes: Buffer): 'lines' | 'cut' => {
    const end = [bytes.indexOf(LF), bytes.indexOf(CR)].filter((at) => at >= 0);
    return bytes.length > WIDTH && (end.length === 0 || Math.min(...end) > WIDTH) && bytes[WIDTH] !== 0x20 ? 'cut' : 'lines';
  };
  for await (const chunk of input) {
    if (mode === 'unknown') {
      start = Buffer.concat([start, chunk]);
      if (start.length <= WIDTH) continue;
      mode = decide(start);
      yield mode === 'cut' ? cut(start) : start;
    } else yield mode === 'cut' ? cut(chunk) : chunk;
  }
  if (mode === 'unknown' && start.length > 0) yield start;
  if (rest.length > 0) yield rest;
}
