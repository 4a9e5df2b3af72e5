/**
 * The ticks as rows: what staff see, pause, resume and run now, and the record of each run. Needs no worker: any process may use it.
 *
 * One row a tick in `agendaJobs`, made once and never saved again as a whole: Agenda's own `every()` and `save()` clear the lock of a run that
 * is under way. Nothing here decides about money; a row lost, doubled or late only means a sweep sooner or later.
 */
import type { Db, Document } from 'mongodb';
import type { Instant } from './domain/clock.ts';
import { NotFound } from './domain/errors.ts';
import type { TickReport } from './domain/records.ts';

/** `error` is null for a run that ended well. Runs that found nothing to look at share one record, counted in `times`. */
export type TickRun = TickReport &
  Readonly<{ name: string; startedAt: Instant; finishedAt: Instant; error: string | null; by: string; times: number }>;

export type TickState = Readonly<{
  name: string;
  cron: string;
  zone: string;
  paused: boolean;
  nextRunAt: Instant | null;
  /** Since when a worker holds it; the worker may have died, then another takes it over after the lock's lifetime. */
  lockedAt: Instant | null;
  lockedBy: string | null;
  lastRun: TickRun | null;
}>;

export interface TickDesk {
  list(): Promise<readonly TickState[]>;
  /** A run under way ends; none begins until `resume`. Throws NotFound. */
  pause(name: string): Promise<void>;
  /** A slot missed meanwhile runs at once. Throws NotFound. */
  resume(name: string): Promise<void>;
  /** Asks the workers for one extra run, paused or not; asking twice before it began asks once. Throws NotFound. */
  runNow(name: string): Promise<void>;
  /** The latest runs first. */
  runs(name: string, limit?: number): Promise<readonly TickRun[]>;
}

export const JOBS = 'agendaJobs';
export const RUNS = 'jobRuns';
const KEEP_RUNS_DAYS = 30;

/** Idempotent. The unique index is ours: Agenda makes rows of type 'single' by an upsert without one, so racing boots double them. */
export async function createTickIndexes(db: Db): Promise<void> {
  await db.collection(JOBS).createIndexes([
    { key: { name: 1 }, name: 'one_row_a_tick', unique: true, partialFilterExpression: { type: 'single' } },
    // Agenda's own index under its own name, made here so that a failure is an error and not an unhandled rejection.
    { key: { name: 1, nextRunAt: 1, priority: -1, lockedAt: 1, disabled: 1 }, name: 'findAndLockNextJobIndex' },
  ]);
  await db.collection(RUNS).createIndexes([
    { key: { name: 1, finishedAt: -1 }, name: 'latest' },
    { key: { finishedAt: 1 }, name: 'kept_for', expireAfterSeconds: KEEP_RUNS_DAYS * 86_400 },
  ]);
}

const NEW_ROW = { lockedAt: null, lastRunAt: null, lastFinishedAt: null, lastModifiedBy: null, disabled: false, priority: 0, data: {} };

/** Makes the row where there is none; a cron or zone changed in the code takes effect at once. Never touches a lock. */
export async function plantTick(db: Db, name: string, cron: string, zone: string): Promise<void> {
  const rows = db.collection(JOBS);
  const row = { name, type: 'single' };
  const now = (await db.command({ hello: 1 })).localTime;
  await rows
    .updateOne(row, { $setOnInsert: { ...NEW_ROW, repeatInterval: cron, repeatTimezone: zone, nextRunAt: now } }, { upsert: true })
    .catch((error) => {
      if (error.code !== 11000) throw error;
    });
  await rows.updateOne({ ...row, $or: [{ repeatInterval: { $ne: cron } }, { repeatTimezone: { $ne: zone } }] }, [
    { $set: { repeatInterval: cron, repeatTimezone: zone, nextRunAt: '$$NOW' } },
  ]);
}

/**
 * Keeps a run. Not money, so it waits for one node only: a run lost in a crash is told by the sweep that follows.
 * `startedAt` and `finishedAt` are the server's time.
 */
export async function recordRun(db: Db, run: TickRun): Promise<void> {
  const runs = db.collection<{ _id: string }>(RUNS);
  const writeConcern = { w: 1 } as const;
  const { times, ...facts } = run;
  if (run.error || run.lookedAt > 0) await runs.insertOne({ ...run } as unknown as { _id: string }, { writeConcern });
  else await runs.updateOne({ _id: `idle:${run.name}` }, { $set: facts, $inc: { times } as Document }, { upsert: true, writeConcern });
}

export function tickDesk(db: Db): TickDesk {
  const rows = db.collection(JOBS);
  const single = (name: string): Document => ({ name, type: 'single' });
  const change = async (name: string, update: Document): Promise<void> => {
    if ((await rows.updateOne(single(name), update)).matchedCount === 0) throw new NotFound('tick', name);
  };
  const runs = async (name: string, limit = 50): Promise<TickRun[]> => {
    // Runs are written to one node, so they are read from it as they stand.
    const found = await db
      .collection(RUNS, { readConcern: { level: 'local' } })
      .find({ name }, { projection: { _id: 0 } })
      .sort({ finishedAt: -1 })
      .limit(limit)
      .toArray();
    return found as unknown as TickRun[];
  };
  const stateOf = async (row: Document): Promise<TickState> => ({
    name: row.name,
    cron: row.repeatInterval,
    zone: row.repeatTimezone,
    paused: row.disabled === true,
    nextRunAt: row.nextRunAt ?? null,
    lockedAt: row.lockedAt ?? null,
    lockedBy: row.lockedAt ? (row.lastModifiedBy ?? null) : null,
    lastRun: (await runs(row.name, 1))[0] ?? null,
  });
  return {
    list: async () => Promise.all((await rows.find({ type: 'single' }).sort({ name: 1 }).limit(200).toArray()).map(stateOf)),
    pause: (name) => change(name, { $set: { disabled: true } }),
    resume: (name) => change(name, { $set: { disabled: false } }),
    // A row of its own: a run under way would write its own nextRunAt over one set in the tick's row.
    runNow: async (name) => {
      if (!(await rows.findOne(single(name)))) throw new NotFound('tick', name);
      const now = (await db.command({ hello: 1 })).localTime;
      await rows.updateOne(
        { name, type: 'normal', lockedAt: null },
        { $setOnInsert: { lastRunAt: null, priority: 10, data: {}, nextRunAt: now } },
        { upsert: true },
      );
    },
    runs,
  };
}
