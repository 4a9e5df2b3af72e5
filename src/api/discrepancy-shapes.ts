/** What answers about discrepancies and reconciliation runs look like on the wire. */
import Joi from 'joi';
import { DISCREPANCY, DISCREPANCY_KINDS, type MoneyAct, RESULTS } from '../domain/discrepancy.ts';
import { RECONCILIATION } from '../domain/reconciliation.ts';
import { all, anId, instant, later, named, orNull, text, whole, words } from './shape.ts';
import { eventShape } from './shapes-done.ts';

export const MONEY_ACTS: readonly MoneyAct[] = ['accept', 'adjust', 'refund', 'writeOff'];

const facts = () => Joi.object().unknown(true);

export const discrepancyShape = named(
  'Discrepancy',
  all({
    id: anId('dis'),
    lenderId: text().description('`house`: it belongs to no lender'),
    kind: words(...DISCREPANCY_KINDS),
    state: words(...Object.keys(DISCREPANCY.table)),
    says: text(),
    planId: orNull(anId('pln')),
    attemptId: orNull(anId('att')),
    channel: orNull(text()),
    businessDate: orNull(text()),
    outTradeNo: orNull(text()),
    statementId: orNull(text()),
    line: orNull(whole()),
    ours: orNull(whole()),
    theirs: orNull(whole()),
    currency: orNull(text()),
    inSuspense: whole().description('minor units the file has above us; below zero where it has less'),
    cause: orNull(text()).description('what is behind it, once evidence has shown it'),
    ended: orNull(text()),
    owner: orNull(text()),
    proposal: orNull(all({ act: words(...MONEY_ACTS), facts: facts(), by: text(), keyId: text(), why: text(), at: instant() })),
    underway: orNull(all({ act: words('accept', 'refund'), ref: text(), by: text(), answer: orNull(text()) })),
    asked: orNull(all({ kind: text(), minor: orNull(whole()), rawCode: text(), rawText: text(), at: instant() })),
    facts: facts(),
    ageDays: whole().description('whole days since it was found, to its end where it has one'),
    alertedAt: orNull(instant()),
    openedAt: instant(),
    closedAt: orNull(instant()),
    events: later(Joi.array().items(eventShape)),
  }),
);

const dayShape = all({
  lenderId: text(),
  currency: text(),
  paidCount: whole(),
  paid: whole(),
  returnedCount: whole(),
  returned: whole(),
  refundedCount: whole(),
  refunded: whole(),
  fee: whole(),
});
const sums = () => Joi.object().pattern(Joi.string(), whole()).description('minor units by currency');

export const reconciliationShape = named(
  'Reconciliation',
  all({
    id: text(),
    channel: text(),
    businessDate: text(),
    state: words(...Object.keys(RECONCILIATION.table)),
    statementId: orNull(text()),
    lines: whole(),
    byResult: all(Object.fromEntries(RESULTS.map((r) => [r, whole()]))),
    ours: sums(),
    theirs: sums(),
    difference: sums(),
    lenders: Joi.array().items(dayShape),
    expectedAt: instant(),
    depositedAt: orNull(instant()),
    runs: whole(),
    ranAt: orNull(instant()),
    closedAt: orNull(instant()),
  }),
);
