/** The shapes of answers, as joi schemas: the OpenAPI document is drawn from them, and the tests hold every answer against them. */
import Joi from 'joi';
import { TRIGGERS } from '../domain/attempt.ts';
import type { IdPrefix } from '../domain/ids.ts';
import { COMPONENTS } from '../domain/plan.ts';
import { field } from '../flows/input.ts';

/** A schema that gets a name of its own under components/schemas. */
export const named = <T extends Joi.Schema>(name: string, schema: T): T => schema.meta({ 'x-shape': name }) as T;
const all = (keys: Joi.SchemaMap): Joi.ObjectSchema => Joi.object(keys).prefs({ presence: 'required' });
const text = () => Joi.string().allow('');
const whole = () => Joi.number().integer();
const instant = () => Joi.string().isoDate().description('instant in UTC');
const words = (...values: readonly string[]) => Joi.string().valid(...values);
const anId = (prefix: IdPrefix) => field.id(prefix);
const orNull = <T extends Joi.Schema>(schema: T): T => schema.allow(null) as T;
const later = <T extends Joi.Schema>(schema: T): T => schema.optional() as T;
/** An object of free keys whose values have one shape; joi-to-json loses the values, so they are said again in the meta. */
export const mapOf = (values: Joi.Schema): Joi.ObjectSchema => Joi.object().pattern(Joi.string(), values).meta({ 'x-values': true });

export const listOf = (item: Joi.Schema): Joi.ObjectSchema => all({ data: Joi.array().items(item), hasMore: Joi.boolean() });

const metadata = () => Joi.object().pattern(Joi.string(), text()).meta({ 'x-strings': true });
const amounts = named('Amounts', all(Object.fromEntries(COMPONENTS.map((c) => [c, whole().description('minor units')]))));

export const problemShape = named(
  'Problem',
  all({
    type: text().description('address of the page that explains the code'),
    title: text(),
    status: whole(),
    detail: text(),
    instance: text(),
    code: text(),
    errors: Joi.array().items(all({ pointer: text(), code: text(), message: text() })),
    requestId: text(),
  }),
);

export const lenderShape = named(
  'Lender',
  all({
    id: anId('lnd'),
    name: text(),
    code: text(),
    timeZone: text(),
    currency: text(),
    lenderType: text(),
    country: orNull(text()),
    state: words('active', 'closed'),
    metadata: metadata(),
    createdAt: instant(),
  }),
);
export const apiKeyShape = named(
  'ApiKey',
  all({
    id: anId('key'),
    lenderId: orNull(anId('lnd')),
    name: text(),
    scopes: Joi.array().items(words('lender', 'ops:read', 'ops:write', 'admin')),
    prefix: text(),
    state: words('active', 'expired', 'revoked'),
    expiresAt: orNull(instant()),
    revokedAt: orNull(instant()),
    createdAt: instant(),
  }),
);
export const newApiKeyShape = named(
  'NewApiKey',
  apiKeyShape
    .keys({ key: orNull(text()).required().description('the secret, shown once; null when the answer is repeated') })
    .meta({ 'x-shape': 'NewApiKey' }),
);

export const borrowerShape = named(
  'Borrower',
  all({
    id: anId('brw'),
    externalId: text(),
    name: text(),
    phone: text(),
    language: text(),
    optedOutAt: orNull(instant()),
    createdAt: instant(),
  }),
);

export const mandateShape = named(
  'Mandate',
  all({
    id: anId('mnd'),
    borrowerId: anId('brw'),
    externalId: orNull(text()),
    rail: text(),
    channels: Joi.array().items(text()),
    agreementNo: orNull(text()),
    accountLast4: text(),
    isSalaryAccount: Joi.boolean(),
    currency: text(),
    perDebitCap: orNull(whole()),
    dailyCap: orNull(whole()),
    monthlyCap: orNull(whole()),
    periodCount: orNull(whole()),
    amountKind: words('maximum', 'fixed'),
    validFrom: orNull(text()),
    validTo: orNull(text()),
    evidence: orNull(text()),
    state: words('draft', 'pending', 'active', 'suspended', 'revoked', 'expired', 'cancelled', 'rejected'),
    rank: whole(),
    createdAt: instant(),
  }),
);
export const mandateMovedShape = named(
  'MandateMoved',
  mandateShape.keys({ plans: whole().required(), inFlight: Joi.array().items(anId('att')).required() }).meta({ 'x-shape': 'MandateMoved' }),
);

export const instalmentShape = named(
  'Instalment',
  all({
    id: anId('ins'),
    planId: anId('pln'),
    n: whole(),
    dueDate: text(),
    state: words('scheduled', 'due', 'overdue', 'partiallyPaid', 'paid', 'waived', 'superseded'),
    currency: text(),
    due: whole(),
    paid: whole(),
    outstanding: whole(),
    components: all({ due: amounts, paid: amounts, outstanding: amounts }),
    scheduleVersion: whole(),
  }),
);

export const holdShape = named(
  'Hold',
  all({
    id: anId('hld'),
    planId: anId('pln'),
    kind: words('dispute', 'hardship', 'death', 'bankruptcy', 'complaint', 'promise', 'staff'),
    until: orNull(instant()),
    by: text(),
    why: text(),
    at: instant(),
  }),
);

export const receiptShape = all({
  id: text(),
  kind: words('debit', 'selfPayment'),
  amount: whole(),
  valueDate: text(),
  bookedAt: instant(),
  takenBack: Joi.boolean(),
  overpaid: whole(),
  lines: Joi.array().items(all({ instalmentId: anId('ins'), component: words(...COMPONENTS), amount: whole(), scheduleVersion: whole() })),
});

export const planShape = named(
  'Plan',
  all({
    id: anId('pln'),
    externalId: text(),
    borrowerId: anId('brw'),
    mandateIds: Joi.array().items(anId('mnd')),
    currency: text(),
    state: words('active', 'settled', 'earlySettled', 'restructured', 'writtenOff', 'cancelled'),
    strategy: all({ name: text(), version: whole() }),
    scheduleVersion: whole(),
    version: whole(),
    totals: all({ due: whole(), paid: whole(), outstanding: whole(), overdue: whole(), overpaid: whole() }),
    nextAction: all({
      kind: words('decide', 'remind', 'debit', 'wait', 'escalate', 'recall', 'stop'),
      at: orNull(instant()),
      because: text(),
    }),
    waitsUntil: orNull(all({ until: instant(), rule: text() })),
    instalments: Joi.array().items(instalmentShape),
    receipts: Joi.array().items(receiptShape),
    holds: Joi.array().items(holdShape),
    penalty: all({ dailyRate: text(), graceDays: whole(), graceMode: words('retroactive', 'deferred') }),
    allocation: all({ order: Joi.array().items(text()), direction: words('horizontal', 'vertical') }),
    paydayDeclared: orNull(whole()),
    collections: orNull(all({ id: anId('col'), openedAt: instant(), stage: text() })),
    attempts: whole().description('highest attempt number so far'),
    metadata: metadata(),
    createdAt: instant(),
    borrower: later(borrowerShape),
    mandates: later(Joi.array().items(mandateShape)),
  }),
);
export const actedShape = named(
  'PlanActed',
  planShape
    .keys({
      inFlight: Joi.array().items(anId('att')).required().description('attempts that had left before this act and may still succeed'),
    })
    .meta({ 'x-shape': 'PlanActed' }),
);
export const registeredShape = named(
  'PlanRegistered',
  planShape.keys({ result: words('created', 'existing').required() }).meta({ 'x-shape': 'PlanRegistered' }),
);
export const heldShape = named(
  'HoldPlaced',
  holdShape.keys({ inFlight: Joi.array().items(anId('att')).required() }).meta({ 'x-shape': 'HoldPlaced' }),
);

const ruleShape = all({ code: text(), before: orNull(whole()), after: orNull(whole()), limit: orNull(whole()), source: text() });
export const permitShape = named(
  'Permit',
  all({
    pack: all({ name: text(), version: text() }),
    rules: Joi.array().items(ruleShape),
    noticeId: orNull(text()),
    slot: orNull(whole()),
    sendBy: instant(),
  }),
);
const refusalShape = all({
  rule: text(),
  source: text(),
  says: text(),
  counters: orNull(all({ before: whole(), limit: whole() })),
  retryAt: orNull(instant()),
});

export const eventShape = named(
  'Event',
  all({
    id: text(),
    number: later(whole().description('place in the lender’s feed; the cursor of /v1/events')),
    subject: text(),
    n: whole(),
    type: text(),
    planId: orNull(text()),
    borrowerId: orNull(text()),
    from: orNull(text()),
    to: orNull(text()),
    at: instant(),
    by: text(),
    why: text(),
    evidence: orNull(all({ kind: text(), ref: text(), rawCode: later(text()), rawText: later(text()) })),
    currency: orNull(text()),
    posting: Joi.array().items(
      all({ account: text(), minor: whole(), instalmentId: orNull(text()), component: orNull(text()), scheduleVersion: orNull(whole()) }),
    ),
    data: Joi.object().unknown(true),
  }),
);

export const attemptShape = named(
  'Attempt',
  all({
    id: anId('att'),
    planId: anId('pln'),
    borrowerId: anId('brw'),
    mandateId: anId('mnd'),
    n: whole(),
    cycle: anId('ins'),
    part: orNull(whole()),
    trigger: words(...TRIGGERS),
    channel: text(),
    outTradeNo: text(),
    channelTradeNo: orNull(text()),
    lenderReference: orNull(text()),
    amount: whole(),
    currency: text(),
    aims: Joi.array().items(all({ instalmentId: anId('ins'), n: whole(), amount: whole() })),
    accountLast4: text(),
    businessDate: text(),
    dueDate: text(),
    scheduleVersion: whole(),
    strategy: all({ name: text(), version: whole() }),
    because: text(),
    state: words('created', 'submitted', 'accepted', 'unknown', 'succeeded', 'failed', 'unsent', 'voided', 'returned'),
    open: Joi.boolean(),
    failure: orNull(
      all({
        class: text(),
        rawCode: orNull(text()),
        rawText: orNull(text()),
        says: text(),
        retryable: Joi.boolean(),
        willRetryAt: orNull(instant()),
      }),
    ),
    askedAgainAt: orNull(instant()),
    sendBy: instant(),
    createdAt: instant(),
    movedAt: instant(),
    permit: later(permitShape),
    events: later(Joi.array().items(eventShape)),
    plan: later(planShape),
  }),
);

export const noticeShape = named(
  'Notice',
  all({
    id: anId('ntc'),
    planId: anId('pln'),
    borrowerId: anId('brw'),
    key: text(),
    template: text(),
    language: text(),
    text: text(),
    toLast4: text(),
    announces: orNull(all({ dueDate: text(), debitDate: text(), amount: whole(), accountLast4: text() })),
    state: words('sending', 'sent', 'delivered', 'failed', 'unsure', 'blocked'),
    why: orNull(text()),
    gatewayNo: orNull(text()),
    tries: whole(),
    createdAt: instant(),
    sentAt: orNull(instant()),
    deliveredAt: orNull(instant()),
  }),
);
export const paymentShape = named(
  'Payment',
  all({
    id: anId('pay'),
    planId: anId('pln'),
    borrowerId: anId('brw'),
    externalId: orNull(text()),
    amount: whole(),
    currency: text(),
    valueDate: text(),
    targets: Joi.array().items(anId('ins')),
    note: orNull(text()),
    at: instant(),
  }),
);
export const paymentBookedShape = named(
  'PaymentBooked',
  paymentShape
    .keys({ repeated: Joi.boolean().required(), inFlight: Joi.array().items(anId('att')).required(), plan: planShape.required() })
    .meta({ 'x-shape': 'PaymentBooked' }),
);
export const skipShape = named(
  'Skip',
  all({
    id: anId('skp'),
    planId: anId('pln'),
    date: text(),
    rule: text(),
    source: text(),
    says: text(),
    counters: orNull(all({ before: whole(), limit: whole() })),
    trigger: text(),
    dueDate: text(),
    amount: whole(),
    retryAt: orNull(instant()),
    at: instant(),
  }),
);
export const collectionShape = named(
  'CollectionsCase',
  all({
    id: anId('col'),
    planId: anId('pln'),
    borrowerId: anId('brw'),
    stage: text(),
    state: words('open', 'closed'),
    openedAt: instant(),
    closedAt: orNull(instant()),
    outstanding: whole(),
    currency: text(),
    because: text(),
  }),
);
export const discrepancyShape = named(
  'Discrepancy',
  all({
    id: text(),
    planId: anId('pln'),
    attemptId: anId('att'),
    kind: words('unresolved', 'answerMismatch', 'unmappedCode', 'numberTaken'),
    says: text(),
    facts: Joi.object().unknown(true),
    state: words('open', 'closed'),
    openedAt: instant(),
    closedAt: orNull(instant()),
  }),
);
export const stopShape = named('Stop', all({ scope: text(), by: text(), why: text(), at: instant() }));

export const runShape = named(
  'JobRun',
  all({
    name: text(),
    startedAt: instant(),
    finishedAt: instant(),
    by: text(),
    times: whole().description('runs told by this one record: those that found nothing to look at share one'),
    lookedAt: whole(),
    did: whole(),
    refused: whole(),
    failed: whole(),
    oldestDue: orNull(instant()),
    error: orNull(text()),
  }),
);
export const jobShape = named(
  'Job',
  all({
    name: text(),
    cron: text(),
    zone: text(),
    paused: Joi.boolean(),
    nextRunAt: orNull(instant()),
    lockedAt: orNull(instant()),
    lockedBy: orNull(text()),
    lastRun: orNull(runShape),
  }),
);

const stepShape = all({
  kind: words('remind', 'debit'),
  when: instant(),
  dueDate: text(),
  trigger: orNull(text()),
  amount: whole(),
  because: text(),
  permit: orNull(permitShape),
  refusal: orNull(refusalShape),
});
export const previewShape = named(
  'Preview',
  all({
    currency: text(),
    schedule: Joi.array().items(all({ n: whole(), dueDate: text(), due: whole(), components: amounts })),
    debits: Joi.array().items(stepShape),
    ifRefused: Joi.array().items(stepShape),
  }),
);
const sentence = all({ at: orNull(instant()), text: text() });
export const explanationShape = named(
  'Explanation',
  all({
    id: text(),
    title: text(),
    sections: Joi.array().items(all({ title: text(), sentences: Joi.array().items(sentence) })),
    next: sentence,
  }),
);
export const quoteShape = named(
  'SettlementQuote',
  all({
    planId: anId('pln'),
    on: text(),
    currency: text(),
    principal: whole(),
    interest: whole(),
    penalty: whole(),
    fee: whole(),
    total: whole(),
  }),
);
export const importShape = named(
  'ImportReport',
  all({
    rows: whole(),
    imported: whole(),
    unchanged: whole(),
    rejected: Joi.array().items(all({ line: whole(), code: text(), message: text() })),
  }),
);
export const caseShape = named('CaseFiled', all({ attemptId: anId('att'), inboxId: text(), state: words('filed') }));
export const clockShape = named('TestClock', all({ now: instant() }));
export const scenarioShape = named('Scenario', all({ name: text(), needs: words('order', 'account', 'nothing'), does: text() }));
export const scenarioRunShape = named('ScenarioRun', all({ name: text(), did: text() }));
