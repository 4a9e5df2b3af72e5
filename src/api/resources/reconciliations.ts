/** Reconciliation runs on the wire: the house's own, since a channel's file holds several lenders' rows. */
import Joi from 'joi';
import { NotFound } from '../../domain/errors.ts';
import { RECONCILIATION, type Reconciliation } from '../../domain/reconciliation.ts';
import { reconcile } from '../../flows/reconcile.ts';
import { reconciliationShape } from '../discrepancy-shapes.ts';
import { reconciliationView } from '../discrepancy-views.ts';
import { daySpan, equal, type ListQuery, pagedBy, pageOf, range } from '../query.ts';
import { type Call, found, NO_BODY, route, STAFF_READS, STAFF_WRITES } from '../route.ts';
import { listOf } from '../shape.ts';

const tag = 'Reconciliation';
const RUN = /^rec_[a-z0-9-]{1,60}_\d{4}-\d{2}-\d{2}$/;
const EXAMPLE = 'rec_simulator_2026-01-24';

/** 'rec_CHANNEL_DATE' is no ULID: one run a channel and day. */
const find = ({ world, params }: Call<unknown, undefined, undefined>): Promise<Reconciliation> => {
  const wanted = params.run ?? '';
  if (!RUN.test(wanted)) throw new NotFound('reconciliation', wanted.slice(0, 80));
  return found('reconciliation', wanted, world.store.reconciliations.get(wanted));
};
const cursor = () => Joi.string().max(80).pattern(RUN, 'run');

export const RECONCILIATIONS = [
  route<ListQuery>({
    id: 'listReconciliations',
    method: 'get',
    path: '/v1/reconciliations',
    tag,
    summary: 'Lists runs: a channel and day each, with what came of comparing its file',
    scopes: STAFF_READS,
    tenancy: 'house',
    money: false,
    query: pagedBy(cursor, {
      channel: Joi.string().max(40),
      state: Joi.string().valid(...Object.keys(RECONCILIATION.table)),
      ...daySpan('businessDate', 'of the file'),
    }),
    reply: { status: 200, shape: listOf(reconciliationShape), says: 'One page of runs, by channel and day.' },
    example: { query: 'channel=simulator&limit=10' },
    async handle({ world, query }) {
      const where = { ...equal(query, ['channel', 'state']), ...range(query, 'businessDate', 'businessDate', 'day') };
      const { data, hasMore } = await world.store.reconciliations.list(where, pageOf(query));
      return { body: { data: data.map(reconciliationView), hasMore } };
    },
  }),
  route<unknown, undefined, Reconciliation>({
    id: 'getReconciliation',
    method: 'get',
    path: '/v1/reconciliations/{run}',
    tag,
    summary: 'Reads one run: results by kind, sums, and what is booked of the day by lender',
    scopes: STAFF_READS,
    tenancy: 'house',
    money: false,
    find,
    reply: { status: 200, shape: reconciliationShape, says: 'The run.' },
    example: { params: { run: EXAMPLE } },
    handle: async ({ subject }) => ({ body: reconciliationView(subject) }),
  }),
  route<unknown, unknown, Reconciliation>({
    id: 'rerunReconciliation',
    method: 'post',
    path: '/v1/reconciliations/{run}/rerun',
    tag,
    summary: 'Compares the day again; what was found already is not found twice',
    scopes: STAFF_WRITES,
    tenancy: 'house',
    money: true,
    find,
    ...NO_BODY,
    reply: { status: 200, shape: reconciliationShape, says: 'The run after it.' },
    refuses: ['NO_STATEMENT'],
    example: { params: { run: EXAMPLE }, headers: { 'x-actor': 'li.na', 'x-reason': 'the file was loaded by hand' } },
    handle: async ({ world, subject }) => ({ body: reconciliationView(await reconcile(world, subject.channel, subject.businessDate)) }),
  }),
];
