/** Moves the test clock from one planned instant to the next, doing at each what is due then, through the same jobs that Agenda starts. */
import type { Instant } from '../domain/clock.ts';
import { Conflict } from '../domain/errors.ts';
import type { TickReport } from '../domain/records.ts';
import type { World } from './world.ts';

/** One recurring job: `run` looks at everything due and may be repeated. */
export type Job = Readonly<{ name: string; cron: string; run: (world: World) => Promise<TickReport> }>;

export type Advance = Readonly<{
  world: World;
  /** The jobs in the order of a day. */
  jobs: readonly Job[];
  /** Sets the clock for every process. */
  set(to: Instant, frozen: boolean): Promise<void>;
  /** What else plans something: the simulated bank, the message gateway. */
  planned: readonly (() => Promise<Instant | null>)[];
  onInstant?: (at: Instant) => void;
}>;

/** Rounds at one instant before the house is called restless: more work than this at once makes more work. */
const MOST_ROUNDS = 200;
const PATIENCE_MS = 90_000;

/** Answers when everything due by `to` has been done. `thenFrozen`: whether the clock stands still afterwards. Throws CLOCK_BACKWARDS. */
export async function advance(a: Advance, to: Instant, thenFrozen = false): Promise<void> {
  const from = a.world.clock.now();
  if (to < from)
    throw new Conflict('CLOCK_BACKWARDS', `the test clock stands at ${from.toISOString()} and does not go back to ${to.toISOString()}`, {
      now: from.toISOString(),
    });
  for (;;) {
    const next = await nextPlanned(a);
    if (next === null || next > to) break;
    await a.set(next, true);
    await comeToRest(a);
    a.onInstant?.(next);
  }
  await a.set(to, true);
  await comeToRest(a);
  if (!thenFrozen) await a.set(to, false);
}

async function nextPlanned(a: Advance): Promise<Instant | null> {
  const found = await Promise.all([a.world.store.work.nextPlanned(), ...a.planned.map((ask) => ask())]);
  return found.reduce<Instant | null>((x, y) => (x === null || (y !== null && y < x) ? y : x), null);
}

/** Runs the jobs until nothing is due and nothing in another worker's hands. */
async function comeToRest(a: Advance): Promise<void> {
  const { world } = a;
  const patience = world.timers.monotonic() + PATIENCE_MS;
  for (let round = 0; round < MOST_ROUNDS || !a.jobs.length; round++) {
    let did = 0;
    for (const job of a.jobs) did += (await job.run(world)).lookedAt;
    const next = await nextPlanned(a);
    if ((next === null || next > world.clock.now()) && (await world.store.work.unsettled()) === 0) return;
    if (did) continue;
    // Another worker has it, or died with it: its lease runs in real time.
    if (world.timers.monotonic() > patience) throw new Error(`something due at ${next?.toISOString()} is in nobody's hands`);
    await world.timers.sleep(10);
  }
  throw new Error(`the house does not come to rest at ${world.clock.now().toISOString()}`);
}
