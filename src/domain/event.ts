/** An event: one thing that happened to one subject, with its posting. Inserted once, never updated; commit order is `seq` order within its partition. */
import type { Evidence } from './attempt.ts';
import type { Instant } from './clock.ts';
import type { LedgerLine } from './ledger.ts';

export type DulyEvent = Readonly<{
  /** `${subject}:${n}`: nothing happens twice. */
  id: string;
  /** The attempt, plan, mandate ... it happened to, and its number there: 1, 2, 3 without a gap. */
  subject: string;
  n: number;
  /** 'attempt.succeeded', 'plan.registered' ... */
  type: string;
  lenderId: string;
  borrowerId: string | null;
  planId: string | null;
  from: string | null;
  to: string | null;
  at: Instant;
  /** 'duly', or the actor a person or key gave. */
  by: string;
  why: string;
  evidence: Evidence | null;
  currency: string | null;
  posting: readonly LedgerLine[];
  /** Facts worth telling the lender. No personal data. */
  data: Readonly<Record<string, unknown>>;
  partition: string;
  seq: number;
}>;

/** An event before the store has given it its place. `bucket` finds the partition. */
export type NewEvent = Omit<DulyEvent, 'id' | 'partition' | 'seq'> & Readonly<{ bucket: number }>;

/** An event of no borrower and no plan that moves no state and posts nothing, but for what its maker states. */
export const OF_NOBODY = {
  borrowerId: null,
  planId: null,
  bucket: 0,
  from: null,
  to: null,
  evidence: null,
  currency: null,
  posting: [],
} as const satisfies Partial<NewEvent>;
