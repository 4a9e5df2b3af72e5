/** What a permit relies on: the notice that announced the debit, and the slot of the account's day that it takes. */
import { addDays, type Instant, instant, plusHours } from '../clock.ts';
import { localDate } from '../decide/hours.ts';
import type { NoticeFact } from '../notice.ts';
import type { PackNotice } from '../rule-pack.ts';
import { adds, isToday } from './attempts.ts';
import { type Case, type Finding, no } from './case.ts';
import { msAt, nextOpening } from './times.ts';
import { said, saidAt } from './words.ts';

type Announcing = NoticeFact & Readonly<{ announces: NonNullable<NoticeFact['announces']>; sentAt: Instant }>;

const announcing = (n: NoticeFact): n is Announcing =>
  n.announces !== null && n.sentAt !== null && (n.state === 'sent' || n.state === 'delivered');

/** From when a debit may follow a notice: the rule's days and hours after it was sent, and never before the day it announced. */
function from(c: Case, rule: PackNotice, n: Announcing): number {
  const { zone, calendar } = c.facts;
  const sent = localDate(n.sentAt, zone);
  const day = rule.unit === 'business' && rule.days > 0 ? calendar.addBusinessDays(sent, rule.days) : addDays(sent, rule.days);
  const byDays = rule.days > 0 ? msAt(day, '00:00', zone) : n.sentAt.getTime();
  return Math.max(byDays, plusHours(n.sentAt, rule.hours).getTime(), msAt(n.announces.debitDate, '00:00', zone));
}

const lapsed = (c: Case, rule: PackNotice, n: Announcing): boolean =>
  rule.validDays !== null && c.today > addDays(localDate(n.sentAt, c.facts.zone), rule.validDays);

/** The largest sum announced in time for one due date on the mandate's account, and where; among equal sums the newest message. Notices come oldest first. */
function largest(c: Case, rule: PackNotice, dueDate: string): Announcing | undefined {
  let best: Announcing | undefined;
  for (const n of c.facts.notices) {
    if (!announcing(n) || n.announces.dueDate !== dueDate || n.announces.accountLast4 !== c.facts.mandate.accountLast4) continue;
    if (lapsed(c, rule, n) || c.when.getTime() < from(c, rule, n)) continue;
    if (!best || n.announces.minor >= best.announces.minor) best = n;
  }
  return best;
}

/**
 * The notice a debit relies on. One for the ask's due date counts for every later debit of the cycle at or under its amount; a debit that
 * takes several instalments along may add up what was announced for each.
 */
export function noticeFor(c: Case): NoticeFact | undefined {
  const rule = c.facts.pack.notice;
  if (!rule) return undefined;
  const own = largest(c, rule, c.ask.dueDate);
  if (!own || !rule.amountBinds || own.announces.minor >= c.ask.minor) return own;
  const dues = new Set(c.aimed.map((i) => i?.dueDate ?? ''));
  let sum = 0;
  for (const due of dues) {
    const n = largest(c, rule, due);
    if (!n) return undefined;
    sum += n.announces.minor;
  }
  return sum >= c.ask.minor ? own : undefined;
}

/** Why no notice covers the debit, and from when one will if nothing else happens. */
export function noticeGiven(c: Case): Finding {
  const rule = c.facts.pack.notice;
  if (!rule || noticeFor(c)) return null;
  const { ask, facts } = c;
  const sent = facts.notices.filter(announcing).filter((n) => n.announces.dueDate === ask.dueDate);
  const own = sent.filter((n) => n.announces.accountLast4 === facts.mandate.accountLast4 && !lapsed(c, rule, n));
  const enough = own.filter((n) => !rule.amountBinds || n.announces.minor >= ask.minor);
  const need = rule.days > 0 ? `${rule.days} ${rule.unit} days` : `${rule.hours} hours`;
  if (enough.length > 0) {
    const at = instant(Math.min(...enough.map((n) => from(c, rule, n))));
    return no(
      `the notice for ${ask.dueDate} allows a debit from ${saidAt(at, facts.zone)} (${need} ahead, and not before the day it names)`,
      rule.source,
      nextOpening(c, at),
    );
  }
  if (own.length > 0) {
    const most = Math.max(...own.map((n) => n.announces.minor));
    return no(
      `${said(most, ask.currency)} was announced for ${ask.dueDate}, ${said(ask.minor, ask.currency)} is asked: tell the borrower first`,
      rule.source,
      null,
      {
        before: ask.minor,
        limit: most,
      },
    );
  }
  const why =
    sent.length > 0
      ? `a notice for ${ask.dueDate} went out, but it names another account or has lapsed`
      : `no notice for ${ask.dueDate} went out`;
  return no(`${why}; ${facts.pack.title} needs one ${need} ahead`, rule.source);
}

/**
 * The lowest free slot of the account's day; null for a later part of a split whose earlier part holds one. Every slot that an attempt still
 * carries is taken, counted or not, because the store's unique index sees it.
 */
export function slotFor(c: Case): number | null {
  const today = (a: Case['counted'][number]) => isToday(c, a);
  if (adds(c, c.counted.filter(today)) === 0) return null;
  const taken = new Set<number | null>();
  for (const list of [c.facts.accountAttempts, c.facts.attempts]) for (const a of list) if (today(a)) taken.add(a.slot);
  let slot = 1;
  while (taken.has(slot)) slot += 1;
  return slot;
}
