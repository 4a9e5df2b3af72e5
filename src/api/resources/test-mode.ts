/** What exists in test mode alone: the clock that moves the whole system, and scenarios at the simulated bank. Elsewhere these addresses do not exist. */
import { strict as assert } from 'node:assert';
import Joi from 'joi';
import { parseInstant } from '../../domain/clock.ts';
import { NotFound } from '../../domain/errors.ts';
import { field } from '../../flows/input.ts';
import type { ApiDeps, Scenario } from '../deps.ts';
import { type Call, READS, route, STAFF_WRITES, WRITES } from '../route.ts';
import { nobody, subjectId, targetOf } from '../scenario-target.ts';
import { listOf } from '../shape.ts';
import { clockShape, scenarioRunShape, scenarioShape } from '../shapes-done.ts';

const tag = 'Test mode';

const testOf = (deps: ApiDeps): NonNullable<ApiDeps['test']> => {
  assert(deps.test, 'routes of test mode are only reached in test mode');
  return deps.test;
};

async function find({ deps, params }: Call<unknown, undefined, undefined>): Promise<Scenario> {
  const scenario = testOf(deps).scenarios.find((s) => s.name === params.name);
  if (!scenario) throw new NotFound('scenario', (params.name ?? '').slice(0, 80));
  return scenario;
}

type Played = Readonly<{ subjectId?: string; amount?: number }>;

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
    async handle({ deps, world }) {
      await testOf(deps).refresh();
      return { body: { now: world.clock.now() } };
    },
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
    reply: { status: 200, shape: clockShape, says: 'Where the clock now stands.' },
    refuses: ['CLOCK_BACKWARDS'],
    example: { body: { to: '{soon}T04:00:00Z' } },
    async handle({ deps, world, body }) {
      await testOf(deps).advance(parseInstant(body.to));
      return { body: { now: world.clock.now() } };
    },
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
    handle: async ({ deps }) => ({
      body: { data: testOf(deps).scenarios.map(({ name, needs, does }) => ({ name, needs, does })), hasMore: false },
    }),
  }),
  route<unknown, Played, Scenario>({
    id: 'runScenario',
    method: 'post',
    path: '/v1/test/scenarios/{name}/run',
    tag,
    summary: 'Plays a scenario at the simulated bank',
    says: 'On an attempt, or on the account of a mandate or of a plan\u2019s first mandate (`subjectId`). Those that need nothing concern everybody and take a key bound to no lender.',
    scopes: WRITES,
    tenancy: 'either',
    testModeOnly: true,
    money: false,
    find,
    body: Joi.object({ subjectId: subjectId(), amount: field.amount() }),
    bodyOptional: true,
    reply: { status: 200, shape: scenarioRunShape, says: 'What it changed.' },
    refuses: ['SCENARIO_NOT_POSSIBLE'],
    example: { params: { name: 'salary-arrives' }, body: { subjectId: '{mnd}', amount: 800000 } },
    async handle(call) {
      const { name, needs } = call.subject;
      const target = needs === 'nothing' ? nobody(call.key) : await targetOf(call);
      const { did } = await testOf(call.deps).play(name, target);
      return { body: { name, did } };
    },
  }),
];
