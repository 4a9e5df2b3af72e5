/** Early settlement (提前结清): what closes a plan on a day. */

import { assess } from './booking.ts';
import { addMonths, type BusinessDate, daysBetween } from './clock.ts';
import { roundHalfUp } from './money.ts';
import { type Amounts, type Instalment, outstandingBy, type Plan, total } from './plan.ts';

/** How the running period's interest is counted: day by day over `days` (30 where the contract says so), from `from`; null: the due date before, or a month before the first. */
export type Period = Readonly<{ days: number; from: BusinessDate | null }>;

/** Minor units. The sum is the whole principal, interest up to the day, what is due already, and the settlement fee. */
export type Quote = Readonly<{
  on: BusinessDate;
  currency: string;
  principal: number;
  interest: number;
  penalty: number;
  fee: number;
  settlementFee: number;
  total: number;
}>;

/**
 * What is due by `on` counts in full. Of what is not due yet: the principal, and the running period's interest pro rata, never more than the
 * instalment's; later interest and fees fall away. `feeRate` (decimal text, '0.01' for 1 %) is taken on the principal not yet due.
 */
export function quote(plan: Plan, on: BusinessDate, feeRate: string, period: Period = { days: 30, from: null }): Quote {
  const live = assess(plan, on).instalments.filter((i) => i.state !== 'superseded' && i.state !== 'waived');
  const due = live.filter((i) => i.dueDate <= on).map(outstandingBy);
  const future = live.filter((i) => i.dueDate > on).sort((a, b) => (a.dueDate < b.dueDate ? -1 : 1));
  const sumOf = (component: keyof Amounts) => due.reduce((s, amounts) => s + amounts[component], 0);
  const notDue = future.reduce((s, i) => s + outstandingBy(i).principal, 0);
  const amounts: Amounts = {
    fee: sumOf('fee'),
    penalty: sumOf('penalty'),
    interest: sumOf('interest') + running(future[0], live, on, period),
    principal: sumOf('principal') + notDue,
  };
  const settlementFee = roundHalfUp(feeRate, notDue);
  return { on, currency: plan.currency, ...amounts, settlementFee, total: total(amounts) + settlementFee };
}

function running(current: Instalment | undefined, live: readonly Instalment[], on: BusinessDate, { days, from }: Period): number {
  if (!current) return 0;
  const before = live.filter((i) => i.dueDate < current.dueDate).sort((a, b) => (a.dueDate < b.dueDate ? 1 : -1))[0];
  const start = from ?? before?.dueDate ?? addMonths(current.dueDate, -1);
  const passed = Math.max(0, Math.min(days, daysBetween(start, on)));
  const soFar = roundHalfUp({ num: BigInt(passed), den: BigInt(days) }, current.due.interest);
  return Math.max(0, soFar - current.paid.interest);
}
