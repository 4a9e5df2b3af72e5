/** A row of the statement of an account of ours, as it was booked: what it was taken for, and what stands in the books for it. */
import type { BusinessDate } from './clock.ts';
import { clearingAccount, depositAccount, entry, IN_TRANSIT, type LedgerLine, line } from './ledger.ts';
import type { LenderDay, Reconciliation } from './reconciliation.ts';
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
  /** Above zero what came in. */
  minor: number;
  /** Of a deposit: the channel and its day. */
  channel: string | null;
  day: BusinessDate | null;
  /** Of a payout or refund: our number. */
  ref: string | null;
  /** What stands in each lender's books for it; `n` counts the postings. The house's own share is on the discrepancy. */
  booked: readonly Readonly<{ lenderId: string; n: number; lines: readonly LedgerLine[] }>[];
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

/** What one lender is to have in its books for a row. */
export type Booking = Readonly<{ lenderId: string; lines: readonly LedgerLine[] }>;

/** What the channel keeps for a lender's rows of a day is taken off what it collected. */
const netOf = (d: LenderDay): number => d.paidMinor - d.returnedMinor - d.refundedMinor - d.feeMinor;

/** A deposit by the lenders' nets of the file, Dr account / Cr channel clearing; what they come to together. None while the day is not compared. */
export function depositBookings(
  run: Reconciliation | null,
  account: string,
  currency: string,
): Readonly<{ bookings: Booking[]; minor: number }> {
  const compared = run?.state === 'matched' || run?.state === 'closed';
  const days = compared ? run.booked.filter((d) => d.currency === currency) : [];
  const bookings = days.map((d) => ({
    lenderId: d.lenderId,
    lines: entry([line(depositAccount(account), netOf(d)), line(clearingAccount((run as Reconciliation).channel), -netOf(d))]),
  }));
  return { bookings, minor: days.reduce((sum, d) => sum + netOf(d), 0) };
}

/** Money on its way that has left the account, or has come back to it: Dr funds in transit / Cr account, or the reverse. */
export const transitBooking = (lenderId: string, account: string, minor: number): Booking => ({
  lenderId,
  lines: entry([line(depositAccount(account), minor), line(IN_TRANSIT, -minor)]),
});

/** What nobody can place: surplus suspense for what came in, shortage suspense for what went out. */
export const unplacedLines = (account: string, minor: number): LedgerLine[] =>
  entry([line(depositAccount(account), minor), line(minor > 0 ? SURPLUS : SHORTAGE, -minor)]);
