/** What the gate answers: a written permit or a refusal with its rule. Both are stored; `src/domain/gate.ts` makes them. */
import { strict as assert } from 'node:assert';
import type { Instant } from './clock.ts';
import { sourceOf } from './gate/rules.ts';
import type { RulePack } from './rule-pack.ts';

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
 * The permit as stored with the attempt: expands on reading through the pack of that name and version. `g`: version of the gate's list of
 * rules, `r`: the counters of those that have one, as [code, before, after, limit]; the other rules follow from `g` and the pack.
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

/**
 * The gate's own rules by version of its list, in the order asked; '*' stands for the pack's ceilings. A stored permit names its version:
 * when the gate's list changes, add a version here and leave the old ones as they are.
 */
export const GATE_LISTS: Readonly<Record<number, string>> = {
  1: `planActive mandateActive hold stopSwitch neverAfter openAttempt amountPositive amountOutstanding penaltyAllowed stepDownAllowed
      splitAllowed sameAmount perDebitCap perDebitMax oneSuccessPerCycle periodCount lateDays * attemptsPerInstalment consecutiveNsf
      attemptsPerMandate30d earlyDebit noticeGiven monthlyCap attemptsPerDay dailyCap dailyLimitPerAccount minGap businessDay window
      cutOff blackout brake`,
};
export const GATE_VERSION = 1;

/** The permit in the form that is stored with the attempt. */
export const compact = (permit: Permit): CompactPermit => ({
  g: GATE_VERSION,
  p: permit.pack.name,
  v: permit.pack.version,
  r: permit.rules.filter((r) => r.limit !== null).map((r) => [r.code, r.before, r.after, r.limit] as const),
  ntc: permit.noticeId,
  slot: permit.slot,
  by: permit.sendBy,
});

/** The whole permit again, given the pack it names; throws an AssertionError for another pack or an unknown version of the list. */
export function expand(stored: CompactPermit, pack: RulePack): Permit {
  assert(
    pack.name === stored.p && pack.version === stored.v,
    `the permit rests on ${stored.p} ${stored.v}, not on ${pack.name} ${pack.version}`,
  );
  const list = GATE_LISTS[stored.g];
  assert(list, `no list ${stored.g} of the gate's rules: add it to GATE_LISTS`);
  const codes = list.split(/\s+/).flatMap((code) => (code === '*' ? pack.limits.map((l) => l.code) : code));
  const counters = new Map(stored.r.map((row) => [row[0], row]));
  const rules = codes.map((code) => {
    const [, before, after, limit] = counters.get(code) ?? [code, null, null, null];
    return { code, before, after, limit, source: sourceOf(code, pack) };
  });
  return { kind: 'permit', pack: { name: stored.p, version: stored.v }, rules, noticeId: stored.ntc, slot: stored.slot, sendBy: stored.by };
}
