/** Small records of the house that have no machine of their own. */
import type { BusinessDate, Instant } from './clock.ts';

/** Why a debit was not made: asked as often as why one was. One a plan, day and rule; `times` counts repeats. */
export type Skip = Readonly<{
  id: string;
  lenderId: string;
  planId: string;
  bucket: number;
  date: BusinessDate;
  rule: string;
  source: string;
  says: string;
  counters: Readonly<{ before: number; limit: number }> | null;
  trigger: string;
  dueDate: BusinessDate;
  minor: number;
  retryAt: Instant | null;
  at: Instant;
}>;

/** Money the borrower paid by other means, as the lender reported it. */
export type Payment = Readonly<{
  id: string;
  lenderId: string;
  planId: string;
  borrowerId: string;
  bucket: number;
  externalId: string | null;
  minor: number;
  currency: string;
  valueDate: BusinessDate;
  /** Instalments a prepayment is for; empty: what is due, oldest first. */
  targets: readonly string[];
  note: string | null;
  at: Instant;
}>;

/** A hand-over to collections (入催) and, when closed, the recall (出催). */
export type CollectionsRecord = Readonly<{
  id: string;
  lenderId: string;
  planId: string;
  borrowerId: string;
  bucket: number;
  stage: string;
  openedAt: Instant;
  closedAt: Instant | null;
  outstandingMinor: number;
  currency: string;
  because: string;
}>;

/** What one run of a job did. `oldestDue`: the oldest thing that was due when it began, null when nothing was. */
export type TickReport = Readonly<{
  lookedAt: number;
  did: number;
  refused: number;
  failed: number;
  oldestDue: Instant | null;
}>;
export const NO_WORK: TickReport = { lookedAt: 0, did: 0, refused: 0, failed: 0, oldestDue: null };

/** An item for the holder of a partition: evidence about an attempt that somebody else received. */
export type InboxItem = Readonly<{
  id: string;
  bucket: number;
  attemptId: string;
  kind: 'news' | 'statement' | 'person';
  /** The answer as the channel port states it. */
  answer: Readonly<Record<string, unknown>>;
  ref: string;
  by: string;
  why: string;
  at: Instant;
}>;
