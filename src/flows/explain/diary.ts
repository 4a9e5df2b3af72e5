/** What happened to a plan, in the order of time: its own events, messages, attempts, and debits that a rule refused. */
import type { Attempt } from '../../domain/attempt.ts';
import type { Instant } from '../../domain/clock.ts';
import type { DulyEvent } from '../../domain/event.ts';
import { inMoney, inTime } from '../../domain/explain.ts';
import type { Notice } from '../../domain/notice.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Skip } from '../../domain/records.ts';
import type { Sentence } from '../explain-plan.ts';
import type { World } from '../world.ts';
import { attemptWords, moveWords } from './attempts.ts';
import { paidWords } from './money.ts';
import { permitBrief } from './permits.ts';
import { refundWords } from './refunds.ts';

export type Past = Readonly<{
  world: World;
  plan: Plan;
  zone: string;
  events: readonly DulyEvent[];
  attempts: readonly Attempt[];
  notices: readonly Notice[];
  skips: readonly Skip[];
}>;

export function diary(past: Past): Sentence[] {
  const { world, plan, zone, events, attempts, notices, skips } = past;
  const attemptOf = new Map(attempts.map((a) => [a.id, a]));
  const noticeOf = new Map(notices.map((n) => [n.id, n]));
  const told: Sentence[] = attempts.map((a) => ({
    at: a.createdAt,
    text: `${attemptWords(a)} ${permitBrief(world, a, noticeOf.get(a.permit.ntc ?? '') ?? null, zone)}`,
  }));
  for (const event of events) {
    const attempt = attemptOf.get(event.subject);
    const notice = noticeOf.get(event.subject);
    const text = attempt
      ? attemptEvent(attempt, event, plan)
      : notice
        ? noticeWords(notice, event, plan.currency)
        : (ownWords(event, plan.currency, zone) ?? null);
    if (text) told.push({ at: event.at, text });
  }
  for (const skip of skips) told.push({ at: skip.at, text: skipWords(skip, plan.currency, zone) });
  const ms = (at: Instant | null) => at?.getTime() ?? 0;
  return told.sort((a, b) => ms(a.at) - ms(b.at));
}

/** The first event is the attempt itself, told with its facts. */
function attemptEvent(a: Attempt, event: DulyEvent, plan: Plan): string | null {
  if (event.n === 1) return null;
  return event.to === 'succeeded' ? `${moveWords(a, event)}${paidWords(plan, a.id)}` : moveWords(a, event);
}

function noticeWords(n: Notice, event: DulyEvent, currency: string): string {
  const about = n.announces ? ` announcing ${inMoney(n.announces.minor, currency)} to be debited on ${n.announces.debitDate}` : '';
  const name = `The message "${n.template}"${about}`;
  switch (event.to) {
    case 'sent':
      return `${name} was sent to the number ending ${n.toLast4} (proof ${n.gatewayNo}).`;
    case 'delivered':
      return `${name} was delivered.`;
    case 'failed':
      return `${name} failed: ${event.why}.`;
    case 'unsure':
      return `${name} may or may not have gone out (${event.why}); it is not sent again on a guess.`;
    default:
      return `${name} was not sent: ${event.why}.`;
  }
}

function skipWords(s: Skip, currency: string, zone: string): string {
  const counters = s.counters ? ` (${s.counters.before} of at most ${s.counters.limit})` : '';
  const again = s.retryAt ? ` It passes from ${inTime(s.retryAt, zone)} at the earliest.` : '';
  const what = s.trigger === 'remind' ? 'A message was held back' : `A debit of ${inMoney(s.minor, currency)} was not made`;
  return `${what}: ${s.says} (rule ${s.rule}, source ${s.source}${counters}).${again}`;
}

/** Events of the plan, its mandates and its refunds in words; null for what tells the reader nothing. */
function ownWords(event: DulyEvent, currency: string, zone: string): string | null {
  const { data, by, why } = event;
  const text = (name: string) => String(data[name] ?? '');
  const money = (name: string) => inMoney(Number(data[name] ?? 0), currency);
  const until = data.until instanceof Object ? ` until ${inTime(data.until as Instant, zone)}` : '';
  const who = by === 'duly' ? (why ? ` (${why})` : '') : ` by ${by}${why ? `: ${why}` : ''}`;
  switch (event.type) {
    case 'plan.registered':
      return `The plan was registered${who}.`;
    case 'plan.paid':
      return `The borrower paid ${money('minor')} by other means, value ${text('valueDate')}${Number(data.overpaid) ? `, ${money('overpaid')} of it too much` : ''}; reported${who}.`;
    case 'plan.held':
      return `Debits were held (${text('kind')})${until}${who}.`;
    case 'plan.promised':
      return `The borrower promised to pay${until}; no debit before then${who}.`;
    case 'plan.holdReleased':
      return `The hold (${text('kind')}) was released${who}.`;
    case 'plan.changed':
      return `The schedule was changed to version ${text('scheduleVersion')}${who}.`;
    case 'plan.cancelled':
      return `The plan was cancelled; ${money('principalFallenAway')} of principal fell away${who}.`;
    case 'plan.settled':
      return 'The plan was settled: everything is paid.';
    case 'plan.reopened':
      return `The plan was opened again${who}.`;
    case 'plan.handedOver':
      return `The plan was handed over to collections, stage ${text('stage')}, with ${money('outstandingMinor')} overdue${who}.`;
    case 'plan.collectionsStage':
      return `The plan moved to collections stage ${text('stage')}${who}.`;
    case 'plan.recalled':
      return `The plan was taken back from collections${who}.`;
    case 'plan.fellDue':
      return null;
    default:
      if (event.type.startsWith('refund.')) return refundWords(event);
      return event.type.startsWith('mandate.') ? `The mandate is ${event.to}${who}.` : `${event.type}${who}.`;
  }
}
