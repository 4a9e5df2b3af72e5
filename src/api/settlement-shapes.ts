/** What answers about settlements look like on the wire. */
import Joi from 'joi';
import { SETTLEMENT } from '../domain/settlement.ts';
import { all, anId, instant, later, listOf, named, orNull, text, whole, words } from './shape.ts';
import { eventShape } from './shapes-done.ts';

const minor = () => whole().description('minor units');
const PARTIES = ['lender', 'funder', 'guarantor'] as const;

export const settlementShape = named(
  'Settlement',
  all({
    id: anId('stl'),
    lenderId: anId('lnd'),
    currency: text(),
    agreement: text(),
    mode: words('afterReconciliation', 'settleFirst', 'passThrough'),
    state: words(...Object.keys(SETTLEMENT.table)),
    from: orNull(text()).description('first statement day it covers'),
    to: orNull(text()),
    payOn: text().description('the day it is paid on'),
    sums: all({
      gross: minor(),
      channelFee: minor(),
      shares: minor().description('what funder, guarantor and servicer get'),
      returns: minor(),
      refunds: minor(),
      adjustments: minor(),
      trueUp: minor().description('what earlier batches had to be put right by'),
      heldBack: minor(),
      released: minor(),
      advanced: minor().description('of the gross, what no file had confirmed when it was cleared'),
      net: minor(),
    }).description('net = gross − channelFee − shares − returns − refunds + adjustments + trueUp − heldBack + released'),
    transfers: Joi.array().items(
      all({
        party: words(...PARTIES),
        amount: minor(),
        payoutNo: text(),
        state: words('planned', 'sent', 'unknown', 'paid', 'failed'),
        sentAt: orNull(instant()),
        note: orNull(text()).description('what the payer said last'),
      }),
    ),
    payout: text().description('how it is paid'),
    releaseOn: orNull(text()).description('what is kept back is released from this day on'),
    releasedIn: orNull(anId('stl')),
    contentsHash: orNull(text()).description('SHA-256 over its rows, from the moment they were frozen'),
    rows: whole(),
    makerKeyId: orNull(text()).description('null: made by the cycle of the agreement'),
    approverKeyId: orNull(text()),
    createdAt: instant(),
    movedAt: instant(),
    events: later(Joi.array().items(eventShape)),
  }),
);

export const settlementRowShape = named(
  'SettlementRow',
  all({
    id: text().description('of the event that moved the money'),
    kind: words('payment', 'return', 'denial', 'refund', 'adjustment', 'trueUp'),
    receiptId: text(),
    planId: orNull(anId('pln')),
    channel: orNull(text()),
    outTradeNo: orNull(text()),
    day: orNull(text()).description('the channel’s business day whose file confirms it'),
    amount: minor().description('minor units; below zero where money went back'),
    parts: orNull(all({ lender: minor(), funder: minor(), guarantor: minor(), servicer: minor() })).description('they sum to the amount'),
    channelFee: minor(),
    feeBorneBy: orNull(words('lender', 'servicer')),
    advanced: Joi.boolean(),
    at: instant(),
  }),
);

/** What making came to, by currency. */
export const madeShape = listOf(
  named(
    'SettlementMade',
    all({
      currency: text(),
      cleared: orNull(settlementShape),
      waiting: orNull(settlementShape).description('a batch that stays open, below the agreement’s minimum'),
    }),
  ),
);
