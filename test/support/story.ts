/** A plan's life as a diary: the decider is walked from instant to instant against a scripted bank, and each thing done is a line. */
import { readFileSync } from 'node:fs';
import { readStrategy } from '../../config/strategies.ts';
import { type Calendar, makeCalendar } from '../../src/domain/calendar.ts';
import { addDays, atLocal, type Instant } from '../../src/domain/clock.ts';
import type { Collection } from '../../src/domain/collection.ts';
import { localDate } from '../../src/domain/decide/hours.ts';
import { decideNext } from '../../src/domain/decide.ts';
import type { DebitDecision, Decision } from '../../src/domain/decision.ts';
import { inTime } from '../../src/domain/explain.ts';
import { type AssumedAnswer, after, atInstant } from '../../src/domain/foresee.ts';
import type { Mandate } from '../../src/domain/mandate.ts';
import type { PenaltyTerms, Plan } from '../../src/domain/plan.ts';
import type { Strategy } from '../../src/domain/strategy.ts';
import { day, loan } from './loan.ts';

export const ZONE = 'Asia/Shanghai';
export const at = (text: string): Instant => atLocal(day(text.slice(0, 10)), text.slice(11) || '00:00', ZONE);

export const strategyFile = (name: string): Strategy =>
  readStrategy(readFileSync(new URL(`../../config/strategies/${name}.yaml`, import.meta.url), 'utf8'), name);
export const STANDARD = strategyFile('standard');

/** Every day but those named is a business day of a calendar with Saturdays and Sundays off. */
export const CALENDAR: Calendar = makeCalendar({
  name: 'test',
  zone: ZONE,
  weekend: [6, 7],
  covers: { from: day('2027-01-01'), to: day('2028-12-31') },
  holidays: [],
  worked: [],
});

const OPEN_PACK: Collection['pack'] = {
  stepDown: 'allowed',
  earlyDays: 3,
  lateDays: null,
  notice: null,
  windows: [{ from: '07:00', to: '22:00' }],
  oneSuccessPerCycle: false,
};
/** A notice one day ahead, and an amount that binds. */
export const BINDING_NOTICE = { days: 1, hours: 0, unit: 'calendar', amountBinds: true, validDays: null, source: 'test' } as const;

export function mandate(change: Partial<Mandate> = {}): Mandate {
  return {
    id: 'mnd_1',
    lenderId: 'lnd_1',
    borrowerId: 'brw_1',
    externalId: null,
    rail: 'simulator',
    channels: [],
    agreementNo: null,
    accountKey: `key of ${change.id ?? 'mnd_1'}`,
    accountLast4: '0019',
    isSalaryAccount: false,
    currency: 'CNY',
    perDebitCap: null,
    dailyCap: null,
    monthlyCap: null,
    periodCount: null,
    amountKind: 'maximum',
    validFrom: null,
    validTo: null,
    evidence: null,
    state: 'active',
    rank: 0,
    version: 1,
    eventN: 1,
    bucket: 0,
    createdAt: at('2026-12-01'),
    ...change,
  };
}

export type Given = Readonly<{
  /** Due dates, each of 100.00 principal; or 'date minor'. */
  dues?: readonly string[];
  penalty?: PenaltyTerms;
  plan?: Partial<Plan>;
  mandates?: readonly Mandate[];
  strategy?: Strategy;
  pack?: Partial<Collection['pack']>;
  now?: string;
  attempts?: Collection['attempts'];
  noticeKeys?: readonly string[];
}>;

/** One instalment of 100.00 due on Monday 25 January 2027, looked at on the 20th at noon. */
export function collection(given: Given = {}): Collection {
  const rows = (given.dues ?? ['2027-01-25']).map((due, k) => ({
    n: k + 1,
    dueDate: day(due.slice(0, 10)),
    principal: Number(due.slice(11) || 10_000),
    interest: 0,
    fee: 0,
  }));
  const plan = { ...loan(given.penalty ? { rows, penalty: given.penalty } : { rows }), ...given.plan };
  return {
    plan,
    mandates: given.mandates ?? [mandate()],
    attempts: given.attempts ?? [],
    noticeKeys: new Set(given.noticeKeys ?? []),
    strategy: given.strategy ?? STANDARD,
    pack: { ...OPEN_PACK, ...given.pack },
    now: at(given.now ?? '2027-01-20 12:00'),
    zone: ZONE,
  };
}

/** What the bank says to the k-th debit (from 0). */
export type Bank = (k: number, debit: DebitDecision, c: Collection) => AssumedAnswer;
export const bank =
  (...answers: readonly AssumedAnswer[]): Bank =>
  (k) =>
    answers[k] ?? answers.at(-1) ?? 'succeeded';
export const EMPTY = bank('insufficientFunds');

export type Step = Readonly<{ decision: Decision; at: Instant | null; answer: AssumedAnswer | null; c: Collection }>;

/** Walks until `days` after the start have passed or the plan rests. At its instant each decision is taken afresh, as the sweep does. */
export function walk(start: Collection, answers: Bank, days = 60, calendar = CALENDAR): Step[] {
  const end = addDays(localDate(start.now, ZONE), days);
  const steps: Step[] = [];
  let c = start;
  let k = 0;
  for (let looked = 0; looked < 2000; looked++) {
    const decision = decideNext(c, calendar);
    if (decision.kind === 'stop' || decision.at === null) return [...steps, { decision, at: null, answer: null, c }];
    if (localDate(decision.at, ZONE) > end) return steps;
    if (decision.at > c.now) {
      c = atInstant(c, decision.at);
      if (decision.kind !== 'wait') continue;
    }
    const answer = decision.kind === 'debit' ? answers(k++, decision, c) : null;
    steps.push({ decision, at: c.now, answer, c });
    c = after(c, decision, answer ?? 'succeeded');
  }
  throw new Error(`the walk does not end: ${steps.slice(-5).map(line).join('; ')}`);
}

const amount = (minor: number): string => (minor / 100).toFixed(2);
const line = ({ decision: d, at, answer }: Step): string => {
  const when = at ? inTime(at, ZONE).slice(5) : '-';
  if (d.kind === 'debit') return `${when}  ${d.trigger} ${amount(d.minor)} [${d.aims.map((a) => a.n).join(' ')}] ${answer}`;
  if (d.kind === 'remind') return `${when}  ${d.template} ${amount(d.minor)} for ${d.debitDate.slice(5)}`;
  return d.kind === 'escalate' ? `${when}  escalate ${d.stage}` : `${when}  ${d.kind}`;
};

/** The lines of a walk; `only` keeps some kinds. */
export const diary = (steps: readonly Step[], ...only: readonly Decision['kind'][]): string[] =>
  steps.filter((s) => only.length === 0 || only.includes(s.decision.kind)).map(line);

/** A table as it stands in a test, one trimmed line each. */
export const table = (text: string): string[] =>
  text
    .split('\n')
    .map((l) => l.trim())
    .filter(Boolean);
