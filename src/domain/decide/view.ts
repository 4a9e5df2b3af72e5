/** What the decider reads off a collection before it chooses: who owes what since when, and which tries count. */
import type { AttemptFact } from '../attempt.ts';
import type { Calendar } from '../calendar.ts';
import type { BusinessDate } from '../clock.ts';
import type { Collection } from '../collection.ts';
import type { Mandate } from '../mandate.ts';
import { type Instalment, outstanding, type Plan } from '../plan.ts';
import { addDays, localDate, openHours, type Span } from './hours.ts';
import { payMorningOf, plannedDays, presentDay } from './planned-days.ts';

/** An instalment that is not fully paid. */
export type Owed = Readonly<{
  instalment: Instalment;
  id: string;
  /** Outstanding, minor units. */
  minor: number;
  dueDate: BusinessDate;
  /** The due date under the holiday policy: day of the first presentment. */
  presentOn: BusinessDate;
  /** Planned days of its debits, first presentment first, ascending; of a future instalment the first alone. */
  days: readonly BusinessDate[];
  /** Tries aimed at it that reached the channel on or after `presentOn`, oldest first. */
  tries: readonly AttemptFact[];
  /** It was asked for before `presentOn`. */
  triedEarly: boolean;
}>;

export type View = Readonly<{
  c: Collection;
  calendar: Calendar;
  today: BusinessDate;
  /** Oldest first: everything past due, and what of the future can matter before anything else does. */
  owed: readonly Owed[];
  /** Attempts that count: all but those that never reached the channel. */
  reached: readonly AttemptFact[];
  /** The agreements that may be debited, best first. */
  usable: readonly Mandate[];
  /** Stretches of a day in which a debit may be submitted. */
  open: readonly Span[];
  /** The plan as of days to come, filled as they are asked for. */
  foreseen: Map<BusinessDate, Plan>;
}>;

/** `unsent` and `voided` cost a number, never a count. */
const reachedChannel = (a: AttemptFact): boolean => a.state !== 'unsent' && a.state !== 'voided';
/** Refused, or taken and given back. */
export const refused = (a: AttemptFact): boolean => a.state === 'failed' || a.state === 'returned';
export const noFunds = (a: AttemptFact): boolean => refused(a) && a.failure === 'insufficientFunds';
export const aimsAt = (a: AttemptFact, id: string): boolean => a.aims.some((aim) => aim.instalmentId === id);

/** Counts attempts; the parts of one split are one. */
export const countTries = (attempts: readonly AttemptFact[]): number =>
  attempts.filter(
    (a) => a.part === null || a.part === 1 || !attempts.some((b) => b.cycle === a.cycle && b.part === a.part! - 1 && b.n < a.n),
  ).length;

/** A refusal after which the account or agreement is dead for us, and one after which the payer must agree anew. */
const ENDS_MANDATE: ReadonlySet<string> = new Set(['accountInvalid', 'accountBlocked', 'mandateInvalid']);
const ENDS_CONSENT: ReadonlySet<string> = new Set(['payerRefused', 'disputed']);

/** The last refusal or dispute by the payer: every agreement made before it is no longer relied on. */
export const lastObjection = (attempts: readonly AttemptFact[]): AttemptFact | undefined =>
  attempts.findLast((a) => refused(a) && a.failure !== null && ENDS_CONSENT.has(a.failure));

function usableMandates(c: Collection, reached: readonly AttemptFact[], today: BusinessDate): Mandate[] {
  const objection = lastObjection(reached);
  return c.mandates.filter((m) => {
    if (m.state !== 'active' || (m.validTo !== null && m.validTo < today)) return false;
    if (objection && m.createdAt <= objection.movedAt) return false;
    const said = reached.findLast((a) => a.mandateId === m.id && (a.state === 'succeeded' || refused(a)));
    return !(said && refused(said) && said.failure !== null && ENDS_MANDATE.has(said.failure));
  });
}

/** Instalments so far ahead that nothing about them can come before the next one's first message are left out. */
function horizon(c: Collection, unpaid: readonly Instalment[], today: BusinessDate): BusinessDate {
  const next = unpaid.find((i) => i.dueDate >= today);
  const lead = Math.max(c.strategy.earlyDebitDays, c.pack.notice?.days ?? 0, ...c.strategy.reminders.map((r) => r.daysBefore));
  return addDays(next?.dueDate ?? today, lead + 10);
}

export function viewOf(c: Collection, calendar: Calendar): View {
  const today = localDate(c.now, c.zone);
  const reached = c.attempts.filter(reachedChannel);
  const unpaid = c.plan.instalments
    .filter((i) => outstanding(i) > 0)
    .sort((a, b) => (a.dueDate < b.dueDate ? -1 : a.dueDate > b.dueDate ? 1 : a.n - b.n));
  const payMorning = payMorningOf(c);
  const until = horizon(c, unpaid, today);
  const owed = unpaid
    .filter((i) => i.dueDate <= until)
    .map((instalment): Owed => {
      const { id, dueDate } = instalment;
      const presentOn = presentDay(c, dueDate, calendar);
      const aimed = reached.filter((a) => aimsAt(a, id));
      return {
        instalment,
        id,
        minor: outstanding(instalment),
        dueDate,
        presentOn,
        days: dueDate <= today ? plannedDays(c, dueDate, presentOn, payMorning, calendar) : [presentOn],
        tries: aimed.filter((a) => a.businessDate >= presentOn),
        triedEarly: aimed.some((a) => a.businessDate < presentOn),
      };
    });
  return {
    c,
    calendar,
    today,
    owed,
    reached,
    usable: usableMandates(c, reached, today),
    open: openHours(c.strategy.present.times, c.strategy.present.stopTime, c.pack.windows),
    foreseen: new Map(),
  };
}
