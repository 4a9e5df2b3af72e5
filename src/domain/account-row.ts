/** A row of the statement of an account of ours, as it was booked: what it was taken for, and what stands in the books for it. */
import type { BusinessDate } from './clock.ts';
import { type Conversion, conversionPostings, type Moved, sharesOf } from './fx.ts';
import { clearingAccount, depositAccount, entry, IN_TRANSIT, type LedgerLine, line } from './ledger.ts';
import type { LenderDay, Reconciliation } from './reconciliation.ts';
import type { StatementLine } from './statement.ts';
import { SHORTAGE, SURPLUS } from './suspense.ts';

/** `deposit` what a channel paid in for one of its days; `payout` and `refund` what we paid out under a number of ours; `unplaced` nobody knows what. */
export type AccountRowKind = 'deposit' | 'payout' | 'refund' | 'unplaced';

export type AccountRow = Readonly<{
  /** `STATEMENT/n`: its place among the statement's lines. */
  id: string;
  account: string;
  statementId: string;
  n: number;
  businessDate: BusinessDate;
  kind: AccountRowKind;
  currency: string;
  /** What the account moved: above zero what came in, the row's own fee taken off. */
  minor: number;
  feeMinor: number;
  /** The other side's amount where the bank converted it. */
  fx: Conversion | null;
  /** Of a deposit: the channel and its day. */
  channel: string | null;
  day: BusinessDate | null;
  /** Of a payout or refund: our number. */
  ref: string | null;
  /** What stands in each lender's books for it, by currency; `n` counts the postings. The house's own share is on the discrepancy. */
  booked: readonly (Booking & Readonly<{ n: number }>)[];
  /** What no lender's books explain: in suspense on the discrepancy, or taken from there by staff since. */
  unexplainedMinor: number;
  absorbedMinor: number;
  discrepancyId: string | null;
  discrepancies: number;
  /** Of a deposit: as of which comparison of the day its shares are. */
  runAt: Date | null;
  /** False once a corrected statement has taken its place. */
  live: boolean;
  version: number;
}>;

/** What one lender is to have in its books for a row, in one currency. */
export type Booking = Readonly<{ lenderId: string; currency: string; lines: readonly LedgerLine[] }>;

/** What of an account's statement decides what its row moved. */
export type AccountMove = Pick<AccountRow, 'account' | 'currency' | 'minor' | 'feeMinor' | 'fx'>;

export const accountMove = (account: string, { side, minor, feeMinor, currency, fx }: StatementLine): AccountMove => ({
  ...{ account, currency, feeMinor, fx: fx && fx.minor > 0 && fx.currency !== currency ? fx : null },
  minor: (side === 'in' ? minor : -minor) - feeMinor,
});

/** What the other party gave or got: the bank's fee for the row is ours. */
const grossOf = ({ currency, minor, feeMinor }: AccountMove): Moved => ({ currency, minor: minor + feeMinor });

/** The same in the currency it had before the bank converted it, under the sign it has here. */
export const beforeConversion = (row: AccountMove): Moved => {
  const gross = grossOf(row);
  return row.fx ? { currency: row.fx.currency, minor: gross.minor < 0 ? -row.fx.minor : row.fx.minor } : gross;
};

/** `got` on our account for `gave` from another of our books: one posting, or one a currency where the bank converted it. */
function moved(lenderId: string, account: string, got: Moved, from: string, gave: Moved): Booking[] {
  const to = depositAccount(account);
  if (got.currency === gave.currency)
    return [{ lenderId, currency: got.currency, lines: entry([line(to, got.minor), line(from, -gave.minor)]) }];
  const [left, arrived] = conversionPostings(from, gave, to, got);
  return [
    { lenderId, currency: gave.currency, lines: left },
    { lenderId, currency: got.currency, lines: arrived },
  ];
}

/** What the channel keeps for a lender's rows of a day is taken off what it collected. */
const netOf = (d: LenderDay): number => d.paidMinor - d.returnedMinor - d.refundedMinor - d.feeMinor;

/**
 * A deposit by the lenders' nets of the file, Dr account / Cr channel clearing; none while the day is not compared. `paid`: the currency of the
 * file's rows that it is for: the one it was converted from, or the row's own where the file has none of that; `minor`: what the bookings come to
 * on the account.
 */
export function depositBookings(
  run: Reconciliation | null,
  row: AccountMove,
): Readonly<{ bookings: Booking[]; paid: string; minor: number }> {
  const compared = run?.state === 'matched' || run?.state === 'closed';
  const daysIn = (currency: string) => (compared ? run.booked.filter((d) => d.currency === currency) : []);
  const [got, gave] = [grossOf(row), beforeConversion(row)];
  const paid = daysIn(gave.currency).length || !daysIn(got.currency).length ? gave.currency : got.currency;
  const days = daysIn(paid);
  const nets = days.map(netOf);
  const shares = paid === got.currency ? nets : sharesOf(Math.abs(got.minor), Math.abs(gave.minor), nets);
  const bookings = days.flatMap((d, k) => {
    const [here, there] = [
      { currency: got.currency, minor: shares[k] as number },
      { currency: paid, minor: nets[k] as number },
    ];
    return moved(d.lenderId, row.account, here, clearingAccount((run as Reconciliation).channel), there);
  });
  return { bookings, paid, minor: shares.reduce((sum, share) => sum + share, 0) };
}

/** Money on its way that has left the account, or has come back to it: Dr funds in transit / Cr account, or the reverse. */
export const transitBookings = (lenderId: string, row: AccountMove): Booking[] =>
  moved(lenderId, row.account, grossOf(row), IN_TRANSIT, beforeConversion(row));

/** What nobody can place: surplus suspense for what came in, shortage suspense for what went out. */
export const unplacedLines = (account: string, minor: number): LedgerLine[] =>
  entry([line(depositAccount(account), minor), line(minor > 0 ? SURPLUS : SHORTAGE, -minor)]);
