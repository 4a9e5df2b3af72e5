/** Both sides of a whole day at once, and what is left over when every number has been compared. For days that fit in memory; pure. */
import { daysBetween } from './clock.ts';
import { compareNumber, type Ours, type Terms, type Theirs, type Verdict } from './match.ts';

/** How far a row's value date may lie from our day for the fall-backs to suggest it. */
const TOLERANCE_DAYS = 3;

/** One verdict a line, and one for each record of the day that no line stands for. `others`: records still open, for suggestions alone. */
export function compareDay(ours: readonly Ours[], theirs: readonly Theirs[], terms: Terms, others: readonly Ours[] = []): Verdict[] {
  const numbers = new Map<string, { ours: Ours[]; theirs: Theirs[] }>();
  const at = (number: string) => {
    const group = numbers.get(number) ?? { ours: [], theirs: [] };
    numbers.set(number, group);
    return group;
  };
  const unnumbered = theirs.filter((t) => t.outTradeNo === null);
  for (const one of ours) at(one.outTradeNo).ours.push(one);
  for (const row of theirs) if (row.outTradeNo !== null) at(row.outTradeNo).theirs.push(row);
  const verdicts = [...numbers.values()].flatMap((group) => compareNumber(group.ours, group.theirs, terms));
  for (const row of unnumbered) verdicts.push(...compareNumber([], [row], terms));
  return settleLeftovers(verdicts, terms, others);
}

export const isStray = (v: Verdict): boolean => v.result === 'surplus' && v.ours === null && v.theirs?.kind === 'payment';
export const isMissing = (v: Verdict): boolean => v.theirs === null && (v.result === 'shortage' || v.result === 'carriedOver');

/**
 * Rows of no number of ours against records that no row stands for: matched by the channel's own number, one row to one debit or to as many
 * as it counts; else a record of the same mandate or account, amount and about the same day is suggested on the surplus.
 */
export function settleLeftovers(verdicts: readonly Verdict[], terms: Terms, others: readonly Ours[] = []): Verdict[] {
  const rows = new Map<string, Verdict[]>();
  const records = new Map<string, Verdict[]>();
  for (const v of verdicts) {
    const number = isStray(v) ? v.theirs?.channelTradeNo : isMissing(v) && v.ours?.kind === 'payment' ? v.ours.channelTradeNo : null;
    if (!number) continue;
    const side = isStray(v) ? rows : records;
    side.set(number, [...(side.get(number) ?? []), v]);
  }
  const settled = new Set<Verdict>();
  const joined: Verdict[] = [];
  for (const [number, strays] of rows) {
    const found = records.get(number);
    if (!found) continue;
    for (const v of [...strays, ...found]) settled.add(v);
    const both = compareNumber(
      found.map((v) => v.ours as Ours),
      strays.map((v) => v.theirs as Theirs),
      terms,
    );
    joined.push(...both.map((v) => (v.ours && v.theirs ? { ...v, rule: 'channelNumber' as const } : v)));
  }
  const left = verdicts.filter((v) => !settled.has(v));
  const candidates = new Map<string, Ours[]>();
  for (const one of [...left.filter((v) => isMissing(v) && v.ours?.kind === 'payment').map((v) => v.ours as Ours), ...others]) {
    const key = `${one.minor} ${one.currency}`;
    candidates.set(key, [...(candidates.get(key) ?? []), one]);
  }
  return [...left.map((v) => (isStray(v) && !v.suggestion ? suggest(v, candidates, terms) : v)), ...joined];
}

function suggest(v: Verdict, candidates: ReadonlyMap<string, readonly Ours[]>, terms: Terms): Verdict {
  const row = v.theirs as Theirs;
  const near = (o: Ours) => Math.abs(daysBetween(o.day ?? terms.businessDate, row.valueDate)) <= TOLERANCE_DAYS;
  for (const one of candidates.get(`${row.minor} ${row.currency}`) ?? []) {
    if (!near(one)) continue;
    const mandate = row.mandateRef !== null && row.mandateRef === one.mandateRef;
    if (!mandate && !(row.mandateRef === null && row.accountLast4 !== null && row.accountLast4 === one.accountLast4)) continue;
    const because = `the same ${mandate ? 'mandate' : "account's last digits"} and amount, within ${TOLERANCE_DAYS} days`;
    return { ...v, suggestion: { attemptId: one.attemptId, because } };
  }
  return v;
}
