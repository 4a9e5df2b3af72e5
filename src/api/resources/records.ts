/** The records of what was done and not done, as lists: notices, self-payments, skips, collections. */
import Joi from 'joi';
import type { Notice } from '../../domain/notice.ts';
import { field } from '../../flows/input.ts';
import { daySpan, equal, type ListQuery, listQuery, pageOf, range, span } from '../query.ts';
import { byId, id, READS, route } from '../route.ts';
import { listOf } from '../shape.ts';
import { collectionShape, noticeShape, paymentShape, skipShape } from '../shapes-done.ts';
import { collectionView, noticeView, paymentView, skipView } from '../views.ts';

const planId = () => field.id('pln');
const borrowerId = () => field.id('brw');

export const RECORDS = [
  route<ListQuery>({
    id: 'listNotices',
    method: 'get',
    path: '/v1/notices',
    tag: 'Notices',
    summary: 'Lists messages to borrowers, with the proof that they went out',
    scopes: READS,
    tenancy: 'lender',
    money: false,
    query: listQuery('ntc', {
      planId: planId(),
      borrowerId: borrowerId(),
      state: Joi.string().valid('sending', 'sent', 'delivered', 'failed', 'unsure', 'blocked'),
      ...span('created', 'made'),
    }),
    reply: { status: 200, shape: listOf(noticeShape), says: 'One page of notices.' },
    example: { query: 'planId={pln}' },
    async handle({ store, query }) {
      const { data, hasMore } = await store.notices.list(
        { ...equal(query, ['planId', 'borrowerId', 'state']), ...range(query, 'created', 'createdAt', 'instant') },
        pageOf(query),
      );
      return { body: { data: data.map(noticeView), hasMore } };
    },
  }),
  route<unknown, undefined, Notice>({
    id: 'getNotice',
    method: 'get',
    path: '/v1/notices/{id}',
    tag: 'Notices',
    summary: 'Reads one message',
    scopes: READS,
    tenancy: 'lender',
    ids: id('ntc', 'notice'),
    money: false,
    find: byId('notice', (store) => store.notices),
    reply: { status: 200, shape: noticeShape, says: 'The notice.' },
    example: { params: { id: '{ntc}' } },
    handle: async ({ subject }) => ({ body: noticeView(subject) }),
  }),
  route<ListQuery>({
    id: 'listPayments',
    method: 'get',
    path: '/v1/payments',
    tag: 'Payments',
    summary: 'Lists what borrowers paid by other means',
    scopes: READS,
    tenancy: 'lender',
    money: false,
    query: listQuery('pay', {
      planId: planId(),
      borrowerId: borrowerId(),
      externalId: field.externalId(),
      ...daySpan('valueDate', 'paid'),
    }),
    reply: { status: 200, shape: listOf(paymentShape), says: 'One page of payments.' },
    example: { query: 'planId={pln}' },
    async handle({ store, query }) {
      const { data, hasMore } = await store.payments.list(
        { ...equal(query, ['planId', 'borrowerId', 'externalId']), ...range(query, 'valueDate', 'valueDate', 'day') },
        pageOf(query),
      );
      return { body: { data: data.map(paymentView), hasMore } };
    },
  }),
  route<ListQuery>({
    id: 'listSkips',
    method: 'get',
    path: '/v1/skips',
    tag: 'Skips',
    summary: 'Lists why nothing was debited: one row a plan, day and rule',
    scopes: READS,
    tenancy: 'lender',
    money: false,
    query: listQuery('skp', { planId: planId(), rule: Joi.string().max(60), ...daySpan('date', 'refused') }),
    reply: { status: 200, shape: listOf(skipShape), says: 'One page of refusals, each with its rule and source.' },
    example: { query: 'planId={pln}' },
    async handle({ store, query }) {
      const { data, hasMore } = await store.skips.list(
        { ...equal(query, ['planId', 'rule']), ...range(query, 'date', 'date', 'day') },
        pageOf(query),
      );
      return { body: { data: data.map(skipView), hasMore } };
    },
  }),
  route<ListQuery>({
    id: 'listCollections',
    method: 'get',
    path: '/v1/collections',
    tag: 'Collections',
    summary: 'Lists plans handed over to collections, and recalled',
    scopes: READS,
    tenancy: 'lender',
    money: false,
    query: listQuery('col', { planId: planId(), stage: Joi.string().max(40), ...span('opened', 'handed over') }),
    reply: { status: 200, shape: listOf(collectionShape), says: 'One page of cases.' },
    example: { query: 'limit=10' },
    async handle({ store, query }) {
      const { data, hasMore } = await store.collections.list(
        { ...equal(query, ['planId', 'stage']), ...range(query, 'opened', 'openedAt', 'instant') },
        pageOf(query),
      );
      return { body: { data: data.map(collectionView), hasMore } };
    },
  }),
];
