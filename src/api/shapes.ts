/** The shapes of answers about lenders, borrowers, mandates and plans, as joi schemas: the OpenAPI document is drawn from them, and the tests hold every answer against them. */
import Joi from 'joi';
import { COMPONENTS } from '../domain/plan.ts';
import { all, anId, instant, later, named, orNull, text, whole, words } from './shape.ts';

const metadata = () => Joi.object().pattern(Joi.string(), text());
export const amounts = named('Amounts', all(Object.fromEntries(COMPONENTS.map((c) => [c, whole().description('minor units')]))));

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

const receiptShape = all({
  id: text(),
  kind: words('debit', 'selfPayment'),
  amount: whole(),
  valueDate: text(),
  bookedAt: instant(),
  refunded: whole(),
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
