/** Settlements on the wire: a lender reads its own batches; staff of the house make, approve, retry and confirm them. */
import Joi from 'joi';
import { businessDate } from '../../domain/clock.ts';
import { SETTLEMENT, type Settlement } from '../../domain/settlement.ts';
import { field } from '../../flows/input.ts';
import { approve, type Confirmation, confirm, retry, settle } from '../../flows/settle.ts';
import { daySpan, type Expand, equal, expandable, type ListQuery, listQuery, pageOf, pageSize, range } from '../query.ts';
import { byId, type Call, found, id, NO_BODY, READS, route, STAFF_WRITES } from '../route.ts';
import { madeShape, settlementRowShape, settlementShape } from '../settlement-shapes.ts';
import { madeView, settlementRowView, settlementView } from '../settlement-views.ts';
import { listOf } from '../shape.ts';
import { eventView } from '../views.ts';

const tag = 'Settlements';
const who = { 'x-actor': 'li.na', 'x-reason': 'the daily money run' };
const find = byId('settlement', (store) => store.settlements);
/** Acts are the house's: money leaves its account. */
const findAny = ({ world, params }: Call<unknown, undefined, undefined>): Promise<Settlement> =>
  found('settlement', params.id ?? '', world.store.settling.get(params.id ?? ''));

type ActSpec<B> = Readonly<{
  id: string;
  path: string;
  summary: string;
  says: string;
  body?: Joi.ObjectSchema;
  refuses: readonly string[];
  example: Readonly<{ params: Readonly<Record<string, string>>; body?: unknown }>;
  act: (call: Call<unknown, B, Settlement>) => Promise<Settlement>;
}>;

const act = <B>(spec: ActSpec<B>) =>
  route<unknown, B, Settlement>({
    id: spec.id,
    method: 'post',
    path: `/v1/settlements/{id}/${spec.path}`,
    tag,
    summary: spec.summary,
    says: spec.says,
    scopes: STAFF_WRITES,
    tenancy: 'house',
    ids: id('stl', 'settlement'),
    money: true,
    find: findAny,
    ...(spec.body ? { body: spec.body } : NO_BODY),
    reply: { status: 200, shape: settlementShape, says: 'The batch after it.' },
    refuses: ['SECOND_KEY_REQUIRED', ...spec.refuses],
    example: { ...spec.example, headers: who },
    handle: async (call) => ({ body: settlementView(await spec.act(call)) }),
  });

export const SETTLEMENTS = [
  route<ListQuery>({
    id: 'listSettlements',
    method: 'get',
    path: '/v1/settlements',
    tag,
    summary: 'Lists settlement batches',
    says: 'An `open` batch still gathers; from `cleared` on its contents are frozen. `reported` batches are for money that the channel paid the lender itself.',
    scopes: READS,
    tenancy: 'lender',
    money: false,
    query: listQuery('stl', {
      currency: field.currency(),
      state: Joi.string().valid(...Object.keys(SETTLEMENT.table)),
      ...daySpan('payOn', 'paid'),
    }),
    reply: { status: 200, shape: listOf(settlementShape), says: 'One page of batches.' },
    example: { query: 'limit=20' },
    async handle({ store, query }) {
      const where = { ...equal(query, ['currency', 'state']), ...range(query, 'payOn', 'payOn', 'day') };
      const { data, hasMore } = await store.settlements.list(where, pageOf(query));
      return { body: { data: data.map(settlementView), hasMore } };
    },
  }),
  route<Expand, undefined, Settlement>({
    id: 'getSettlement',
    method: 'get',
    path: '/v1/settlements/{id}',
    tag,
    summary: 'Reads one batch: its sums, its transfers, who made and approved it',
    scopes: READS,
    tenancy: 'lender',
    ids: id('stl', 'settlement'),
    money: false,
    query: Joi.object(expandable('events')),
    find,
    reply: { status: 200, shape: settlementShape, says: 'The batch.' },
    example: { params: { id: '{stl}' }, query: 'expand[]=events' },
    async handle({ subject, query, store }) {
      const events = query.expand.includes('events') ? { events: (await store.eventsOf([subject.id])).map(eventView) } : {};
      return { body: { ...settlementView(subject), ...events } };
    },
  }),
  route<Readonly<{ limit: number; after?: string }>, undefined, Settlement>({
    id: 'listSettlementRows',
    method: 'get',
    path: '/v1/settlements/{id}/rows',
    tag,
    summary: 'Lists what a batch is made of: one row a movement, with what each party gets of it',
    scopes: READS,
    tenancy: 'lender',
    ids: id('stl', 'settlement'),
    money: false,
    query: Joi.object({
      limit: pageSize(),
      after: Joi.string()
        .max(60)
        .pattern(/^[a-z]{3}_[0-9A-Z]{26}:\d+(\.trueUp)?$/, 'row')
        .description('the last id of the page before'),
    }),
    find,
    reply: { status: 200, shape: listOf(settlementRowShape), says: 'One page of rows.' },
    example: { params: { id: '{stl}' }, query: 'limit=20' },
    async handle({ subject, query, store }) {
      const page = { limit: query.limit, ...(query.after ? { after: query.after } : {}) };
      const { data, hasMore } = await store.clearings.list({ settlementId: subject.id }, page);
      return { body: { data: data.map(settlementRowView), hasMore } };
    },
  }),
  route<unknown, Readonly<{ lenderId: string; through: string }>>({
    id: 'makeSettlements',
    method: 'post',
    path: '/v1/settlements',
    tag,
    summary: 'Clears what is confirmed now, beside the cycle: one batch a currency',
    says: 'The batches of the agreement’s cycle are made without it. The key that makes a batch cannot approve it.',
    scopes: STAFF_WRITES,
    tenancy: 'house',
    money: true,
    body: Joi.object({
      lenderId: field.id('lnd').required(),
      through: field.day().required().description('the last statement day to take'),
    }).required(),
    reply: { status: 200, shape: madeShape, says: 'What was cleared, and what waits, by currency; empty where nothing is confirmed.' },
    refuses: ['NO_AGREEMENT'],
    example: { body: { lenderId: '{lnd}', through: '2026-01-25' }, headers: who },
    async handle({ world, body, actor }) {
      const lender = await found('lender', body.lenderId, world.store.admin.lenders.get(body.lenderId));
      const made = await settle(world, lender, businessDate(body.through), actor);
      return { body: { data: made.map(madeView), hasMore: false } };
    },
  }),
  act({
    id: 'approveSettlement',
    path: 'approve',
    summary: 'Approves a cleared batch for payment',
    says: 'Under another key than its maker’s; a name in `X-Actor` does not count. It is paid on its day.',
    refuses: ['ILLEGAL_TRANSITION'],
    example: { params: { id: '{stl}' } },
    act: ({ world, subject, actor }) => approve(world, subject, actor),
  }),
  act({
    id: 'retrySettlement',
    path: 'retry',
    summary: 'Pays the refused transfers of a failed batch again',
    says: 'Its contents and its approval stand; what was refused goes under new numbers. What a person has confirmed as `notPaid` takes another key than theirs.',
    refuses: ['ILLEGAL_TRANSITION'],
    example: { params: { id: '{stlFailed}' } },
    act: ({ world, subject, actor }) => retry(world, subject, actor),
  }),
  act<Confirmation>({
    id: 'confirmSettlement',
    path: 'confirm',
    summary: 'States what became of a transfer that is under way',
    says: 'For payments by hand or by file, and for a payer that stays silent. `notPaid` must be certain: the transfer may then be made again.',
    body: Joi.object({
      payoutNo: Joi.string().max(40).required(),
      outcome: Joi.string().valid('paid', 'notPaid').required(),
      evidence: field.note().required(),
    }).required(),
    refuses: ['NOT_UNDER_WAY'],
    example: { params: { id: '{stlSent}' }, body: { payoutNo: '{payoutNo}', outcome: 'paid', evidence: 'receipt 4711 of the bank' } },
    act: ({ world, subject, body, actor }) => confirm(world, subject, body, actor),
  }),
];
