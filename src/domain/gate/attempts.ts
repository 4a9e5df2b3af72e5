/** Rules about how often. The parts of one split count as one attempt; open attempts count; `unsent` and `voided` never do. */
import type { AttemptFact } from '../attempt.ts';
import { addDays, addMonths, type BusinessDate, daysBetween } from '../clock.ts';
import type { CountLimit } from '../rule-pack.ts';
import { type Case, type Finding, no, ofAccount, ofCycle, openFact, type Rule, refusedForFunds, wasRefused } from './case.ts';
import { openingOn } from './times.ts';
import { times } from './words.ts';

type Pick = (a: AttemptFact) => boolean;

/** True when `part` of this plan and cycle goes on with a split whose part before it is in the list. */
const goesOn = (list: readonly AttemptFact[], planId: string, cycle: string, part: number | null, n: number): boolean =>
  part !== null && part > 1 && list.some((b) => b.planId === planId && b.cycle === cycle && b.part === part - 1 && b.n < n);

/** The attempts to count: of a split only its first part within the list. */
function heads(list: readonly AttemptFact[]): AttemptFact[] {
  return list.filter((a) => !goesOn(list, a.planId, a.cycle, a.part, a.n));
}

/** What the ask adds to a count: nothing where it is a later part of a split that is counted already. */
export const adds = (c: Case, list: readonly AttemptFact[]): number =>
  goesOn(list, c.ask.planId, c.ask.cycle, c.ask.part, Number.POSITIVE_INFINITY) ? 0 : 1;

type Ceiling = Readonly<{
  max: number;
  source: string;
  says: (before: number) => string;
  again: (counted: readonly AttemptFact[]) => BusinessDate | null;
}>;

/** Counts attempts and holds the ask against a ceiling; equal to the limit passes. */
function count(c: Case, pick: Pick, ceiling: Ceiling): Finding {
  const list = c.counted.filter(pick);
  const counted = heads(list);
  const before = counted.length;
  const after = before + adds(c, list);
  if (after <= ceiling.max || after === before) return { before, after, limit: ceiling.max };
  const again = ceiling.again(counted);
  return no(ceiling.says(before), ceiling.source, again && openingOn(c, again), { before, limit: ceiling.max });
}

/** The day on which so many have left a sliding window of days that one more fits. */
const slidesOut = (counted: readonly AttemptFact[], max: number, withinDays: number): BusinessDate | null => {
  const last = counted[counted.length - max];
  return max > 0 && last ? addDays(last.businessDate, withinDays) : null;
};
const windowStart = (c: Case, days: number): BusinessDate => addDays(c.today, 1 - days);
export const isToday = (c: Case, a: AttemptFact): boolean => a.businessDate === c.today && ofAccount(a, c);
const never = () => null;

/** All tries of the day on the account, whichever plan made them: no borrower is hit twice because he has two loans. */
export const attemptsPerDay = (c: Case): Finding => {
  const max = c.facts.strategy.caps.perDay;
  return count(c, (a) => isToday(c, a), {
    max,
    source: 'strategy',
    says: (n) => `the account was asked ${times(n)} today; the strategy allows ${max}`,
    again: () => addDays(c.today, 1),
  });
};

/** The fullest of the instalments aimed at speaks. */
export const attemptsPerInstalment = (c: Case): Finding => {
  const max = c.facts.strategy.caps.perInstalment;
  let fullest: Finding = null;
  for (const aim of c.ask.aims) {
    const finding = count(c, (a) => a.planId === c.ask.planId && a.aims.some((other) => other.instalmentId === aim.instalmentId), {
      max,
      source: 'strategy',
      says: (n) => `instalment ${aim.n} was asked for ${times(n)}; the strategy allows ${max}`,
      again: never,
    });
    if (finding && 'says' in finding) return finding;
    if (!fullest || (finding && 'before' in finding && 'before' in fullest && finding.before > fullest.before)) fullest = finding;
  }
  return fullest;
};

export const attemptsPerMandate30d = (c: Case): Finding => {
  const max = c.facts.strategy.caps.perMandate30d;
  const start = windowStart(c, 30);
  return count(c, (a) => a.mandateId === c.ask.mandateId && a.businessDate >= start, {
    max,
    source: 'strategy',
    says: (n) => `the mandate was used ${times(n)} in 30 days; the strategy allows ${max}`,
    again: (counted) => slidesOut(counted, max, 30),
  });
};

/** Debits that succeeded, or still may, over the mandate's life. A returned one gives its period back. */
export const periodCount = (c: Case): Finding => {
  const max = c.facts.mandate.periodCount;
  if (max === null) return null;
  return count(c, (a) => a.mandateId === c.ask.mandateId && (a.state === 'succeeded' || openFact(a)), {
    max,
    source: 'mandate',
    says: (n) => `${n} debits succeeded under the mandate; it was given for ${max}`,
    again: never,
  });
};

/** On such a rail any success, even a small one, ends the cycle; what was returned does not count as one. */
export const oneSuccessPerCycle = (c: Case): Finding => {
  const { pack } = c.facts;
  if (!pack.oneSuccessPerCycle && pack.stepDown !== 'closesCycle') return null;
  return count(c, (a) => ofCycle(a, c) && a.state === 'succeeded', {
    max: 1,
    source: pack.stepDownSource,
    says: () => `a debit of this cycle succeeded; ${pack.title} allows one`,
    again: never,
  });
};

/**
 * Refusals for lack of funds in a row on the account, then a rest; after the rest the count is 0. A success ends the row, other failures
 * neither lengthen nor end it.
 */
export const consecutiveNsf = (c: Case): Finding => {
  const { consecutiveNsf: max, coolOffDays } = c.facts.strategy.caps;
  const rested = (from: BusinessDate, to: BusinessDate) => daysBetween(from, to) >= coolOffDays;
  let before = 0;
  let last: BusinessDate | null = null;
  for (const a of c.counted) {
    if (!ofAccount(a, c)) continue;
    if (a.state === 'succeeded') before = 0;
    if (!refusedForFunds(a)) continue;
    if (last && before >= max && rested(last, a.businessDate)) before = 0;
    before += 1;
    last = a.businessDate;
  }
  if (last && before >= max && rested(last, c.today)) before = 0;
  if (before < max || !last) return { before, after: before, limit: max };
  return no(
    `the account was short of funds ${times(before)} in a row, last on ${last}; the strategy rests it for ${coolOffDays} days`,
    'strategy',
    openingOn(c, addDays(last, coolOffDays)),
    { before, limit: max },
  );
};

const PER: Readonly<Record<CountLimit['per'], (a: AttemptFact, c: Case) => boolean>> = {
  cycle: ofCycle,
  instalment: (a, c) => a.planId === c.ask.planId && a.aims.some((x) => c.ask.aims.some((y) => y.instalmentId === x.instalmentId)),
  plan: (a, c) => a.planId === c.ask.planId,
  mandate: (a, c) => a.mandateId === c.ask.mandateId,
  account: ofAccount,
};

const NOUN: Readonly<Record<CountLimit['counts'], string>> = {
  attempts: 'asked',
  failures: 'refused',
  consecutiveFailures: 'refused in a row',
  successes: 'debited with success',
};

/** One ceiling of a rule pack. Time never resets a row of failures that has no window; only a success or, where the pack says so, a new mandate does. */
function limitRule(limit: CountLimit): Rule {
  const counts: Record<CountLimit['counts'], Pick> = {
    attempts: () => true,
    failures: wasRefused,
    consecutiveFailures: wasRefused,
    successes: (a) => a.state === 'succeeded' || openFact(a),
  };
  const ofClass: Pick = (a) => limit.classes === 'any' || (a.failure !== null && limit.classes.includes(a.failure));
  const inWindow = (a: AttemptFact, c: Case): boolean =>
    limit.withinDays === null ||
    (limit.withinDays === 'calendarMonth'
      ? a.businessDate.slice(0, 7) === c.today.slice(0, 7)
      : a.businessDate >= windowStart(c, limit.withinDays));
  const agreedAnew = (a: AttemptFact, c: Case): boolean => limit.resetByNewMandate && a.createdAt < c.facts.mandate.createdAt;

  return {
    code: limit.code,
    check: (c) => {
      const scope = c.counted.filter((a) => PER[limit.per](a, c) && inWindow(a, c) && !agreedAnew(a, c));
      const row = limit.counts === 'consecutiveFailures' ? scope.slice(scope.findLastIndex((a) => a.state === 'succeeded') + 1) : scope;
      return count(c, (a) => row.includes(a) && counts[limit.counts](a) && ofClass(a), {
        max: limit.max,
        source: limit.source,
        says: (n) => `${limit.per} ${NOUN[limit.counts]} ${times(n)}${windowSaid(limit)}; ${c.facts.pack.title} allows ${limit.max}`,
        again: (counted) =>
          limit.withinDays === null
            ? null
            : limit.withinDays === 'calendarMonth'
              ? addMonths(firstOfMonth(c.today), 1)
              : slidesOut(counted, limit.max, limit.withinDays),
      });
    },
  };
}

const firstOfMonth = (date: BusinessDate): BusinessDate => `${date.slice(0, 7)}-01` as BusinessDate;
const windowSaid = ({ withinDays }: CountLimit): string =>
  withinDays === null ? '' : withinDays === 'calendarMonth' ? ' this month' : ` in ${withinDays} days`;

const built = new WeakMap<readonly CountLimit[], readonly Rule[]>();

/** The pack's own ceilings as rules, made once a pack. */
export function limitRules(limits: readonly CountLimit[]): readonly Rule[] {
  const known = built.get(limits);
  if (known) return known;
  const rules = limits.map(limitRule);
  built.set(limits, rules);
  return rules;
}
