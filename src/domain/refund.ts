/** A refund (退款): money given back on purpose. Its own record and number; what it is of keeps its amount and gains `refundedMinor`. */
import type { BusinessDate, Instant } from './clock.ts';
import type { Machine } from './machine.ts';
import type { Money } from './money.ts';

export type RefundState = 'requested' | 'processing' | 'succeeded' | 'failed' | 'unknown' | 'cancelled' | 'returned';
export type RefundEvent = 'send' | 'succeed' | 'fail' | 'lose' | 'accept' | 'cancel' | 'return';

/**
 * `processing` is durable before the call, so what a dead sender left there counts as `unknown`: it is asked about. Only the other side's word
 * ends it. `failed` then `succeeded`: its books show what its answer denied. `returned`: it bounced after it had gone out, and the money is here again.
 */
export const REFUND: Machine<RefundState, RefundEvent> = {
  name: 'refund',
  initial: ['requested'],
  table: {
    requested: { send: 'processing', cancel: 'cancelled' },
    processing: { succeed: 'succeeded', fail: 'failed', lose: 'unknown' },
    unknown: { accept: 'processing', succeed: 'succeeded', fail: 'failed' },
    succeeded: { return: 'returned' },
    failed: { succeed: 'succeeded' },
    cancelled: {},
    returned: {},
  },
};
/** These count against what was received: a refund that may yet happen is money promised. */
export const isLive = (state: RefundState): boolean => state !== 'failed' && state !== 'cancelled' && state !== 'returned';
/** With the other side: its answer is to come. */
export const isSent = (state: RefundState): boolean => state === 'processing' || state === 'unknown';

export type Refund = Readonly<{
  id: string;
  lenderId: string;
  borrowerId: string;
  planId: string;
  bucket: number;
  /** The debit (att_) or self-payment (pay_) it gives back, wholly or in part. */
  receiptId: string;
  /** Ours, at the channel or at the payout: a pure function of receipt and `n`. */
  refundNo: string;
  /** 1, 2, 3 ... of one receipt. */
  n: number;
  amount: Money;
  /** `channel`: back the way it came; `transfer`: paid out to the borrower's account. */
  way: 'channel' | 'transfer';
  /** The debit's channel, or the name of the payout port. */
  channel: string;
  /** Who is paid by a transfer, as the payout port knows him; null where it goes back through the channel. */
  beneficiary: string | null;
  /** The order it refunds; null for a transfer. */
  outTradeNo: string | null;
  channelTradeNo: string | null;
  /** The key that asked; another must approve before it is sent. Null: the house's own rule asked (an overpayment left for its days), which needs none. */
  askedBy: string | null;
  approvedBy: string | null;
  because: string;
  rawCode: string | null;
  rawText: string | null;
  state: RefundState;
  /** The other side's business day on which it went out, and came back: where its rows stand in the statements. Null while it did not. */
  paidOn: BusinessDate | null;
  returnedOn: BusinessDate | null;
  /** When something is to be done next: sent once it is approved, asked about while its answer is missing. Null when nothing is. */
  askAt: Instant | null;
  asks: number;
  /** When the first call was begun; null before. */
  sentAt: Instant | null;
  createdAt: Instant;
  movedAt: Instant;
  eventN: number;
  version: number;
}>;
