/** What exists in test mode alone: the clock that moves the whole system, and scenarios at the simulated bank. Elsewhere these addresses do not exist. */
import { strict as assert } from 'node:assert';
import Joi from 'joi';
import { parseInstant } from '../../domain/clock.ts';
import { NotFound } from '../../domain/errors.ts';
import { field } from '../../flows/input.ts';
import { lenderOfCall } from '../call.ts';
import type { ApiDeps, Scenario } from '../deps.ts';
import { type Call, found, READS, route, STAFF_WRITES, WRITES } from '../route.ts';
import { clockMovedShape, clockShape, listOf, scenarioRunShape, scenarioShape } from '../shapes.ts';

const tag = 'Test mode';

const testOf = (deps: ApiDeps): NonNullable<ApiDeps['test']> => {
  assert(deps.test, 'routes of test mode are only reached in test mode');
  return deps.test;
};

async function find({ deps, params }: Call<unknown, undefined, undefined>): Promise<Scenario> {
  const scenario = testOf(deps)
    .scenarios.list()
    .find((s) => s.name === params.name);
  if (!scenario) throw new NotFound('scenario', (params.name ?? '').slice(0, 80));
  return scenario;
}

export const TEST_MODE = [
  route({
    id: 'getTestClock',
    method: 'get',
    path: '/v1/test/clock',
    tag,
    summary: 'Reads the test clock',
    scopes: READS,
    tenancy: 'either',
    testModeOnly: true,
    money: false,
    reply: { status: 200, shape: clockShape, says: 'The instant it shows; it runs at real speed.' },
    example: {},
    handle: async ({ deps }) => ({ body: { now: await testOf(deps).clock.now() } }),
  }),
  route<unknown, Readonly<{ to: string }>>({
    id: 'advanceTestClock',
    method: 'post',
    path: '/v1/test/clock/advance',
    tag,
    summary: 'Moves the clock, and with it the whole system',
    says: 'Answers when everything due by then has been done, in order, by the same ticks as in production. It never goes back (409).',
    scopes: STAFF_WRITES,
    tenancy: 'house',
    testModeOnly: true,
    money: false,
    body: Joi.object({ to: field.instant().required() }).required(),
    reply: { status: 200, shape: clockMovedShape, says: 'Where the clock now stands, and how many planned instants were passed.' },
    refuses: ['CLOCK_BACKWARDS'],
    example: { body: { to: '{soon}T04:00:00Z' } },
    handle: async ({ deps, body }) => ({ body: await testOf(deps).clock.advance(parseInstant(body.to)) }),
  }),
  route({
    id: 'listScenarios',
    method: 'get',
    path: '/v1/test/scenarios',
    tag,
    summary: 'Lists what the simulated bank can be made to do',
    scopes: READS,
    tenancy: 'either',
    testModeOnly: true,
    money: false,
    reply: { status: 200, shape: listOf(scenarioShape), says: 'The scenarios and what each is played on.' },
    example: {},
    handle: async ({ deps }) => ({ body: { data: testOf(deps).scenarios.list(), hasMore: false } }),
  }),
  route<unknown, Readonly<{ subjectId: string }>, Scenario>({
    id: 'runScenario',
    method: 'post',
    path: '/v1/test/scenarios/{name}/run',
    tag,
    summary: 'Plays a scenario on a plan, attempt or mandate',
    scopes: WRITES,
    tenancy: 'lender',
    testModeOnly: true,
    money: false,
    find,
    body: Joi.object({
      subjectId: Joi.string()
        .max(40)
        .pattern(/^(pln|att|mnd)_[0-9A-HJKMNP-TV-Z]{26}$/, 'subjectId')
        .required(),
    }).required(),
    reply: { status: 200, shape: scenarioRunShape, says: 'What it changed at the simulated bank.' },
    example: { params: { name: '{scenario}' }, body: { subjectId: '{subject}' } },
    async handle(call) {
      const { subject, body, store } = call;
      const rows = { plan: store.plans, attempt: store.attempts, mandate: store.mandates }[subject.subject];
      await found<unknown>(subject.subject, body.subjectId, rows.get(body.subjectId));
      const { did } = await testOf(call.deps).scenarios.run(call.subject.name, { lenderId: lenderOfCall(call).id, subjectId: call.body.subjectId });
      return { body: { name: call.subject.name, subjectId: call.body.subjectId, did } };
    },
  }),
];
