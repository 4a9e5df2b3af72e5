/**
 * Agenda as the alarm clock. It wakes handlers that look at everything due; it never says what is due and never guards money, because its lock
 * can pass to another worker under a running handler, its saves are unfenced and a slot can be skipped (docs/agenda.md has what was observed).
 *
 * The rules kept here: rows made once by ourselves; one lock and one run a tick in a process; `touch` before anything else; no save in a
 * handler; a run refused while the machine's clock and the server's disagree; a process that lost a slot for good ends itself; on the way out
 * nothing stays locked that is not running.
 */
import { MongoBackend } from '@agendajs/mongo-backend';
import { Agenda, type Job } from 'agenda';
import { type Db, ObjectId } from 'mongodb';
import { type Instant, plusMs } from './domain/clock.ts';
import { DulyError } from './domain/errors.ts';
import { NO_WORK, type TickReport } from './domain/records.ts';
import type { Log, Timers } from './flows/world.ts';
import { MAX_SKEW_MS, serverNow } from './store/guards.ts';
import { createTickIndexes, JOBS, plantTick, recordRun, type TickDesk, type TickRun, tickDesk } from './tick-desk.ts';

export type Tick = Readonly<{
  /** The row's name and the handler's: 'present-due'. */
  name: string;
  /** Five fields, or six with seconds first; read in the zone given at start. */
  cron: string;
  /**
   * Looks at everything due and may run any number of times, in parallel with itself too. Calls `touch` at each batch: it renews the lock,
   * and throws once this process has let it grow old. It does not see a lock that another worker took: only our own leases do.
   */
  run(context: Readonly<{ touch(): Promise<void> }>): Promise<TickReport>;
}>;

export type TickOptions = Readonly<{
  db: Db;
  ticks: readonly Tick[];
  timers: Timers;
  log: Log;
  /** Who this process is, in locks and records. */
  incarnation: string;
  /** The zone in which crons are read. */
  zone: string;
  /** How often the rows are looked at; 1 s. A row due within it is locked ahead and started on time. */
  lookEveryMs?: number;
  /** When a dead worker's tick is taken over; 60 s. */
  lockLifetimeMs?: number;
  onRun?: (run: TickRun) => void;
  /** Called when a tick's slot in this process is lost for good; the process should end and be started again. */
  onStranded: (name: string) => void;
}>;

export type Drained = Readonly<{ completed: number; running: number; timedOut: boolean }>;

export interface Ticks extends TickDesk {
  /**
   * Starts no more runs, waits for those under way up to `timeoutMs`, and frees every row that is not running. A second call gets the first's
   * answer. Agenda leaves a timer of half a lock's lifetime behind each run: end the process by `process.exit`, do not wait for it to fall idle.
   */
  drain(timeoutMs: number): Promise<Drained>;
}

/** Looks in a row at which a locked tick that does not run counts as stranded: twice as long as it can rightly wait. */
const STRANDED_AFTER_LOOKS = 3;

/**
 * Runs a tick once and keeps the record: what Agenda's handler does after its checks, and what an advance of the test clock does directly.
 * A throw is recorded and logged, never passed on: the next run will look at the same things again.
 */
export async function runTick(
  tick: Tick,
  { db, timers, log, incarnation, onRun }: Omit<TickOptions, 'ticks' | 'zone' | 'onStranded'>,
  touch: () => Promise<void>,
  startedAt?: Instant,
): Promise<TickRun> {
  const started = startedAt ?? (await serverNow(db));
  const began = timers.monotonic();
  let report = NO_WORK;
  let error: string | null = null;
  try {
    report = await tick.run({ touch });
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.message : String(thrown);
    log.error({ tick: tick.name, error: thrown }, `tick ${tick.name} ended early; the next run takes up what it left`);
  }
  const run: TickRun = {
    ...report,
    name: tick.name,
    startedAt: started,
    finishedAt: plusMs(started, Math.round(timers.monotonic() - began)),
    error,
    by: incarnation,
    times: 1,
  };
  await recordRun(db, run).catch((thrown) => log.warn({ tick: tick.name, error: thrown }, 'a run could not be recorded'));
  onRun?.(run);
  return run;
}

/**
 * Renews the lock and, with the time Agenda just wrote into it, compares the machine's clock with the server's.
 * Returns the server's time, or throws DulyError CLOCK_SKEW: a wrong clock steals live locks and repeats slots.
 */
async function touchAndTime(job: Job, db: Db, timers: Timers): Promise<Instant> {
  const before = timers.monotonic();
  await job.touch();
  const machine = (job.attrs.lockedAt as Instant).getTime();
  const server = await serverNow(db);
  const tripMs = timers.monotonic() - before;
  const aheadMs = Math.max(machine - server.getTime(), server.getTime() - machine - tripMs);
  if (aheadMs > MAX_SKEW_MS)
    throw new DulyError(
      'CLOCK_SKEW',
      `this machine's clock and MongoDB's differ by ${Math.round(aheadMs)} ms; at most ${MAX_SKEW_MS} ms are safe: set both by NTP`,
    );
  return server;
}

/** Plants the rows and starts working on them. The ticks must have different names, far fewer than 200. */
export async function startTicks(options: TickOptions): Promise<Ticks> {
  const { db, ticks, timers, log, incarnation, zone, lookEveryMs = 1000, lockLifetimeMs = 60_000 } = options;
  await createTickIndexes(db);
  const rows = db.collection(JOBS);
  for (const { name, cron } of ticks) await plantTick(db, name, cron, zone);

  const agenda = new Agenda({
    backend: new MongoBackend({ mongo: db, collection: JOBS, ensureIndex: false }),
    name: incarnation,
    processEvery: lookEveryMs,
    maxConcurrency: ticks.length + 1,
    defaultLockLifetime: lockLifetimeMs,
  });
  agenda.on('error', (error) => log.warn({ error }, 'Agenda met an error'));

  const running = new Map<string, number>();
  const count = (name: string, by: number) => running.set(name, (running.get(name) ?? 0) + by);
  for (const tick of ticks) {
    const handler = async (job: Job): Promise<void> => {
      count(tick.name, 1);
      try {
        const startedAt = await touchAndTime(job, db, timers);
        await runTick(tick, options, () => job.touch(), startedAt);
      } catch (error) {
        log.error({ tick: tick.name, error }, `tick ${tick.name} was not run`);
      } finally {
        count(tick.name, -1);
        // An extra run that was asked for is done with. Agenda's own removal makes its drain hang.
        if (job.attrs.type === 'normal') await rows.deleteOne({ _id: new ObjectId(String(job.attrs._id)) });
      }
    };
    agenda.define(tick.name, handler, { concurrency: 1, lockLimit: 1, lockLifetime: lockLifetimeMs });
  }
  await agenda.start();

  let stopped = false;
  const watch = async (): Promise<void> => {
    const looks = new Map<string, number>();
    while (!stopped) {
      await timers.sleep(lookEveryMs);
      if (stopped) return;
      for (const name of await strandedIn(agenda, looks)) {
        log.error({ tick: name }, `tick ${name} is locked here and does not run`);
        options.onStranded(name);
      }
    }
  };
  watch().catch((error) => log.error({ error }, 'the watch over stranded ticks ended'));

  const stop = async (timeoutMs: number): Promise<Drained> => {
    stopped = true;
    const { completed, running: left, timedOut } = await agenda.drain({ timeout: timeoutMs });
    const busy = [...running].filter(([, n]) => n > 0).map(([name]) => name);
    await rows.updateMany({ lastModifiedBy: incarnation, lockedAt: { $ne: null }, name: { $nin: busy } }, { $set: { lockedAt: null } });
    return { completed, running: left, timedOut };
  };
  let drained: Promise<Drained> | undefined;
  const drain = (timeoutMs: number): Promise<Drained> => {
    drained ??= stop(timeoutMs);
    return drained;
  };
  return { ...tickDesk(db), drain };
}

/** Names seen locked and not running at each of the last looks. `looks` counts them from call to call. */
async function strandedIn(agenda: Agenda, looks: Map<string, number>): Promise<string[]> {
  const stranded: string[] = [];
  const { jobStatus = {} } = await agenda.getRunningStats();
  for (const [name, { locked, running }] of Object.entries(jobStatus)) {
    const seen = locked > running ? (looks.get(name) ?? 0) + 1 : 0;
    looks.set(name, seen);
    if (seen >= STRANDED_AFTER_LOOKS) stranded.push(name);
  }
  return stranded;
}
