/** Runs roles until told to stop: the API on a port, the jobs on Agenda. `duly start` runs both, `duly api` and `duly worker` one each. */
import { JOBS } from '../../jobs/index.ts';
import { createApi } from '../api/app.ts';
import type { TestMode } from '../api/deps.ts';
import { ensureAdminKey } from '../api/keys.ts';
import { type Listening, listen } from '../api/server.ts';
import type { House } from '../app.ts';
import { SCENARIOS, type ScenarioName } from '../channels/simulator/index.ts';
import { systemClock } from '../clock.ts';
import { advance } from '../flows/advance.ts';
import { clockSkewMs, MAX_SKEW_MS } from '../store/guards.ts';
import { tickDesk } from '../tick-desk.ts';
import { startTicks, type Ticks } from '../ticks.ts';
import { open } from './context.ts';
import { say, whisper } from './output.ts';

export type Roles = Readonly<{ api: boolean; worker: boolean; claim: boolean; json?: boolean; port?: number }>;

/** How long work under way may take to end after SIGTERM. */
const DRAIN_MS = 20_000;

export async function serve(roles: Roles): Promise<void> {
  const role = roles.api && roles.worker ? 'start' : roles.api ? 'api' : 'worker';
  const stopAsked = untilAsked();
  const { house, env, close } = await open({ role, claim: roles.claim });
  let listening: Listening | null = null;
  let ticks: Ticks | null = null;
  try {
    if (roles.worker) ticks = await startJobs(house);
    const made = roles.api
      ? await ensureAdminKey(
          house.world.store,
          house.world.ids,
          house.world.clock,
          house.testClock ? 'test' : 'live',
          env.adminKey ?? undefined,
        )
      : null;
    if (roles.api) listening = await listen(createApi(apiDeps(house)), roles.port ?? env.port);
    greet(roles, house, listening, made);
    await stopAsked;
    whisper('stopping: no new work is taken, what is under way ends first');
  } finally {
    await listening?.close();
    await ticks?.drain(DRAIN_MS);
    await close();
  }
  // Agenda leaves timers of half a lock's lifetime behind; everything of ours is closed by now.
  process.exit(0);
}

/** Resolves at the first SIGTERM or SIGINT; later ones are heard and change nothing, so that a stop is never cut short by a repeat. */
const untilAsked = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
  });

function startJobs(house: House): Promise<Ticks> {
  const { world, database } = house;
  return startTicks({
    db: database.db,
    ticks: JOBS.map(({ name, cron, run }) => ({
      name,
      cron,
      run: async () => {
        await house.refresh();
        return run(world);
      },
    })),
    timers: world.timers,
    log: world.log,
    incarnation: world.settings.incarnation,
    zone: 'UTC',
    onStranded: (name) => {
      world.log.error({ tick: name }, 'a tick lost its slot in this process for good: ending, so that a supervisor starts it again');
      process.exit(1);
    },
  });
}

function apiDeps(house: House): Parameters<typeof createApi>[0] {
  const { world, database } = house;
  const ready = async () => {
    const skew = await clockSkewMs(database.db, systemClock).catch(() => null);
    return [
      { name: 'database', ok: skew !== null, says: skew === null ? 'no primary answers' : 'the primary answers' },
      {
        name: 'clock',
        ok: skew !== null && Math.abs(skew) <= MAX_SKEW_MS,
        says: `this machine and the database differ by ${skew ?? '?'} ms`,
      },
    ];
  };
  return {
    world,
    mode: house.testClock ? 'test' : 'live',
    jobs: tickDesk(database.db),
    test: testMode(house),
    health: { started: () => true, ready },
  };
}

function testMode(house: House): TestMode | null {
  const { advance: control, bank } = house;
  if (!control || !bank) return null;
  let last: Promise<void> = Promise.resolve();
  return {
    advance: (to) => {
      // One at a time: a second advance begins where the first ended.
      const mine = last.catch(() => undefined).then(() => advance(control, to));
      last = mine;
      return mine;
    },
    refresh: house.refresh,
    scenarios: SCENARIOS,
    play: (name, target) => bank.runScenario(name as ScenarioName, target),
  };
}

function greet(roles: Roles, house: House, listening: Listening | null, made: string | null): void {
  if (roles.json) {
    say(JSON.stringify({ ready: true, url: listening?.url ?? null, ...(made ? { adminKey: made } : {}) }));
    return;
  }
  if (!listening) {
    say('Duly worker is ready.');
    return;
  }
  const key = made ?? '$DULY_ADMIN_KEY';
  say(
    [
      `Duly is ready at ${listening.url}`,
      `  API reference   ${listening.url}/docs      (${listening.url}/openapi.json)`,
      '  console         comes with a later version; until then: npm run -s duly -- explain ID',
      made
        ? `  admin key       ${made}   (shown once: keep it)`
        : '  admin key       the one you have (DULY_ADMIN_KEY, or the one shown at the first start)',
      house.testClock
        ? `  test mode       the clock stands at ${house.world.clock.now().toISOString()} and can be moved; the bank is simulated`
        : '  live mode',
      '',
      'Try:',
      `  curl -s ${listening.url}/v1/lenders -H "Authorization: Bearer ${key}" -H "Idempotency-Key: first" \\`,
      `       -H "Content-Type: application/json" -d '{"name":"Harbour Credit","timeZone":"Asia/Shanghai","currency":"CNY"}'`,
    ].join('\n'),
  );
}
