/** Refunds: asked for with one key, approved with another, and one order with its refunds beneath. */
import Joi from 'joi';
import type { Attempt } from '../../domain/attempt.ts';
import { REFUND, type Refund } from '../../domain/refund.ts';
import { field } from '../../flows/input.ts';
import { type RefundVerdict, resolveRefund } from '../../flows/refund/resolve.ts';
import { approveRefund, cancelRefund, type RefundAsk, requestRefund } from '../../flows/refund.ts';
import { lenderOfCall } from '../call.ts';
import { caseBody } from '../case-body.ts';
import { type Expand, equal, expandable, type ListQuery, listQuery, pageOf, range, span } from '../query.ts';
import { movementsShape, refundShape } from '../refund-shapes.ts';
import { movementsView, refundView } from '../refund-views.ts';
import { byId, id, NO_BODY, READS, route, STAFF_WRITES, WRITES } from '../route.ts';
import { listOf } from '../shape.ts';
import { eventView } from '../views.ts';

const tag = 'Refunds';
const find = byId('refund', (store) => store.refunds);
const who = { 'x-actor': 'li.na', 'x-reason': 'the borrower paid twice' };
const RECEIPT = /^(att|pay)_[0-9A-HJKMNP-TV-Z]{26}$/;

const receiptId = () => Joi.string().max(40).pattern(RECEIPT, 'receiptId').description('a debit (att_...) or a self-payment (pay_...)');

export const REFUNDS = [
  route<unknown, RefundAsk>({
    id: 'createRefund',
    method: 'post',
    path: '/v1/refunds',
    tag,
    summary: 'Asks for money to be given back',
    says: 'Nothing leaves before the holder of another key has approved it. Refunds asked for, under way and done never come to more than came in. A refund above what was overpaid re-opens what the money had paid.',
    scopes: WRITES,
    tenancy: 'lender',
    money: true,
    body: Joi.object({
      receiptId: receiptId().required(),
      amount: field.positiveAmount().required(),
      way: Joi.string()
        .valid('channel', 'transfer')
        .allow(null)
        .default(null)
        .description('left out: back the way it came where that can be, else by transfer'),
      because: field.note().required(),
    }).required(),
    reply: { status: 201, shape: refundShape, says: 'The refund, waiting for its approval.' },
    refuses: ['NOT_RECEIVED', 'REFUND_TOO_LARGE', 'REFUND_WAY_CLOSED', 'SECOND_KEY_REQUIRED'],
    example: { body: { receiptId: '{att}', amount: 1200, because: 'paid twice' }, headers: who },
    handle: async (call) => ({ body: refundView(await requestRefund(call.world, lenderOfCall(call), call.body, call.actor)) }),
  }),
  route<ListQuery>({
    id: 'listRefunds',
    method: 'get',
    path: '/v1/refunds',
    tag,
    summary: 'Lists refunds',
    scopes: READS,
    tenancy: 'lender',
    money: false,
    query: listQuery('rfd', {
      planId: field.id('pln'),
      borrowerId: field.id('brw'),
      receiptId: receiptId(),
      refundNo: Joi.string().max(64),
      state: Joi.string().valid(...Object.keys(REFUND.table)),
      ...span('created', 'asked for'),
    }),
    reply: { status: 200, shape: listOf(refundShape), says: 'One page of refunds.' },
    example: { query: 'receiptId={att}&limit=20' },
    async handle({ store, query }) {
      const where = {
        ...equal(query, ['planId', 'borrowerId', 'receiptId', 'refundNo', 'state']),
        ...range(query, 'created', 'createdAt', 'instant'),
      };
      const { data, hasMore } = await store.refunds.list(where, pageOf(query));
      return { body: { data: data.map(refundView), hasMore } };
    },
  }),
  route<Expand, undefined, Refund>({
    id: 'getRefund',
    method: 'get',
    path: '/v1/refunds/{id}',
    tag,
    summary: 'Reads one refund',
    scopes: READS,
    tenancy: 'lender',
    ids: id('rfd', 'refund'),
    money: false,
    query: Joi.object(expandable('events')),
    find,
    reply: { status: 200, shape: refundShape, says: 'The refund.' },
    example: { params: { id: '{rfd}' }, query: 'expand[]=events' },
    async handle({ subject, query, store }) {
      const events = query.expand.includes('events') ? { events: (await store.eventsOf([subject.id])).map(eventView) } : {};
      return { body: { ...refundView(subject), ...events } };
    },
  }),
  route<unknown, unknown, Refund>({
    id: 'approveRefund',
    method: 'post',
    path: '/v1/refunds/{id}/approve',
    tag,
    summary: 'Lets a refund go out',
    says: 'With another key than the one that asked; a name in X-Actor does not count. It leaves within a tick.',
    scopes: WRITES,
    tenancy: 'lender',
    ids: id('rfd', 'refund'),
    money: true,
    find,
    ...NO_BODY,
    reply: { status: 200, shape: refundShape, says: 'The refund, approved.' },
    refuses: ['SECOND_KEY_REQUIRED', 'ILLEGAL_TRANSITION'],
    example: { params: { id: '{rfd}' }, headers: who },
    handle: async (call) => ({ body: refundView(await approveRefund(call.world, lenderOfCall(call), call.subject.id, call.actor)) }),
  }),
  route<unknown, unknown, Refund>({
    id: 'cancelRefund',
    method: 'post',
    path: '/v1/refunds/{id}/cancel',
    tag,
    summary: 'Takes a refund back that has not left',
    scopes: WRITES,
    tenancy: 'lender',
    ids: id('rfd', 'refund'),
    money: true,
    find,
    ...NO_BODY,
    reply: { status: 200, shape: refundShape, says: 'The refund, cancelled.' },
    refuses: ['ILLEGAL_TRANSITION'],
    example: { params: { id: '{rfd}' }, headers: who },
    handle: async (call) => ({ body: refundView(await cancelRefund(call.world, lenderOfCall(call), call.subject.id, call.actor)) }),
  }),
  route<unknown, RefundVerdict, Refund>({
    id: 'resolveRefund',
    method: 'post',
    path: '/v1/refunds/{id}/resolve',
    tag,
    summary: "Files a person's case for a refund that nothing else could resolve, or that came back",
    says: '`returned`: it had gone out and the money is here again; it pays what it had re-opened, or is owed to the borrower once more.',
    scopes: STAFF_WRITES,
    tenancy: 'lender',
    ids: id('rfd', 'refund'),
    money: true,
    find,
    body: caseBody('succeeded', 'failed', 'returned'),
    reply: { status: 200, shape: refundShape, says: 'The refund after it.' },
    refuses: ['ILLEGAL_TRANSITION', 'REFUND_TOO_LARGE'],
    example: {
      params: { id: '{rfdSent}' },
      body: { verdict: 'succeeded', evidence: 'page 3 of the account, 27 January', channelTradeNo: 'B-78' },
      headers: who,
    },
    handle: async (call) => ({
      body: refundView(await resolveRefund(call.world, lenderOfCall(call), call.subject.id, call.body, call.actor)),
    }),
  }),
  route<unknown, undefined, Attempt>({
    id: 'listMovements',
    method: 'get',
    path: '/v1/attempts/{id}/movements',
    tag,
    summary: 'One order folded: the debit, its return, and its refunds beneath',
    says: 'N refunds are N + 1 rows or more; the debit keeps its amount.',
    scopes: READS,
    tenancy: 'lender',
    ids: id('att', 'attempt'),
    money: false,
    find: byId('attempt', (store) => store.attempts),
    reply: { status: 200, shape: movementsShape, says: 'What moved under the order number.' },
    example: { params: { id: '{att}' } },
    async handle({ subject, store }) {
      const refunds = [...(await store.refunds.all({ receiptId: subject.id }))].sort((a, b) => a.n - b.n);
      const events = await store.eventsOf([subject.id, ...refunds.map((r) => r.id)]);
      return { body: movementsView(subject, refunds, events) };
    },
  }),
];
