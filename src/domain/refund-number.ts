/**
 * Refund numbers: what the other side knows a refund by, and its key against paying it twice. Like order numbers they are a pure function of
 * what they stand for, so that a restored or re-run house makes the same ones.
 */
import type { NumberGrammar } from './channel-profile.ts';
import { orderNumber } from './order-number.ts';

/** The form of a number where the money goes out as a transfer: it stands in the memo of both statements. */
export const PAYOUT_NUMBER: NumberGrammar = {
  prefix: 'R',
  length: 24,
  alphabet: 'base32',
  check: 'mod',
  mode: 'ours',
  lendersMax: 0,
};

/** A line feed is in no plan's external id, so no refund ever has the number of a debit. */
const MARK = '\nrefund ';

/**
 * The number of the `n`th refund of a receipt (att_ or pay_) in a channel's form; of ours whatever mode the channel's order numbers have.
 * Throws an AssertionError where the grammar has no room for a hash.
 */
export const refundNumber = (lenderCode: string, receiptId: string, n: number, grammar: NumberGrammar): string =>
  orderNumber({ lenderCode, planExternalId: `${MARK}${receiptId}`, n, grammar: { ...grammar, mode: 'ours' } });
