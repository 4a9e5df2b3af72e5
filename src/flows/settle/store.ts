/** What settlement reads, across lenders on purpose. All that it changes goes through `Store.transact`. */
import type { Clearing } from '../../domain/clearing.ts';
import type { BusinessDate, Instant } from '../../domain/clock.ts';
import type { DulyEvent } from '../../domain/event.ts';
import type { Reconciliation } from '../../domain/reconciliation.ts';
import type { Settlement } from '../../domain/settlement.ts';

/** Where cleared money waits to be confirmed: a channel's business day, or nothing to wait for. */
export type Place = Readonly<{ currency: string; channel: string | null; day: BusinessDate | null }>;

export interface SettlementStore {
  get(id: string): Promise<Settlement | null>;
  /** Lenders for whom a look may find something: new events, movements that wait, open batches, or something kept back until this day. */
  lendersAtWork(by: BusinessDate): Promise<ReadonlySet<string>>;
  /** Events after this number of the lender's feed that may have moved money for a settlement, and how far the feed was read. */
  moneyEvents(
    lenderId: string,
    after: number,
    limit: number,
  ): Promise<Readonly<{ read: number; items: readonly Readonly<{ number: number; event: DulyEvent }>[] }>>;
  /** Movements already laid down, of these ids. */
  known(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Where movements of no batch lie. */
  places(lenderId: string): Promise<Place[]>;
  /** Movements of no batch in one place, in the order of the feed. */
  waiting(lenderId: string, place: Place, after: number, limit: number): Promise<Clearing[]>;
  /** Every movement of these receipts. */
  ofReceipts(lenderId: string, receiptIds: readonly string[]): Promise<Clearing[]>;
  /** A batch's movements in the order of the feed. */
  rowsOf(settlementId: string, after: Readonly<{ number: number; id: string }> | null, limit: number): Promise<Clearing[]>;
  /** Movements paid before their file was there, and not yet trued up. */
  advanced(lenderId: string, currency: string): Promise<Clearing[]>;
  openBatch(lenderId: string, currency: string): Promise<Settlement | null>;
  /** The day of the latest batch that was cleared; null where there was none. */
  lastPayOn(lenderId: string, currency: string): Promise<BusinessDate | null>;
  /** Cleared batches that keep something back which may be released by this day. */
  releasable(lenderId: string, currency: string, by: BusinessDate): Promise<Settlement[]>;
  /** Currencies in which the lender has such a batch. */
  releasableCurrencies(lenderId: string, by: BusinessDate): Promise<string[]>;
  /** Approved batches whose time has come, and those whose payer is to be asked by now. */
  toPay(now: Instant, limit: number): Promise<Settlement[]>;
  /** When there is next something to pay or to ask. */
  nextPayment(): Promise<Instant | null>;
  byPayoutNo(numbers: readonly string[]): Promise<Settlement[]>;
  runs(ids: readonly string[]): Promise<Reconciliation[]>;
  /** Minor units on an account of the lender's books, dr above zero. */
  balance(lenderId: string, currency: string, account: string): Promise<number>;
  /** Attempts of these that an unsettled discrepancy is about. */
  disputed(attemptIds: readonly string[]): Promise<ReadonlySet<string>>;
}
