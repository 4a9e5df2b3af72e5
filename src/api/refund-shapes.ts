/** What answers about refunds look like on the wire. */
import Joi from 'joi';
import { REFUND } from '../domain/refund.ts';
import { all, anId, instant, later, named, orNull, text, whole, words } from './shape.ts';
import { eventShape } from './shapes-done.ts';

export const refundShape = named(
  'Refund',
  all({
    id: anId('rfd'),
    receiptId: text().description('the debit (att_) or self-payment (pay_) it gives back'),
    planId: anId('pln'),
    borrowerId: anId('brw'),
    n: whole().description('1, 2, 3 ... of one receipt'),
    refundNo: text(),
    amount: whole(),
    currency: text(),
    way: words('channel', 'transfer'),
    channel: text().description('the debit’s channel, or the payout port'),
    outTradeNo: orNull(text()),
    channelTradeNo: orNull(text()),
    because: text(),
    askedBy: orNull(anId('key')).description('the key that asked; null: by the strategy’s own rule'),
    approvedBy: orNull(anId('key')),
    state: words(...Object.keys(REFUND.table)),
    rawCode: orNull(text()),
    rawText: orNull(text()),
    paidOn: orNull(text()).description('the other side’s business day on which it went out'),
    returnedOn: orNull(text()),
    askedAgainAt: orNull(instant()),
    createdAt: instant(),
    sentAt: orNull(instant()),
    movedAt: instant(),
    events: later(Joi.array().items(eventShape)),
  }),
);

export const movementsShape = named(
  'Movements',
  all({
    attemptId: anId('att'),
    outTradeNo: text(),
    channel: text(),
    currency: text(),
    amount: whole().description('what was taken; refunds leave it as it was'),
    refundedAmount: whole(),
    left: whole().description('what may still be given back'),
    movements: Joi.array().items(
      all({
        kind: words('debit', 'return', 'refund', 'refundReturned'),
        amount: whole().description('above zero towards us'),
        number: text().description('as it stands on statements'),
        day: orNull(text()).description('the other side’s business day'),
        at: instant(),
        refundId: orNull(anId('rfd')),
      }),
    ),
    refunds: Joi.array().items(refundShape),
  }),
);
