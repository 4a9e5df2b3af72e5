/** Handing a plan over to collections, and taking it back when nothing is overdue any more. */
import { daysBetween } from '../clock.ts';
import type { Decision } from '../decision.ts';
import { inMoney } from '../explain.ts';
import { addDays, localAt, maxDate } from './hours.ts';
import type { View } from './view.ts';

/** Buckets of domain.md section 7, by the first day past due that belongs to them. */
const STAGES = [
  { stage: 'M1', from: 1 },
  { stage: 'M2', from: 31 },
  { stage: 'M3', from: 61 },
  { stage: 'M3+', from: 91 },
] as const;

const rank = (stage: string): number => STAGES.findIndex((s) => s.stage === stage);

/** The bucket of so many days past due. */
export const stageOf = (daysPastDue: number): string => STAGES.findLast((s) => daysPastDue >= s.from)?.stage ?? 'M0';

/** The next hand-over, a later stage of the open case, or the recall; null while none is in sight. */
export function nextCase(v: View): Extract<Decision, { kind: 'escalate' | 'recall' }> | null {
  const { plan, strategy, now, zone } = v.c;
  const oldest = v.owed[0];
  const grace = plan.penalty.graceDays;
  const late = oldest ? daysBetween(oldest.dueDate, v.today) : 0;
  const open = plan.collections;
  if (open && (!oldest || late <= grace))
    return { kind: 'recall', at: now, because: 'nothing is overdue any more beyond the days of grace' };
  if (!oldest) return null;
  const handOver = Math.max(strategy.collections.handOverAfterDays, grace + 1);
  const next = open ? STAGES[rank(open.stage) + 1]?.from : handOver;
  if (next === undefined) return null;
  const day = maxDate(addDays(oldest.dueDate, next), v.today);
  const past = daysBetween(oldest.dueDate, day);
  const at = day === v.today ? now : localAt(day, '00:00', zone);
  const because = `instalment ${oldest.instalment.n}, due ${oldest.dueDate}, is ${past} days past due with ${inMoney(oldest.minor, plan.currency)} outstanding`;
  return { kind: 'escalate', at, stage: stageOf(past), because };
}
