/** The books as a whole: balances, trial balances, closed periods and opening balances. Minor units; dr above zero, cr below. */
import { createHash } from 'node:crypto';
import { addMonths, atLocal, type BusinessDate, businessDate, type Instant } from './clock.ts';
import { grouped } from './grouped.ts';

/** What lies on one account of one lender (or HOUSE) in one currency. */
export type Balance = Readonly<{ lenderId: string; currency: string; account: string; minor: number }>;
/** The same over a span: what was posted on either side, both zero or above, and by how many lines. */
export type Turnover = Omit<Balance, 'minor'> & Readonly<{ dr: number; cr: number; lines: number }>;

/** A balance on the side it is on. `dr` and `cr` are zero or above, one of them zero. */
export type TrialRow = Readonly<{ account: string; dr: number; cr: number }>;
/** Accounts of one lender and currency (试算平衡表); `difference` is dr less cr and must be 0. */
export type TrialBalance = Readonly<{
  lenderId: string;
  currency: string;
  rows: readonly TrialRow[];
  dr: number;
  cr: number;
  difference: number;
}>;

/** One trial balance a lender and currency, in order; accounts that hold nothing are left out. */
export function trialBalances(balances: readonly Balance[]): TrialBalance[] {
  return [...grouped(balances, (b) => `${b.lenderId} ${b.currency}`)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => {
      const { lenderId, currency } = group[0] as Balance;
      const rows = group
        .filter((b) => b.minor !== 0)
        .map(({ account, minor }) => ({ account, dr: Math.max(minor, 0), cr: Math.max(-minor, 0) }))
        .sort((a, b) => (a.account < b.account ? -1 : 1));
      const dr = rows.reduce((s, r) => s + r.dr, 0);
      const cr = rows.reduce((s, r) => s + r.cr, 0);
      return { lenderId, currency, rows, dr, cr, difference: dr - cr };
    });
}

/** A month closed for one lender: its sums stand for good, and what is found later is posted in the open period. */
export type Period = Readonly<{
  /** `per_LENDER_2026-01`: closed once. */
  id: string;
  kind: 'period';
  lenderId: string;
  /** '2026-01', a month in `zone`. */
  period: string;
  zone: string;
  from: Instant;
  /** The first moment after it. */
  until: Instant;
  /** Events with a posting in the period. */
  entries: number;
  /** Balances at its end. */
  balances: readonly Omit<Balance, 'lenderId'>[];
  /** SHA-256 over the balances: `hashOf`. */
  hash: string;
  closedAt: Instant;
  by: string;
  why: string;
  keyId: string | null;
  version: number;
}>;

/** What a lender brought along from other books, posted once. */
export type Opening = Readonly<{
  /** `opn_LENDER`: opened once. */
  id: string;
  kind: 'opening';
  lenderId: string;
  /** SHA-256 over the lender's rows: the same file again changes nothing. */
  hash: string;
  balances: readonly Omit<Balance, 'lenderId'>[];
  openedAt: Instant;
  by: string;
  why: string;
  version: number;
}>;

export const periodId = (lenderId: string, period: string): string => `per_${lenderId}_${period}`;
export const openingId = (lenderId: string): string => `opn_${lenderId}`;

/** The fingerprint of balances: SHA-256, hex, over 'currency account minor' lines in order; zeros do not count. */
export function hashOf(balances: readonly Omit<Balance, 'lenderId'>[]): string {
  const lines = balances.filter((b) => b.minor !== 0).map((b) => `${b.currency} ${b.account} ${b.minor}\n`);
  return createHash('sha256').update(lines.sort().join('')).digest('hex');
}

/** The months' first moments in a zone. Throws a RangeError unless `period` is a month such as '2026-01'. */
export function spanOf(period: string, zone: string): Readonly<{ from: Instant; until: Instant }> {
  if (!/^\d{4}-\d{2}$/.test(period)) throw new RangeError(`not a month: ${period}`);
  const first = businessDate(`${period}-01`);
  return { from: atLocal(first, '00:00', zone), until: atLocal(addMonths(first, 1), '00:00', zone) };
}

export const periodOf = (date: BusinessDate): string => date.slice(0, 7);
export const periodAfter = (period: string): string => periodOf(addMonths(businessDate(`${period}-01`), 1));
