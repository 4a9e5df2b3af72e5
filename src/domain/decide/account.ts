/** Which of the borrower's accounts is asked, and the earliest instant at which it may be: spacing, cool-off and caps, counted as the gate counts. */
import type { AttemptFact } from '../attempt.ts';
import { type BusinessDate, type Instant, latest, plusHours, plusMinutes } from '../clock.ts';
import type { Mandate } from '../mandate.ts';
import { addDays, localAt, maxDate } from './hours.ts';
import { countTries, noFunds, refused, type View } from './view.ts';

/** Minutes between two starts that never left the house, where the strategy has no entry for it. */
const UNSENT_MINUTES = 60;
const MANDATE_WINDOW_DAYS = 30;

/** The account for the next try of a cycle: the best one, unless it was refused for lack of funds so often that the next in rank has its turn. */
export function accountFor(v: View, cycle: string): Mandate {
  const turns = v.c.strategy.otherAccountAfterNsf;
  const [first, ...others] = v.usable as [Mandate, ...Mandate[]];
  if (turns === 0 || others.length === 0) return first;
  const rounds = (m: Mandate) =>
    Math.floor(v.reached.filter((a) => a.cycle === cycle && a.mandateId === m.id && noFunds(a)).length / turns);
  return others.reduce((best, m) => (rounds(m) < rounds(best) ? m : best), first);
}

/** Refusals for lack of funds in a row on the account. `restUntil`: the day on which a full row counts 0 again. A success ends the row, other refusals do not. */
function nsfInARow(v: View, mandate: Mandate, on: BusinessDate): Readonly<{ count: number; restUntil: BusinessDate }> {
  const { consecutiveNsf: max, coolOffDays } = v.c.strategy.caps;
  let count = 0;
  let restUntil = on;
  for (const a of v.reached) {
    if (a.accountKey !== mandate.accountKey) continue;
    if (a.state === 'succeeded') count = 0;
    if (!noFunds(a)) continue;
    if (count >= max && a.businessDate >= restUntil) count = 0;
    count += 1;
    restUntil = addDays(a.businessDate, coolOffDays);
  }
  return count >= max && on >= restUntil ? { count: 0, restUntil } : { count, restUntil };
}

/** Whether one more try on `on` keeps within the counts of the day, of 30 days and of refusals in a row. */
export const hasRoom = (v: View, mandate: Mandate, on: BusinessDate): boolean => firstDayWithRoom(v, mandate, on) === on;

/** The first day from `from` on which the counts let another try through. */
export function firstDayWithRoom(v: View, mandate: Mandate, from: BusinessDate): BusinessDate {
  const { caps } = v.c.strategy;
  let day = from;
  if (countTries(v.reached.filter((a) => a.businessDate === day)) >= caps.perDay) day = addDays(day, 1);
  const nsf = nsfInARow(v, mandate, day);
  if (nsf.count >= caps.consecutiveNsf) day = maxDate(day, nsf.restUntil);
  const ofMandate = v.reached.filter((a) => a.mandateId === mandate.id);
  const since = (on: BusinessDate) => countTries(ofMandate.filter((a) => a.businessDate > addDays(on, -MANDATE_WINDOW_DAYS)));
  while (since(day) >= caps.perMandate30d) day = addDays(day, 1);
  return day;
}

/** The earliest instant that spacing leaves: not before now, a refusing rule's date, a promise, or the rest after the ask that found the account empty. */
export function floorFor(v: View, mandate: Mandate): Instant {
  const { now, plan, strategy } = v.c;
  const empty = v.reached.findLast((a) => a.accountKey === mandate.accountKey && noFunds(a));
  let floor = now;
  if (plan.deferral) floor = latest(floor, plan.deferral.until);
  if (empty) floor = latest(floor, plusHours(empty.createdAt, strategy.retries.minGapHours));
  for (const hold of plan.holds) if (hold.kind === 'promise' && hold.until) floor = latest(floor, hold.until);
  if (mandate.validFrom) floor = latest(floor, localAt(mandate.validFrom, '00:00', v.c.zone));
  return latest(floor, afterOutage(v));
}

/** The most one debit of this account may take, whatever is owed; null: no ceiling. */
export function ceilingOf({ perDebitCap, dailyCap, monthlyCap }: Mandate): number | null {
  const caps = [perDebitCap, dailyCap, monthlyCap].filter((cap) => cap !== null);
  return caps.length ? Math.min(...caps) : null;
}

/** Tries in a row at the end that met a dead line: refused by a channel out of order, or never sent. */
export function outages(v: View): readonly AttemptFact[] {
  const { attempts } = v.c;
  const isOutage = (a: AttemptFact) => a.state === 'unsent' || (refused(a) && a.failure === 'channelDown');
  const sound = attempts.findLastIndex((a) => !isOutage(a) && a.state !== 'voided');
  return attempts.slice(sound + 1).filter(isOutage);
}

function afterOutage(v: View): Instant {
  const down = outages(v);
  const last = down.at(-1);
  if (!last) return v.c.now;
  return plusMinutes(last.movedAt, v.c.strategy.retries.channelDownMinutes[down.length - 1] ?? UNSENT_MINUTES);
}
