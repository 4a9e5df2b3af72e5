/** One debit before the gate: a plan of one instalment, due on Tuesday 10 March 2026, announced, with nothing in its way. Tests change one thing. */
import type { AttemptFact } from '../../src/domain/attempt.ts';
import { type Calendar, makeCalendar } from '../../src/domain/calendar.ts';
import type { ChannelProfile } from '../../src/domain/channel-profile.ts';
import { addDays, type BusinessDate, businessDate, dateIn, type Instant } from '../../src/domain/clock.ts';
import { localAt } from '../../src/domain/decide/hours.ts';
import type { DebitAsk, GateFacts } from '../../src/domain/gate.ts';
import type { Mandate } from '../../src/domain/mandate.ts';
import type { Notice } from '../../src/domain/notice.ts';
import type { Instalment, Plan } from '../../src/domain/plan.ts';
import type { RulePack } from '../../src/domain/rule-pack.ts';
import type { Strategy } from '../../src/domain/strategy.ts';

export const ZONE = 'Asia/Shanghai';
export const DUE = businessDate('2026-03-10');
export const OWED = 100_000;

/** '2026-03-10 09:10' in a zone. */
export const at = (text: string, zone = ZONE): Instant => localAt(businessDate(text.slice(0, 10)), text.slice(11), zone);

const WEEKDAYS: Calendar = makeCalendar({
  name: 'weekdays',
  zone: ZONE,
  weekend: [6, 7],
  covers: { from: businessDate('2020-01-01'), to: businessDate('2030-12-31') },
  holidays: [],
  worked: [],
});

export const PACK: RulePack = {
  name: 'open',
  version: '1',
  title: 'the open pack',
  rail: 'simulator',
  country: '*',
  lenderTypes: [],
  currencies: [],
  validFrom: businessDate('2020-01-01'),
  sources: ['https://example.test/rules'],
  notice: null,
  zone: null,
  windows: [],
  windowSource: null,
  businessDaysOnly: false,
  calendar: 'weekdays',
  earlyDays: 99,
  lateDays: null,
  stepDown: 'allowed',
  stepDownSource: 'https://example.test/step-down',
  sameAmount: false,
  representDays: null,
  split: true,
  oneSuccessPerCycle: false,
  perDebitMax: null,
  minGapHours: 0,
  limits: [],
  neverAfter: [],
  penaltyAllowed: true,
  examples: [],
};

export const STRATEGY: Strategy = {
  name: 'open',
  version: 1,
  title: 'nothing of its own',
  reminders: [],
  earlyDebitDays: 99,
  present: { times: ['09:10'], stopTime: '24:00' },
  holidayPolicy: 'none',
  retries: { offsetsDays: [0, 5, 10], minGapHours: 0, channelDownMinutes: [], payday: null },
  stepDown: { ladder: [1, 0.6], minGapMinutes: 30, floor: { minor: 5000, share: 0.1 }, roundTo: 100 },
  caps: { perDay: 99, perInstalment: 99, perMandate30d: 99, consecutiveNsf: 99, coolOffDays: 5 },
  overdue: { everyDays: 7, giveUpAfterDays: 90, arrears: 'merged' },
  otherAccountAfterNsf: 0,
  collections: { handOverAfterDays: 90, recallWhen: 'nothingOverdue' },
  quietHours: { from: '22:00', to: '08:00' },
  afterPartial: 'stopForDay',
  split: { minPart: 1000 },
  overpayment: null,
  skip: { annoyanceCost: 100, lossIfMissed: 0.08 },
};

export const CHANNEL: ChannelProfile = {
  name: 'sim',
  title: 'open channel',
  rails: ['simulator'],
  currencies: ['*'],
  merchant: 'm1',
  number: { prefix: 'D', length: 24, alphabet: 'base32', check: 'mod', mode: 'ours', lendersMax: 0 },
  zone: ZONE,
  windows: [],
  cutOff: '24:00',
  blackouts: [],
  perDebitLimit: null,
  dailyLimitPerAccount: null,
  ratePerSecond: 100,
  concurrency: 8,
  callTimeoutMs: 1000,
  queryHorizonMinutes: 30,
  requestExpiryMinutes: 30,
  dedupeDays: 30,
  fee: { share: '0', min: 0, flat: 0 },
  successRate: 0.9,
  statement: null,
  brake: { openUnknown: 10, shareOfLast500: 0.2 },
};

export const instalment = (n: number, dueDate: BusinessDate, owed: number, paid = 0): Instalment => ({
  id: `ins_${n}`,
  n,
  dueDate,
  due: { fee: 0, penalty: 0, interest: 0, principal: owed },
  paid: { fee: 0, penalty: 0, interest: 0, principal: paid },
  accrued: { interest: 0, penalty: 0 },
  state: 'due',
  scheduleVersion: 1,
});

const MANDATE: Mandate = {
  id: 'mnd_1',
  lenderId: 'lnd_1',
  borrowerId: 'brw_1',
  externalId: null,
  rail: 'simulator',
  channels: [],
  agreementNo: 'A-1',
  accountKey: 'key_1',
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
  rank: 1,
  version: 1,
  eventN: 1,
  bucket: 0,
  createdAt: at('2025-12-01 09:00'),
};

const PLAN: Plan = {
  id: 'pln_1',
  lenderId: 'lnd_1',
  borrowerId: 'brw_1',
  externalId: 'L-1',
  bucket: 0,
  currency: 'CNY',
  strategy: { name: 'open', version: 1 },
  mandateIds: ['mnd_1'],
  state: 'active',
  scheduleVersion: 1,
  instalments: [instalment(1, DUE, OWED)],
  receipts: [],
  penalty: { dailyRate: '0', graceDays: 0, graceMode: 'retroactive' },
  allocation: { order: ['fee', 'penalty', 'interest', 'principal'], direction: 'horizontal' },
  holds: [],
  paydayDeclared: null,
  deferral: null,
  collections: null,
  nextAction: { kind: 'decide', at: null, because: '' },
  lastN: 0,
  eventN: 1,
  version: 1,
  metadata: {},
  registeredHash: '',
  createdAt: at('2025-12-01 09:00'),
};

let serial = 0;

/** An attempt of the plan, by default a debit of its instalment that met an empty account. */
export function attempt(when: string, over: Partial<AttemptFact> = {}, zone = ZONE): AttemptFact {
  serial += 1;
  const minor = over.amount?.minor ?? OWED;
  return {
    id: `att_${serial}`,
    planId: 'pln_1',
    mandateId: 'mnd_1',
    n: serial,
    cycle: 'ins_1',
    part: null,
    trigger: 'due',
    channel: 'sim',
    amount: { minor, currency: 'CNY' },
    aims: [{ instalmentId: 'ins_1', n: 1, minor }],
    accountKey: 'key_1',
    slot: null,
    businessDate: businessDate(when.slice(0, 10)),
    dueDate: DUE,
    state: 'failed',
    open: false,
    failure: over.state && over.state !== 'failed' ? null : 'insufficientFunds',
    createdAt: at(when, zone),
    movedAt: at(when, zone),
    ...over,
  };
}

/** A notice that announced the debit of a due date. */
export function notice(
  sent: string,
  over: Partial<NonNullable<Notice['announces']>> = {},
  state: Notice['state'] = 'sent',
  zone = ZONE,
): Notice {
  serial += 1;
  return {
    id: `ntc_${serial}`,
    lenderId: 'lnd_1',
    borrowerId: 'brw_1',
    planId: 'pln_1',
    bucket: 0,
    key: `k${serial}`,
    template: 'reminder',
    language: 'zh',
    params: {},
    text: '',
    toLast4: '8000',
    announces: { dueDate: DUE, debitDate: DUE, minor: OWED, accountLast4: '0019', ...over },
    state,
    why: null,
    gatewayNo: 'g1',
    tries: 1,
    createdAt: at(sent, zone),
    sentAt: at(sent, zone),
    deliveredAt: null,
    retryAt: null,
  };
}

export type Change = Readonly<{
  ask?: Partial<DebitAsk>;
  facts?: Partial<GateFacts>;
  pack?: Partial<RulePack>;
  strategy?: Partial<Strategy>;
  caps?: Partial<Strategy['caps']>;
  mandate?: Partial<Mandate>;
  plan?: Partial<Plan>;
  channel?: Partial<ChannelProfile>;
  attempts?: readonly AttemptFact[];
  /** When it is asked, local time of `zone`. */
  now?: string;
  zone?: string;
}>;

/** The debit of the plan's oldest instalment at 10:00 on its due date, with one thing changed. */
export function debit(change: Change = {}): { ask: DebitAsk; facts: GateFacts } {
  const zone = change.zone ?? ZONE;
  const now = at(change.now ?? `${DUE} 10:00`, zone);
  const plan = { ...PLAN, ...change.plan };
  const first = plan.instalments[0]!;
  const minor = change.ask?.minor ?? first.due.principal - first.paid.principal;
  const facts: GateFacts = {
    now,
    zone,
    today: dateIn(now, zone),
    plan,
    mandate: { ...MANDATE, ...change.mandate },
    strategy: { ...STRATEGY, ...change.strategy, caps: { ...STRATEGY.caps, ...change.caps } },
    attempts: change.attempts ?? [],
    accountAttempts: [],
    notices: [],
    stops: [],
    pack: { ...PACK, ...change.pack },
    channel: { ...CHANNEL, ...change.channel },
    channelBrake: { openUnknown: 0, recentShare: 0 },
    calendar: WEEKDAYS,
    ...change.facts,
  };
  const ask: DebitAsk = {
    planId: plan.id,
    mandateId: facts.mandate.id,
    channel: facts.channel.name,
    trigger: 'due',
    cycle: first.id,
    dueDate: first.dueDate,
    aims: [{ instalmentId: first.id, n: first.n, minor }],
    minor,
    currency: plan.currency,
    steppedDown: false,
    part: null,
    penaltyMinor: 0,
    at: now,
    ...change.ask,
  };
  return { ask, facts };
}

/** `days` after the due date. */
export const dueplus = (days: number): BusinessDate => addDays(DUE, days);
