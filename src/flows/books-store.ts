/** What the books read: balances, postings and the subledgers they are held against. Sums are made on the server, slice by slice. */
import type { Balance, Opening, Period, Turnover } from '../domain/books.ts';
import type { BusinessDate, Instant } from '../domain/clock.ts';
import type { DulyEvent } from '../domain/event.ts';
import type { Verdict } from '../domain/verdict.ts';

/** Left out: all lenders and HOUSE. */
export type BooksScope = Readonly<{ lenderIds?: readonly string[] }>;

/** Events with a posting, oldest first by (at, id). Both ends: `from` counts, `until` does not. */
export type EntryFilter = Readonly<{
  lenderId: string;
  from?: Instant;
  until?: Instant;
  account?: string;
  currency?: string;
  subject?: string;
}>;

/** What one lender's rows of the other books come to; `key` is what the sum is of: an account number, or an account and a channel. */
export type Subledger = Readonly<{ lenderId: string; currency: string; account: string; minor: number }>;

/** An account statement's ends, as the bank states them. */
export type AccountDay = Readonly<{
  statementId: string;
  /** As in '1002:ACCOUNT'. */
  account: string;
  businessDate: BusinessDate;
  currency: string | null;
  opening: number | null;
  closing: number | null;
}>;

/** One issue of a lender's statement. `sha256`: over its movement lines as written in the file. */
export type Issue = Readonly<{ n: number; sha256: string; rows: number; madeAt: Instant }>;

/** One check of one day, with its verdicts. */
export type BooksCheckRow = Readonly<{
  /** `chk_2026-01-05`, a day of the house's zone. */
  id: string;
  date: BusinessDate;
  at: Instant;
  ok: boolean;
  /** `mark` of the books it looked at. */
  mark: string;
  verdicts: Readonly<Record<string, Verdict>>;
}>;

export interface BooksReader {
  /** As they stand, from the rows kept a batch at a time. */
  balances(scope: BooksScope): Promise<Balance[]>;
  /** What the postings from `from` (null: the first) to before `until` (null: now) come to. */
  turnover(scope: BooksScope, from: Instant | null, until: Instant | null, account?: string): Promise<Turnover[]>;
  /** One page after the event `after` (null: from the start). */
  entries(filter: EntryFilter, after: string | null, limit: number): Promise<DulyEvent[]>;
  /** The lines of one account up to the event `through`, that one included. */
  turnoverThrough(filter: EntryFilter & Readonly<{ account: string; currency: string }>, through: string): Promise<number>;
  /** All of them, a batch at a time. */
  stream(filter: EntryFilter, batch: number): AsyncIterable<readonly DulyEvent[]>;
  /** Events with a posting, in all or from `from` to before `until`. */
  countEntries(scope: BooksScope, span?: Pick<EntryFilter, 'from' | 'until'>): Promise<number>;
  /** Closed months of a lender, oldest first. */
  periods(lenderId: string): Promise<Period[]>;
  /** The last month that ended at or before the instant; null when none is closed. */
  lastPeriod(lenderId: string, until: Instant | null): Promise<Period | null>;
  opening(lenderId: string): Promise<Opening | null>;
  openings(scope: BooksScope): Promise<Opening[]>;
  firstEntryAt(lenderId: string): Promise<Instant | null>;
  /** Rows of another collection by id, with the named fields: what vouchers point to. */
  rows(collection: Vouched, ids: readonly string[]): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>>;
  /** 1303, 1132.01, 1132.02 and 2241.02 as the plans have them. */
  ofPlans(scope: BooksScope): Promise<Subledger[]>;
  /** 1012.01 by channel: what attempts took and gave back. */
  ofAttempts(scope: BooksScope): Promise<Subledger[]>;
  /** What refunds gave back: 1012.01 by channel, and 1012.02 where they were transferred. */
  ofRefunds(scope: BooksScope): Promise<Subledger[]>;
  /** What discrepancies have posted, by account; of suspense what is unsettled. */
  ofDiscrepancies(scope: BooksScope): Promise<Subledger[]>;
  /** 1012.01 by channel: fees that runs have booked, taken off. */
  ofReconciliations(scope: BooksScope): Promise<Subledger[]>;
  /** What the rows of our accounts' statements stand in the books for. */
  ofAccountRows(scope: BooksScope): Promise<Subledger[]>;
  /** Payables that cleared batches leave unpaid, and what channels paid to lenders themselves. */
  ofSettlements(scope: BooksScope): Promise<Subledger[]>;
  /** The last accepted statements of each account of ours, newest first: the last and the one before. */
  accountDays(): Promise<AccountDay[]>;
}

export type Vouched =
  | 'accountRows'
  | 'attempts'
  | 'plans'
  | 'payments'
  | 'refunds'
  | 'settlements'
  | 'reconciliations'
  | 'discrepancies'
  | 'statements';

export interface BooksStore extends BooksReader {
  /** Everything `body` reads is of one moment. */
  atOneMoment<T>(body: (books: BooksReader) => Promise<T>): Promise<T>;
  /** Moves with every event and every file of the bank: where it stands still there is nothing new to check. */
  mark(): Promise<string>;
  saveCheck(row: BooksCheckRow): Promise<void>;
  /** The number under which a lender's statement of a day goes out: the last issue while its rows are the same, else the next. */
  issue(lenderId: string, date: BusinessDate, made: Omit<Issue, 'n'>): Promise<Issue>;
  /** The days' checks, newest first, before a day (null: from the newest). */
  checks(before: BusinessDate | null, limit: number): Promise<BooksCheckRow[]>;
}
