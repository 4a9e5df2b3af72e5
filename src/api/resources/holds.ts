/** Holds and promises that stand on plans. They are placed on the plan (plan-acts.ts) and end by time or here, by a person. */

import Joi from 'joi';
import type { Hold, Plan } from '../../domain/plan.ts';
import { releaseHold } from '../../flows/holds.ts';
import { field } from '../../flows/input.ts';
import { lenderOfCall } from '../call.ts';
import type { Call } from '../route.ts';
import { found, id, NO_BODY, READS, route, WRITES } from '../route.ts';
import { listOf } from '../shape.ts';
import { heldShape, holdShape } from '../shapes.ts';
import { holdView } from '../views.ts';

type Standing = Readonly<{ hold: Hold; plan: Plan }>;
const tag = 'Holds';

async function find({ store, params }: Call<unknown, undefined, undefined>): Promise<Standing> {
  const wanted = params.id ?? '';
  const plan = await found('hold', wanted, store.plans.one({ 'holds.id': wanted }));
  const hold = plan.holds.find((h) => h.id === wanted);
  return { plan, hold: await found('hold', wanted, Promise.resolve(hold ?? null)) };
}

export const HOLDS = [
  route<Readonly<{ planId: string }>>({
    id: 'listHolds',
    method: 'get',
    path: '/v1/holds',
    tag,
    summary: 'Lists the holds that stand on a plan',
    scopes: READS,
    tenancy: 'lender',
    money: false,
    query: Joi.object({ planId: field.id('pln').required() }),
    reply: { status: 200, shape: listOf(holdShape), says: 'All of them; a plan has few.' },
    example: { query: 'planId={pln}' },
    async handle({ store, query }) {
      const plan = await store.plans.get(query.planId);
      return { body: { data: (plan?.holds ?? []).map((h) => holdView(h, query.planId)), hasMore: false } };
    },
  }),
  route<unknown, undefined, Standing>({
    id: 'getHold',
    method: 'get',
    path: '/v1/holds/{id}',
    tag,
    summary: 'Reads one hold while it stands',
    scopes: READS,
    tenancy: 'lender',
    ids: id('hld', 'hold'),
    money: false,
    find,
    reply: { status: 200, shape: holdShape, says: 'The hold.' },
    example: { params: { id: '{hld}' } },
    handle: async ({ subject }) => ({ body: holdView(subject.hold, subject.plan.id) }),
  }),
  route<unknown, unknown, Standing>({
    id: 'releaseHold',
    method: 'post',
    path: '/v1/holds/{id}/release',
    tag,
    summary: 'Ends a hold: the plan is decided anew',
    scopes: WRITES,
    tenancy: 'lender',
    ids: id('hld', 'hold'),
    money: true,
    find,
    ...NO_BODY,
    reply: { status: 200, shape: heldShape, says: 'The hold that ended.' },
    example: { params: { id: '{hld}' }, headers: { 'x-actor': 'li.na', 'x-reason': 'the dispute is settled' } },
    async handle(call) {
      const { plan, hold } = call.subject;
      const { inFlight } = await releaseHold(call.world, lenderOfCall(call), plan.id, hold.id, call.actor);
      return { body: { ...holdView(hold, plan.id), inFlight } };
    },
  }),
];
