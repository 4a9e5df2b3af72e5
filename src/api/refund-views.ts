/** Refunds as answers show them, and one order with everything that moved under it. */
import type { Attempt } from '../domain/attempt.ts';
import type { DulyEvent } from '../domain/event.ts';
import { isLive, type Refund } from '../domain/refund.ts';

export const refundView = (r: Refund) => ({
  id: r.id,
  receiptId: r.receiptId,
  planId: r.planId,
  borrowerId: r.borrowerId,
  n: r.n,
  refundNo: r.refundNo,
  amount: r.amount.minor,
  currency: r.amount.currency,
  way: r.way,
  channel: r.channel,
  outTradeNo: r.outTradeNo,
  channelTradeNo: r.channelTradeNo,
  because: r.because,
  askedBy: r.askedBy,
  approvedBy: r.approvedBy,
  state: r.state,
  rawCode: r.rawCode,
  rawText: r.rawText,
  paidOn: r.paidOn,
  returnedOn: r.returnedOn,
  askedAgainAt: r.sentAt === null ? null : r.askAt,
  createdAt: r.createdAt,
  sentAt: r.sentAt,
  movedAt: r.movedAt,
});

type Movement = Readonly<{
  kind: 'debit' | 'return' | 'refund' | 'refundReturned';
  amount: number;
  number: string;
  day: string | null;
  at: Date;
  refundId: string | null;
}>;

/** One order folded: the debit, its return, and its refunds beneath it, in the order in which they were booked. `events`: of all of them. */
export function movementsView(attempt: Attempt, refunds: readonly Refund[], events: readonly DulyEvent[]) {
  const movements = [...ofAttempt(attempt, events), ...refunds.flatMap((r) => ofRefund(r, events))].sort(
    (a, b) => a.at.getTime() - b.at.getTime(),
  );
  const stands = attempt.state === 'succeeded';
  const promised = refunds.reduce((sum, r) => sum + (isLive(r.state) ? r.amount.minor : 0), 0);
  return {
    attemptId: attempt.id,
    outTradeNo: attempt.outTradeNo,
    channel: attempt.channel,
    currency: attempt.amount.currency,
    amount: attempt.amount.minor,
    refundedAmount: attempt.refundedMinor,
    left: stands ? attempt.amount.minor - promised : 0,
    movements,
    refunds: refunds.map(refundView),
  };
}

function ofAttempt(a: Attempt, events: readonly DulyEvent[]): Movement[] {
  const base = { number: a.outTradeNo, refundId: null };
  return events
    .filter((e) => e.subject === a.id)
    .flatMap((e): Movement[] => {
      if (e.to === 'succeeded') return [{ ...base, kind: 'debit', amount: a.amount.minor, day: a.takenOn, at: e.at }];
      if (e.from === 'succeeded') return [{ ...base, kind: 'return', amount: -a.amount.minor, day: a.returnedOn, at: e.at }];
      return [];
    });
}

function ofRefund(r: Refund, events: readonly DulyEvent[]): Movement[] {
  const base = { number: r.refundNo, refundId: r.id };
  return events
    .filter((e) => e.subject === r.id && e.from !== e.to)
    .flatMap((e): Movement[] => {
      if (e.to === 'succeeded') return [{ ...base, kind: 'refund', amount: -r.amount.minor, day: r.paidOn, at: e.at }];
      if (e.to === 'returned') return [{ ...base, kind: 'refundReturned', amount: r.amount.minor, day: r.returnedOn, at: e.at }];
      return [];
    });
}
