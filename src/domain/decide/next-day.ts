/** Whether an instalment may be asked for at all, and on which day next. A day that has passed means: at the next chance. */

import type { Trigger } from '../attempt.ts';
import type { BusinessDate } from '../clock.ts';
import { outages } from './account.ts';
import { addDays, localDate } from './hours.ts';
import { workday } from './planned-days.ts';
import { aimsAt, countTries, type Owed, refused, type View } from './view.ts';

/** Refusals by the bank's risk control after which a cycle is left alone: one later try, no more. */
const RISK_REFUSALS = 2;

/** One success ends the cycle on this rail, and it has had one: what is left over is for collections, since an oldest instalment names the cycle. */
export const isClosed = (v: View, o: Owed): boolean =>
  (v.c.pack.oneSuccessPerCycle || v.c.pack.stepDown === 'closesCycle') &&
  v.reached.some((a) => a.cycle === o.id && a.state === 'succeeded');

export const hasTriesLeft = (v: View, o: Owed): boolean =>
  countTries(v.reached.filter((a) => aimsAt(a, o.id))) < v.c.strategy.caps.perInstalment &&
  v.reached.filter((a) => a.cycle === o.id && refused(a) && a.failure === 'riskRefused').length < RISK_REFUSALS;

/** May be asked for on `day` as far as rail, counts and the cycle's own past go. */
export const mayAsk = (v: View, o: Owed, day: BusinessDate): boolean => {
  const last = lastAllowedDay(v, o);
  return (last === null || day <= last) && hasTriesLeft(v, o) && !isClosed(v, o);
};

/** The last day on which the rail lets this instalment be debited; null: no end. */
const lastAllowedDay = (v: View, o: Owed): BusinessDate | null =>
  v.c.pack.lateDays === null ? null : addDays(o.dueDate, v.c.pack.lateDays);

/** The day the borrower promised to pay on, where one is on record. */
export function promisedDay(v: View): BusinessDate | null {
  const promise = v.c.plan.holds.findLast((h) => h.kind === 'promise' && h.until !== null);
  return promise?.until ? localDate(promise.until, v.c.zone) : null;
}

export function nextDay(v: View, o: Owed): BusinessDate {
  const { strategy } = v.c;
  const promised = promisedDay(v);
  const last = o.tries.at(-1);
  if (promised && o.presentOn <= promised && !(last && last.businessDate >= promised)) return promised;
  if (!last) return o.presentOn;
  const splitGoesOn = last.state === 'succeeded' && last.part !== null;
  if (splitGoesOn || (refused(last) && last.failure === 'limitExceeded')) return workday(v.c, addDays(last.businessDate, 1), v.calendar);
  if (last.state === 'succeeded' && strategy.afterPartial === 'continue') return last.businessDate;
  if (isOutage(v, o)) return last.businessDate;
  return o.days.find((day) => day > last.businessDate) ?? workday(v.c, addDays(last.businessDate, strategy.overdue.everyDays), v.calendar);
}

/** The last try met a dead line, and the strategy has minutes left for another. */
const isOutage = (v: View, o: Owed): boolean => {
  const last = o.tries.at(-1);
  return last?.failure === 'channelDown' && refused(last) && outages(v).length <= v.c.strategy.retries.channelDownMinutes.length;
};

/** What a full ask of this cycle is called on its next day. */
export function fullTrigger(v: View, o: Owed): Trigger {
  const last = o.tries.at(-1);
  if (!last) return 'due';
  if (o.days.some((day) => day > last.businessDate)) return 'retry';
  const sameTryAgain = isOutage(v, o) || (refused(last) && last.failure === 'limitExceeded');
  return sameTryAgain && last.trigger !== 'overdue' ? 'retry' : 'overdue';
}
