/**
 * Money that went out twice: given back by a refund of ours, and then taken back whole by the payer's bank. The posting that moved it has put it
 * on 1221.01 already; the discrepancy says so, that a person may ask the payer for it, or bear it.
 */
import type { Attempt } from '../../domain/attempt.ts';
import type { Instant } from '../../domain/clock.ts';
import { type Discrepancy, NEW_DISCREPANCY } from '../../domain/discrepancy.ts';
import { clearingAccount, line } from '../../domain/ledger.ts';
import { SHORTAGE } from '../../domain/suspense.ts';

/** `n`: the event that made it a shortage, of the attempt or of the refund. */
export const shortageKey = (subject: string, n: number): string => `${subject}:${n}:shortage`;

type Of = Pick<Attempt, 'id' | 'lenderId' | 'planId' | 'bucket' | 'channel' | 'outTradeNo' | 'amount'>;

/** A debit that was taken back by its event `n` after `minor` of it had been refunded. */
export const wentOutTwice = (attempt: Of, n: number, minor: number, at: Instant): Omit<Discrepancy, 'id'> =>
  shortage(attempt, shortageKey(attempt.id, n), clearingAccount(attempt.channel), minor, at);

export const shortage = (attempt: Of, key: string, cashAccount: string, minor: number, at: Instant): Omit<Discrepancy, 'id'> => ({
  ...NEW_DISCREPANCY,
  key,
  kind: 'shortage',
  says: `${attempt.outTradeNo} was refunded and taken back as well: what was refunded went out twice`,
  facts: { refundedMinor: minor },
  lenderId: attempt.lenderId,
  planId: attempt.planId,
  attemptId: attempt.id,
  bucket: attempt.bucket,
  channel: attempt.channel,
  outTradeNo: attempt.outTradeNo,
  oursMinor: 0,
  theirsMinor: minor,
  currency: attempt.amount.currency,
  suspense: [line(SHORTAGE, minor), line(cashAccount, -minor)],
  openedAt: at,
});
