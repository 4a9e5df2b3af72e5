/** An attempt in words: what was asked and why, what the bank said, and each rule that the gate looked at. */
import type { Attempt } from '../../domain/attempt.ts';
import type { DulyEvent } from '../../domain/event.ts';
import { inMoney, inTime, TRIGGER_WORDS } from '../../domain/explain.ts';
import { FAILURES } from '../../domain/failures.ts';
import type { Notice } from '../../domain/notice.ts';
import { expand, type RuleChecked } from '../../domain/permit.ts';
import type { Sentence } from '../explain-plan.ts';
import type { World } from '../world.ts';

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

/** 'Attempt 3 asked for CNY 676.00 for a smaller amount, because ...'. */
export function attemptWords(a: Attempt): string {
  const aims = a.aims.map((aim) => `instalment ${aim.n} (${inMoney(aim.minor, a.amount.currency)})`).join(', ');
  const part = a.part === null ? '' : `, part ${a.part} of a split,`;
  return `Attempt ${a.n}${part} debited the account ending ${a.accountLast4} ${TRIGGER_WORDS[a.trigger]}: ${inMoney(a.amount.minor, a.amount.currency)} for ${aims}, under order number ${a.outTradeNo} (${a.channel}), because ${a.because}.`;
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

/** Every rule with its counter and source, and the notice relied on. */
export function permitWords(world: World, a: Attempt, notice: Notice | null, zone: string): Sentence[] {
  const pack = world.packs.byName(a.permit.p, a.permit.v);
  const head = `The gate let it pass under the rule pack "${a.permit.p}", version ${a.permit.v}${pack ? ` (${pack.title})` : ''}.`;
  const told = notice
    ? `It relied on the message "${notice.template}" of ${inTime(notice.sentAt ?? notice.createdAt, zone)}, which is ${notice.state}.`
    : 'No message was required before it.';
  const counted = a.permit.r.map(([code, before, after, limit]) => ({ code, before, after, limit, source: '' }));
  const rules = (pack ? expand(a.permit, pack).rules : counted).map((rule) => ruleWords(rule, a.amount.currency));
  return [head, told, ...rules].map((text) => ({ at: null, text }));
}

/** Rules whose counter is money. */
const IN_MONEY = new Set([
  'amountOutstanding',
  'sameAmount',
  'perDebitCap',
  'perDebitMax',
  'dailyCap',
  'monthlyCap',
  'dailyLimitPerAccount',
]);
const figure = (code: string, n: number | null, currency: string): string =>
  IN_MONEY.has(code) ? inMoney(n ?? 0, currency) : String(n ?? 0);

function ruleWords({ code, after, limit, source }: RuleChecked, currency: string): string {
  const counter = limit === null ? 'passed' : `${figure(code, after, currency)} of at most ${figure(code, limit, currency)} with this one`;
  return `${code}: ${counter}${source ? ` [${source}]` : ''}`;
}

/** The counters of a permit in half a line, for the plan's diary. */
export function permitBrief(a: Attempt): string {
  const { currency } = a.amount;
  const counters = a.permit.r.map(
    ([code, , after, limit]) => `${code} ${figure(code, after, currency)} of ${figure(code, limit, currency)}`,
  );
  const rules = counters.length ? `; counted: ${counters.join(', ')}` : '';
  return `It was allowed by the rule pack "${a.permit.p}", version ${a.permit.v}${a.permit.ntc ? ', relying on a message sent before' : ''}${rules}.`;
}
