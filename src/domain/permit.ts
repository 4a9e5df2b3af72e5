/** What the gate answers: a written permit or a refusal with its rule. Both are stored; `src/domain/gate.ts` makes them. */
import type { Instant } from './clock.ts';

/** One rule the gate looked at. `before` and `after` are the counter it moves, `limit` its ceiling; all three null for a rule without one. */
export type RuleChecked = Readonly<{ code: string; before: number | null; after: number | null; limit: number | null; source: string }>;

export type Permit = Readonly<{
  kind: 'permit';
  pack: Readonly<{ name: string; version: string }>;
  rules: readonly RuleChecked[];
  /** The notice relied on; null where none is required. */
  noticeId: string | null;
  /** The slot of the account's day this debit takes: 1..daily cap. Null for a later part of a split whose first part holds the day's slot. */
  slot: number | null;
  /** The call may not begin after this instant (window, stop time, cut-off). */
  sendBy: Instant;
}>;

export type Refusal = Readonly<{
  kind: 'refusal';
  rule: string;
  /** Address of the law or rail rule, or 'strategy', 'mandate', 'lender', 'channel'. */
  source: string;
  says: string;
  counters: Readonly<{ before: number; limit: number }> | null;
  /** The earliest instant at which this rule would pass if nothing else happened; null when only a person or an event can change it. */
  retryAt: Instant | null;
}>;

/**
 * The permit as stored with the attempt. `g`: version of the gate's list of rules (GATE_RULES), `p`, `v`: the pack, `r`: the counters of the
 * rules that have one, as [code, before, after, limit]; rules without a counter are known from `g`, their sources from the pack.
 */
export type CompactPermit = Readonly<{
  g: number;
  p: string;
  v: string;
  r: readonly (readonly [string, number | null, number | null, number | null])[];
  ntc: string | null;
  slot: number | null;
  by: Instant;
}>;
