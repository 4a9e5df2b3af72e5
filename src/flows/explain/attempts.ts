/** An attempt in words: what was asked and why, and what the bank said. What allowed it stands in `permits.ts`. */
import type { Attempt } from '../../domain/attempt.ts';
import type { DulyEvent } from '../../domain/event.ts';
import { inMoney, inTime, TRIGGER_WORDS } from '../../domain/explain.ts';
import { FAILURES } from '../../domain/failures.ts';
import type { Sentence } from '../explain-plan.ts';

const STATES: Readonly<Record<Attempt['state'], string>> = {
  created: 'was written down and waits',
  submitted: 'was handed to the bank',
  accepted: 'was accepted by the bank; its answer is to come',
  unknown: 'has no known result: it may have moved money, so nothing else is debited until the bank has answered',
  succeeded: 'succeeded: the money was taken',
  failed: 'was refused',
  unsent: 'was not sent after all',
  voided: 'was proved never to have been taken',
  returned: 'was given back after it had succeeded',
};

/** 'Attempt 3 asked to debit the account ending 0027 for a smaller amount: CNY 676.00 ..., because ...'. */
export function attemptWords(a: Attempt): string {
  const aims = a.aims.map((aim) => `instalment ${aim.n} (${inMoney(aim.minor, a.amount.currency)})`).join(', ');
  const part = a.part === null ? '' : `, part ${a.part} of a split,`;
  return `Attempt ${a.n}${part} asked to debit the account ending ${a.accountLast4} ${TRIGGER_WORDS[a.trigger]}: ${inMoney(a.amount.minor, a.amount.currency)} for ${aims}, under order number ${a.outTradeNo} (${a.channel}), because ${a.because}.`;
}

/** What an event of an attempt says. */
export function moveWords(a: Attempt, event: DulyEvent): string {
  const state = (event.to ?? 'created') as Attempt['state'];
  const code = event.evidence?.rawCode
    ? ` (the bank's code ${event.evidence.rawCode}${event.evidence.rawText ? `: ${event.evidence.rawText}` : ''})`
    : '';
  const why = state === 'failed' && a.failure ? `, because ${FAILURES[a.failure].says}` : '';
  const who = event.by === 'duly' ? '' : ` This was decided by ${event.by}: ${event.why}.`;
  return `Attempt ${a.n} ${STATES[state]}${why}${code}.${who}`;
}

export function attemptStory(a: Attempt, events: readonly DulyEvent[], zone: string): Sentence[] {
  const head = [
    { at: a.createdAt, text: attemptWords(a) },
    { at: null, text: `The call had to begin before ${inTime(a.sendBy, zone)}.` },
  ];
  return [...head, ...events.map((e) => ({ at: e.at, text: moveWords(a, e) }))];
}
