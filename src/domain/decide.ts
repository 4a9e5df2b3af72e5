/**
 * The one decider. Production, preview, shadow, backtest and simulation all ask this function what happens next to a plan, and nothing else.
 *
 * It answers the earliest next thing and its instant (now or before: do it now). Each answer, once done, leaves a mark in the collection (an
 * attempt, a notice's key, a case), so that the same answer never comes twice. The gate stays the judge of every debit; the decider only
 * refrains from asking for what the gate would surely refuse.
 */
import type { Calendar } from './calendar.ts';
import type { Collection } from './collection.ts';
import { nextCase } from './decide/collections.ts';
import { nextDebit } from './decide/next-debit.ts';
import { overpaidMessage } from './decide/overpaid.ts';
import { nextReminder } from './decide/reminders.ts';
import { type View, viewOf } from './decide/view.ts';
import type { Decision } from './decision.ts';
import { inMoney } from './explain.ts';

/** Plans in these states owe nothing that collections could go after. */
const CLOSES_CASE: ReadonlySet<string> = new Set(['settled', 'earlySettled', 'cancelled', 'restructured']);

/** What happens next to the plan, and when. Pure: the same collection and calendar give the same answer. */
export function decideNext(c: Collection, calendar: Calendar): Decision {
  const overpaid = overpaidMessage(c);
  if (overpaid && overpaid.at <= c.now) return overpaid;
  const next = nextOfPlan(c, calendar);
  return overpaid && overpaid.at.getTime() < atOf(next) ? overpaid : next;
}

function nextOfPlan(c: Collection, calendar: Calendar): Decision {
  const { plan, now } = c;
  if (plan.state !== 'active') {
    if (plan.collections && CLOSES_CASE.has(plan.state)) return { kind: 'recall', at: now, because: `the plan is ${plan.state}` };
    return { kind: 'stop', because: `the plan is ${plan.state}` };
  }
  const open = c.attempts.findLast((a) => a.open);
  if (open) {
    const amount = inMoney(open.amount.minor, open.amount.currency);
    return { kind: 'wait', at: null, because: `the answer to attempt ${open.n} of ${open.businessDate} over ${amount} is pending` };
  }
  return earliest(viewOf(c, calendar));
}

function earliest(v: View): Decision {
  const collections = nextCase(v);
  if (v.owed.length === 0) return collections ?? { kind: 'stop', because: 'nothing is outstanding' };
  const debit = nextDebit(v);
  const timed: Decision[] = [];
  if (collections) timed.push(collections);
  const reminder = nextReminder(v, debit);
  if (reminder) timed.push(reminder);
  if (debit.kind === 'debit' || debit.kind === 'remind') timed.push(debit);
  if (debit.kind === 'wait' && debit.at) timed.push({ kind: 'wait', at: debit.at, because: debit.because });
  if (timed.length) return timed.reduce((best, d) => (atOf(d) < atOf(best) ? d : best));
  return debit.kind === 'stop' ? { kind: 'stop', because: debit.because } : { kind: 'wait', at: null, because: debit.because };
}

const atOf = (d: Decision): number => ('at' in d && d.at ? d.at.getTime() : Number.POSITIVE_INFINITY);
