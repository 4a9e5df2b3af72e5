/**
 * Clearing and settlement (清分, 结算). Clearing splits each movement among the parties of the lender's agreement; a settlement batch nets
 * what a lender is owed over a cycle, is approved by somebody other than its maker, and is paid out once.
 */
import type { BusinessDate, Instant, LocalTime } from './clock.ts';
import type { Machine } from './machine.ts';
import type { Component } from './plan.ts';

/** Who shares in what is collected. `servicer` is us. */
export type Party = 'lender' | 'funder' | 'guarantor' | 'servicer';

/**
 * What a party gets of each movement: a share (decimal text, below 1) of named components, or a fixed sum a movement, at least `min` and at
 * most what there is. The lender takes every remainder, so parts always sum to the whole.
 */
export type Share = Readonly<{
  party: Exclude<Party, 'lender'>;
  of: readonly Component[];
  share: string;
  fixed: number;
  min: number;
}>;

/** `afterReconciliation`: what the bank's file confirmed; `settleFirst`: before that, inside the reserve; `passThrough`: the channel pays the lender, we report. */
export type SettlementMode = 'afterReconciliation' | 'settleFirst' | 'passThrough';

/** When a batch is made: `plusDays` bank days after the statement day, or after the week's `weekday` (1 = Monday ... 7 = Sunday), from `at` on in the lender's zone. */
export type Cycle = Readonly<{ every: 'day' | 'week'; weekday: number | null; plusDays: number; calendar: string; at: LocalTime }>;

/** A lender's agreement on money (config/agreements/*.yaml), dated. */
export type Agreement = Readonly<{
  name: string;
  title: string;
  /** Lender ids or codes; '*' is everybody whom no other agreement names. */
  lenders: readonly string[];
  /** Shares and bearer of the fee are those of the day of a debit; all else is that of the day on which a batch is made. */
  validFrom: BusinessDate;
  shares: readonly Share[];
  /** Who bears the channel's fee. */
  channelFee: 'lender' | 'servicer';
  mode: SettlementMode;
  cycle: Cycle;
  /** Less than this waits for the next batch; a net below 1 always does. */
  minimumMinor: number;
  /** Kept back from each batch for late returns, and for how many days. */
  holdBack: Readonly<{ share: string; days: number }>;
  /** `advanced ≤ reserve × coverage` in settle-first mode. */
  coverage: string;
  /** How the money leaves: a payout port's name, 'file' or 'manual'. */
  payout: string;
}>;

export type SettlementState = 'open' | 'cleared' | 'approved' | 'transferring' | 'unknown' | 'settled' | 'failed' | 'reported';
export type SettlementEvent = 'clear' | 'approve' | 'transfer' | 'settle' | 'fail' | 'lose' | 'report' | 'retry';

export const SETTLEMENT: Machine<SettlementState, SettlementEvent> = {
  name: 'settlement',
  initial: ['open'],
  table: {
    open: { clear: 'cleared' },
    cleared: { approve: 'approved', report: 'reported' },
    approved: { transfer: 'transferring' },
    transferring: { settle: 'settled', fail: 'failed', lose: 'unknown' },
    unknown: { settle: 'settled', fail: 'failed', transfer: 'transferring' },
    settled: {},
    failed: { retry: 'approved', settle: 'settled' },
    reported: {},
  },
};

/** Sums of one batch in minor units, of the lender's side; `net` = gross − channelFee − shares − returns − refunds + adjustments + trueUp − heldBack + released. */
export type SettlementSums = Readonly<{
  grossMinor: number;
  /** What the lender bears of the channel's fees. */
  channelFeeMinor: number;
  /** What the other parties get, reversals taken off. */
  sharesMinor: number;
  returnsMinor: number;
  refundsMinor: number;
  adjustmentsMinor: number;
  /** What earlier advances turned out to be less (below zero) or more. */
  trueUpMinor: number;
  heldBackMinor: number;
  releasedMinor: number;
  /** Of the gross, what no file had confirmed when it was cleared. */
  advancedMinor: number;
  netMinor: number;
}>;

/** How one transfer stands. `sent` is the durable intent: from then on it may have been paid, and only an answer, a row of the account's statement or a person's word ends that. */
export type TransferState = 'planned' | 'sent' | 'unknown' | 'paid' | 'failed';

/** What one party of a batch is paid. */
export type Transfer = Readonly<{
  party: Exclude<Party, 'servicer'>;
  minor: number;
  /** A pure function of lender, currency, the batch's contents, party and `tries`: whoever repeats it makes the same. */
  payoutNo: string;
  /** Payments of it that the other side has definitely refused: the next has another number. */
  tries: number;
  state: TransferState;
  sentAt: Instant | null;
  rawText: string | null;
  /** The key under which a person said that it was not paid; null where nobody did. */
  deniedUnder: string | null;
}>;

export type Settlement = Readonly<{
  id: string;
  lenderId: string;
  currency: string;
  agreement: string;
  mode: SettlementMode;
  /** The statement days it covers, both included; null while none of its rows has one. */
  from: BusinessDate | null;
  to: BusinessDate | null;
  /** The day it is to be paid on. */
  payOn: BusinessDate;
  payFrom: Instant;
  sums: SettlementSums;
  /** Lender first. Empty until cleared, in pass-through mode for good. */
  transfers: readonly Transfer[];
  /** The payout port that pays it. */
  payout: string;
  /** What is kept back is released in the first batch paid on or after this day, and in which it was. */
  releaseOn: BusinessDate | null;
  releasedIn: string | null;
  /** SHA-256 over the rows it is made of: frozen once cleared. */
  contentsHash: string | null;
  rows: number;
  /** The key that made it; null: the house's own job, by the agreement's cycle. Another key approves. */
  makerKeyId: string | null;
  approverKeyId: string | null;
  state: SettlementState;
  /** When the payer is asked next about an answer that is missing. */
  askAt: Instant | null;
  asks: number;
  createdAt: Instant;
  movedAt: Instant;
  bucket: number;
  eventN: number;
  version: number;
}>;

/** Where a party's part waits until it is paid. */
export const PAYABLE: Readonly<Record<Transfer['party'], string>> = { lender: '2241.05', funder: '2241.03', guarantor: '2241.06' };

/** What a batch leaves owed, by account: transfers not paid, and what is kept back and not released. */
export function owedBy(batch: Settlement): readonly Readonly<{ account: string; minor: number }>[] {
  const kept = batch.releasedIn === null && batch.transfers.length ? batch.sums.heldBackMinor : 0;
  return [
    ...batch.transfers.filter((t) => t.state !== 'paid').map((t) => ({ account: PAYABLE[t.party], minor: t.minor })),
    ...(kept ? [{ account: PAYABLE.lender, minor: kept }] : []),
  ];
}
