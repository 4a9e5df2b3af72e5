/**
 * Clearing and settlement (清分, 结算). Clearing splits each movement among the parties of the lender's agreement; a settlement batch nets
 * what a lender is owed over a cycle, is approved by somebody other than its maker, and is paid out once.
 */
import type { BusinessDate, Instant } from './clock.ts';
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

/** A lender's agreement on money (config/agreements/*.yaml), dated. */
export type Agreement = Readonly<{
  name: string;
  title: string;
  /** Lender ids or codes; '*' is everybody whom no other agreement names. */
  lenders: readonly string[];
  validFrom: BusinessDate;
  shares: readonly Share[];
  /** Who bears the channel's fee. */
  channelFee: 'lender' | 'servicer';
  mode: SettlementMode;
  /** Bank days between the statement day and the payout. */
  cycle: Readonly<{ every: 'day' | 'week'; weekday: number | null; plusDays: number; calendar: string }>;
  /** Less than this waits for the next batch. */
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
    unknown: { settle: 'settled', fail: 'failed' },
    settled: {},
    failed: { retry: 'approved' },
    reported: {},
  },
};

/** Sums of one batch in minor units; `net` = gross − fees − shares − returns − refunds + adjustments + trueUp − heldBack + released. */
export type SettlementSums = Readonly<{
  grossMinor: number;
  channelFeeMinor: number;
  /** What the other parties get. */
  sharesMinor: number;
  returnsMinor: number;
  refundsMinor: number;
  adjustmentsMinor: number;
  trueUpMinor: number;
  heldBackMinor: number;
  releasedMinor: number;
  advancedMinor: number;
  netMinor: number;
}>;

export type Settlement = Readonly<{
  id: string;
  lenderId: string;
  currency: string;
  agreement: string;
  mode: SettlementMode;
  /** The statement days it covers, both included. */
  from: BusinessDate;
  to: BusinessDate;
  /** The day it is to be paid on. */
  payOn: BusinessDate;
  sums: SettlementSums;
  /** What the other parties get, each its own transfer. */
  parties: readonly Readonly<{ party: Party; minor: number }>[];
  /** SHA-256 over the rows it is made of: frozen once cleared. */
  contentsHash: string;
  rows: number;
  payoutNo: string;
  makerKeyId: string;
  approverKeyId: string | null;
  state: SettlementState;
  askAt: Instant | null;
  asks: number;
  rawText: string | null;
  createdAt: Instant;
  movedAt: Instant;
  bucket: number;
  eventN: number;
  version: number;
}>;
