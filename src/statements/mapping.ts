/** What a file of config/statements says of one delimited format: where things stand and how they are written. Read by `csv-mapping.ts`. */
import type { LineKind, LineStatus } from '../domain/statement.ts';
import type { AmountForm } from './amount.ts';
import type { Encoding } from './bytes.ts';
import type { Delimiter } from './delimited.ts';

/** A column by its name in the header row, or by its place from 1 where the file has no header row. */
export type ColumnRef = string | number;

/** The first rule of which every column has one of the values decides; a '*' at one end of a value stands for anything. */
export type Choice<T extends string> = Readonly<{
  rules: readonly Readonly<{ when: Readonly<Record<string, readonly string[]>>; is: T }>[];
  /** `refuse`: a row that no rule fits refuses the file. */
  otherwise: T | 'refuse';
}>;

/** Text fields of a line that are taken over as they stand. */
export const TEXT_FIELDS = ['outTradeNo', 'refundNo', 'channelTradeNo', 'mandateRef', 'accountLast4', 'rawCode', 'counterparty'] as const;
export type TextField = (typeof TEXT_FIELDS)[number];

/** Figures that lines around the rows may state, each a named group of a fact's pattern. Amounts are written as in the rows. */
export const FACTS = [
  'rows',
  'inCount',
  'inMinor',
  'outCount',
  'outMinor',
  'feeMinor',
  'opening',
  'closing',
  'from',
  'to',
  'account',
] as const;
export type Fact = (typeof FACTS)[number];

export type StatementMapping = Readonly<{
  /** The format's name, as channel profiles call it. */
  format: string;
  title: string;
  kind: 'channel' | 'account';
  encoding: Encoding;
  delimiter: Delimiter;
  /** Whether fields may stand in double quotes. */
  quoted: boolean;
  /** Stands before every value and is no part of it, such as WeChat's backquote; null where nothing does. */
  prefix: string | null;
  /** Lines that begin so are no rows; facts are looked for in them. */
  comment: string | null;
  /** Lines before the header row, at most; null: the file has no header row. */
  headerWithin: number | null;
  /** Columns of a row where there is no header row. */
  width: number | null;
  /** Every row ends in a delimiter; the header row may, too. */
  trailingDelimiter: boolean;
  /** Values that mean "none", such as '/'. */
  none: readonly string[];
  zone: string;
  /** The currency of every row; else its column and, where they are not ISO codes, what its values stand for. */
  currency: string | Readonly<{ column: ColumnRef; codes: Readonly<Record<string, string>> }>;
  merchant: ColumnRef | null;
  date: Readonly<{ column: ColumnRef; form: string }>;
  /** Where the time of day has a column of its own. */
  time: Readonly<{ column: ColumnRef; form: string }> | null;
  /** One column, or one for each direction of which exactly one is filled. `inside`: what the fee took is missing from (or added to) it. */
  amount: (Readonly<{ column: ColumnRef }> | Readonly<{ in: ColumnRef; out: ColumnRef }>) &
    AmountForm & { unit: 'major' | 'minor'; feeInside: boolean };
  /** `sign`: out where the amount is below zero. `columns`: as the amount's two columns say. */
  side: 'sign' | 'columns' | Choice<'in' | 'out'>;
  lineKind: Choice<LineKind>;
  status: Choice<LineStatus>;
  /** A column of its own, or the first group of a pattern in another; a value with the mark in it must be as the pattern says. */
  fee: Readonly<{ column: ColumnRef; pattern: string | null; mark: string | null }> | null;
  /** Amount less fee, as the row states it: a row in which it is not so refuses the file. */
  net: ColumnRef | null;
  text: Readonly<Partial<Record<TextField, ColumnRef>>>;
  /** Columns that together make the line's own words. */
  rawText: readonly ColumnRef[];
  /** Running balance after each row. */
  balance: Readonly<{ column: ColumnRef; order: 'oldestFirst' | 'newestFirst' }> | null;
  /** A line that begins with one of `starts` ends the rows; only blank lines and such as begin with one of `follows` may come after it. `least`, `most`: how many there must and may be. */
  footer: Readonly<{ starts: readonly string[]; follows: readonly string[]; least: number; most: number }> | null;
  /** Patterns for figures that the lines around the rows state. */
  facts: readonly string[];
  /** What to do when the stated totals are missing or not those of the rows: some banks say that theirs count otherwise. */
  totalsDiffer: 'refuse' | 'warn';
  /** Where the format is described. */
  source: string;
}>;
