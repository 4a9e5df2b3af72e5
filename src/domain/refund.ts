/** A refund (退款): money given back on purpose. Its own record and number; what it is of keeps its amount and gains `refundedMinor`. */
import type { Instant } from './clock.ts';
import type { Machine } from './machine.ts';
import type { Money } from './money.ts';

export type RefundState = 'requested' | 'processing' | 'succeeded' | 'failed' | 'unknown' | 'cancelled';
export type RefundEvent = 'send' | 'succeed' | 'fail' | 'lose' | 'accept' | 'cancel';

export const REFUND: Machine<RefundState, RefundEvent> = {
  name: 'refund',
  initial: ['requested'],
  table: {
    requested: { send: 'processing', cancel: 'cancelled' },
    processing: { succeed: 'succeeded', fail: 'failed', lose: 'unknown' },
    unknown: { accept: 'processing', succeed: 'succeeded', fail: 'failed' },
    succeeded: {},
    failed: {},
    cancelled: {},
  },
};
/** These count against what was received: a refund that may yet happen is money promised. */
export const isLive = (state: RefundState): boolean => state !== 'failed' && state !== 'cancelled';

export type Refund = Readonly<{
  id: string;
  lenderId: string;
  borrowerId: string;
  planId: string;
  bucket: number;
  /** The debit (att_) or self-payment (pay_) it gives back. */
  receiptId: string;
  /** Ours, at the channel or at the payout: a pure function of receipt and `n`. */
  refundNo: string;
  /** 1, 2, 3 ... of one receipt. */
  n: number;
  amount: Money;
  /** `channel`: back the way it came; `transfer`: paid out to the borrower's account. */
  way: 'channel' | 'transfer';
  channel: string;
  /** The order it refunds; null for a transfer. */
  outTradeNo: string | null;
  channelTradeNo: string | null;
  /** The key that asked; another must approve before it is sent. Null: the house's own rule asked (an overpayment left for its days). */
  askedBy: string | null;
  approvedBy: string | null;
  because: string;
  rawCode: string | null;
  rawText: string | null;
  state: RefundState;
  /** When the other side is asked next about an answer that is missing. */
  askAt: Instant | null;
  asks: number;
  createdAt: Instant;
  movedAt: Instant;
  eventN: number;
  version: number;
}>;
