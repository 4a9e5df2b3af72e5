/** What was agreed, what came in and what is owed, in words. */
import { type BusinessDate, daysBetween } from '../../domain/clock.ts';
import { inMoney, inTime } from '../../domain/explain.ts';
import type { Mandate } from '../../domain/mandate.ts';
import {
  type Amounts,
  COMPONENTS,
  type Instalment,
  outstanding,
  outstandingBy,
  type Plan,
  type Receipt,
  total,
} from '../../domain/plan.ts';
import type { Strategy } from '../../domain/strategy.ts';
import type { Sentence } from '../explain-plan.ts';

const says = (text: string): Sentence => ({ at: null, text });

/** 'interest CNY 180.00 and principal CNY 920.16'; parts of zero are left out. */
function inParts(amounts: Amounts, currency: string): string {
  const parts = COMPONENTS.filter((c) => amounts[c] !== 0).map((c) => `${c} ${inMoney(amounts[c], currency)}`);
  return parts.length < 2 ? (parts[0] ?? 'nothing') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

export function agreed(plan: Plan, mandates: readonly Mandate[], practice: Strategy | null, zone: string): Sentence[] {
  const { currency, strategy, penalty, allocation } = plan;
  const first = plan.instalments.filter((i) => i.scheduleVersion === 1);
  const principal = first.reduce((sum, i) => sum + i.due.principal, 0);
  const changed = plan.scheduleVersion > 1 ? [says(`The schedule was changed; version ${plan.scheduleVersion} is in force.`)] : [];
  return [
    {
      at: plan.createdAt,
      text: `The plan was registered: ${first.length} instalment${first.length === 1 ? '' : 's'} with a principal of ${inMoney(principal, currency)}, the first due on ${first[0]?.dueDate}.`,
    },
    ...changed,
    ...mandates.map((m, i) => says(`${i === 0 ? 'Debits go to' : 'Where allowed also to'} ${mandateWords(m)}.`)),
    says(
      `It is collected by the strategy "${strategy.name}", version ${strategy.version}${practice ? `: ${practiceWords(practice)}` : ''}.`,
    ),
    says(
      penalty.dailyRate === '0'
        ? 'No penalty interest is charged.'
        : `Penalty interest is ${penalty.dailyRate} of the overdue principal a day after ${penalty.graceDays} days of grace (${penalty.graceMode}).`,
    ),
    says(`Money that comes in pays ${allocation.order.join(', then ')}, ${DIRECTIONS[allocation.direction]}.`),
    ...plan.holds.map((h) => ({
      at: h.at,
      text: `Debits are held (${h.kind}) ${h.until ? `until ${inTime(h.until, zone)}` : 'until a person releases them'}: ${h.why || 'no reason was given'}.`,
    })),
  ];
}

/** What the strategy does, in the order in which a borrower meets it. */
function practiceWords({ earlyDebitDays, present, retries, stepDown, overdue, caps, collections }: Strategy): string {
  const later = retries.offsetsDays.filter((d) => d > 0);
  const rungs = stepDown?.ladder.filter((share) => share < 1).map((share) => `${Math.round(share * 100)} %`) ?? [];
  return [
    earlyDebitDays
      ? `debits may begin ${earlyDebitDays} day${earlyDebitDays === 1 ? '' : 's'} before the due date`
      : 'debits begin on the due date',
    `at ${present.times.join(', ')} and not after ${present.stopTime}`,
    later.length ? `again for the full amount ${later.join(' and ')} days after it` : '',
    retries.payday ? 'or the day after a known payday' : '',
    rungs.length
      ? `on the last planned day, after a refusal for lack of funds, also for ${rungs.join(' and then ')} of what is outstanding`
      : '',
    `what is overdue after that every ${overdue.everyDays} days for ${overdue.giveUpAfterDays} days`,
    `at most ${caps.perDay} attempts a day, ${caps.perInstalment} an instalment and ${caps.perMandate30d} a mandate in 30 days`,
    `collections from ${collections.handOverAfterDays} days past due`,
  ]
    .filter(Boolean)
    .join('; ');
}

const DIRECTIONS = {
  horizontal: 'the oldest instalment completely before the next',
  vertical: 'one component over all overdue instalments before the next',
} as const;

function mandateWords(m: Mandate): string {
  const caps = [
    m.perDebitCap === null ? null : `at most ${inMoney(m.perDebitCap, m.currency)} a debit`,
    m.dailyCap === null ? null : `${inMoney(m.dailyCap, m.currency)} a day`,
    m.monthlyCap === null ? null : `${inMoney(m.monthlyCap, m.currency)} a month`,
  ].filter((c) => c !== null);
  return `the account ending ${m.accountLast4} (${m.rail}, mandate ${m.externalId ?? m.id}, ${m.state}${caps.length ? `, ${caps.join(', ')}` : ''})`;
}

const numbersOf = (plan: Plan): ReadonlyMap<string, number> => new Map(plan.instalments.map((i) => [i.id, i.n]));

export function allocated(plan: Plan): Sentence[] {
  const numbers = numbersOf(plan);
  return [...plan.receipts]
    .sort((a, b) => (a.valueDate < b.valueDate ? -1 : a.valueDate > b.valueDate ? 1 : a.bookedAt.getTime() - b.bookedAt.getTime()))
    .map((r) => ({ at: r.bookedAt, text: receiptWords(r, plan.currency, numbers) }));
}

function receiptWords(r: Receipt, currency: string, numbers: ReadonlyMap<string, number>): string {
  const came = r.kind === 'debit' ? `debit ${r.id}` : `the borrower's own payment ${r.id}`;
  const head = `${inMoney(r.minor, currency)} of ${r.valueDate} by ${came}`;
  if (r.back) return `${head} went back and pays nothing any more.${twiceWords(r, currency)}`;
  return `${head}: ${linesOf(r, currency, numbers)}.`;
}

function linesOf(r: Receipt, currency: string, numbers: ReadonlyMap<string, number>): string {
  const to = r.lines.map((l) => `${inMoney(l.minor, currency)} to the ${l.component} of instalment ${numbers.get(l.instalmentId) ?? '?'}`);
  const over = r.overpaid ? [`${inMoney(r.overpaid, currency)} is an overpayment, owed to the borrower`] : [];
  const given = r.refunded ? [`${inMoney(r.refunded, currency)} was refunded`] : [];
  return [...to, ...over, ...given].join('; ');
}

/** What was refunded before the payer's bank took the whole sum back. */
const twiceWords = (r: Receipt, currency: string): string =>
  r.refunded
    ? ` ${inMoney(r.refunded, currency)} of it had been refunded as well: so much went out twice and waits on the account for shortages.`
    : '';

/** ' It paid CNY 57.00 to the interest of instalment 1; ...', as it is allocated now; empty where the receipt is not there yet. */
export function paidWords(plan: Plan, receiptId: string): string {
  const receipt = plan.receipts.find((r) => r.id === receiptId);
  if (!receipt) return '';
  if (receipt.back) return ` It has gone back since and pays nothing any more.${twiceWords(receipt, plan.currency)}`;
  return ` It paid ${linesOf(receipt, plan.currency, numbersOf(plan))}.`;
}

/** `plan` assessed through `today`. */
export function owed(plan: Plan, today: BusinessDate): Sentence[] {
  const live = plan.instalments.filter((i) => outstanding(i) > 0);
  if (!live.length) return [says(`Nothing is owed any more; the plan is ${plan.state}.`)];
  const due = live.filter((i) => i.dueDate <= today);
  const sum = live.reduce((s, i) => s + outstanding(i), 0);
  const dueSum = due.reduce((s, i) => s + outstanding(i), 0);
  const later = live.length - due.length;
  return [
    says(`${inMoney(sum, plan.currency)} in all, of which ${inMoney(dueSum, plan.currency)} is due; the plan is ${plan.state}.`),
    ...due.map((i) => says(instalmentWords(i, plan.currency, today))),
    ...(later
      ? [
          says(
            `${later} instalment${later === 1 ? '' : 's'} fall${later === 1 ? 's' : ''} due later, the next on ${live[due.length]?.dueDate}.`,
          ),
        ]
      : []),
  ];
}

function instalmentWords(i: Instalment, currency: string, today: BusinessDate): string {
  const days = daysBetween(i.dueDate, today);
  const late = days > 0 ? `${days} day${days === 1 ? '' : 's'} past due` : 'due today';
  const paid = total(i.paid) > 0 ? ` (${inMoney(total(i.paid), currency)} of it was paid)` : '';
  return `Instalment ${i.n} of ${i.dueDate}, ${late}: ${inParts(outstandingBy(i), currency)}${paid}.`;
}
