/** The step-down ladder: after the full amount was refused for lack of funds on the last planned day, a smaller one is asked for. */
import type { Aim, AttemptFact } from '../attempt.ts';
import { type BusinessDate, type Instant, plusMinutes } from '../clock.ts';
import type { DebitDecision } from '../decision.ts';
import { inMoney } from '../explain.ts';
import { floorFraction } from '../money.ts';
import type { Strategy } from '../strategy.ts';
import { hasRoom } from './account.ts';
import { firstInstant, latestOf, nextWindow } from './hours.ts';
import { hasTriesLeft, isClosed } from './next-day.ts';
import { aimsAt, countTries, noFunds, type Owed, type View } from './view.ts';

/** Spreads a sum over instalments, oldest first; the whole of each but the last one reached. */
export function aimsFor(owed: readonly Owed[], minor: number): Aim[] {
  const aims: Aim[] = [];
  let left = minor;
  for (const o of owed) {
    const part = Math.min(left, o.minor);
    if (part > 0) aims.push({ instalmentId: o.id, n: o.instalment.n, minor: part });
    left -= part;
  }
  return aims;
}

/** The smaller ask of a rung, cut to whole multiples; null below the floor. `rung` counts from 0, the full amount. */
export function rungAmount(step: NonNullable<Strategy['stepDown']>, rung: number, whole: number): number | null {
  const fraction = step.ladder[rung];
  if (fraction === undefined) return null;
  const asked = floorFraction(whole, String(fraction));
  const minor = asked - (asked % step.roundTo);
  const floor = Math.max(step.floor.minor, floorFraction(whole, String(step.floor.share)));
  return minor >= floor && minor > 0 && minor < whole ? minor : null;
}

/** The next rung of today's ladder, or null: no ladder, wrong day, wrong rail, wrong refusal, no room, no time left. */
export function nextRung(v: View): DebitDecision | null {
  const { strategy, pack, plan } = v.c;
  const last = v.reached.at(-1);
  const step = strategy.stepDown;
  if (!step || pack.stepDown === 'forbidden' || !last || !noFunds(last) || last.businessDate !== v.today) return null;
  const mandate = v.usable.find((m) => m.id === last.mandateId);
  if (!mandate || mandate.amountKind === 'fixed' || !hasRoom(v, mandate, v.today)) return null;
  const owed = v.owed.filter((o) => aimsAt(last, o.id) && hasTriesLeft(v, o) && !isClosed(v, o));
  if (!owed.some((o) => isLastPlannedDay(o, v.today))) return null;
  const rung = countTries(v.reached.filter((a) => a.businessDate === v.today && a.cycle === last.cycle && noFunds(a)));
  const whole = owed.reduce((sum, o) => sum + o.minor, 0);
  const minor = rungAmount(step, rung, whole);
  const at = rungAt(v, last, step.minGapMinutes);
  const first = owed[0];
  if (minor === null || at === null || !first) return null;
  const money = (m: number) => inMoney(m, plan.currency);
  return {
    kind: 'debit',
    at,
    trigger: 'stepDown',
    mandateId: mandate.id,
    cycle: first.id,
    dueDate: first.dueDate,
    aims: aimsFor(owed, minor),
    minor,
    steppedDown: true,
    because: `on the last planned day ${money(last.amount.minor)} was refused for lack of funds; ${money(minor)} is ${percent(step.ladder[rung]!)} of the ${money(whole)} outstanding, cut to a multiple of ${money(step.roundTo)}`,
  };
}

const percent = (fraction: number): string => `${Math.round(fraction * 1000) / 10} %`;

/** Today's try was made on a planned day, and no planned day follows. */
function isLastPlannedDay(o: Owed, today: BusinessDate): boolean {
  const before = o.tries.findLast((a) => a.businessDate < today);
  return o.days.some((d) => d <= today && (!before || d > before.businessDate)) && !o.days.some((d) => d > today);
}

/** The day's next window that keeps the gap; without one, as soon as the gap is over; at once where that was missed. */
function rungAt(v: View, last: AttemptFact, gapMinutes: number): Instant | null {
  const { strategy, zone, now, plan } = v.c;
  const floor = latestOf(plusMinutes(last.movedAt, gapMinutes), plan.deferral?.until);
  const at = nextWindow(v.today, floor, strategy.present.times, v.open, zone) ?? firstInstant(v.today, floor, v.open, zone);
  return !at || at >= now ? at : firstInstant(v.today, now, v.open, zone);
}
