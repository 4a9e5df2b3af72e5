/**
 * Takes a statement file through thousands of changes and judges what its reader makes of each: refused with a reason, or read right.
 *
 * Read right means, of a file that states its totals: what was read comes to them. Of any file of lines: a line that is as it was is read as
 * it was, none is left out, and nothing that was no row becomes one. Where a change could be seen, the money is as it was; where it could not
 * (another digit in a file without totals, a row taken out of one), the result is counted as `readOther`, which is what such a format allows.
 */
import type { StatementLine } from '../../src/domain/statement.ts';
import { BadStatement } from '../../src/statements/reader.ts';
import { gb18030 } from './gb18030.ts';
import { type ChangeKind, type Encode, mutate, random } from './mutate.ts';
import type { Sample } from './statement-samples.ts';
import { type ReadFile, readAll } from './statements.ts';

export type Counts = { format: string; mutated: number; refused: number; readSame: number; readOther: number };

/** Changes that may leave a file that reads well and differs: nothing but totals could tell. */
const TOUCHES: readonly ChangeKind[] = ['flip', 'digit', 'quote', 'columns', 'number', 'truncate'];
const FEWER: readonly ChangeKind[] = ['remove', 'cutLines', 'truncate'];
const MORE: readonly ChangeKind[] = ['repeat', 'twice'];
/** Changes after which even an amount may be another one, unseen. */
const SILENT: readonly ChangeKind[] = ['flip', 'digit', 'quote', 'columns'];

const viewOf = ({ line, ...row }: StatementLine): string => JSON.stringify(row);
const moneyOf = (row: StatementLine): string => `${row.status} ${row.side} ${row.minor} ${row.feeMinor} ${row.currency}`;

function countsOf(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** How many of `some` are not among `all`, repeats counted. */
function beyond(some: ReadonlyMap<string, number>, all: ReadonlyMap<string, number>): number {
  let count = 0;
  for (const [value, n] of some) count += Math.max(0, n - (all.get(value) ?? 0));
  return count;
}

const splitLines = (bytes: Buffer): string[] => {
  const marked = bytes.length >= 3 && bytes.readUIntBE(0, 3) === 0xefbbbf;
  return bytes
    .subarray(marked ? 3 : 0)
    .toString('latin1')
    .split(/\r\n|\n|\r/);
};

/** What was read, by currency, of rows that moved money. */
function sumsOf(lines: readonly StatementLine[], { feesStated }: Sample): string {
  const sums = new Map<string, number[]>();
  for (const row of lines) {
    if (row.status !== 'succeeded') continue;
    const sum = sums.get(row.currency) ?? [0, 0, 0, 0, 0];
    sum[row.side === 'in' ? 0 : 2]! += row.count;
    sum[row.side === 'in' ? 1 : 3]! += row.minor;
    if (feesStated) sum[4]! += row.feeMinor;
    sums.set(row.currency, sum);
  }
  return JSON.stringify([...sums].filter(([, sum]) => sum.some((n) => n !== 0)).sort());
}

/** The right file, in every form that the judgement needs. */
class Original {
  readonly views: ReadonlyMap<string, number>;
  readonly money: ReadonlyMap<string, number>;
  readonly sums: string;
  /** Bytes of a line → what it reads as, null for a line that is no row. */
  readonly byLine = new Map<string, string | null>();

  constructor(
    readonly sample: Sample,
    { lines }: ReadFile,
  ) {
    this.views = countsOf(lines.map(viewOf));
    this.money = countsOf(lines.map(moneyOf));
    this.sums = sumsOf(lines, sample);
    const rows = new Map(lines.map((row) => [row.line, viewOf(row)]));
    splitLines(sample.bytes).forEach((text, i) => {
      this.byLine.set(text, rows.get(i + 1) ?? null);
    });
  }

  /** What is wrong with a reading, or null. */
  fault(kind: ChangeKind, bytes: Buffer, { lines, head }: ReadFile): string | null {
    if (head.lines !== lines.length) return `the head counts ${head.lines} lines, ${lines.length} were given`;
    const { oracle } = this.sample;
    const summed = oracle === 'totals' || (oracle === 'sums' && !SILENT.includes(kind));
    if (summed && sumsOf(lines, this.sample) !== this.sums) return `sums ${sumsOf(lines, this.sample)}, not ${this.sums}`;
    if (oracle === 'totals' || oracle === 'lines') {
      const fault = this.#faultOfLines(bytes, lines, kind);
      if (fault) return fault;
    }
    const views = countsOf(lines.map(viewOf));
    const [other, missing] = [beyond(views, this.views), beyond(this.views, views)];
    if (other > 0 && ![...TOUCHES, ...MORE].includes(kind)) return `${other} rows are new after ${kind}`;
    if (missing > 0 && ![...TOUCHES, ...FEWER].includes(kind)) return `${missing} rows are gone after ${kind}`;
    const repeated = MORE.includes(kind) ? new Map([...this.money].map(([money, n]) => [money, n * 8])) : this.money;
    const money = beyond(countsOf(lines.map(moneyOf)), repeated);
    return money > 0 && !SILENT.includes(kind) ? `the money of ${money} rows is another after ${kind}` : null;
  }

  /** Lines that are as they were: each read as it was, none left out. Where the encoding changed, no line is. */
  #faultOfLines(bytes: Buffer, lines: readonly StatementLine[], kind: ChangeKind): string | null {
    if (kind === 'charset') return null;
    const rows = new Map(lines.map((row) => [row.line, viewOf(row)]));
    const texts = splitLines(bytes);
    for (let n = 1; n <= texts.length; n += 1) {
      const was = this.byLine.get(texts[n - 1]!);
      if (was === undefined) continue;
      if (was === null && rows.has(n)) return `line ${n} is no row and was read as one`;
      if (was !== null && rows.get(n) !== was) return `line ${n} is as it was and was read as ${rows.get(n) ?? 'nothing'}`;
    }
    return null;
  }
}

const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');
const doubled = (text: string): Buffer => Buffer.from(Buffer.from(text).toString('latin1'));
const ENCODERS: readonly Encode[] = [
  (text) => Buffer.from(text),
  (text) => Buffer.from(`\ufeff${text}`),
  (text) => gb18030(text, '?'),
  utf16,
  (text) => utf16(text).subarray(2),
  (text) => utf16(text).swap16(),
  doubled,
  (text) => Buffer.from(text, 'latin1'),
];

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('gb18030').decode(bytes);
  }
}

/** @param from the seed of the first change; each has its own, so that one can be made again alone. @throws Error that names format, seed and fault */
export async function mutateSample(sample: Sample, count: number, from = 1): Promise<Counts> {
  const { format, reader, options, bytes } = sample;
  const original = new Original(sample, await readAll(reader, bytes, options));
  const text = textOf(bytes);
  const counts: Counts = { format, mutated: 0, refused: 0, readSame: 0, readOther: 0 };
  for (let seed = from; seed < from + count; seed += 1) {
    const draw = random(seed);
    const change = mutate(bytes, draw, () => text, ENCODERS);
    counts.mutated += 1;
    const where = `${format}, seed ${seed}, ${change.kind}`;
    try {
      const read = await readAll(reader, change.bytes, options, 1 + draw(4_000));
      const fault = original.fault(change.kind, change.bytes, read);
      if (fault) throw new Error(`${where}: ${fault}`);
      const views = countsOf(read.lines.map(viewOf));
      const same = beyond(views, original.views) === 0 && beyond(original.views, views) === 0;
      counts[same ? 'readSame' : 'readOther'] += 1;
    } catch (error) {
      if (error instanceof BadStatement) counts.refused += 1;
      else if ((error as Error).message.startsWith(where)) throw error;
      else throw new Error(`${where}: ${(error as Error).stack}`);
    }
  }
  return counts;
}
