/**
 * The shapes of the simulated bank: what it is opened with, what it keeps, and what tests and audits may ask of it.
 * `index.ts` opens it; `docs` prints the tables of `magic.ts` and `scenarios.ts`.
 */
import type { Db } from 'mongodb';
import type { ChannelProfile } from '../../domain/channel-profile.ts';
import type { BusinessDate, Clock, Instant } from '../../domain/clock.ts';
import type { FailureClass } from '../../domain/failures.ts';
import type { Money } from '../../domain/money.ts';
import type { Channel } from '../channel.ts';
import type { PayoutPort } from '../payout.ts';
import type { BookReader } from './book.ts';
import type { ScenarioName, ScenarioTarget } from './scenarios.ts';

/** An account as the bank's files know it: the number itself is stored nowhere. */
export type AccountRef = Readonly<{ key: string; last4: string }>;

/** What an account holds of its own: a pure function of time. What the bank took is taken off elsewhere. */
export type Balances = (account: AccountRef, at: Instant) => number;

/** Binds a world to one bank: `keyOf` hashes clear numbers as the bank does, `zone` says when a day begins, `openedOn` is the bank's first day. */
export type AccountWorld = Readonly<{ name: string; bind(to: WorldBinding): Balances }>;
export type WorldBinding = Readonly<{ keyOf: (account: string) => string; zone: string; openedOn: BusinessDate }>;

/**
 * How often the bank and the wire misbehave: shares from 0 to 1 of all order numbers, each decided by a hash of (seed, order number),
 * so that no interleaving changes what happens to a number. `lateReturn`: share of debits taken that are given back 1-30 days later.
 */
export type FaultRates = Readonly<{
  lostRequest: number;
  lostReply: number;
  delayed: number;
  queryLagMinutes: number;
  lateReturn: number;
  channelDown: number;
  unmappedCode: number;
  latencyMs: number;
}>;

export const NO_FAULTS: FaultRates = {
  lostRequest: 0,
  lostReply: 0,
  delayed: 0,
  queryLagMinutes: 0,
  lateReturn: 0,
  channelDown: 0,
  unmappedCode: 0,
  latencyMs: 0,
};

/** `instant`: the reply is the result. `delayed`: accepted now, result 2 minutes to 3 hours later. `file`: accepted now, result at 06:00 next day. */
export type AnswerStyle = 'instant' | 'delayed' | 'file';

export type SimulatorBankOptions = Readonly<{
  db: Db;
  clock: Clock;
  seed: string | number;
  profile: ChannelProfile;
  /** Default: `syntheticWorld(seed)`. */
  world?: AccountWorld;
  /** Default: none. */
  faults?: Partial<FaultRates>;
  /** Default: none. Faults of `file-faults.ts` in the files up to and with that day's. */
  statementFaults?: Readonly<{ until: BusinessDate }> | null;
  /** Default: `instant`. */
  style?: AnswerStyle;
  /** Waits `latencyMs` before each answer; only needed where that is above 0. */
  wait?: (ms: number) => Promise<void>;
}>;

export type SimulatorBank = Readonly<{
  channel: Channel;
  /** The book of truth, for audits. `openBook(db)` gives the same without opening the bank. */
  book: BookReader;
  /** When the bank itself next does something (a late result, a return), so that a test clock can stop there. Null: nothing planned. */
  nextDue(): Promise<Instant | null>;
  /** Does what is due by `now` and answers how much that was. Safe to run twice, and from several processes at once. */
  run(now: Instant): Promise<number>;
  /** When the next file after this cursor of the drop box is ready, or was; null: the next closing of a day (see `nextDue`) brings one. */
  filesDue(cursor: string | null): Promise<Instant | null>;
  /** Pays out of our settlement account at this bank. */
  payouts: PayoutPort;
  /** Faults put into files so far, by kind, from the bank's own list. */
  putIn(): Promise<Readonly<Record<string, number>>>;
  /** The true file of one bank day, without faults, ready at 06:00 of the next. @throws DulyError STATEMENT_NOT_READY */
  statement(date: BusinessDate): Promise<Readonly<{ name: string; text: string }>>;
  /** The balance an account has now, as the bank would judge a debit. Minor units. */
  balance(account: string): Promise<number>;
  runScenario(name: ScenarioName, target: ScenarioTarget): Promise<Readonly<{ did: string }>>;
}>;

export type Fact = 'repeat' | 'accepted' | 'taken' | 'refused' | 'expired' | 'cancelled' | 'returned' | 'refunded' | 'adjusted';

/** What a row leaves behind for the next row of the same account: `out` = taken less returned, refunded and what scenarios paid in. */
export type AccountState = Readonly<{
  out: number;
  /** Requests that reached the account. */
  orders: number;
  /** First amount ever asked of the account; 0 before any. */
  firstMinor: number;
  /** Bank day of the last money taken, and how much was taken on it: for the daily limit. */
  day: BusinessDate | null;
  dayMinor: number;
  revoked: boolean;
  /** A scenario has set the balance: the magic digits no longer decide. */
  byBalance: boolean;
}>;

/**
 * One fact of the book of truth; never updated. `_id` is '<channel>/<order number>' for the first contact and '…#result', '…#late', '…#again',
 * '…#return' or '…#repeat1' (or '…#refund/R1') for what follows, so that each fact exists once. One row is one document: verdict and balance cannot disagree.
 */
export type BookRow = Readonly<{
  _id: string;
  channel: string;
  /** '' on rows a scenario wrote for an account alone. */
  orderNo: string;
  fact: Fact;
  /** True where a request of ours brought the row in: the receipts. */
  arrival: boolean;
  /** Keyed hash of the bank's own; '' for an order the bank was told to forget before it came. */
  account: string;
  last4: string;
  /** 1, 2, 3 ... per account, without gaps: the order in which money moved. Null where the account is not touched. */
  seq: number | null;
  state: AccountState | null;
  amount: Money;
  rail: string;
  memo: string;
  /** Keyed hash of the exact request bytes; '' where no request came. */
  payloadHash: string;
  valueDate: BusinessDate | null;
  /** When the request arrived (for later facts: when they happened), by the bank's clock. */
  at: Instant;
  businessDate: BusinessDate;
  channelTradeNo: string | null;
  rawCode: string;
  failure: FailureClass | null;
  /** Until then a query does not see the row: the reply was lost and the bank's index lags, or the fact is told by the file alone. */
  hiddenUntil: Instant | null;
  /** On `accepted`: when the bank decides. */
  decideAt: Instant | null;
  /** On `refunded`: the refund's own number. */
  refundNo?: string;
}>;
