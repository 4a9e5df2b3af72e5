/**
 * Real loans as repayment plans on real accounts. The histories end before their loans begin, so each loan is moved to the middle of its
 * account's history: what lies before may be learned from, what lies after is lived through.
 */
import { addDays, addMonths, type BusinessDate, businessDate, dayOfMonth } from '../../domain/clock.ts';
import { InvalidInput } from '../../domain/errors.ts';
import type { AccountHistory, Histories, HistoryRow } from './histories.ts';

/** `loan`: the loan's own monthly payment. '1.0x-inflow', '0.5x-inflow' ...: that multiple of the account's median monthly inflow before `mid`. */
export type InstalmentMode = 'loan' | `${string}x-inflow`;

export type HistoryPlan = Readonly<{
  loanId: number;
  accountId: number;
  /** Oldest first; every one of the same sum. */
  instalments: readonly Readonly<{ dueDate: BusinessDate; minor: number }>[];
  mid: BusinessDate;
  last: BusinessDate;
  /** Calendar months with inflow before `mid`: what the median rests on. */
  monthsLearned: number;
  /** First day of the 2-day window of the month in which half or more of the inflow before `mid` came; null where there is none. */
  paydayDeclared: number | null;
  /** What a reader of the figures should know of this plan; empty for most. */
  notes: readonly string[];
}>;

const DUE_DAYS = [1, 5, 10, 15, 20, 25] as const;
/** Days after a due date that must lie inside the history, so that a whole cycle of debits can be lived through. */
const CYCLE_DAYS = 11;
const MONTHS_FOR_MEDIAN = 3;

/** One plan a loan, in the order of the file. @throws InvalidInput for a mode that is none */
export function plansFromLoans(histories: Histories, mode: InstalmentMode): readonly HistoryPlan[] {
  const factor = factorOf(mode);
  return histories.loans.map((loan) => {
    const history = histories.accounts.get(loan.accountId)!;
    const { mid, last } = history;
    const learned = incomeBefore(history);
    const months = monthlySums(learned);
    const minor = factor ? inflowInstalment(months, factor) : loan.monthlyMinor;
    const { dates, note } = dueDates(history, DUE_DAYS[loan.accountId % 6]!);
    const notes = note ? [note] : [];
    if (factor && months.length < MONTHS_FOR_MEDIAN) notes.push(`the median inflow rests on ${months.length} month(s) only`);
    if (factor && months.length === 0) notes.push("no inflow before the middle: the loan's own payment is used");
    return {
      loanId: loan.loanId,
      accountId: loan.accountId,
      instalments: dates.map((dueDate) => ({ dueDate, minor: minor ?? loan.monthlyMinor })),
      mid,
      last,
      monthsLearned: months.length,
      paydayDeclared: declaredPayday(learned),
      notes,
    };
  });
}

/** Due dates on `day` of the month, from `mid` on, whose cycle ends inside the history; one at least, so that every loan becomes a plan. */
function dueDates({ mid, last }: AccountHistory, day: number): { dates: BusinessDate[]; note: string | null } {
  const anchor = businessDate(`${mid.slice(0, 8)}${String(day).padStart(2, '0')}`);
  const start = dayOfMonth(mid) > day ? addMonths(anchor, 1) : anchor;
  const dates: BusinessDate[] = [];
  for (let k = 0; addDays(addMonths(start, k), CYCLE_DAYS) <= last; k++) dates.push(addMonths(start, k));
  if (dates.length > 0) return { dates, note: null };
  return { dates: [start], note: 'the history is too short for a whole cycle: one instalment, on the first due day after the middle' };
}

/** Money that came in before `mid`, interest left out. */
const incomeBefore = ({ rows, mid }: AccountHistory): readonly HistoryRow[] =>
  rows.filter((row) => row.date < mid && row.minor > 0 && row.kind !== 'interest credited');

function monthlySums(rows: readonly HistoryRow[]): number[] {
  const months = new Map<string, number>();
  for (const row of rows) months.set(row.date.slice(0, 7), (months.get(row.date.slice(0, 7)) ?? 0) + row.minor);
  return [...months.values()];
}

type Factor = Readonly<{ times: bigint; scale: bigint }>;

function factorOf(mode: InstalmentMode): Factor | null {
  if (mode === 'loan') return null;
  const parts = /^(\d{1,3})(?:\.(\d{1,4}))?x-inflow$/.exec(mode);
  const times = parts ? BigInt(parts[1]! + (parts[2] ?? '')) : 0n;
  if (times > 0n) return { times, scale: 10n ** BigInt(parts?.[2]?.length ?? 0) };
  const message = `instalment mode '${mode}' is not known; write loan, or a multiple above zero such as 1.0x-inflow`;
  throw new InvalidInput([{ pointer: '/instalment', code: 'BAD_MODE', message }]);
}

/** Factor × median, half up, at least 1; null where nothing came in. Of an even number of months the two in the middle are averaged. */
function inflowInstalment(months: readonly number[], { times, scale }: Factor): number | null {
  const sorted = [...months].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) return null;
  const doubled = BigInt(low + high) * times;
  return Math.max(1, Number((doubled + scale) / (2n * scale)));
}

/** The 2-day window that holds the most, where it holds half or more; its first day. Of windows that hold the same, the one that begins with more. */
function declaredPayday(rows: readonly HistoryRow[]): number | null {
  const byDay = new Array<number>(33).fill(0);
  for (const row of rows) byDay[dayOfMonth(row.date)]! += row.minor;
  const whole = byDay.reduce((a, b) => a + b, 0);
  const windows = Array.from({ length: 31 }, (_, k) => ({ day: k + 1, starts: byDay[k + 1]!, minor: byDay[k + 1]! + byDay[k + 2]! }));
  const best = windows.reduce((a, b) => (b.minor > a.minor || (b.minor === a.minor && b.starts > a.starts) ? b : a));
  return whole > 0 && best.minor * 2 >= whole ? best.day : null;
}
