/**
 * The store as the flows need it: plain domain objects in and out. `src/store` implements it on MongoDB.
 *
 * Two faces. `of(lenderId)` is bound to one lender and is all that the API sees; every query carries that lender.
 * `work` is for whoever holds a partition and looks across lenders on purpose. All that moves money goes through `transact`.
 */
import type { Attempt, AttemptFact, Claim } from '../domain/attempt.ts';
import type { Borrower } from '../domain/borrower.ts';
import type { Clearing } from '../domain/clearing.ts';
import type { BusinessDate, Instant } from '../domain/clock.ts';
import type { Discrepancy } from '../domain/discrepancy.ts';
import type { DulyEvent, NewEvent } from '../domain/event.ts';
import type { ApiKey, Lender } from '../domain/lender.ts';
import type { Mandate } from '../domain/mandate.ts';
import type { Notice, NoticeFact } from '../domain/notice.ts';
import type { NextAction, Plan } from '../domain/plan.ts';
import type { Reconciliation } from '../domain/reconciliation.ts';
import type { CollectionsRecord, InboxItem, Payment, Skip } from '../domain/records.ts';
import type { Refund } from '../domain/refund.ts';
import type { Settlement } from '../domain/settlement.ts';
import type { Stop, StopScope } from '../domain/stop.ts';
import type { BooksStore } from './books-store.ts';
import type { AccountRowStore } from './deposits/store.ts';
import type { MatchingStore } from './matching-store.ts';
import type { SettlementStore } from './settle/store.ts';
import type { StatementStore } from './statement-store.ts';

/** Account numbers never leave the store in clear except through `Vault`. */
export type Sealed<T> = T & Readonly<{ accountSealed: string }>;

/** One page of a list. `after` and `before` are ids (or feed numbers); ascending ids are creation order. */
export type Page = Readonly<{ limit: number; after?: string; before?: string }>;
export type Paged<T> = Readonly<{ data: readonly T[]; hasMore: boolean }>;

/** Equality, membership and ranges only: nothing a caller could turn into an operator. */
export type Where = Readonly<
  Record<string, string | number | boolean | null | readonly (string | number)[] | Readonly<{ from?: unknown; to?: unknown }>>
>;

export interface Repository<T> {
  get(id: string): Promise<T | null>;
  many(ids: readonly string[]): Promise<T[]>;
  list(where: Where, page: Page): Promise<Paged<T>>;
  /** The one row that matches, by a unique key. */
  one(where: Where): Promise<T | null>;
  /** Every row that matches, in no order: for batches of keys that the caller bounds. */
  all(where: Where): Promise<T[]>;
}

/** One lender's data. Built only with a lender's id; throws before any query when given none. */
export interface LenderStore {
  readonly lenderId: string;
  readonly borrowers: Repository<Borrower>;
  readonly mandates: Repository<Mandate>;
  readonly plans: Repository<Plan>;
  readonly attempts: Repository<Attempt>;
  readonly notices: Repository<Notice>;
  readonly skips: Repository<Skip>;
  readonly payments: Repository<Payment>;
  readonly collections: Repository<CollectionsRecord>;
  readonly discrepancies: Repository<Discrepancy>;
  readonly refunds: Repository<Refund>;
  readonly settlements: Repository<Settlement>;
  readonly clearings: Repository<Clearing>;
  /** The events of these subjects, oldest first. */
  eventsOf(subjects: readonly string[]): Promise<DulyEvent[]>;
  /** The lender's feed after number `after`, in order, none ever skipped. */
  feed(after: number, limit: number): Promise<FeedItem[]>;
  /** The plan that has this instalment. */
  planOfInstalment(instalmentId: string): Promise<Plan | null>;
}

export type FeedItem = Readonly<{ number: number; event: DulyEvent }>;

/** A partition in this process's hands until `until` by the server's clock; `safeUntilMs` is the same, measured monotonically from before the request. */
export type Lease = Readonly<{ partition: string; from: number; to: number; owner: string; epoch: number; safeUntilMs: number }>;

/** What a transaction changes, all or nothing. Replaced documents carry `version` one above the one they were read at. */
export type Changes = Readonly<{
  events: readonly NewEvent[];
  /** `eventN` is the number of the last event as read; the move fails when it is another. `after`: the whole, where a day on which its money moved is set. */
  attempts?: readonly Readonly<{ id: string; eventN: number; set: Partial<Attempt>; after?: Attempt }>[];
  plans?: readonly Plan[];
  mandates?: readonly Mandate[];
  borrowers?: readonly Borrower[];
  newBorrowers?: readonly Borrower[];
  newMandates?: readonly Sealed<Mandate>[];
  newPlans?: readonly Plan[];
  newPayments?: readonly Payment[];
  newNotices?: readonly Notice[];
  /** Guarded by state and number of tries as read: of two that move the same notice one fails. */
  notices?: readonly Readonly<{ id: string; from: Pick<Notice, 'state' | 'tries'>; set: Partial<Notice> }>[];
  newCollections?: readonly CollectionsRecord[];
  closeCollections?: readonly Readonly<{ id: string; at: Instant }>[];
  newDiscrepancies?: readonly Discrepancy[];
  /** What stands open about an attempt and ends by its answer; or the one row of a key, whatever it is. */
  closeDiscrepancies?: readonly (Readonly<{ attemptId: string; at: Instant }> | Readonly<{ key: string; at: Instant }>)[];
  doneInbox?: readonly string[];
  /** New rows of the money side; a key that is taken makes the transaction Stale. */
  newRows?: MoneyRows;
  /** Replaced where `version` is one below the one given. */
  rows?: MoneyRows;
}>;

/** What the money side keeps one document each of, with a version: src/domain has their shapes. */
export type MoneyCollection =
  | 'discrepancies'
  | 'refunds'
  | 'settlements'
  | 'clearings'
  | 'accountRows'
  | 'reconciliations'
  | 'statements'
  | 'periods'
  /** What was done to the books as a whole: kept with the act, or not at all. */
  | 'audit';
export type MoneyRows = Readonly<Partial<Record<MoneyCollection, readonly Readonly<{ id: string }>[]>>>;

export interface Tx {
  plans(ids: readonly string[]): Promise<Plan[]>;
  attempts(ids: readonly string[]): Promise<Attempt[]>;
  mandates(ids: readonly string[]): Promise<Mandate[]>;
  rows<T>(collection: MoneyCollection, ids: readonly string[]): Promise<T[]>;
  /** Every refund of these receipts, in the order of their numbers. */
  refundsOf(receiptIds: readonly string[]): Promise<Refund[]>;
  /** With a lease: refused unless its epoch still stands (the fence). Without: only sequence numbers are taken. */
  write(changes: Changes, lease: Lease | null): Promise<void>;
}

export type IntentResult = Readonly<{
  /** Mine and acknowledged: may be called. */
  mine: readonly Attempt[];
  /** Somebody else's attempt holds the place; by plan id, with the guard that said so. */
  lost: readonly Readonly<{ planId: string; guard: string }>[];
}>;

/** What a sweep looks for: plans to decide on, attempts to ask about (and those a dead sender left), items in the inbox. */
export type WorkKind = 'plans' | 'asks' | 'inbox';

export interface WorkStore {
  /** The partitions with such work by `now`: one cheap look before leases are taken. */
  partitionsWith(kind: WorkKind, now: Instant): Promise<readonly string[]>;
  /** When such work is next due; an instant long past for what waits already: evidence in the inbox, attempts in a worker's hands. */
  nextDue(kind: WorkKind): Promise<Instant | null>;
  leases: {
    /** Partitions that nobody holds, or whose holder is late by the server's clock; in no fixed order of preference. */
    take(partition: string, owner: string, ms: number): Promise<Lease | null>;
    renew(lease: Lease, ms: number): Promise<Lease | null>;
    free(lease: Lease): Promise<void>;
    stands(lease: Lease): Promise<boolean>;
  };
  /** Plans whose next action is due, oldest first. */
  duePlans(lease: Lease, now: Instant, limit: number): Promise<Plan[]>;
  /** Borrowers, mandates, attempts, notices that decisions about these plans need. */
  attemptsOfPlans(planIds: readonly string[]): Promise<AttemptFact[]>;
  attemptsOfAccounts(
    keys: readonly Readonly<{ lenderId: string; accountKey: string; businessDate: BusinessDate }>[],
  ): Promise<(AttemptFact & Readonly<{ lenderId: string }>)[]>;
  /** What these mandates were debited for since then by other plans than these. */
  attemptsOfMandates(mandateIds: readonly string[], since: Instant, notOf: readonly string[]): Promise<AttemptFact[]>;
  noticesOfPlans(planIds: readonly string[]): Promise<NoticeFact[]>;
  mandates(ids: readonly string[]): Promise<Sealed<Mandate>[]>;
  borrowers(ids: readonly string[]): Promise<Borrower[]>;
  plans(ids: readonly string[]): Promise<Plan[]>;
  plansOfBorrower(lenderId: string, borrowerId: string): Promise<Plan[]>;
  plansOfMandate(lenderId: string, mandateId: string): Promise<Plan[]>;
  lenders(ids: readonly string[]): Promise<Lender[]>;
  /** Sets what happens next; a plan whose version moved is left alone. */
  setNext(
    items: readonly Readonly<{ id: string; version: number; nextAction: NextAction; deferral?: Plan['deferral'] }>[],
  ): Promise<number>;
  putSkips(skips: readonly Skip[]): Promise<void>;
  /** Puts the batch's intents down, majority and journal. The insert is the claim; an unclean one is read again (design.md section 4, rule 1). */
  insertIntents(attempts: readonly Attempt[], claim: Claim): Promise<IntentResult>;
  /** The second look, from the primary: what could have changed since the decision. */
  lookAgain(
    planIds: readonly string[],
    mandateIds: readonly string[],
  ): Promise<Readonly<{ plans: ReadonlyMap<string, number>; mandates: ReadonlyMap<string, number> }>>;
  /** Attempts whose answer is to be asked for, and those a dead claim left `submitted`. */
  dueAsks(lease: Lease, now: Instant, limit: number): Promise<Attempt[]>;
  orphans(lease: Lease, limit: number): Promise<Attempt[]>;
  setAsks(items: readonly Readonly<{ id: string; eventN: number; ask: Attempt['ask'] }>[]): Promise<void>;
  attempts(ids: readonly string[]): Promise<Attempt[]>;
  openAttempts(planIds: readonly string[]): Promise<Attempt[]>;
  attemptsByNumber(channel: string, numbers: readonly string[]): Promise<Attempt[]>;
  channelBrake(channel: string): Promise<Readonly<{ openUnknown: number; recentShare: number }>>;
  inbox(lease: Lease, limit: number): Promise<InboxItem[]>;
  putInbox(items: readonly InboxItem[]): Promise<void>;
}

export interface NoticeStore {
  /** Inserts what no key holds yet; returns those that are now ours to send. */
  claim(notices: readonly Notice[]): Promise<Notice[]>;
  record(items: readonly Readonly<{ id: string; set: Partial<Notice> }>[]): Promise<void>;
  many(ids: readonly string[]): Promise<Notice[]>;
  byGatewayNo(numbers: readonly string[]): Promise<Notice[]>;
  /** `sending` for longer than a send can take: the sender died. */
  stale(before: Instant, limit: number): Promise<Notice[]>;
  /** Failed ones that may be tried once more. */
  retryable(now: Instant, limit: number): Promise<Notice[]>;
  /** When the next of them may be. */
  nextRetry(): Promise<Instant | null>;
}

export interface AdminStore {
  lenders: {
    insert(lender: Lender): Promise<void>;
    get(id: string): Promise<Lender | null>;
    list(page: Page): Promise<Paged<Lender>>;
  };
  keys: {
    insert(key: ApiKey): Promise<void>;
    byHash(hash: string): Promise<ApiKey | null>;
    get(id: string): Promise<ApiKey | null>;
    list(where: Where, page: Page): Promise<Paged<ApiKey>>;
    revoke(id: string, at: Instant): Promise<ApiKey | null>;
  };
  stops: {
    all(): Promise<Stop[]>;
    set(stop: Stop): Promise<void>;
    lift(scope: StopScope): Promise<boolean>;
  };
  /** Who did what, for acts that touch no plan: keys, lenders, switches, jobs. */
  audit(
    entry: Readonly<{
      id: string;
      lenderId: string | null;
      act: string;
      by: string;
      why: string;
      /** The key it was done with, where there was one. */
      keyId?: string;
      facts: Readonly<Record<string, unknown>>;
      at: Instant;
    }>,
  ): Promise<void>;
  cursor: {
    get(name: string): Promise<string | null>;
    set(name: string, value: string): Promise<void>;
  };
}

/** Discrepancies across lenders, the house's own too; `channel` rows are those found by comparing files. */
export interface DiscrepancyStore {
  get(id: string): Promise<Discrepancy | null>;
  list(where: Where, page: Page): Promise<Paged<Discrepancy>>;
  byKeys(keys: readonly string[]): Promise<Discrepancy[]>;
  /** Found by comparing files, whatever has become of them; oldest first. */
  ofAttempts(attemptIds: readonly string[]): Promise<Discrepancy[]>;
  ofDay(channel: string, businessDate: BusinessDate): Promise<Discrepancy[]>;
  /** Found by comparing this channel's files and not settled, oldest first. */
  unsettled(channel: string): Promise<Discrepancy[]>;
  /** Those whose look is due, oldest first; and when the next is. */
  due(now: Instant, limit: number): Promise<Discrepancy[]>;
  nextLook(): Promise<Instant | null>;
  /** Has every unsettled one of the channel looked at: something new is known. */
  wake(channel: string, at: Instant): Promise<void>;
  /** Sets the next look; a row whose version moved is left alone. */
  setLook(items: readonly Readonly<{ id: string; version: number; lookAt: Instant | null; looks: number }>[]): Promise<void>;
  /** Events of these subjects, whoever's they are, oldest first: everything anybody did about a row, everything a run booked. */
  eventsOf(subjects: readonly string[]): Promise<DulyEvent[]>;
}

/** Refunds across lenders. */
export interface RefundStore {
  /** What is to be sent or asked about by `now`, oldest first; and when that is next. */
  due(now: Instant, limit: number): Promise<Refund[]>;
  nextDue(): Promise<Instant | null>;
  byNumbers(channel: string, refundNos: readonly string[]): Promise<Refund[]>;
  /** Plans of these strategies on which more came in than was owed, by id. */
  overpaid(strategies: readonly Readonly<{ name: string; version: number }>[], after: string, limit: number): Promise<Plan[]>;
  /** Every refund of these receipts, in the order of their numbers. */
  ofReceipts(receiptIds: readonly string[]): Promise<Refund[]>;
}

/** Reconciliation runs, across channels. */
export interface ReconciliationStore {
  get(id: string): Promise<Reconciliation | null>;
  list(where: Where, page: Page): Promise<Paged<Reconciliation>>;
  /** Those whose file has come and is not compared yet, oldest day first. */
  loaded(limit: number): Promise<Reconciliation[]>;
  /** The channel's run of the next day that has one. */
  after(channel: string, businessDate: BusinessDate): Promise<Reconciliation | null>;
  /** The channel's runs of which something is unsettled still, oldest day first. */
  matched(channel: string): Promise<Reconciliation[]>;
}

/** An answer kept under the caller's Idempotency-Key. */
export type KeptAnswer = Readonly<{
  requestHash: string;
  state: 'running' | 'done';
  status: number;
  body: string;
  headers: Readonly<Record<string, string>>;
}>;
export interface IdempotencyStore {
  /** Claims the key, also one whose call died a minute ago; null when it is now ours, else what stands there. */
  begin(lenderId: string, key: string, requestHash: string, at: Instant): Promise<KeptAnswer | null>;
  finish(lenderId: string, key: string, answer: Omit<KeptAnswer, 'state' | 'requestHash'>): Promise<void>;
  /** Gives the key back after a failure of ours, so that the caller may try again. */
  forget(lenderId: string, key: string): Promise<void>;
}

export interface Store {
  of(lenderId: string): LenderStore;
  readonly work: WorkStore;
  readonly notices: NoticeStore;
  readonly admin: AdminStore;
  readonly idempotency: IdempotencyStore;
  readonly books: BooksStore;
  readonly refunds: RefundStore;
  readonly settling: SettlementStore;
  readonly accountRows: AccountRowStore;
  readonly discrepancies: DiscrepancyStore;
  readonly statements: StatementStore;
  readonly matching: MatchingStore;
  readonly reconciliations: ReconciliationStore;
  /** Runs `body` in one transaction: snapshot, majority, primary. It may run more than once and must have no other effect. */
  transact<T>(body: (tx: Tx) => Promise<T>): Promise<T>;
  /** Numbers each partition's new events per lender, in order; answers how many. */
  relay(limit: number): Promise<number>;
}
