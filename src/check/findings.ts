/** What a check has found: offending rows gathered under one sentence each, and what was looked at. */
import { INVARIANTS } from './invariants.ts';

export type Row = Readonly<{ id: string; facts: Readonly<Record<string, unknown>> }>;
/** `count`: all offending rows; `rows`: the first ten. */
export type Violation = Readonly<{ invariant: string; says: string; count: number; rows: readonly Row[] }>;
/** `looked`: documents that were held against it. `skipped`: why a part of it could not be looked at; null when nothing was left out. */
export type Looked = Readonly<{ id: string; title: string; looked: number; skipped: string | null }>;
export type CheckResult = Readonly<{
  /** Invariants evaluated, on however little data. */
  checked: number;
  /** Invariants found broken. */
  violated: number;
  violations: readonly Violation[];
  invariants: readonly Looked[];
}>;

const ROWS = 10;

export class Findings {
  private readonly found = new Map<string, { invariant: string; says: string; count: number; rows: Row[] }>();
  private readonly seen = new Map<string, number>();
  private readonly leftOut = new Map<string, string>();

  /** `says` is a fixed sentence: what varies belongs into `facts`. */
  report(invariant: string, says: string, id: string, facts: Readonly<Record<string, unknown>> = {}): void {
    const key = `${invariant} ${says}`;
    const violation = this.found.get(key) ?? { invariant, says, count: 0, rows: [] };
    violation.count += 1;
    if (violation.rows.length < ROWS) violation.rows.push({ id, facts });
    this.found.set(key, violation);
  }

  looked(invariant: string, documents = 1): void {
    this.seen.set(invariant, (this.seen.get(invariant) ?? 0) + documents);
  }

  skipped(invariant: string, why: string): void {
    this.leftOut.set(invariant, why);
  }

  /** An invariant that nobody called `looked` for, not even with 0, was not evaluated. */
  result(): CheckResult {
    const order = new Map(INVARIANTS.map((i, k) => [i.id, k]));
    const violations = [...this.found.values()].sort((a, b) => (order.get(a.invariant) ?? 0) - (order.get(b.invariant) ?? 0));
    return {
      checked: INVARIANTS.filter((i) => this.seen.has(i.id)).length,
      violated: new Set(violations.map((v) => v.invariant)).size,
      violations,
      invariants: INVARIANTS.map(({ id, title }) => ({
        id,
        title,
        looked: this.seen.get(id) ?? 0,
        skipped: this.leftOut.get(id) ?? (this.seen.has(id) ? null : 'not evaluated'),
      })),
    };
  }
}
