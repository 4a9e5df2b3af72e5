/** The rules in the order in which they are asked, and the address each rests on. */
import type { RulePack } from '../rule-pack.ts';
import {
  amountOutstanding,
  amountPositive,
  dailyCap,
  dailyLimitPerAccount,
  monthlyCap,
  penaltyAllowed,
  perDebitCap,
  perDebitMax,
  sameAmount,
  splitAllowed,
  stepDownAllowed,
} from './amounts.ts';
import {
  attemptsPerDay,
  attemptsPerInstalment,
  attemptsPerMandate30d,
  consecutiveNsf,
  limitRules,
  oneSuccessPerCycle,
  periodCount,
} from './attempts.ts';
import type { Case, Finding, Rule } from './case.ts';
import { blackout, businessDay, cutOff, earlyDebit, lateDays, minGap, window } from './days.ts';
import { noticeGiven } from './relied.ts';
import { brake, hold, mandateActive, neverAfter, openAttempt, planActive, stopSwitch } from './standing.ts';

type Source = (pack: RulePack) => string;
const lender: Source = () => 'lender';
const mandate: Source = () => 'mandate';
const strategy: Source = () => 'strategy';
const channel: Source = () => 'channel';
const rail: Source = (pack) => pack.sources[0]!;

const rule = (check: (c: Case) => Finding, source: Source) => ({ code: check.name, check, source });

/** May this borrower be debited at all, and for this much? Only a person or an event mends these. */
const BEFORE_LIMITS = [
  rule(planActive, lender),
  rule(mandateActive, mandate),
  rule(hold, lender),
  rule(stopSwitch, lender),
  rule(neverAfter, rail),
  rule(openAttempt, lender),
  rule(amountPositive, lender),
  rule(amountOutstanding, lender),
  rule(penaltyAllowed, rail),
  rule(stepDownAllowed, (pack) => pack.stepDownSource),
  rule(splitAllowed, rail),
  rule(sameAmount, (pack) => pack.stepDownSource),
  rule(perDebitCap, mandate),
  rule(perDebitMax, rail),
  rule(oneSuccessPerCycle, (pack) => pack.stepDownSource),
  rule(periodCount, mandate),
  rule(lateDays, rail),
];

/** Is it the time for it? Here the pack's own ceilings have been asked already; most of these pass by waiting. */
const AFTER_LIMITS = [
  rule(attemptsPerInstalment, strategy),
  rule(consecutiveNsf, strategy),
  rule(attemptsPerMandate30d, strategy),
  rule(earlyDebit, rail),
  rule(noticeGiven, (pack) => pack.notice?.source ?? 'none required'),
  rule(monthlyCap, mandate),
  rule(attemptsPerDay, strategy),
  rule(dailyCap, mandate),
  rule(dailyLimitPerAccount, channel),
  rule(minGap, strategy),
  rule(businessDay, rail),
  rule(window, (pack) => pack.windowSource ?? 'channel'),
  rule(cutOff, channel),
  rule(blackout, channel),
  rule(brake, channel),
];

const RULE_BY_CODE = new Map([...BEFORE_LIMITS, ...AFTER_LIMITS].map((r) => [r.code, r]));
const built = new WeakMap<RulePack, readonly Rule[]>();

/** All rules a debit under this pack has to pass, in order. */
export function rulesFor(pack: RulePack): readonly Rule[] {
  const known = built.get(pack);
  if (known) return known;
  const rules = [...BEFORE_LIMITS, ...limitRules(pack.limits), ...AFTER_LIMITS];
  built.set(pack, rules);
  return rules;
}

/** The address a rule rests on; a code that is no rule of the gate is looked for among the pack's own limits. */
export const sourceOf = (code: string, pack: RulePack): string =>
  RULE_BY_CODE.get(code)?.source(pack) ?? pack.limits.find((l) => l.code === code)?.source ?? pack.sources[0]!;

/** Codes of the gate's own rules: a pack's limit may not take one of them. */
export const GATE_CODES: ReadonlySet<string> = new Set(RULE_BY_CODE.keys());
