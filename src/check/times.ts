/**
 * Debits at permitted times (I23): by the moment each was decided, and by the moment it reached the bank where there is a book to say so.
 * The hours are judged here afresh, from the data alone: nothing of the gate is used.
 */
import type { BookRow } from '../channels/simulator/types.ts';
import type { Attempt } from '../domain/attempt.ts';
import type { Calendar } from '../domain/calendar.ts';
import { addDays, type Instant, plusHours, timeIn } from '../domain/clock.ts';
import { localDate as dateIn } from '../domain/decide/hours.ts';
import type { Notice } from '../domain/notice.ts';
import type { PackNotice, RulePack } from '../domain/rule-pack.ts';
import type { Dossier, Rules } from './dossier.ts';
import type { Findings } from './findings.ts';

type Span = Readonly<{ from: string; to: string }>;
type Judged = Readonly<{ out: Findings; d: Dossier; a: Attempt; pack: RulePack; zone: string; rules: Rules }>;

export function checkTimes(out: Findings, d: Dossier, rules: Rules): void {
  out.looked('I23', d.attempts.length);
  for (const a of d.attempts) {
    if (a.state === 'unsent') continue;
    const pack = rules.packs.byName(a.permit.p, a.permit.v);
    if (!pack || !d.lender) {
      out.report('I23', 'the rule pack a permit rests on is not there', a.id, { pack: a.permit.p, version: a.permit.v });
      continue;
    }
    const judged: Judged = { out, d, a, pack, zone: d.lender.timeZone, rules };
    checkNotice(judged);
    judge(judged, a.createdAt, 'was decided');
    for (const row of arrivals(d, a)) judge(judged, row.at, 'reached the bank');
  }
}

const arrivals = (d: Dossier, a: Attempt): readonly BookRow[] => (d.orders?.get(a.id) ?? []).filter((row) => row.arrival);

/** The end of a span lies outside it. */
const inside = (at: Instant, spans: readonly Span[], zone: string): boolean => {
  const time = timeIn(at, zone);
  return spans.some((s) => s.from <= time && time < s.to);
};

function judge({ out, d, a, pack, zone, rules }: Judged, at: Instant, did: string): void {
  const profile = rules.profiles.get(a.channel);
  const mandate = d.mandates.get(a.mandateId);
  const packZone = pack.zone ?? zone;
  const broken = (what: string, facts: Readonly<Record<string, unknown>> = {}) =>
    out.report('I23', `a debit ${did} ${what}`, a.id, { at, ...facts });
  if (pack.windows.length && !inside(at, pack.windows, packZone))
    broken('outside the hours of its rail', { zone: packZone, local: timeIn(at, packZone) });
  if (pack.businessDaysOnly && !rules.calendars.get(pack.calendar)?.isBusinessDay(dateIn(at, packZone)))
    broken('on a day that is no bank day', { calendar: pack.calendar, date: dateIn(at, packZone) });
  if (profile) {
    if (profile.windows.length && !inside(at, profile.windows, profile.zone)) broken('outside the hours of its channel');
    if (timeIn(at, profile.zone) >= profile.cutOff) broken('after the cut-off of its channel', { cutOff: profile.cutOff });
    if (inside(at, profile.blackouts, profile.zone)) broken('while its channel was closed');
  }
  const today = dateIn(at, zone);
  if (!mandate) broken('under a mandate that does not exist', { mandateId: a.mandateId });
  else if ((mandate.validFrom && today < mandate.validFrom) || (mandate.validTo && today > mandate.validTo))
    broken('outside the dates of its mandate', { mandateId: mandate.id, validFrom: mandate.validFrom, validTo: mandate.validTo });
}

/** Where the pack wants a notice, the permit names one that was sent in time and announced enough, with those for the other instalments. */
function checkNotice({ out, d, a, pack, zone, rules }: Judged): void {
  const rule = pack.notice;
  if (!rule) return;
  const at = a.createdAt;
  const calendar = rules.calendars.get(pack.calendar);
  const relied = a.permit.ntc === null ? undefined : d.notices.get(a.permit.ntc);
  if (!relied || !allows(relied, at, rule, zone, calendar)) {
    const facts = { notice: a.permit.ntc, sentAt: relied?.sentAt ?? null, debitDate: relied?.announces?.debitDate ?? null };
    out.report('I23', 'a debit was made without a notice in time', a.id, { at, ...facts });
    return;
  }
  let told = relied.announces?.minor ?? 0;
  if (!rule.amountBinds || told >= a.amount.minor) return;
  const dues = new Set(a.aims.map((aim) => d.plan.instalments.find((i) => i.id === aim.instalmentId)?.dueDate));
  const others = [...d.notices.values()].filter((n) => n.announces?.accountLast4 === a.accountLast4 && allows(n, at, rule, zone, calendar));
  const most = (due: string | undefined) => Math.max(0, ...others.map((n) => (n.announces?.dueDate === due ? n.announces?.minor : 0) ?? 0));
  told = Math.max(
    told,
    [...dues].reduce((sum, due) => sum + most(due), 0),
  );
  if (told < a.amount.minor)
    out.report('I23', 'a debit asked for more than was announced', a.id, { asked: a.amount.minor, announced: told });
}

/**
 * Whether a debit may follow this notice at that moment: so many days and hours after it was sent, not before the day it names, and before it
 * lapses. A retried one is judged by its birth, for its first sending is not kept.
 */
function allows(n: Notice, at: Instant, rule: PackNotice, zone: string, calendar: Calendar | undefined): boolean {
  if (!n.announces || !n.sentAt) return false;
  const sentAt = n.tries > 1 ? n.createdAt : n.sentAt;
  const [sent, today] = [dateIn(sentAt, zone), dateIn(at, zone)];
  const from = rule.unit === 'business' && calendar && rule.days > 0 ? calendar.addBusinessDays(sent, rule.days) : addDays(sent, rule.days);
  const lapsed = rule.validDays !== null && today > addDays(sent, rule.validDays);
  return today >= from && today >= n.announces.debitDate && at >= plusHours(sentAt, rule.hours) && !lapsed;
}
