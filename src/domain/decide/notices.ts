/** What the borrower must have been told before a debit, and the message that tells it (the gate, src/domain/gate/relied.ts, is the judge). */

import { assess } from '../booking.ts';
import { type BusinessDate, type Instant, latest, plusHours } from '../clock.ts';
import type { DebitDecision, RemindDecision } from '../decision.ts';
import { inMoney } from '../explain.ts';
import type { Mandate } from '../mandate.ts';
import { outstanding, type Plan } from '../plan.ts';
import { addDays, localAt, localDate, maxDate, outOfQuiet } from './hours.ts';
import type { Owed, View } from './view.ts';

export const reminderKey = (dueDate: BusinessDate, daysBefore: number): string => `${dueDate}:reminder:${daysBefore}`;
const redebitKey = (cycleDueDate: BusinessDate, debitDate: BusinessDate): string => `${cycleDueDate}:redebit:${debitDate}`;

/** The first instant at which the rail lets a debit follow a message sent at `sentAt`. */
export function debitFrom(v: View, sentAt: Instant): Instant {
  const { notice } = v.c.pack;
  if (!notice) return sentAt;
  const sent = localDate(sentAt, v.c.zone);
  const day = notice.unit === 'business' ? v.calendar.addBusinessDays(sent, notice.days) : addDays(sent, notice.days);
  return latest(plusHours(sentAt, notice.hours), notice.days > 0 ? localAt(day, '00:00', v.c.zone) : sentAt);
}

/** The last day on which a message still announces a debit of `debitDay` in time. */
export function tellBy(v: View, debitDay: BusinessDate): BusinessDate {
  const { notice } = v.c.pack;
  if (!notice) return debitDay;
  const back = -notice.days - Math.ceil(notice.hours / 24);
  return notice.unit === 'business' ? v.calendar.addBusinessDays(debitDay, back) : addDays(debitDay, back);
}

const wasReminded = (v: View, o: Owed): boolean =>
  v.c.strategy.reminders.some((r) => v.c.noticeKeys.has(reminderKey(o.dueDate, r.daysBefore)));

/** Days from `from` on for which a re-debit of this cycle has been announced, ascending. */
export function redebitDays(v: View, cycleDueDate: BusinessDate, from: BusinessDate): BusinessDate[] {
  const prefix = redebitKey(cycleDueDate, '' as BusinessDate);
  const days: BusinessDate[] = [];
  for (const key of v.c.noticeKeys)
    if (key.startsWith(prefix) && key.slice(prefix.length) >= from) days.push(key.slice(prefix.length) as BusinessDate);
  return days.sort();
}

type Announcable = Readonly<{ day: BusinessDate; mandate: Mandate; group: readonly Owed[] }>;

/**
 * Whether the messages made so far announce this debit. A first presentment that is still ahead is left to the reminders. Where the amount
 * binds, a sum grown by penalty or by arrears is told anew, unless the newest instalment's own reminder spoke of it all.
 */
export function isTold(v: View, { day, mandate, group }: Announcable): boolean {
  const { notice } = v.c.pack;
  const first = group[0]!;
  if (!notice || first.presentOn > v.today || v.c.noticeKeys.has(redebitKey(first.dueDate, day))) return true;
  if (mandate !== v.usable[0] || first.tries.some((a) => a.mandateId !== mandate.id)) return false;
  const told = wasReminded(v, first) || (notice.validDays === null && redebitDays(v, first.dueDate, first.dueDate).some((d) => d <= day));
  if (!told) return false;
  if (notice.validDays !== null && day > addDays(first.presentOn, notice.validDays - furthest(v))) return false;
  if (!notice.amountBinds) return true;
  const newest = group.at(-1)!;
  if (newest.tries.length === 0 && newest.presentOn === day && wasReminded(v, newest)) return true;
  return group.every((o) => wasReminded(v, o) && !hasPenalty(v, o.id, day));
}

const hasPenalty = (v: View, id: string, day: BusinessDate): boolean =>
  planOn(v, day).instalments.some((i) => i.id === id && i.due.penalty > i.paid.penalty);

/** The plan as it will stand on `day` if nothing comes in before. */
function planOn(v: View, day: BusinessDate): Plan {
  if (day <= v.today || v.c.plan.penalty.dailyRate === '0') return v.c.plan;
  const known = v.foreseen.get(day) ?? assess(v.c.plan, day);
  v.foreseen.set(day, known);
  return known;
}

const furthest = (v: View): number => Math.max(0, ...v.c.strategy.reminders.map((r) => r.daysBefore));

/** What the instalments will owe on `day`, penalty included. */
export const owedOn = (v: View, ids: readonly string[], day: BusinessDate): number =>
  planOn(v, day).instalments.reduce((sum, i) => sum + (ids.includes(i.id) ? outstanding(i) : 0), 0);

/** The message about a debit that no earlier one covers: a day before it must be out, at the strategy's own hour, or at once. */
export function redebitNotice(v: View, debit: DebitDecision, day: BusinessDate): RemindDecision {
  const { now, zone, strategy, plan } = v.c;
  const hour = strategy.reminders[0]?.at ?? strategy.quietHours.to;
  const planned = localAt(maxDate(v.today, addDays(tellBy(v, day), -1)), hour, zone);
  const ids = debit.aims.map((a) => a.instalmentId);
  const minor = debit.trigger === 'stepDown' ? debit.minor : owedOn(v, ids, day);
  return {
    kind: 'remind',
    at: outOfQuiet(localDate(planned, zone) === v.today ? now : planned, strategy.quietHours, zone),
    template: 'redebit',
    key: redebitKey(debit.dueDate, day),
    instalmentIds: ids,
    dueDate: debit.dueDate,
    mandateId: debit.mandateId,
    debitDate: day,
    minor,
    because: `${inMoney(minor, plan.currency)} will be debited on ${day}, which no earlier message announced`,
  };
}
