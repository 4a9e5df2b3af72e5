/** Decisions in words that a borrower's lawyer may read. The decider's own `because` and `duly explain` share these phrases. */
import type { Trigger } from './attempt.ts';
import { type Instant, timeIn } from './clock.ts';
import { digitsOf } from './currencies.ts';
import { localDate } from './decide/hours.ts';
import type { Decision } from './decision.ts';

/** 'CNY 1,100.16' for 110016 minor units. */
export function inMoney(minor: number, currency: string): string {
  const digits = digitsOf(currency);
  const text = String(Math.abs(minor)).padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${currency} ${minor < 0 ? '-' : ''}${whole}${digits === 0 ? '' : `.${text.slice(-digits)}`}`;
}

/** '2027-01-25 09:10' in the zone. */
export const inTime = (at: Instant, zone: string): string => `${localDate(at, zone)} ${timeIn(at, zone)}`;

/** What each trigger means, to follow "debit". */
export const TRIGGER_WORDS: Readonly<Record<Trigger, string>> = {
  early: 'before the due date',
  due: 'for the first time',
  retry: 'again, for the full amount',
  stepDown: 'for a smaller amount',
  overdue: 'for what is overdue',
};

/** One sentence: what happens, when, and why. `currency` is the plan's, `zone` the lender's. */
export function inWords(decision: Decision, currency: string, zone: string): string {
  const because = `because ${decision.because}`;
  switch (decision.kind) {
    case 'remind':
      return `${inTime(decision.at, zone)}: send the message "${decision.template}" about ${inMoney(decision.minor, currency)} to be debited on ${decision.debitDate}, ${because}`;
    case 'debit':
      return `${inTime(decision.at, zone)}: debit ${inMoney(decision.minor, currency)} ${TRIGGER_WORDS[decision.trigger]}, ${because}`;
    case 'wait':
      return decision.at
        ? `wait until ${inTime(decision.at, zone)}, ${because}`
        : `wait until somebody acts or an answer comes, ${because}`;
    case 'escalate':
      return `${inTime(decision.at, zone)}: hand over to collections, stage ${decision.stage}, ${because}`;
    case 'recall':
      return `${inTime(decision.at, zone)}: take back from collections, ${because}`;
    case 'stop':
      return `nothing more is done, ${because}`;
  }
}
