/**
 * The next debit of a plan, or why there is none.
 *
 * Each instalment owed has a day of its own (next-day.ts). `merged` takes the earliest and asks for everything due by then, oldest first;
 * `apart` asks for one instalment at a time. Spacing, counts and hours then push the day back, never forward.
 */
import type { Trigger } from '../attempt.ts';
import { type BusinessDate, daysBetween, type Instant, latest } from '../clock.ts';
import type { DebitDecision, RemindDecision } from '../decision.ts';
import { inMoney, inTime } from '../explain.ts';
import { FAILURES } from '../failures.ts';
import type { Mandate } from '../mandate.ts';
import { accountFor, ceilingOf, firstDayWithRoom, floorFor } from './account.ts';
import { addDays, firstInstant, localAt, localDate, maxDate, outOfQuiet } from './hours.ts';
import { aimsFor, nextRung } from './ladder.ts';
import { fullTrigger, isClosed, mayAsk, nextDay } from './next-day.ts';
import { debitFrom, isTold, redebitDays, redebitNotice } from './notices.ts';
import { workday } from './planned-days.ts';
import { aimsAt, lastObjection, type Owed, refused, type View } from './view.ts';

/** No debit for now. `at`: when it is worth looking again; null: when somebody acts. `stop`: only a new agreement can bring debits back. */
export type Idle = Readonly<{ kind: 'wait' | 'stop'; at: Instant | null; because: string }>;
const wait = (because: string, at: Instant | null = null): Idle => ({ kind: 'wait', at, because });

/** Windows are looked for on so many days; a rail that opens on none of them is not to be debited. */
const DAYS_LOOKED_AT = 400;
const BAD_REQUESTS = 2;

/** A debit, the message that must go out before it, or neither. */
export function nextDebit(v: View): DebitDecision | RemindDecision | Idle {
  const blocked = blockedBy(v);
  if (blocked) return blocked;
  const full = fullDebit(v);
  const rung = nextRung(v);
  return rung && (full.at === null || full.kind === 'wait' || rung.at <= full.at) ? rung : full;
}

/** What stops every debit of the plan: a hold, the payer's word, no agreement, a fault of the channel, a debt too old. */
function blockedBy(v: View): Idle | null {
  const { plan, now, zone, strategy } = v.c;
  const holds = plan.holds.filter((h) => h.kind !== 'promise' && (h.until === null || h.until > now));
  const longest = holds.find((h) => h.until === null) ?? holds.toSorted((a, b) => Number(b.until) - Number(a.until))[0];
  if (longest)
    return wait(
      `a ${longest.kind} hold stops debits ${longest.until ? `until ${inTime(longest.until, zone)}` : 'until a person ends it'}: ${longest.why}`,
      longest.until,
    );
  const oldest = v.owed[0];
  if (oldest && daysBetween(oldest.dueDate, v.today) > strategy.overdue.giveUpAfterDays)
    return wait(
      `instalment ${oldest.instalment.n} was due on ${oldest.dueDate}, more than ${strategy.overdue.giveUpAfterDays} days ago; automatic debits have ended`,
    );
  if (v.usable.length === 0) return withoutAgreement(v);
  return channelFault(v);
}

function withoutAgreement(v: View): Idle {
  const objection = lastObjection(v.reached);
  if (objection?.failure)
    return wait(
      `${FAILURES[objection.failure].says} (attempt ${objection.n} of ${objection.businessDate}); staff decide, and only an agreement given after it is debited`,
    );
  const dead = v.reached.findLast((a) => refused(a) && a.failure !== null && FAILURES[a.failure].stops === 'mandate');
  if (dead?.failure)
    return {
      kind: 'stop',
      at: null,
      because: `${FAILURES[dead.failure].says} (attempt ${dead.n} of ${dead.businessDate}), and no other agreement can be debited`,
    };
  return { kind: 'stop', at: null, because: 'no agreement with the borrower can be debited' };
}

/** A request the channel did not understand is a fault of ours: nothing more today, one more try on a planned day, then a person. */
function channelFault(v: View): Idle | null {
  const sound = v.reached.findLastIndex((a) => a.failure !== 'badRequest');
  const faults = v.reached.slice(sound + 1);
  const last = faults.at(-1);
  if (!last) return null;
  const because = `the channel did not understand attempt ${last.n} of ${last.businessDate}; staff are to mend it`;
  if (faults.length >= BAD_REQUESTS) return wait(because);
  return last.businessDate === v.today ? wait(because, localAt(addDays(v.today, 1), '00:00', v.c.zone)) : null;
}

type GroupOn = (on: BusinessDate) => readonly Owed[];
type Ask = Readonly<{ at: Instant; day: BusinessDate; mandate: Mandate; group: readonly Owed[]; groupOn: GroupOn; early: boolean }>;

function fullDebit(v: View): DebitDecision | RemindDecision | Idle {
  const asks = [...(isMerged(v) ? mergedAsk(v) : apartAsks(v)), ...earlyAsk(v)];
  const ask = asks.reduce<Ask | null>((best, a) => (best === null || a.at < best.at ? a : best), null);
  if (!ask) return wait(noneLeft(v));
  return announced(v, ask);
}

/** The ask as it stands where the borrower has been told of it; else moved to a day he was told of, or behind a message that goes out first. */
function announced(v: View, wanted: Ask): DebitDecision | RemindDecision | Idle {
  const ask = within(v, wanted);
  const first = ask.group[0]!;
  if (isTold(v, ask)) return debitOf(v, ask);
  const placedOn = (day: BusinessDate, notBefore: Instant): Ask | null => {
    const later = placed(v, day, ask.groupOn, notBefore);
    return later && within(v, later);
  };
  for (const day of redebitDays(v, first.dueDate, ask.day)) {
    const later = placedOn(day, localAt(day, '00:00', v.c.zone));
    if (later?.day === day && later.group[0]?.id === first.id) return debitOf(v, later);
  }
  const sentAt = outOfQuiet(v.c.now, v.c.strategy.quietHours, v.c.zone);
  const later = placedOn(ask.day, debitFrom(v, sentAt));
  if (!later) return wait(noneLeft(v));
  const debit = debitOf(v, later);
  // Another instalment may lead on the later day, and of that one the borrower may know already.
  return debit.kind !== 'debit' || isTold(v, later) ? debit : redebitNotice(v, debit, later.day);
}

const noneLeft = (v: View): string =>
  v.owed.some((o) => isClosed(v, o))
    ? 'a debit of the cycle succeeded, and this rail allows one success a cycle: the rest is for collections'
    : 'every try that strategy and rail allow has been made';

/** A fixed amount is one instalment's: it cannot carry arrears. */
export const isMerged = (v: View): boolean => v.c.strategy.overdue.arrears === 'merged' && v.usable[0]?.amountKind !== 'fixed';

function mergedAsk(v: View): Ask[] {
  const askable = v.owed.filter((o) => mayAsk(v, o, maxDate(nextDay(v, o), v.today)));
  const day = askable.reduce<BusinessDate | null>((min, o) => (min === null || nextDay(v, o) < min ? nextDay(v, o) : min), null);
  if (day === null) return [];
  // Arrears join whatever is due, but for one that was refused on that very day: its next day is another.
  const joins = (o: Owed, on: BusinessDate) => nextDay(v, o) <= on || (o.presentOn <= on && o.tries.at(-1)?.businessDate !== on);
  const groupOn = (on: BusinessDate) => askable.filter((o) => joins(o, on) && mayAsk(v, o, on));
  const ask = placed(v, maxDate(day, v.today), groupOn);
  return ask ? [ask] : [];
}

/** One ask an instalment. On one day a first presentment comes before an older one's re-debit, else the older would starve it; then oldest first. */
function apartAsks(v: View): Ask[] {
  const asks: Ask[] = [];
  for (const o of [...v.owed.filter((o) => o.tries.length === 0), ...v.owed.filter((o) => o.tries.length > 0)]) {
    const ask = placed(v, maxDate(nextDay(v, o), v.today), (on) => (mayAsk(v, o, on) ? [o] : []));
    if (ask) asks.push(ask);
  }
  return asks;
}

/** Once, ahead of the due date, for a borrower who owes nothing else. */
function earlyAsk(v: View): Ask[] {
  const days = Math.min(v.c.strategy.earlyDebitDays, v.c.pack.earlyDays);
  const o = v.owed[0];
  if (days === 0 || !o || o.triedEarly || o.presentOn <= v.today) return [];
  const day = maxDate(addDays(o.dueDate, -days), v.today);
  const ask = placed(v, day, (on) => (mayAsk(v, o, on) ? [o] : []));
  return ask && ask.day < o.presentOn ? [{ ...ask, early: true }] : [];
}

/** The first chance on or after `from`. Later days may bring more instalments, another account or another count, so each day is judged afresh. */
function placed(v: View, from: BusinessDate, groupOn: GroupOn, notBefore: Instant = v.c.now): Ask | null {
  let day = from;
  for (let looked = 0; looked < DAYS_LOOKED_AT; looked++) {
    const group = groupOn(day);
    const first = group[0];
    if (!first) return null;
    const mandate = accountFor(v, first.id);
    const floor = latest(notBefore, floorFor(v, mandate));
    const clear = maxDate(firstDayWithRoom(v, mandate, maxDate(day, localDate(floor, v.c.zone))), afterPartial(v, group, day));
    const at = clear === day ? firstInstant(day, floor, v.open, v.c.zone) : null;
    if (at) return { at, day, mandate, group, groupOn, early: false };
    day = clear === day ? workday(v.c, addDays(day, 1), v.calendar) : clear;
  }
  return null;
}

/** What is left of an instalment that was paid in part is not asked for again on the same day, where the strategy says so. */
function afterPartial(v: View, group: readonly Owed[], day: BusinessDate): BusinessDate {
  if (v.c.strategy.afterPartial === 'continue') return day;
  const taken = v.reached.some((a) => a.state === 'succeeded' && a.businessDate === day && group.some((o) => aimsAt(a, o.id)));
  return taken ? addDays(day, 1) : day;
}

/** The ask cut to whole instalments oldest first up to the agreement's ceiling, first those whose day it is, then the other arrears; one at least. */
function within(v: View, ask: Ask): Ask {
  const { group, mandate, day } = ask;
  const ceiling = ceilingOf(mandate);
  if (ceiling === null) return ask;
  const isDue = (o: Owed) => nextDay(v, o) <= day;
  let left = ceiling;
  const taken = [...group.filter(isDue), ...group.filter((o) => !isDue(o))].filter((o) => {
    const fits = o.minor <= left;
    if (fits) left -= o.minor;
    return fits;
  });
  return { ...ask, group: taken.length ? group.filter((o) => taken.includes(o)) : group.slice(0, 1) };
}

function debitOf(v: View, ask: Ask): DebitDecision | Idle {
  const ceiling = ceilingOf(ask.mandate);
  const owed = ask.group;
  const whole = owed.reduce((sum, o) => sum + o.minor, 0);
  const cut = ceiling !== null && ceiling < whole;
  if (cut && (v.c.pack.stepDown === 'forbidden' || ask.mandate.amountKind === 'fixed'))
    return wait(
      `${inMoney(whole, v.c.plan.currency)} is outstanding, above the ${inMoney(ceiling, v.c.plan.currency)} of the agreement, and this rail takes no smaller debit: staff decide`,
    );
  const minor = cut ? ceiling : whole;
  const first = owed[0]!;
  const oldest = v.owed[0]!;
  const lastDay = addDays(oldest.dueDate, v.c.strategy.overdue.giveUpAfterDays);
  if (ask.day > lastDay)
    return wait(`the next debit would come after ${lastDay}, when automatic debits of instalment ${oldest.instalment.n} end`);
  const trigger = cut ? 'stepDown' : ask.early ? 'early' : fullTrigger(v, first);
  return {
    kind: 'debit',
    at: ask.at,
    trigger,
    mandateId: ask.mandate.id,
    cycle: first.id,
    dueDate: first.dueDate,
    aims: aimsFor(owed, minor),
    minor,
    steppedDown: false,
    because: words(v, owed, minor, trigger),
  };
}

const WHY: Readonly<Record<Trigger, string>> = {
  early: 'the agreement allows a debit before the due date',
  due: 'it is the first presentment',
  retry: 'an earlier try did not collect it, and a planned day has come',
  stepDown: 'the agreement allows no more in one debit',
  overdue: 'the planned tries are used up and it is overdue',
};

function words(v: View, owed: readonly Owed[], minor: number, trigger: Trigger): string {
  const names = owed.map((o) => `${o.instalment.n} (due ${o.dueDate})`).join(', ');
  return `${inMoney(minor, v.c.plan.currency)} is outstanding on ${owed.length === 1 ? 'instalment' : 'instalments'} ${names}; ${WHY[trigger]}`;
}
