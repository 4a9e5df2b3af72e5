/**
 * The bank's book of truth, as audits read it. Shares no code with the flows: it is what they are held against.
 * `openBook(db)` needs neither clock nor profile, so `duly check` can read the book of a bank that is not running.
 */
import type { Collection, Db } from 'mongodb';
import { DulyError } from '../../domain/errors.ts';
import { keyedHash } from './chance.ts';
import { type BankTruth, gather } from './truth.ts';
import type { BookRow } from './types.ts';

export const BOOK = 'simbank_book';
export const STATE = 'simbank_state';

/** The one document that says which bank lives in this database. */
export type BankIdentity = Readonly<{ _id: string; seed: string; openedOn: string }>;

/** One request of ours as it reached the bank: invariants I3 and I9. `first` is false on repeats. */
export type Receipt = Readonly<
  Pick<BookRow, 'channel' | 'orderNo' | 'payloadHash' | 'at' | 'amount' | 'account' | 'last4' | 'rail' | 'memo'>
> &
  Readonly<{ first: boolean }>;

/** What became of one order number: invariants I10 and I23. `takenTimes` counts how often (2 is the bank's own bug). */
export type OrderTruth = Readonly<{
  channel: string;
  orderNo: string;
  outcome: 'open' | 'taken' | 'returned' | 'neverTaken';
  takenTimes: number;
  /** Taken less returned. */
  netMinor: number;
  rows: readonly BookRow[];
}>;

export interface BookReader {
  /** True where a simulated bank has ever been opened on this database. */
  exists(): Promise<boolean>;
  /** The hash under which the bank keeps an account number, to be held against ours. @throws DulyError NO_SIMULATOR_BANK */
  accountKey(): Promise<(account: string) => string>;
  rows(): AsyncIterable<BookRow>;
  receipts(): AsyncIterable<Receipt>;
  orders(): AsyncIterable<OrderTruth>;
  truth(): Promise<BankTruth>;
}

export const accountKeyOf =
  (seed: string) =>
  (account: string): string =>
    keyedHash(`simulator bank ${seed}`, account);

/** Reads the book of the simulated bank on this database; everything is empty where there never was one. */
export function openBook(db: Db): BookReader {
  const book: Collection<BookRow> = db.collection(BOOK);
  const rows = (): AsyncIterable<BookRow> => book.find({}, { sort: { _id: 1 } });
  const identity = () => db.collection<BankIdentity>(STATE).findOne({ _id: 'bank' });
  const orders = () => ordersOf(rows());
  return {
    exists: async () => (await identity()) !== null,
    accountKey: async () => {
      const bank = await identity();
      if (!bank)
        throw new DulyError('NO_SIMULATOR_BANK', 'this database has no simulated bank; start Duly with the simulator channel first');
      return accountKeyOf(bank.seed);
    },
    rows,
    receipts: () => receiptsOf(rows()),
    orders,
    truth: () => gather(orders()),
  };
}

async function* receiptsOf(rows: AsyncIterable<BookRow>): AsyncIterable<Receipt> {
  for await (const row of rows) {
    if (!row.arrival) continue;
    const { channel, orderNo, payloadHash, at, amount, account, last4, rail, memo } = row;
    yield { channel, orderNo, payloadHash, at, amount, account, last4, rail, memo, first: row.fact !== 'repeat' };
  }
}

/** Rows come by `_id`, so those of one order stand together. */
async function* ordersOf(rows: AsyncIterable<BookRow>): AsyncIterable<OrderTruth> {
  let held: BookRow[] = [];
  for await (const row of rows) {
    if (row.fact === 'adjusted') continue;
    const last = held[0];
    if (last && (last.orderNo !== row.orderNo || last.channel !== row.channel)) {
      yield summarise(held);
      held = [];
    }
    held.push(row);
  }
  if (held.length > 0) yield summarise(held);
}

function summarise(rows: readonly BookRow[]): OrderTruth {
  const sum = (fact: BookRow['fact']) => rows.filter((r) => r.fact === fact).reduce((minor, r) => minor + r.amount.minor, 0);
  const has = (...facts: BookRow['fact'][]) => rows.some((r) => facts.includes(r.fact));
  const pending = has('accepted') && !has('taken', 'refused', 'cancelled');
  const outcome = has('returned') ? 'returned' : has('taken') ? 'taken' : pending ? 'open' : 'neverTaken';
  const { channel, orderNo } = rows[0]!;
  return {
    channel,
    orderNo,
    outcome,
    takenTimes: rows.filter((r) => r.fact === 'taken').length,
    netMinor: sum('taken') - sum('returned'),
    rows,
  };
}
