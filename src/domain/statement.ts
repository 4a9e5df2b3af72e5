/**
 * A channel statement (对账单): the bank's word on what moved, in one shape whatever file it came in.
 * Readers (`src/statements`) make these; reconciliation reads nothing else. Amounts are whole minor units read from text, never through a float.
 */
import type { BusinessDate, Instant } from './clock.ts';
import type { FailureClass } from './failures.ts';
import type { Conversion } from './fx.ts';
import type { Machine } from './machine.ts';
import type { Money } from './money.ts';

/** `payment` a debit collected; `refund` one we made; `return` money the payer's bank took back; `transfer` money between channel and account. */
export type LineKind = 'payment' | 'refund' | 'return' | 'fee' | 'adjustment' | 'transfer' | 'other';
/** What the row says of itself: rows of refused or undecided debits are in some files too, and move nothing. */
export type LineStatus = 'succeeded' | 'failed' | 'pending';

export type StatementLine = Readonly<{
  /** Where it stands: the file's line from 1 in text formats, the entry's place from 1 in XML and JSON. */
  line: number;
  kind: LineKind;
  status: LineStatus;
  /** Which way the money went: `in` towards us, `out` from us. */
  side: 'in' | 'out';
  outTradeNo: string | null;
  refundNo: string | null;
  channelTradeNo: string | null;
  /** The mandate or agreement the row names. */
  mandateRef: string | null;
  accountLast4: string | null;
  /** Gross, zero or above, in minor units of `currency`: what the payer was debited or given, fee apart. */
  minor: number;
  currency: string;
  /** What the channel charged for this row, above zero; given back: below zero. */
  feeMinor: number;
  /** Debits that one row stands for: above 1 in batch entries. */
  count: number;
  at: Instant | null;
  valueDate: BusinessDate;
  rawCode: string;
  /** The row's own words: summary, counterparty, reason. */
  rawText: string;
  counterparty: string | null;
  failure: FailureClass | null;
  /** Where the row was converted: the other side's amount and the rate as the file writes it. */
  fx: Conversion | null;
}>;

/** Counts and sums of rows that moved money, in one currency. */
export type StatementTotals = Readonly<{
  currency: string;
  inCount: number;
  inMinor: number;
  outCount: number;
  outMinor: number;
  feeMinor: number;
}>;

/** What a file says about itself, beside its rows. */
export type StatementHead = Readonly<{
  format: string;
  /** Names that the file gives: merchant number, account number's tail. */
  merchant: string | null;
  account: string | null;
  /** The day it is of; null where it spans several or says none. */
  businessDate: BusinessDate | null;
  from: BusinessDate | null;
  to: BusinessDate | null;
  /** The bank's own number of the file or the issue; null where it has none. */
  sequence: string | null;
  /** Where the bank numbers its statements one after another: the first and the last number in this file. */
  series: Readonly<{ first: number; last: number }> | null;
  opening: Money | null;
  closing: Money | null;
  /** Control totals as the file states them; null where it has none. Equal to those counted, or the file is refused. */
  declared: readonly StatementTotals[] | null;
  counted: readonly StatementTotals[];
  lines: number;
  /** What is odd and no reason to refuse: an opening balance plus rows that misses the closing one. */
  warnings: readonly string[];
}>;

export type StatementState = 'loading' | 'accepted' | 'refused' | 'superseded';
export type StatementEvent = 'accept' | 'refuse' | 'supersede';

/** Lines count only from `accepted` on: a file is kept whole or not at all. */
export const STATEMENT: Machine<StatementState, StatementEvent> = {
  name: 'statement',
  initial: ['loading'],
  table: {
    loading: { accept: 'accepted', refuse: 'refused' },
    accepted: { supersede: 'superseded' },
    refused: {},
    superseded: {},
  },
};

/** Why a file was refused, with where in it. */
export type StatementRefusal = Readonly<{ code: string; line: number | null; column: number | null; says: string }>;

/** A file as it was received, refused ones too. Ours alone: a channel's file holds several lenders' rows. */
export type Statement = Readonly<{
  id: string;
  /** `channel`: what a channel did; `account`: what moved on a bank account of ours. */
  kind: 'channel' | 'account';
  /** Channel name, or the account's name as in '1002:NAME'. */
  source: string;
  businessDate: BusinessDate;
  format: string;
  name: string;
  sha256: string;
  bytes: number;
  /** 1, 2, 3 ... of one source and day: a corrected file takes the next and supersedes the last. */
  issue: number;
  state: StatementState;
  head: StatementHead | null;
  lines: number;
  refusal: StatementRefusal | null;
  receivedAt: Instant;
  by: string;
  version: number;
}>;
