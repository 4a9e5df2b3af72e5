/** What answers about the banks' files look like on the wire. */
import Joi from 'joi';
import { RESULTS } from '../domain/discrepancy.ts';
import { STATEMENT } from '../domain/statement.ts';
import { all, anId, instant, named, orNull, text, whole, words } from './shape.ts';

const totals = () =>
  all({ currency: text(), inCount: whole(), inMinor: whole(), outCount: whole(), outMinor: whole(), feeMinor: whole() }).description(
    'rows that moved money; minor units',
  );

export const statementShape = named(
  'Statement',
  all({
    id: anId('stm'),
    kind: words('channel', 'account'),
    source: text().description('the channel, or the account of ours, that it is of'),
    businessDate: text().description('of a refused file: the day it was asked for, else the day it came'),
    format: text(),
    name: text(),
    sha256: text(),
    bytes: whole(),
    issue: whole().description('1, 2, 3 ... of one day; 0 while it does not count'),
    state: words(...Object.keys(STATEMENT.table)),
    lines: whole(),
    sequence: orNull(text()).description('the bank’s own number of the file'),
    counted: Joi.array().items(totals()).required(),
    declared: orNull(Joi.array().items(totals())).description('control totals as the file states them'),
    warnings: Joi.array().items(text()).required(),
    refusal: orNull(all({ code: text(), line: orNull(whole()), column: orNull(whole()), says: text() })),
    receivedAt: instant(),
    by: text(),
  }),
);

export const statementLineShape = named(
  'StatementLine',
  all({
    n: whole().description('its place among the file’s lines, from 1'),
    line: whole().description('the line of the file'),
    kind: words('payment', 'refund', 'return', 'fee', 'adjustment', 'transfer', 'other'),
    status: words('succeeded', 'failed', 'pending'),
    side: words('in', 'out'),
    outTradeNo: orNull(text()),
    refundNo: orNull(text()),
    channelTradeNo: orNull(text()),
    minor: whole(),
    currency: text(),
    feeMinor: whole(),
    count: whole(),
    at: orNull(instant()),
    valueDate: text(),
    rawCode: text(),
    rawText: text(),
    result: orNull(words(...RESULTS)).description('what comparing it gave; null before that'),
  }),
);
