/**
 * Messages to the borrower: ahead of a debit, after one that was not collected, and on the day after the due date.
 * None goes out in the quiet hours, none is sent twice (its key is made once), none to a borrower who has died.
 */
import type { AttemptFact } from '../attempt.ts';
import type { BusinessDate, Instant } from '../clock.ts';
import type { DebitDecision, RemindDecision } from '../decision.ts';
import { inMoney } from '../explain.ts';
import { FAILURES } from '../failures.ts';
import { addDays, localAt, localDate, maxDate, minDate, outOfQuiet } from './hours.ts';
import { mayAsk, promisedDay } from './next-day.ts';
import type { Idle } from './next-debit.ts';
import { isMerged } from './next-debit.ts';
import { debitFrom, owedOn, reminderKey, tellBy } from './notices.ts';
import { workday } from './planned-days.ts';
import { aimsAt, type Owed, refused, type View } from './view.ts';

/** After so many days a message about a missed debit or due date is old news and is left out. */
const STALE_DAYS = 2;

/** The next message, whatever is debited before or after it; null when none is to come. */
export function nextReminder(v: View, next: Next): RemindDecision | null {
  if (v.c.plan.holds.some((h) => h.kind !== 'promise' && (h.until === null || h.until > v.c.now))) return null;
  const debitsGoOn = next.kind === 'debit' || next.kind === 'remind';
  const all = [...(debitsGoOn ? [...v.owed.map((o) => dueReminder(v, o)), notCollected(v, next)] : []), overdueReminder(v, next)];
  return all.reduce((best, r) => (r && (!best || r.at < best.at) ? r : best), null);
}

/** The day on which a future instalment will be debited first, after `sentOn`. */
function debitDayOf(v: View, o: Owed, sentOn: BusinessDate): BusinessDate {
  const days = Math.min(v.c.strategy.earlyDebitDays, v.c.pack.earlyDays);
  const early = addDays(o.dueDate, -days);
  if (days > 0 && o === v.owed[0] && !o.triedEarly && sentOn < early) return early;
  const { deferral } = v.c.plan;
  const deferred = deferral ? workday(v.c, localDate(deferral.until, v.c.zone), v.calendar) : o.presentOn;
  const promised = promisedDay(v);
  return [deferred, promised ?? o.presentOn].reduce(maxDate, o.presentOn);
}

/** The reminder that comes next for an instalment whose first presentment is still ahead. Of those missed only the latest is made up for. */
function dueReminder(v: View, o: Owed): RemindDecision | null {
  const { c } = v;
  if (o.presentOn < v.today || o.tries.length > 0 || !mayAsk(v, o, o.presentOn)) return null;
  const slots = slotsOf(v, o);
  const next = slots.find((s) => s.at > c.now && !c.noticeKeys.has(s.key));
  const missed = slots.findLast((s) => s.at <= c.now);
  if (missed && !c.noticeKeys.has(missed.key)) {
    const at = outOfQuiet(c.now, c.strategy.quietHours, c.zone);
    const soonAnother = next && localDate(next.at, c.zone) === localDate(at, c.zone);
    const debitDay = debitDayOf(v, o, localDate(at, c.zone));
    const inTime = localDate(at, c.zone) < o.presentOn || debitFrom(v, at) <= localAt(debitDay, c.strategy.present.times[0]!, c.zone);
    if (!soonAnother && inTime) return reminder(v, o, missed.key, missed.template, at > c.now ? at : missed.at, debitDay);
  }
  return next ? reminder(v, o, next.key, next.template, next.at, debitDayOf(v, o, localDate(next.at, c.zone))) : null;
}

type Slot = Readonly<{ key: string; template: string; at: Instant }>;

/** By time. The first is moved ahead where the rail wants to be told earlier than the strategy says. */
function slotsOf(v: View, o: Owed): readonly Slot[] {
  const { strategy, zone } = v.c;
  const on = (date: BusinessDate, time: string): Instant => outOfQuiet(localAt(date, time, zone), strategy.quietHours, zone);
  const sorted = strategy.reminders.toSorted((a, b) => b.daysBefore - a.daysBefore);
  return sorted.map(({ daysBefore, at, template }, k) => {
    const own = addDays(o.presentOn, -daysBefore);
    const latestDay = k === 0 ? tellBy(v, debitDayOf(v, o, own)) : own;
    return { key: reminderKey(o.dueDate, daysBefore), template, at: on(minDate(latestDay, own), at) };
  });
}

function reminder(v: View, o: Owed, key: string, template: string, at: Instant, debitDate: BusinessDate): RemindDecision {
  const with_ =
    isMerged(v) && debitDate >= o.presentOn ? v.owed.filter((other) => other.presentOn <= debitDate && mayAsk(v, other, debitDate)) : [o];
  const ids = with_.map((other) => other.id);
  const minor = owedOn(v, ids, debitDate);
  const money = inMoney(minor, v.c.plan.currency);
  return {
    kind: 'remind',
    at,
    template,
    key,
    instalmentIds: ids,
    dueDate: o.dueDate,
    mandateId: v.usable[0]?.id ?? null,
    debitDate,
    minor,
    because: `instalment ${o.instalment.n} is due on ${o.dueDate}; ${money} will be debited on ${debitDate}`,
  };
}

type Next = DebitDecision | RemindDecision | Idle;
const aimedOf = (next: Next): readonly string[] =>
  next.kind === 'debit' ? next.aims.map((a) => a.instalmentId) : next.kind === 'remind' ? next.instalmentIds : [];
const dayOf = (v: View, next: Next): BusinessDate | null =>
  next.kind === 'debit' ? localDate(next.at, v.c.zone) : next.kind === 'remind' ? next.debitDate : null;

/** One message a day after a refusal, once no further try follows that day. */
function notCollected(v: View, next: Next): RemindDecision | null {
  const { c } = v;
  const last = v.reached.at(-1);
  if (!last || !refused(last) || last.failure === null) return null;
  const aimed = aimedOf(next);
  const debitDate = dayOf(v, next) ?? v.today;
  const told = (a: AttemptFact): boolean => a.businessDate === last.businessDate && c.noticeKeys.has(`${a.id}:notCollected`);
  const on = localDate(last.movedAt, c.zone);
  if (debitDate <= v.today || v.today > addDays(on, STALE_DAYS) || v.reached.some(told) || !aimed.some((id) => aimsAt(last, id)))
    return null;
  const minor = owedOn(v, aimed, debitDate);
  return {
    kind: 'remind',
    at: outOfQuiet(last.movedAt, c.strategy.quietHours, c.zone),
    template: 'notCollected',
    key: `${last.id}:notCollected`,
    instalmentIds: aimed,
    dueDate: last.dueDate,
    mandateId: last.mandateId,
    debitDate,
    minor,
    because: `${inMoney(last.amount.minor, c.plan.currency)} was not collected on ${last.businessDate} because ${FAILURES[last.failure].says}; ${inMoney(minor, c.plan.currency)} will be debited on ${debitDate}`,
  };
}

/** On the day after the due date: what is overdue, and when it is debited next if it is. */
function overdueReminder(v: View, next: Next): RemindDecision | null {
  const { c } = v;
  const o = v.owed.findLast((other) => other.dueDate <= v.today);
  if (!o) return null;
  const day = addDays(maxDate(o.presentOn, o.dueDate), 1);
  const key = `${o.dueDate}:overdue:1`;
  if (c.noticeKeys.has(key) || v.today > addDays(day, STALE_DAYS)) return null;
  const hour = c.strategy.reminders[0]?.at ?? c.strategy.quietHours.to;
  const debitDate = aimedOf(next).includes(o.id) ? dayOf(v, next) : null;
  const minor = owedOn(v, [o.id], day);
  return {
    kind: 'remind',
    at: outOfQuiet(localAt(day, hour, c.zone), c.strategy.quietHours, c.zone),
    template: 'overdue',
    key,
    instalmentIds: [o.id],
    dueDate: o.dueDate,
    mandateId: null,
    debitDate: debitDate ?? o.dueDate,
    minor,
    because: `instalment ${o.instalment.n} was due on ${o.dueDate} and ${inMoney(minor, c.plan.currency)} of it is overdue`,
  };
}
