/** The ticks: when they run, what they did, and the levers staff may pull. */
import Joi from 'joi';
import { NotFound } from '../../domain/errors.ts';
import type { TickState } from '../../tick-desk.ts';
import type { ApiDeps } from '../deps.ts';
import { pageSize } from '../query.ts';
import { type Call, NO_BODY, route, STAFF_READS, STAFF_WRITES } from '../route.ts';
import { listOf } from '../shape.ts';
import { jobShape, runShape } from '../shapes-done.ts';
import { jobView, runView } from '../views.ts';

const tag = 'Jobs';

async function jobOf(deps: ApiDeps, name: string): Promise<TickState> {
  const job = (await deps.jobs.list()).find((j) => j.name === name);
  if (!job) throw new NotFound('job', name.slice(0, 80));
  return job;
}
const find = ({ deps, params }: Call<unknown, undefined, undefined>): Promise<TickState> => jobOf(deps, params.name ?? '');

const levers = [
  ['pause', 'Pauses a tick', 'Nothing is lost: a sweep looks at everything due when it runs again.'],
  ['resume', 'Lets a paused tick run again', 'Its next run is planned at once.'],
] as const;

export const JOBS = [
  route({
    id: 'listJobs',
    method: 'get',
    path: '/v1/jobs',
    tag,
    summary: 'Lists the ticks with their last run',
    scopes: STAFF_READS,
    tenancy: 'house',
    money: false,
    reply: { status: 200, shape: listOf(jobShape), says: 'All ticks.' },
    example: {},
    handle: async ({ deps }) => ({ body: { data: (await deps.jobs.list()).map(jobView), hasMore: false } }),
  }),
  ...levers.map(([verb, summary, says]) =>
    route<unknown, unknown, TickState>({
      id: `${verb}Job`,
      method: 'post',
      path: `/v1/jobs/{name}/${verb}`,
      tag,
      summary,
      says,
      scopes: STAFF_WRITES,
      tenancy: 'house',
      money: true,
      find,
      ...NO_BODY,
      reply: { status: 200, shape: jobShape, says: 'The tick as it now is.' },
      example: { params: { name: '{job}' }, headers: { 'x-actor': 'li.na', 'x-reason': 'maintenance at the bank' } },
      async handle({ deps, world, subject, actor }) {
        await deps.jobs[verb](subject.name);
        await world.store.admin.audit({
          id: world.ids.next('aud'),
          lenderId: null,
          act: `job.${verb}`,
          ...actor,
          facts: { job: subject.name },
          at: world.clock.now(),
        });
        return { body: jobView(await jobOf(deps, subject.name)) };
      },
    }),
  ),
  route<unknown, unknown, TickState>({
    id: 'runJob',
    method: 'post',
    path: '/v1/jobs/{name}/run',
    tag,
    summary: 'Asks the workers for one extra run, now',
    says: 'Paused or not. Asking twice before it began asks once. What it did is listed under its runs.',
    scopes: STAFF_WRITES,
    tenancy: 'house',
    money: true,
    find,
    ...NO_BODY,
    reply: { status: 202, shape: jobShape, says: 'The tick; the run begins within seconds.' },
    example: { params: { name: '{job}' }, headers: { 'x-actor': 'li.na', 'x-reason': 'after maintenance' } },
    async handle({ deps, world, subject, actor }) {
      await world.store.admin.audit({
        id: world.ids.next('aud'),
        lenderId: null,
        act: 'job.run',
        ...actor,
        facts: { job: subject.name },
        at: world.clock.now(),
      });
      await deps.jobs.runNow(subject.name);
      return { body: jobView(subject) };
    },
  }),
  route<Readonly<{ limit: number }>, undefined, TickState>({
    id: 'listJobRuns',
    method: 'get',
    path: '/v1/jobs/{name}/runs',
    tag,
    summary: "Lists a tick's runs, newest first",
    scopes: STAFF_READS,
    tenancy: 'house',
    money: false,
    query: Joi.object({ limit: pageSize() }),
    find,
    reply: { status: 200, shape: listOf(runShape), says: 'Its runs: looked at, did, refused, failed, oldest due.' },
    example: { params: { name: '{job}' }, query: 'limit=5' },
    handle: async ({ deps, subject, query }) => ({
      body: { data: (await deps.jobs.runs(subject.name, query.limit)).map(runView), hasMore: false },
    }),
  }),
];
