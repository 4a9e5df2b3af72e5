/**
 * The bank's book of truth, as audits read it. Shares no code with the flows: it is what they are held against.
 * `openBook(db)` needs neither seed nor clock, so `duly check` can read the book of a bank that is not running.
 */
import type { Db } from 'mongodb';
import type { Instant } from '../../domain/clock.ts';
import type { BookRow } from './types.ts';

/** One request of ours as it reached the bank: invariants I3 and I9. `first` is false on repeats. */
export type Receipt = Readonly<{
  orderNo: string;
  payloadHash: string;
  at: Instant;
  first: boolean;
  amount: BookRow['amount'];
  last4: string;
  accountToken: string | null;
  rail: string;
  memo: string;
}>;

/** What became of one order number: invariants I10 and I23. `taken` counts how often (2 is the bank's own bug). */
export type OrderTruth = Readonly<{
  orderNo: string;
  outcome: 'open' | 'taken' | 'returned' | 'neverTaken';
  taken: number;
  netMinor: number;
  takenAt: Instant | null;
  rows: readonly BookRow[];
}>;

export type BankTruth = Readonly<{
  /** Taken less returned, by currency. */
  collectedMinor: Readonly<Record<string, number>>;
  takenOrders: number;
  returnedOrders: number;
  repeats: number;
  /** Net taken by due ('externalId/n'), penalty apart, as the memos say. */
  byDue: ReadonlyMap<string, number>;
  /** Dues for which more was taken and not returned than was due. A due missing from the map counts as due 0. */
  doubleDebits(dues: ReadonlyMap<string, number>): readonly Readonly<{ due: string; takenMinor: number; dueMinor: number }>[];
}>;

export interface BookReader {
  /** True where a simulated bank has ever been opened on this database. */
  exists(): Promise<boolean>;
  rows(): AsyncIterable<BookRow>;
  receipts(): AsyncIterable<Receipt>;
  orders(): AsyncIterable<OrderTruth>;
  truth(): Promise<BankTruth>;
}

export declare function openBook(db: Db): BookReader;
