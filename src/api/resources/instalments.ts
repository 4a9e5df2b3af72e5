/** Instalments: rows of a plan's schedule. Their ids are permanent. */
import type { Instalment, Plan } from '../../domain/plan.ts';
import { field } from '../../flows/input.ts';
import { type ListQuery, listQuery } from '../query.ts';
import { found, id, READS, route } from '../route.ts';
import { listOf } from '../shape.ts';
import { instalmentShape } from '../shapes.ts';
import { instalmentView } from '../views.ts';

const tag = 'Instalments';

/** One page of rows that are all at hand, by their order in the schedule; the cursor is the id of a row. */
function pageOfRows(rows: readonly Instalment[], { limit, after, before }: ListQuery) {
  const at = (wanted: string) => rows.findIndex((r) => r.id === wanted);
  const left = after === undefined ? rows : rows.slice(at(after) + 1);
  const until = before === undefined ? left : left.slice(0, Math.max(0, at(before)));
  return { data: before === undefined ? until.slice(0, limit) : until.slice(-limit), hasMore: until.length > limit };
}

export const INSTALMENTS = [
  route<ListQuery & Readonly<{ planId: string }>>({
    id: 'listInstalments',
    method: 'get',
    path: '/v1/instalments',
    tag,
    summary: "Lists a plan's instalments in the order of the schedule",
    scopes: READS,
    tenancy: 'lender',
    money: false,
    query: listQuery('ins', { planId: field.id('pln').required() }),
    reply: { status: 200, shape: listOf(instalmentShape), says: 'One page of instalments; empty for a plan that is not there.' },
    example: { query: 'planId={pln}' },
    async handle({ store, query }) {
      const plan = await store.plans.get(query.planId);
      if (!plan) return { body: { data: [], hasMore: false } };
      const { data, hasMore } = pageOfRows(plan.instalments, query);
      return { body: { data: data.map((i) => instalmentView(i, plan)), hasMore } };
    },
  }),
  route<unknown, undefined, Readonly<{ row: Instalment; plan: Plan }>>({
    id: 'getInstalment',
    method: 'get',
    path: '/v1/instalments/{id}',
    tag,
    summary: 'Reads one instalment: due, paid and outstanding, by component',
    scopes: READS,
    tenancy: 'lender',
    ids: id('ins', 'instalment'),
    money: false,
    async find({ store, params }) {
      const wanted = params.id ?? '';
      const plan = await found('instalment', wanted, store.planOfInstalment(wanted));
      const row = plan.instalments.find((i) => i.id === wanted);
      return { plan, row: await found('instalment', wanted, Promise.resolve(row ?? null)) };
    },
    reply: { status: 200, shape: instalmentShape, says: 'The instalment.' },
    example: { params: { id: '{ins}' } },
    handle: async ({ subject }) => ({ body: instalmentView(subject.row, subject.plan) }),
  }),
];
