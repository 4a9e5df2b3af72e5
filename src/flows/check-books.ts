/**
 * The daily checks of the books: 账证 vouchers, 账账 ledgers, 账实 cash, and that closed periods stand. All read one moment of the data. The job
 * keeps one row a day, which is the report; `duly books check` and the API run the same at any time.
 */

import { trialBalances } from '../domain/books.ts';
import { addDays, atLocal, type Instant, plusMs } from '../domain/clock.ts';
import type { TickReport } from '../domain/records.ts';
import type { Verdict } from '../domain/verdict.ts';
import { checkCash } from './books/cash.ts';
import { checkClosed } from './books/closed.ts';
import { checkLedgers } from './books/ledgers.ts';
import { checkVouchers } from './books/vouchers.ts';
import { HOUSE_ZONE } from './books.ts';
import type { BooksCheckRow, BooksScope } from './books-store.ts';
import type { World } from './world.ts';

export type BooksCheck = Readonly<{
  at: Instant;
  ok: boolean;
  voucherCheck: Verdict;
  ledgerCheck: Verdict;
  cashCheck: Verdict;
  closedPeriods: Verdict;
}>;

export type CheckOptions = BooksScope &
  Readonly<{ /** Postings before it were checked already; null: all of the open period. */ vouchersFrom?: Instant | null }>;

/** Runs all checks over the lenders in scope (all and HOUSE by default). The bank's accounts are the house's: cash is always checked whole. */
export async function checkBooks(world: World, { lenderIds, vouchersFrom = null }: CheckOptions = {}): Promise<BooksCheck> {
  const scope: BooksScope = lenderIds ? { lenderIds } : {};
  return world.store.books.atOneMoment(async (books) => {
    const voucherCheck = await checkVouchers(books, scope, vouchersFrom);
    const ledgerCheck = await checkLedgers(books, scope);
    const cashCheck = await checkCash(books);
    const closedPeriods = await checkClosed(books, scope);
    const ok = voucherCheck.ok && ledgerCheck.ok && cashCheck.ok && closedPeriods.ok;
    return { at: world.clock.now(), ok, voucherCheck, ledgerCheck, cashCheck, closedPeriods };
  });
}

/** 'ok', or the first thing that is wrong, in words. */
export const verdictInWords = ({ ok, count, rows }: Verdict): string =>
  ok ? 'ok' : `${count} wrong: ${rows[0]?.says} (${rows[0]?.id} ${JSON.stringify(rows[0]?.facts)})`;

export type BooksFigures = Readonly<{
  entries: number;
  trialBalance: number;
  voucherCheck: string;
  ledgerCheck: string;
  cashCheck: string;
}>;

/** The books in five figures: events with a posting, what all balances sum to (0), and the three verdicts. */
export async function bookFigures(world: World): Promise<BooksFigures> {
  const check = await checkBooks(world);
  const differences = trialBalances(await world.store.books.balances({})).map((t) => t.difference);
  return {
    entries: await world.store.books.countEntries({}),
    trialBalance: differences.find((d) => d !== 0) ?? 0,
    voucherCheck: verdictInWords(check.voucherCheck),
    ledgerCheck: verdictInWords(check.ledgerCheck),
    cashCheck: verdictInWords(check.cashCheck),
  };
}

/** After the morning's files, deposits and payouts. */
const CHECK_AT = '08:30';
const HOUR_MS = 3_600_000;

/** Runs the day's check where it was not run yet, stores its row, and raises the alarm where something is wrong. Any number of runs a day leave one row. */
export async function checkBooksDaily(world: World): Promise<TickReport> {
  const date = world.clock.today(HOUSE_ZONE);
  const oldestDue = atLocal(date, CHECK_AT, HOUSE_ZONE);
  const [last = null] = await world.store.books.checks(null, 1);
  if (isOfToday(last, oldestDue) || world.clock.now() < oldestDue) return { lookedAt: 0, did: 0, refused: 0, failed: 0, oldestDue: null };
  const mark = await world.store.books.mark();
  const same = last?.ok === true && last.mark === mark;
  if (same) await world.store.books.saveCheck({ ...last, id: `chk_${date}`, date, at: world.clock.now() });
  const { ok } = same ? last : await checkAndKeep(world, last, mark);
  return { lookedAt: 1, did: 1, refused: 0, failed: ok ? 0 : 1, oldestDue };
}

/** One that was asked for before the morning's files came does not stand in for the day's own. */
const isOfToday = (last: BooksCheckRow | null, due: Instant): boolean => last !== null && last.at >= due;

/** Checks now, whatever was found before, and keeps it as the day's report. */
export const checkNow = async (world: World): Promise<BooksCheckRow> => checkAndKeep(world, null, await world.store.books.mark());

async function checkAndKeep(world: World, last: BooksCheckRow | null, mark: string): Promise<BooksCheckRow> {
  const date = world.clock.today(HOUSE_ZONE);
  // An hour more than since the last: what was being written then is not left out.
  const vouchersFrom = last?.ok ? plusMs(last.at, -HOUR_MS) : null;
  const { at, ok, ...verdicts } = await checkBooks(world, { vouchersFrom });
  const row: BooksCheckRow = { id: `chk_${date}`, date, at, ok, mark, verdicts };
  await world.store.books.saveCheck(row);
  for (const [check, verdict] of Object.entries(verdicts))
    if (!verdict.ok)
      world.log.error({ check, date, count: verdict.count, rows: verdict.rows }, `the books are wrong: ${verdictInWords(verdict)}`);
  return row;
}

/** When the next check is due: today's while it was not run, else tomorrow's. */
export async function nextCheck(world: World): Promise<Instant> {
  const today = world.clock.today(HOUSE_ZONE);
  const due = atLocal(today, CHECK_AT, HOUSE_ZONE);
  const [last = null] = await world.store.books.checks(null, 1);
  return isOfToday(last, due) ? atLocal(addDays(today, 1), CHECK_AT, HOUSE_ZONE) : due;
}
