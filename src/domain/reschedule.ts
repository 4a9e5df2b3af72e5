/** A plan change: the next version of a schedule takes the place of what is not yet paid. */
import { type Booked, rerun } from './booking.ts';
import type { BusinessDate } from './clock.ts';
import { difference } from './ledger.ts';
import type { Instalment, Plan, Receipt } from './plan.ts';
import { instalmentsOf, type ScheduleRow } from './schedule.ts';

/**
 * Paid and waived instalments stay; the others become `superseded`; the rows come in as schedule version + 1, numbered on from the highest n.
 * Money that had reached a superseded instalment is not lost: its receipt now aims at the new rows, oldest first, so the rows must carry the
 * whole principal that the superseded ones had due. The posting moves the difference of principal against 2999, takes back what was accrued on
 * superseded rows and re-allocates. `through`: today in the lender's zone.
 */
export function reschedule(plan: Plan, rows: readonly ScheduleRow[], ids: readonly string[], through: BusinessDate): Booked {
  const highest = Math.max(0, ...plan.instalments.map((i) => i.n));
  const added = instalmentsOf(rows, ids, plan.scheduleVersion + 1).map((i) => ({ ...i, n: highest + i.n }));
  const gone = new Set(plan.instalments.filter(isReplaced).map((i) => i.id));
  const changed: Plan = {
    ...plan,
    scheduleVersion: plan.scheduleVersion + 1,
    instalments: [...plan.instalments.map((i) => (gone.has(i.id) ? supersede(i) : i)), ...added],
    receipts: plan.receipts.map((r) => redirect(r, gone, ids)),
  };
  const after = rerun(changed, through);
  return { plan: after, posting: difference(plan, after) };
}

const isReplaced = (i: Instalment): boolean => i.state !== 'paid' && i.state !== 'waived' && i.state !== 'superseded';

const supersede = (i: Instalment): Instalment => ({
  ...i,
  state: 'superseded',
  due: { ...i.due, penalty: 0 },
  paid: { fee: 0, penalty: 0, interest: 0, principal: 0 },
  accrued: { interest: 0, penalty: 0 },
});

/** Only a receipt that had paid a replaced instalment may now pay rows that are not due yet. */
const redirect = (r: Receipt, gone: ReadonlySet<string>, ids: readonly string[]): Receipt =>
  r.lines.some((line) => gone.has(line.instalmentId)) ? { ...r, targets: [...r.targets, ...ids] } : r;
