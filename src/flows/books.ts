/** Reads the books: account tree, trial balance now or as of a day, an account's statement, the journal. */
import { type AccountNode, accountTree } from '../domain/account-tree.ts';
import { type Balance, type TrialBalance, trialBalances } from '../domain/books.ts';
import { addDays, atLocal, type BusinessDate, type Instant } from '../domain/clock.ts';
import { HOUSE } from '../domain/discrepancy.ts';
import { InvalidInput } from '../domain/errors.ts';
import type { DulyEvent } from '../domain/event.ts';
import { grouped } from '../domain/grouped.ts';
import type { BooksReader, BooksScope, EntryFilter } from './books-store.ts';
import type { World } from './world.ts';

/** The zone of what belongs to no lender. */
export const HOUSE_ZONE = 'UTC';

export async function zoneOf(world: World, lenderId: string): Promise<string> {
  const [lender] = lenderId === HOUSE ? [] : await world.store.work.lenders([lenderId]);
  return lender?.timeZone ?? HOUSE_ZONE;
}

/** The first moment after a day, by the zone of whose books they are. */
export const endOf = (date: BusinessDate, zone: string): Instant => atLocal(addDays(date, 1), '00:00', zone);

/** Whose books there are: every lender with a posting, and HOUSE where it has one. */
export async function bookedLenders(books: BooksReader, { lenderIds }: BooksScope): Promise<readonly string[]> {
  return lenderIds ?? [...new Set((await books.balances({})).map((b) => b.lenderId))].sort();
}

/** Balances at an instant (null: as all postings have it): those of the last period closed by then, and what was posted since. */
export async function balancesAt(books: BooksReader, lenderId: string, until: Instant | null): Promise<Balance[]> {
  const closed = await books.lastPeriod(lenderId, until);
  const out = new Map<string, Balance>();
  const add = (currency: string, account: string, minor: number) => {
    const key = `${currency} ${account}`;
    out.set(key, { lenderId, currency, account, minor: (out.get(key)?.minor ?? 0) + minor });
  };
  for (const b of closed?.balances ?? []) add(b.currency, b.account, b.minor);
  for (const t of await books.turnover({ lenderIds: [lenderId] }, closed?.until ?? null, until)) add(t.currency, t.account, t.dr - t.cr);
  return [...out.values()].sort((a, b) => (`${a.currency} ${a.account}` < `${b.currency} ${b.account}` ? -1 : 1));
}

/** Balances at the end of a day, each lender's by its own zone; null: as they stand. */
async function balancesOn(world: World, scope: BooksScope, date: BusinessDate | null): Promise<Balance[]> {
  const { books } = world.store;
  if (date === null) return books.balances(scope);
  const out: Balance[] = [];
  for (const lenderId of await bookedLenders(books, scope))
    out.push(...(await balancesAt(books, lenderId, endOf(date, await zoneOf(world, lenderId)))));
  return out;
}

export const trialBalance = async (world: World, scope: BooksScope, date: BusinessDate | null): Promise<TrialBalance[]> =>
  trialBalances(await balancesOn(world, scope, date));

export type Tree = Readonly<{ lenderId: string; currency: string; accounts: readonly AccountNode[] }>;

/** One tree a lender and currency. */
export async function accountTrees(world: World, scope: BooksScope, date: BusinessDate | null): Promise<Tree[]> {
  const groups = grouped(await balancesOn(world, scope, date), (b) => `${b.lenderId} ${b.currency}`);
  return [...groups.values()].map((rows) => ({
    lenderId: (rows[0] as Balance).lenderId,
    currency: (rows[0] as Balance).currency,
    accounts: accountTree(rows),
  }));
}

/** A line of an account statement: what one event posted there, and what lay on the account after it. */
export type StatementEntry = Readonly<{ event: DulyEvent; minor: number; balance: number }>;
export type AccountStatement = Readonly<{
  account: string;
  currency: string;
  /** What lay on it before the first entry of the page. */
  opening: number;
  entries: readonly StatementEntry[];
  hasMore: boolean;
}>;

export type StatementQuery = Readonly<{
  lenderId: string;
  account: string;
  currency: string;
  /** Null: from the first posting; null: until now. */
  from: BusinessDate | null;
  to: BusinessDate | null;
  /** The id of the event that ended the page before. */
  after: string | null;
  limit: number;
}>;

/** The statement of one account (not of those below it), oldest entry first. Throws InvalidInput where `from` is after `to`. */
export async function accountStatement(world: World, query: StatementQuery): Promise<AccountStatement> {
  const { books } = world.store;
  const { lenderId, account, currency, after, limit } = query;
  const span = spanIn(query, await zoneOf(world, lenderId));
  const filter = { lenderId, account, currency, ...span };
  const before = span.from ? await balancesAt(books, lenderId, span.from) : [];
  const brought = before.reduce((s, b) => s + (b.account === account && b.currency === currency ? b.minor : 0), 0);
  let balance = brought + (after === null ? 0 : await books.turnoverThrough(filter, after));
  const opening = balance;
  const events = await books.entries(filter, after, limit + 1);
  const entries = events.slice(0, limit).map((event): StatementEntry => {
    const minor = event.posting.reduce((s, l) => s + (l.account === account ? l.minor : 0), 0);
    balance += minor;
    return { event, minor, balance };
  });
  return { account, currency, opening, entries, hasMore: events.length > limit };
}

export type JournalQuery = Readonly<{
  lenderId: string;
  subject: string | null;
  account: string | null;
  from: BusinessDate | null;
  to: BusinessDate | null;
  after: string | null;
  limit: number;
}>;

/** Events with a posting, oldest first; `subject` is an attempt, a plan, a refund ... */
export async function journal(world: World, query: JournalQuery): Promise<Readonly<{ data: readonly DulyEvent[]; hasMore: boolean }>> {
  const { lenderId, subject, account, after, limit } = query;
  const filter: EntryFilter = {
    lenderId,
    ...spanIn(query, await zoneOf(world, lenderId)),
    ...(subject ? { subject } : {}),
    ...(account ? { account } : {}),
  };
  const events = await world.store.books.entries(filter, after, limit + 1);
  return { data: events.slice(0, limit), hasMore: events.length > limit };
}

function spanIn({ from, to }: Readonly<{ from: BusinessDate | null; to: BusinessDate | null }>, zone: string) {
  if (from && to && from > to)
    throw new InvalidInput([
      { pointer: '/query/from', code: 'BAD_SPAN', message: `from ${from} is after to ${to}: give the earlier day as from` },
    ]);
  return { ...(from ? { from: atLocal(from, '00:00', zone) } : {}), ...(to ? { until: endOf(to, zone) } : {}) };
}
