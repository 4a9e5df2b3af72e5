/**
 * What a bank can do for us: the port every channel implements. `test/contracts/channel.ts` is the suite each must pass, the simulator first.
 *
 * A channel never throws for what the bank or the network did: a fault is an outcome. It throws only for our own mistakes.
 */

import type { ChannelProfile } from '../domain/channel-profile.ts';
import type { BusinessDate, Instant } from '../domain/clock.ts';
import type { FailureClass } from '../domain/failures.ts';
import type { Money } from '../domain/money.ts';

/** One debit as it is sent. The same `outTradeNo` always carries the same bytes. */
export type DebitRequest = Readonly<{
  outTradeNo: string;
  amount: Money;
  rail: string;
  /** The full account number, in clear: decrypted for the call and kept nowhere. */
  account: string;
  agreementNo: string | null;
  /** Day on which money is to be taken, in the lender's zone. */
  valueDate: BusinessDate;
  /** The bank refuses the request when it arrives later; null where the rail has no such field. */
  validUntil: Instant | null;
  /** Remittance text, shown to the payer and kept by the bank: 'L-1/3:110016 L-1/4:500', plan/instalment:minor units. */
  memo: string;
}>;

/** What the bank says it did, to be held against the intent: amount, account and its own time. */
export type Echo = Readonly<{ amount: Money; accountLast4: string; at: Instant }>;

type Said = Readonly<{ rawCode: string; rawText: string }>;
export type Succeeded = Said & Readonly<{ kind: 'succeeded'; channelTradeNo: string; echo: Echo }>;
export type Accepted = Said & Readonly<{ kind: 'accepted'; channelTradeNo: string }>;
export type Failed = Said & Readonly<{ kind: 'failed'; failure: FailureClass; channelTradeNo: string | null }>;
/** It may have moved money: time-out, 5xx, an answer that cannot be read, a code that is not mapped. */
export type Unknown = Said & Readonly<{ kind: 'unknown' }>;

export type Outcome =
  | Succeeded
  | Accepted
  | Failed
  | Unknown
  /** The bank has this number already: read as "ask", never as a failure. */
  | (Said & Readonly<{ kind: 'duplicate' }>)
  /** It surely never left: refused before a byte was sent. */
  | (Said & Readonly<{ kind: 'unsent' }>);

export type Answer =
  | Succeeded
  | Accepted
  | Failed
  | Unknown
  /** Taken, then given back. */
  | (Said & Readonly<{ kind: 'returned'; channelTradeNo: string; echo: Echo; at: Instant; failure: FailureClass }>)
  /** The bank does not know the number. Inside the query horizon this proves nothing. */
  | (Said & Readonly<{ kind: 'notFound' }>);

/** What the bank tells us unasked: late results and returns. `id` is its own and never repeats for another fact. */
export type News = Readonly<{ id: string; outTradeNo: string; answer: Answer }>;

/** A file as it lies at the bank, oldest first: a channel's statement, or that of an account of ours. */
export type BankFile = Readonly<{ id: string; name: string; kind: 'channel' | 'account'; bytes(): AsyncIterable<Uint8Array> }>;

/** Money back the way it came. The same `refundNo` always carries the same bytes. */
export type RefundRequest = Readonly<{ refundNo: string; outTradeNo: string; channelTradeNo: string; amount: Money }>;

export interface Channel {
  readonly profile: ChannelProfile;
  debit(request: DebitRequest): Promise<Outcome>;
  query(outTradeNo: string): Promise<Answer>;
  /** Asks the bank never to take it; `true` is its acknowledgement by number. Absent where the rail has no cancel. */
  cancel?(outTradeNo: string): Promise<boolean>;
  /** Gives back a part or all of a debit that was taken. Absent where the rail has no refund: then it is paid out. */
  refund?(request: RefundRequest): Promise<Outcome>;
  queryRefund?(refundNo: string): Promise<Answer>;
  /** Files laid out after the cursor (null: from the start), oldest first; repeats are allowed. Absent where none are. */
  files?(cursor: string | null, limit: number): Promise<Readonly<{ items: readonly BankFile[]; cursor: string | null }>>;
  /** News after the cursor (null: from the start), oldest first; repeats are allowed. Absent where the bank pushes nothing. */
  news?(cursor: string | null, limit: number): Promise<Readonly<{ items: readonly News[]; cursor: string | null }>>;
}
