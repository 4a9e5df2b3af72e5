/** A reconciliation run (对账): one channel's file of one day held against our attempts. Running it again gives the same result. */
import type { BusinessDate, Instant } from './clock.ts';
import type { MatchResult } from './discrepancy.ts';
import type { Machine } from './machine.ts';

export type ReconciliationState = 'waitingFile' | 'loaded' | 'matched' | 'closed';
export type ReconciliationEvent = 'load' | 'match' | 'close' | 'reload';

export const RECONCILIATION: Machine<ReconciliationState, ReconciliationEvent> = {
  name: 'reconciliation',
  initial: ['waitingFile'],
  table: {
    waitingFile: { load: 'loaded' },
    loaded: { match: 'matched', reload: 'loaded' },
    matched: { close: 'closed', reload: 'loaded' },
    closed: { reload: 'loaded' },
  },
};

/** What one lender's rows of the day come to, by currency: what is settled and what fees are booked. */
export type LenderDay = Readonly<{
  lenderId: string;
  currency: string;
  paidCount: number;
  paidMinor: number;
  returnedCount: number;
  returnedMinor: number;
  refundedCount: number;
  refundedMinor: number;
  feeMinor: number;
}>;

export type Reconciliation = Readonly<{
  /** `rec_CHANNEL_DATE` is no ULID: one run document a channel and day, whatever is run again. */
  id: string;
  channel: string;
  businessDate: BusinessDate;
  state: ReconciliationState;
  statementId: string | null;
  /** The file that was compared last; another than `statementId` from the moment a corrected one is loaded. */
  comparedId: string | null;
  /** Lines of the file, and results by kind; lines + ours alone = the sum of results. */
  lines: number;
  byResult: Readonly<Record<MatchResult, number>>;
  oursMinor: Readonly<Record<string, number>>;
  theirsMinor: Readonly<Record<string, number>>;
  /** What is booked of the day so far, by lender: a re-issued file posts the difference. */
  booked: readonly LenderDay[];
  /** Whether the day's money has arrived on the account. */
  depositedAt: Instant | null;
  expectedAt: Instant;
  runs: number;
  ranAt: Instant | null;
  closedAt: Instant | null;
  eventN: number;
  version: number;
}>;
