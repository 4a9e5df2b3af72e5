/** Moves the test clock from one planned instant to the next, doing at each what is due then, through the same jobs that Agenda starts. */
import type { Instant } from '../domain/clock.ts';
import { Conflict } from '../domain/errors.ts';
import type { TickReport } from '../domain/records.ts';
import type { World } from './world.ts';

/** One recurring job: `run` looks at everything due and may be repeated. */
export type Job = Readonly<{
  name: string;
  cron: string;
  run: (world: World) => Promise<TickReport>;
  /** When it next has work; null: none is planned. Absent on jobs that only follow up what the others did. */
  due?: (world: World) => Promise<Instant | null>;
  /** The jobs that a job without `due` follows up, by name; absent: all; none: it comes at the end of an advance alone. */
  after?: readonly string[];
  /** The jobs beside itself that can change when it next has work, by name; absent: any. */
  dueAfter?: readonly string[];
}>;

export type Advance = Readonly<{
  world: World;
  /** In the order of a pass. */
  jobs: readonly Job[];
  /** False where worker processes do the work and this one only waits for them. */
  works: boolean;
  /** Sets the clock for every process. */
  set(to: Instant, frozen: boolean): Promise<void>;
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
  let dues: readonly Due[] = await duesOf(a);
  for (let next = earliestOf(dues); next !== null && next <= to; next = earliestOf(dues)) {
    await a.set(next, true);
    dues = await comeToRest(a, dues);
  }
  await a.set(to, true);
  await comeToRest(a, await duesOf(a));
  await followUp(a, null);
  if (!thenFrozen) await a.set(to, false);
}

type Due = Readonly<{ job: Job; at: Instant | null }>;

const duesOf = ({ jobs, world }: Advance): Promise<Due[]> =>
  Promise.all(jobs.flatMap((job) => (job.due ? job.due(world).then((at) => ({ job, at })) : [])));

/** The dues after these jobs have run: only those are asked again that they can have changed. */
const duesAfter = ({ world }: Advance, dues: readonly Due[], ran: readonly string[]): Promise<Due[]> =>
  Promise.all(
    dues.map(async (known) => {
      const { job } = known;
      const stands = job.dueAfter && !ran.some((name) => name === job.name || job.dueAfter?.includes(name));
      return stands || !job.due ? known : { job, at: await job.due(world) };
    }),
  );

const earliestOf = (dues: readonly Due[]): Instant | null =>
  dues.reduce<Instant | null>((x, { at }) => (x === null || (at !== null && at < x) ? at : x), null);

/** Runs whatever is due until nothing is, here or in another worker's hands; answers when something will be. `known` are the dues as last read. */
async function comeToRest(a: Advance, known: readonly Due[]): Promise<readonly Due[]> {
  const { world } = a;
  let dues = known;
  const patience = world.timers.monotonic() + PATIENCE_MS;
  const worked = new Set<string>();
  let ran: readonly string[] = [];
  for (let round = 0; round < MOST_ROUNDS || !a.works; round++) {
    if (round > 0) dues = a.works ? await duesAfter(a, dues, ran) : await duesOf(a);
    const due = dues.filter(({ at }) => at !== null && at <= world.clock.now());
    if (!due.length) {
      if (worked.size) await followUp(a, worked);
      return dues;
    }
    let did = 0;
    ran = due.map(({ job }) => job.name);
    if (a.works)
      for (const { job } of due) {
        const { lookedAt } = await job.run(world);
        if (lookedAt) worked.add(job.name);
        did += lookedAt;
      }
    if (did) continue;
    // Another worker has it, or died with it: its lease runs in real time.
    if (world.timers.monotonic() > patience)
      throw new Error(`${due[0]?.job.name} finds nobody to do what is due at ${due[0]?.at?.toISOString()}`);
    await world.timers.sleep(10);
  }
  throw new Error(`the house does not come to rest at ${world.clock.now().toISOString()}`);
}

/** One pass of a worker that does not move the clock: what is due now, then what only follows up. Answers how much was looked at. */
export async function workOff(a: Advance): Promise<number> {
  let did = 0;
  for (const { job, at } of await duesOf(a)) if (at !== null && at <= a.world.clock.now()) did += (await job.run(a.world)).lookedAt;
  await followUp(a, null);
  return did;
}

/** `worked`: the jobs that did something; null: nobody knows, so every follow-up is looked at. */
async function followUp({ jobs, works, world }: Advance, worked: ReadonlySet<string> | null): Promise<void> {
  if (!works) return;
  for (const job of jobs) if (!job.due && (!worked || !job.after || job.after.some((name) => worked.has(name)))) await job.run(world);
}
