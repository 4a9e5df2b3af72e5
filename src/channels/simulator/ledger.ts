/**
 * How rows get into the book. Each account's rows form a chain, numbered without gaps under a unique index: a writer reads the last row,
 * decides on what it left behind, and inserts the next. Of two that decide at once, one insert is refused and decides again on the new
 * balance, so the same money is never taken twice. No transaction, and nothing to repair after a crash: a row is a verdict or is not there.
 */
import { type ClientSession, type Collection, type Db, MongoServerError } from 'mongodb';
import type { BusinessDate } from '../../domain/clock.ts';
import type { Money } from '../../domain/money.ts';
import { type BankIdentity, BOOK, STATE } from './book.ts';
import type { BankCode } from './codes.ts';
import type { LaidFile, PutIn } from './files.ts';
import type { AccountRow } from './treasury.ts';
import type { AccountRef, AccountState, BookRow } from './types.ts';

/** What the bank has planned to do. Written before the row it follows from; an item whose order came to nothing is dropped when due. */
export type DueItem = Readonly<{
  _id: string;
  channel: string;
  /** `_id` of the order's first row. */
  order: string;
  kind: 'result' | 'return';
  at: Date;
  code: BankCode | null;
  /** A return of which nothing is told until its day's file, which is ready then. */
  silentUntil?: Date;
}>;

/** A row of the book that we are told of unasked, in the order `n` in which it was made known. */
export type NewsRow = Readonly<{ _id: string; channel: string; n: number; order: string }>;

export type StateRow =
  | BankIdentity
  | Readonly<{ _id: `channel:${string}`; down: boolean }>
  | Readonly<{ _id: `news:${string}`; n: number }>
  /** The last bank day that was closed, and rows of it that stand in the next day's file. */
  | Readonly<{ _id: `closed:${string}`; day: BusinessDate; carried: readonly string[] }>;

export type Files = Readonly<{
  book: Collection<BookRow>;
  due: Collection<DueItem>;
  news: Collection<NewsRow>;
  state: Collection<StateRow>;
  box: Collection<LaidFile>;
  putIn: Collection<PutIn>;
  account: Collection<AccountRow>;
}>;

/** Money is in these files: majority and journal, whatever the client's default is. */
const SAFE = { writeConcern: { w: 'majority', journal: true } } as const;

export const filesOf = (db: Db): Files => ({
  book: db.collection(BOOK, SAFE),
  due: db.collection('simbank_due', SAFE),
  news: db.collection('simbank_news', SAFE),
  state: db.collection(STATE, SAFE),
  box: db.collection('simbank_files', SAFE),
  putIn: db.collection('simbank_put_in', SAFE),
  account: db.collection('simbank_account', SAFE),
});

/** Makes the collections and indexes that are missing. Transactions cannot make them on the way, so this comes first. */
export async function prepare(files: Files): Promise<void> {
  await Promise.all([
    files.book.createIndexes([
      { key: { account: -1, seq: -1 }, unique: true, partialFilterExpression: { seq: { $gt: 0 } }, name: 'chain' },
      { key: { channel: 1, businessDate: 1 }, partialFilterExpression: { fact: { $in: [...MOVES] } }, name: 'statement_rows' },
      { key: { channel: 1, refundNo: 1 }, unique: true, partialFilterExpression: { refundNo: { $gt: '' } }, name: 'refund' },
    ]),
    files.due.createIndexes([{ key: { channel: 1, at: 1, _id: 1 }, name: 'due' }]),
    files.news.createIndexes([{ key: { channel: 1, n: 1 }, unique: true, name: 'order' }]),
    files.box.createIndexes([{ key: { channel: 1, readyAt: 1, _id: 1 }, name: 'laid_out' }]),
    files.putIn.createIndexes([{ key: { channel: 1, kind: 1 }, name: 'kind' }]),
    files.account.createIndexes([
      { key: { account: 1, currency: 1, n: -1 }, unique: true, partialFilterExpression: { n: { $gt: 0 } }, name: 'chain' },
      { key: { account: 1, date: 1 }, name: 'day' },
    ]),
  ]);
}

/** Facts that move money: the rows of a statement. */
export const MOVES = ['taken', 'returned', 'refunded'] as const;

export type Tail = Readonly<{ seq: number; state: AccountState }>;

const FRESH: Tail = { seq: 0, state: { out: 0, orders: 0, firstMinor: 0, day: null, dayMinor: 0, revoked: false, byBalance: false } };

/** The last row of each account's chain: all that was ever done to it, summed up. */
export async function tailsOf(files: Files, accounts: readonly string[], session?: ClientSession): Promise<Map<string, Tail>> {
  const rows = files.book.aggregate<{ _id: string } & Tail>(
    [
      { $match: { account: { $in: accounts }, seq: { $gt: 0 } } },
      { $sort: { account: -1, seq: -1 } },
      { $group: { _id: '$account', seq: { $first: '$seq' }, state: { $first: '$state' } } },
    ],
    { session },
  );
  const tails = new Map<string, Tail>(accounts.map((account) => [account, FRESH]));
  for await (const { _id, seq, state } of rows) tails.set(_id, { seq, state });
  return tails;
}

export const isDuplicate = (error: unknown): error is MongoServerError & { keyPattern?: Record<string, unknown> } =>
  error instanceof MongoServerError && error.code === 11000;

/** The rows of one order in the order in which they count: what came later speaks louder. */
export const SUFFIXES = ['', '#result', '#late', '#again', '#return'] as const;

export async function orderRows(files: Files, order: string, session?: ClientSession): Promise<BookRow[]> {
  const ids = SUFFIXES.map((suffix) => order + suffix);
  const rows = await files.book.find({ _id: { $in: ids } }, { session }).toArray();
  return rows.sort((a, b) => ids.indexOf(a._id) - ids.indexOf(b._id));
}

/** The row that takes money from, or gives it back to, an account. */
export function moneyRow(
  fact: (typeof MOVES)[number],
  tail: Tail,
  row: Omit<BookRow, 'fact' | 'seq' | 'state'>,
  counts: Readonly<{ asOrder: boolean }>,
): BookRow {
  const minor = row.amount.minor;
  const before = counts.asOrder ? asked(tail.state, row.amount) : tail.state;
  const sameDay = before.day === row.businessDate ? before.dayMinor : 0;
  const state: AccountState =
    fact === 'taken'
      ? { ...before, out: before.out + minor, day: row.businessDate, dayMinor: sameDay + minor }
      : { ...before, out: before.out - minor };
  return { ...row, fact, seq: tail.seq + 1, state };
}

/** What an account remembers of being asked, whatever came of it. */
export const asked = (state: AccountState, amount: Money): AccountState => ({
  ...state,
  orders: state.orders + 1,
  firstMinor: state.firstMinor || amount.minor,
});

export const refOf = (row: BookRow): AccountRef => ({ key: row.account, last4: row.last4 });
