/** Stop switches: while one is set nothing new is sent for what it covers; every worker sees it before its next call. */

import Joi from 'joi';
import { NotFound } from '../../domain/errors.ts';
import { idPattern } from '../../domain/ids.ts';
import type { StopScope } from '../../domain/stop.ts';
import { liftStop, setStop } from '../../flows/stops.ts';
import { problem } from '../errors.ts';
import { type Call, NO_BODY, READS, route, WRITES } from '../route.ts';
import { listOf } from '../shape.ts';
import { stopShape } from '../shapes-done.ts';
import { stopView } from '../views.ts';

const tag = 'Stop switches';
type Bare = Call<unknown, undefined, undefined>;

/** The switch an address names, if this key may touch it. A lender's own key moves its lender's switch alone. */
async function find({ world, key, lender, params }: Bare): Promise<StopScope> {
  const scope = params.scope ?? '';
  const missing = new NotFound('stop switch', scope.slice(0, 80));
  const [kind, name = ''] = scope.split(/:(.*)/s);
  const ours = lender ? scope === `lender:${lender.id}` : true;
  if (kind === 'lender' && (!ours || !idPattern('lnd').test(name) || !(await world.store.admin.lenders.get(name)))) throw missing;
  if (kind === 'channel' && !world.channels.has(name)) throw missing;
  if (scope !== 'all' && kind !== 'lender' && kind !== 'channel') throw missing;
  if (key.lenderId !== null && kind !== 'lender')
    throw problem('FORBIDDEN', 'a key that is bound to a lender moves the switch of that lender alone');
  return scope as StopScope;
}

const says =
  '`scope` is `all`, `lender:lnd_…` or `channel:NAME`. A lender’s key moves the switch of its own lender; the others need `ops:write` or `admin` and a key bound to no lender.';

export const STOPS = [
  route({
    id: 'listStops',
    method: 'get',
    path: '/v1/stops',
    tag,
    summary: 'Lists the switches that are set',
    says: 'A key bound to a lender sees its own, and those that cover everybody or a channel.',
    scopes: READS,
    tenancy: 'either',
    money: false,
    reply: { status: 200, shape: listOf(stopShape), says: 'The switches.' },
    example: {},
    async handle({ world, lender }) {
      const all = await world.store.admin.stops.all();
      const seen = all.filter((s) => !lender || !s.scope.startsWith('lender:') || s.scope === `lender:${lender.id}`);
      return { body: { data: seen.map(stopView), hasMore: false } };
    },
  }),
  route<unknown, unknown, StopScope>({
    id: 'setStop',
    method: 'put',
    path: '/v1/stops/{scope}',
    tag,
    summary: 'Stops what the scope covers',
    says,
    scopes: WRITES,
    tenancy: 'either',
    money: false,
    find,
    ...NO_BODY,
    reply: { status: 200, shape: stopShape, says: 'The switch.' },
    example: { params: { scope: 'lender:{lnd}' }, headers: { 'x-actor': 'li.na', 'x-reason': 'the bank reports trouble' } },
    handle: async ({ world, subject, actor }) => ({ body: stopView(await setStop(world, subject, actor)) }),
  }),
  route<unknown, undefined, StopScope>({
    id: 'liftStop',
    method: 'delete',
    path: '/v1/stops/{scope}',
    tag,
    summary: 'Lifts a switch',
    says,
    scopes: WRITES,
    tenancy: 'either',
    money: false,
    find,
    reply: {
      status: 200,
      shape: Joi.object({ scope: Joi.string().required(), lifted: Joi.boolean().required() }),
      says: '`lifted` is false when no such switch was set.',
    },
    example: { params: { scope: 'lender:{lnd}' } },
    handle: async ({ world, subject, actor }) => ({ body: { scope: subject, lifted: await liftStop(world, subject, actor) } }),
  }),
];
