/**
 * What every statement reader is: bytes in, lines of one shape out, a thousand at a time, in constant memory.
 *
 * A reader yields batches and returns the head once all is read and its control totals hold. Nothing it yielded counts before that: a file
 * with one bad byte throws `BadStatement`, and whoever imports it keeps none of it. A reader throws nothing else for what a file contains.
 */
import type { BusinessDate } from '../domain/clock.ts';
import { DulyError } from '../domain/errors.ts';
import type { FailureClass } from '../domain/failures.ts';
import type { StatementHead, StatementLine, StatementRefusal, StatementTotals } from '../domain/statement.ts';

export type ReadOptions = Readonly<{
  /** Currency of files that name none. */
  currency?: string;
  /** Zone of times without an offset; the format's own where it has one. */
  zone?: string;
  /** The day of files that name none at all, not even in their rows. */
  businessDate?: BusinessDate;
  /** What the file must be of: another channel's, merchant's or day's is refused. Left out: not asked. */
  expected?: Readonly<{ source?: string; merchant?: string; businessDate?: BusinessDate }>;
  /** The channel's own codes, for formats that carry no list of theirs. */
  failureOf?: (rawCode: string) => FailureClass | null;
}>;

export type Reader = Readonly<{
  /** As channel profiles name it. */
  format: string;
  /** What its files tell of: a channel's doings, or the moves on an account of ours. */
  kind: 'channel' | 'account';
  /** Batches of at most `BATCH` lines in the file's order; returns the head.
   * @throws BadStatement where the file cannot be read right, at any point of the reading */
  read(input: AsyncIterable<Uint8Array>, options: ReadOptions): AsyncGenerator<readonly StatementLine[], StatementHead>;
}>;

export const BATCH = 1_000;

/** A place in a file, both from 1; column counts characters in text, fields in delimited files. */
export type Place = Readonly<{ line?: number | null; column?: number | null }>;

/** The file is refused whole: `refusal` says what is wrong and where, in the shape that is kept with the file. */
export class BadStatement extends DulyError {
  readonly refusal: StatementRefusal;

  /** @param reason such as BAD_AMOUNT; @param says the fault; @param cure what to do about it */
  constructor(
    reason: string,
    { line = null, column = null }: Place,
    says: string,
    readonly cure: string,
  ) {
    const where = line === null ? '' : `line ${line}${column === null ? '' : `, column ${column}`}: `;
    const text = `${where}${says}; ${cure}`;
    super('BAD_STATEMENT', text, { reason, line, column });
    this.refusal = { code: reason, line, column, says: text };
  }
}

/** Control totals as a file states them; what it leaves out is not compared. */
export type Declared = Readonly<Partial<StatementTotals> & Pick<StatementTotals, 'currency'>>;

const SUMS = ['inCount', 'inMinor', 'outCount', 'outMinor', 'feeMinor'] as const;
const NAMES: Readonly<Record<(typeof SUMS)[number], string>> = {
  inCount: 'the number of rows in',
  inMinor: 'the minor units that came in',
  outCount: 'the number of rows out',
  outMinor: 'the minor units that went out',
  feeMinor: 'the minor units of fees',
};

/** Counts what moved money, by currency: rows that succeeded, with their fees. */
export class Tally {
  readonly #sums = new Map<string, Record<(typeof SUMS)[number], number>>();
  #lines = 0;

  get lines(): number {
    return this.#lines;
  }

  /** @throws BadStatement when a sum leaves the whole numbers that can be held exactly */
  add(row: StatementLine): void {
    this.#lines += 1;
    const sums = this.#of(row.currency);
    if (row.status === 'succeeded') {
      sums.feeMinor += row.feeMinor;
      sums[row.side === 'in' ? 'inCount' : 'outCount'] += row.count;
      sums[row.side === 'in' ? 'inMinor' : 'outMinor'] += row.minor;
    }
    if (!(Number.isSafeInteger(sums.inMinor) && Number.isSafeInteger(sums.outMinor) && Number.isSafeInteger(sums.feeMinor)))
      throw new BadStatement('SUM_TOO_LARGE', { line: row.line }, 'the sum of the amounts is beyond 2^53 minor units', 'split the file');
  }

  /** By currency, in alphabetical order. */
  totals(): StatementTotals[] {
    return [...this.#sums].map(([currency, sums]) => ({ currency, ...sums })).sort((a, b) => (a.currency < b.currency ? -1 : 1));
  }

  /**
   * Holds what the file states against what was counted. `complete`: the file states a total for each currency in which it moved money.
   * @returns the stated totals, filled up with the counted ones where the file states none
   * @throws BadStatement that names both figures
   */
  hold(declared: readonly Declared[], place: Place = {}, complete = true): StatementTotals[] {
    for (const one of declared) {
      const counted = this.#of(one.currency);
      for (const sum of SUMS) {
        const stated = one[sum];
        if (stated === undefined || stated === counted[sum]) continue;
        const says = `${one.currency}: the file states ${stated} as ${NAMES[sum]}, its rows come to ${counted[sum]}`;
        throw new BadStatement('TOTALS_DIFFER', place, says, 'fetch the file again; if it stays so, ask the bank for a corrected one');
      }
    }
    const stated = new Set(declared.map((one) => one.currency));
    if (stated.size !== declared.length)
      throw new BadStatement('TOTALS_TWICE', place, 'the file states the totals of one currency twice', 'fetch the file again');
    const moved = (currency: string): boolean => SUMS.some((sum) => this.#of(currency)[sum] !== 0);
    const without = [...this.#sums.keys()].find((currency) => !stated.has(currency) && moved(currency));
    if (complete && without !== undefined)
      throw new BadStatement('TOTALS_MISSING', place, `the file states no totals for its rows in ${without}`, 'fetch the file again');
    return declared.map((one) => ({ ...this.#of(one.currency), ...one }));
  }

  #of(currency: string) {
    let sums = this.#sums.get(currency);
    if (!sums) {
      sums = { inCount: 0, inMinor: 0, outCount: 0, outMinor: 0, feeMinor: 0 };
      this.#sums.set(currency, sums);
    }
    return sums;
  }
}

/** Holds one stated figure against the one counted. @throws BadStatement TOTALS_DIFFER that names both */
export function holdFigure(what: string, stated: number, counted: number, place: Place): void {
  if (stated === counted) return;
  const says = `the file states ${stated} as ${what}, its rows come to ${counted}`;
  throw new BadStatement('TOTALS_DIFFER', place, says, 'fetch the file again; if it stays so, ask the bank for a corrected one');
}

/** Refuses a file that is another source's, merchant's or day's than the one asked for. What the file does not say is not compared. */
export function holdExpected(
  { expected = {} }: ReadOptions,
  says: Readonly<{ source?: string | null; merchant?: string | null; businessDate?: BusinessDate | null }>,
  place: Place = {},
): void {
  for (const what of ['source', 'merchant', 'businessDate'] as const) {
    const [wanted, got] = [expected[what], says[what]];
    if (wanted !== undefined && got !== undefined && got !== null && got !== wanted)
      throw new BadStatement('OF_ANOTHER', place, `the file is of ${what} ${got}, not ${wanted}`, 'import it where it belongs');
  }
}

/** What every line begins with, so that a reader states only what its format has. */
export const NEW_LINE = {
  status: 'succeeded',
  outTradeNo: null,
  refundNo: null,
  channelTradeNo: null,
  mandateRef: null,
  accountLast4: null,
  feeMinor: 0,
  count: 1,
  at: null,
  rawCode: '',
  rawText: '',
  counterparty: null,
  failure: null,
  fx: null,
} as const;

/** What every head begins with. */
export const NEW_HEAD = {
  merchant: null,
  account: null,
  businessDate: null,
  from: null,
  to: null,
  sequence: null,
  series: null,
  opening: null,
  closing: null,
  declared: null,
  warnings: [],
} as const;
