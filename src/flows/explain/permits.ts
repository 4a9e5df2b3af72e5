/** Why an attempt was allowed, in words: the rules that the gate looked at, their counters, what each rests on, and the message relied on. */
import type { Attempt } from '../../domain/attempt.ts';
import { inMoney, inTime } from '../../domain/explain.ts';
import type { Notice } from '../../domain/notice.ts';
import { expand, type RuleChecked } from '../../domain/permit.ts';
import type { Sentence } from '../explain-plan.ts';
import type { World } from '../world.ts';

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

/** What a rule counts, to follow 'CNY 782.00 of at most CNY 1,304.86'. A pack's own ceilings go by the names they have there. */
const COUNTED: Readonly<Record<string, string>> = {
  amountOutstanding: 'outstanding on these instalments',
  sameAmount: 'asked for before',
  perDebitCap: 'a debit by the mandate',
  perDebitMax: 'a debit by the rail',
  dailyCap: 'a day by the mandate',
  monthlyCap: 'a month by the mandate',
  dailyLimitPerAccount: 'a day and account at the channel',
  periodCount: 'debits in the mandate’s period',
  attemptsPerInstalment: 'attempts on the instalment',
  attemptsPerMandate30d: 'attempts on the mandate in 30 days',
  attemptsPerDay: 'attempts on that day',
  consecutiveNsf: 'refusals for lack of funds in a row before it',
};

/** Looks after the channel, not after the borrower: told of a single attempt alone. */
const ABOUT_THE_CHANNEL = new Set(['brake']);

const figure = (code: string, n: number | null, currency: string): string =>
  IN_MONEY.has(code) ? inMoney(n ?? 0, currency) : String(n ?? 0);

/** The permit's rules with their sources, where the pack it names is still there; else its counters alone. */
function rulesOf(world: World, a: Attempt): readonly RuleChecked[] {
  const pack = world.packs.byName(a.permit.p, a.permit.v);
  return pack
    ? expand(a.permit, pack).rules
    : a.permit.r.map(([code, before, after, limit]) => ({ code, before, after, limit, source: '' }));
}

const named = (notice: Notice, zone: string): string =>
  `the message "${notice.template}" of ${inTime(notice.sentAt ?? notice.createdAt, zone)}`;

/** Every rule with its counter and source, and the notice relied on. */
export function permitWords(world: World, a: Attempt, notice: Notice | null, zone: string): Sentence[] {
  const pack = world.packs.byName(a.permit.p, a.permit.v);
  const head = `The gate let it pass under the rule pack "${a.permit.p}", version ${a.permit.v}${pack ? ` (${pack.title})` : ''}.`;
  const told = notice ? `It relied on ${named(notice, zone)}, which is ${notice.state}.` : 'No message was required before it.';
  return [head, told, ...rulesOf(world, a).map((rule) => ruleWords(rule, a.amount.currency))].map((text) => ({ at: null, text }));
}

function ruleWords({ code, after, limit, source }: RuleChecked, currency: string): string {
  const counter = limit === null ? 'passed' : `${figure(code, after, currency)} of at most ${figure(code, limit, currency)} with this one`;
  return `${code}: ${counter}${source ? ` [${source}]` : ''}`;
}

/** The permit in two sentences for the plan's diary: what it rested on, and every counter that a borrower may hold us to. */
export function permitBrief(world: World, a: Attempt, notice: Notice | null, zone: string): string {
  const { currency } = a.amount;
  const rules = rulesOf(world, a);
  const counters = rules
    .filter((r) => r.limit !== null && !ABOUT_THE_CHANNEL.has(r.code))
    .map((r) => {
      const what = COUNTED[r.code] ?? r.code;
      return `${figure(r.code, r.after, currency)} of at most ${figure(r.code, r.limit, currency)} ${what}${r.source ? ` [${r.source}]` : ''}`;
    });
  const less = a.trigger === 'stepDown' ? rules.find((r) => r.code === 'stepDownAllowed') : undefined;
  return [
    `It was allowed by the rule pack "${a.permit.p}", version ${a.permit.v}`,
    less?.source ? `, which lets a debit ask for less [${less.source}]` : '',
    notice ? `, relying on ${named(notice, zone)} (${notice.state})` : ', which requires no message before it',
    `; all ${rules.length} rules passed`,
    counters.length ? `; counted: ${counters.join(', ')}` : '',
    '.',
  ].join('');
}
