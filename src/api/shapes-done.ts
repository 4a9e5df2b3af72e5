/** The shapes of answers about what was done: attempts, notices, records, jobs, previews. */
import Joi from 'joi';
import { TRIGGERS } from '../domain/attempt.ts';
import { all, anId, instant, later, named, orNull, text, whole, words } from './shape.ts';
import { amounts, planShape } from './shapes.ts';

const ruleShape = all({ code: text(), before: orNull(whole()), after: orNull(whole()), limit: orNull(whole()), source: text() });
const permitShape = named(
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
    refundedAmount: whole().description('given back by refunds of ours; `amount` stays'),
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
    settlementFee: whole(),
    total: whole(),
  }),
);
export const importShape = named(
  'ImportReport',
  all({
    rows: whole(),
    imported: whole(),
    unchanged: whole(),
    rejectedRows: whole(),
    rejected: Joi.array().items(all({ line: whole(), code: text(), message: text() })),
  }),
);
export const caseShape = named('CaseFiled', all({ attemptId: anId('att'), inboxId: text(), state: words('filed') }));
export const clockShape = named('TestClock', all({ now: instant() }));
export const scenarioShape = named('Scenario', all({ name: text(), needs: words('order', 'account', 'nothing'), does: text() }));
export const scenarioRunShape = named('ScenarioRun', all({ name: text(), did: text() }));
