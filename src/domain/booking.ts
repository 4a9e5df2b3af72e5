/**
 * Booking: what money in, money taken back and the passing of days do to a plan.
 *
 * What is paid is always a pure function of (schedule, receipts in value-date order, penalty terms, allocation terms). Every change re-runs all
 * of it and posts the difference to what stood before, so that a payment found late corrects the books and edits nothing.
 * Receipts of one value date are taken in the order of booking, then by id. What no due instalment can take is overpaid and stays so when a later
 * instalment falls due: the borrower decides.
 */
import { type OpenRow, pour } from './allocation.ts';
import { type BusinessDate, daysBetween } from './clock.ts';
import { Conflict, NotFound } from './errors.ts';
import { difference, type LedgerLine } from './ledger.ts';
import { PenaltyMeter, penaltyRule } from './penalty.ts';
import {
  type Amounts,
  type Component,
  type Instalment,
  type InstalmentState,
  type Line,
  NOTHING,
  outstanding,
  type Plan,
  type Receipt,
  total,
} from './plan.ts';

export type Booked = Readonly<{ plan: Plan; posting: readonly LedgerLine[] }>;
/** Money as it arrives, before it is allocated. */
export type Arrival = Omit<Receipt, 'lines' | 'overpaid' | 'back' | 'refunded'>;

/**
 * The plan as of the end of `through`: penalty assessed, state of each instalment read off the dates and what is paid.
 * Books nothing; after a change of penalty or allocation terms use fallDue, which posts what the change moves.
 */
export const assess = (plan: Plan, through: BusinessDate): Plan => run(plan, through, false);

/** assess, and accrual, without a posting: for a caller that changes the plan first and posts ledger.ts's difference from what stood before. */
export const rerun = (plan: Plan, through: BusinessDate): Plan => run(plan, through, true);

/** assess, and the accrual of what fell due by `through`: interest on its due date, penalty as assessed. Repeating it posts nothing. */
export function fallDue(plan: Plan, through: BusinessDate): Booked {
  const after = rerun(plan, through);
  return { plan: after, posting: difference(plan, after) };
}

/**
 * Adds a receipt and posts what it changes. `cashAccount`: where the money lies, clearingAccount(channel) or SELF_PAYMENT_ACCOUNT.
 * `through`: today in the lender's zone, which may be later than the value date. A receipt that had gone back comes in again under its old id.
 * Throws Conflict (ALREADY_BOOKED) where the id stands booked: one sum is never booked twice.
 */
export function book(plan: Plan, arrival: Arrival, cashAccount: string, through: BusinessDate): Booked {
  if (!Number.isSafeInteger(arrival.minor) || arrival.minor <= 0)
    throw new RangeError(`receipt ${arrival.id}: whole minor units above zero expected, not ${arrival.minor}`);
  const known = plan.receipts.find((r) => r.id === arrival.id);
  if (known && !known.back)
    throw new Conflict('ALREADY_BOOKED', `${arrival.id} is booked already`, { planId: plan.id, receiptId: arrival.id });
  const others = known ? plan.receipts.filter((r) => r !== known) : plan.receipts;
  const refunded = known?.refunded ?? 0;
  return settle(plan, [...others, { ...arrival, refunded, lines: [], overpaid: 0, back: false }], cashAccount, through);
}

/**
 * A receipt was returned or denied: it pays nothing any more, and what it paid is open again as if it had never come. The payer's bank takes
 * the whole sum whatever we had given back of it: that part went out twice and lies on 1221.01 until somebody gets it back or bears it.
 */
export function takeBack(plan: Plan, receiptId: string, cashAccount: string, through: BusinessDate): Booked {
  const known = plan.receipts.find((r) => r.id === receiptId);
  if (!known) throw new NotFound('receipt', receiptId);
  if (known.back) throw new Conflict('ALREADY_BACK', `${receiptId} went back already`, { planId: plan.id, receiptId });
  const receipts = plan.receipts.map((r) => (r === known ? { ...r, back: true } : r));
  return settle(plan, receipts, cashAccount, through);
}

/**
 * A refund of ours went out: so much less of the receipt pays anything, as if only the rest had come in. What was overpaid goes first, since
 * nothing rested on it; a refund above that re-opens what it had paid. Of a receipt that has gone back meanwhile it is a shortage whole.
 * Throws RangeError for what is no sum of money, NotFound, or Conflict (REFUND_TOO_LARGE) where less than `minor` is left of the receipt.
 */
export function refundReceipt(plan: Plan, receiptId: string, minor: number, cashAccount: string, through: BusinessDate): Booked {
  const known = refundable(plan, receiptId, minor);
  const left = known.minor - known.refunded;
  if (minor > left)
    throw new Conflict('REFUND_TOO_LARGE', `${receiptId} has ${left} left to give back, not ${minor}: ask for less`, {
      planId: plan.id,
      receiptId,
      left,
    });
  return withRefunded(plan, known, known.refunded + minor, cashAccount, through);
}

/** A refund bounced and the money is here again: it pays once more what it had paid before the refund, or is overpaid. Throws as refundReceipt does. */
export function unrefundReceipt(plan: Plan, receiptId: string, minor: number, cashAccount: string, through: BusinessDate): Booked {
  const known = refundable(plan, receiptId, minor);
  if (minor > known.refunded) throw new RangeError(`receipt ${receiptId}: ${known.refunded} was refunded, so ${minor} cannot come back`);
  return withRefunded(plan, known, known.refunded - minor, cashAccount, through);
}

function refundable(plan: Plan, receiptId: string, minor: number): Receipt {
  if (!Number.isSafeInteger(minor) || minor <= 0)
    throw new RangeError(`receipt ${receiptId}: whole minor units above zero expected, not ${minor}`);
  const known = plan.receipts.find((r) => r.id === receiptId);
  if (!known) throw new NotFound('receipt', receiptId);
  return known;
}

const withRefunded = (plan: Plan, known: Receipt, refunded: number, cashAccount: string, through: BusinessDate): Booked =>
  settle(
    plan,
    plan.receipts.map((r) => (r === known ? { ...r, refunded } : r)),
    cashAccount,
    through,
  );

/** Something is owed on it and its due date has passed. */
export const isOverdue = (i: Instalment, through: BusinessDate): boolean => i.dueDate < through && outstanding(i) > 0;

/** Days since the oldest due date on which something is still owed; 0 when nothing is overdue. */
export function daysPastDue(plan: Plan, through: BusinessDate): number {
  const oldest = plan.instalments.reduce<BusinessDate>((d, i) => (isOverdue(i, through) && i.dueDate < d ? i.dueDate : d), through);
  return daysBetween(oldest, through);
}

function settle(plan: Plan, receipts: readonly Receipt[], cashAccount: string, through: BusinessDate): Booked {
  const after = rerun({ ...plan, receipts }, through);
  return { plan: after, posting: difference(plan, after, cashAccount) };
}

const byArrival = (a: Receipt, b: Receipt): number =>
  a.valueDate < b.valueDate ? -1 : a.valueDate > b.valueDate ? 1 : a.bookedAt.getTime() - b.bookedAt.getTime() || (a.id < b.id ? -1 : 1);

/** An instalment on its way through the receipts. Days are counted from the plan's first due date. */
type Row = OpenRow & Readonly<{ from: Instalment; dueDay: number; due: Record<Component, number>; meter: PenaltyMeter }>;

function run(plan: Plan, through: BusinessDate, accrue: boolean): Plan {
  const origin = plan.instalments[0]?.dueDate ?? through;
  const receipts = [...plan.receipts].sort(byArrival);
  const last = receipts.findLast((r) => !r.back)?.valueDate ?? through;
  const today = daysBetween(origin, last > through ? last : through);
  const rows = rowsOf(plan, origin);
  const waived = new Set(plan.instalments.filter((i) => i.state === 'waived').map((i) => i.id));
  const allocated = receipts.map((r) => (r.back ? emptied(r) : allocate(r, daysBetween(origin, r.valueDate), rows, waived, plan)));
  assessRows(rows, today);
  const rowOf = new Map(rows.map((row) => [row.from, row]));
  const instalments = plan.instalments.map((i) => {
    const row = rowOf.get(i);
    if (row) return closed(row, today, accrue);
    return i.state === 'waived' ? { ...i, paid: paidBy(allocated, i.id) } : i;
  });
  return { ...plan, receipts: allocated, instalments };
}

/** What can take money, oldest first: all but superseded and waived instalments. */
function rowsOf(plan: Plan, origin: BusinessDate): Row[] {
  const rule = penaltyRule(plan.penalty);
  return plan.instalments
    .filter((i) => i.state !== 'superseded' && i.state !== 'waived')
    .map((from) => {
      const due = { ...from.due, penalty: 0 };
      const meter = new PenaltyMeter(rule, due.principal);
      const dueDay = daysBetween(origin, from.dueDate);
      return { from, instalmentId: from.id, scheduleVersion: from.scheduleVersion, dueDay, due, left: { ...due }, meter };
    })
    .sort((a, b) => a.dueDay - b.dueDay || a.from.n - b.from.n);
}

function assessRows(rows: readonly Row[], day: number): void {
  for (const { meter, due, left, dueDay } of rows) {
    if (dueDay >= day) continue;
    const penalty = meter.assessed(day - dueDay);
    left.penalty += penalty - due.penalty;
    due.penalty = penalty;
  }
}

/**
 * The instalments it was asked for first, in order of n; then what is due, oldest first; never a future one that was not asked for.
 * What a receipt had paid to an instalment that was waived later stays there; such an instalment takes nothing more.
 */
function allocate(receipt: Receipt, day: number, rows: readonly Row[], waived: ReadonlySet<string>, plan: Plan): Receipt {
  assessRows(rows, day);
  const targets = receipt.targets.length
    ? rows.filter((r) => receipt.targets.includes(r.instalmentId)).sort((a, b) => a.from.n - b.from.n)
    : [];
  const dueBy = rows.filter((r) => r.dueDay <= day);
  const sum = receipt.minor - receipt.refunded;
  const kept = waived.size
    ? cut(
        receipt.lines.filter((line) => waived.has(line.instalmentId)),
        sum,
      )
    : [];
  const rest = kept.reduce((left, line) => left - line.minor, sum);
  const lines: Line[] = [];
  const overpaid = pour(pour(rest, targets, plan.allocation, lines), dueBy, plan.allocation, lines);
  for (const line of lines) {
    if (line.component !== 'principal') continue;
    const row = rows.find((r) => r.instalmentId === line.instalmentId) as Row;
    row.meter.repay(day - row.dueDay, line.minor);
  }
  return { ...receipt, lines: [...kept, ...lines], overpaid };
}

/** The first of these lines that come to `sum` at most; the one that does not fit is shortened to what does. */
function cut(lines: readonly Line[], sum: number): Line[] {
  const out: Line[] = [];
  let left = sum;
  for (const line of lines) {
    const minor = Math.min(line.minor, left);
    if (minor > 0) out.push(minor === line.minor ? line : { ...line, minor });
    left -= minor;
  }
  return out;
}

/** The sum of all lines that reached an instalment. */
function paidBy(receipts: readonly Receipt[], instalmentId: string): Amounts {
  const paid: Record<Component, number> = { ...NOTHING };
  for (const { lines } of receipts) for (const line of lines) if (line.instalmentId === instalmentId) paid[line.component] += line.minor;
  return paid;
}

const emptied = (r: Receipt): Receipt => (r.lines.length || r.overpaid ? { ...r, lines: [], overpaid: 0 } : r);

/** The instalment after the run. Interest is income once it is due or paid, whichever comes first; penalty as assessed. */
function closed({ from, due, left, dueDay }: Row, today: number, accrue: boolean): Instalment {
  const paid: Amounts = {
    fee: due.fee - left.fee,
    penalty: due.penalty - left.penalty,
    interest: due.interest - left.interest,
    principal: due.principal - left.principal,
  };
  const accrued = accrue ? { interest: dueDay <= today ? due.interest : paid.interest, penalty: due.penalty } : from.accrued;
  return { ...from, due, paid, accrued, state: stateOf(total(due), total(paid), today - dueDay) };
}

function stateOf(due: number, paid: number, daysPast: number): InstalmentState {
  if (paid === due) return 'paid';
  if (paid > 0) return 'partiallyPaid';
  return daysPast > 0 ? 'overdue' : daysPast === 0 ? 'due' : 'scheduled';
}
