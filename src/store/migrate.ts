/**
 * Numbered migrations, run at start by whoever comes first. A lock document with the server's time lets one runner in; a runner that died is
 * replaced once its lock is stale. Since a runner may die, or be taken for dead, half way, each `up` must be safe to run again.
 */
import assert from 'node:assert';
import { randomBytes } from 'node:crypto';
import type { Db, Document } from 'mongodb';
import { type Instant, instant } from '../domain/clock.ts';
import { DulyError } from '../domain/errors.ts';
import type { Timers } from '../flows/world.ts';

export type Migration = Readonly<{
  /** 1, 2, 3 ... without gaps, never renumbered. */
  n: number;
  /** What it does, in kebab case; never changed once it has run anywhere. */
  name: string;
  /** Safe to run again after it was cut off anywhere. */
  up(db: Db): Promise<void>;
}>;

export type MigrateOptions = Readonly<{
  timers: Timers;
  log?: (line: string) => void;
  /** A lock not renewed for this long belongs to a dead runner; 30 s. */
  staleMs?: number;
  /** How long to wait for another runner; 10 minutes. */
  waitMs?: number;
}>;

type Applied = { _id: number; name: string; appliedAt: Instant };
type Lock = { _id: 'lock'; owner: string; until: Instant };

const BEATS_PER_LIFE = 10;
const appliedOf = (db: Db) => db.collection<Applied>('migrations');
const lockOf = (db: Db) => db.collection<Lock>('migrationLock');

const isDuplicate = (error: unknown): boolean => (error as { code?: number }).code === 11000;

/** Takes or renews the lock by the server's clock; false while another runner's is fresh. */
async function hold(db: Db, owner: string, staleMs: number): Promise<boolean> {
  const free: Document = { $or: [{ $eq: ['$owner', owner] }, { $lte: ['$until', '$$NOW'] }] };
  const update = [{ $set: { owner, until: { $add: ['$$NOW', staleMs] } } }];
  return (await lockOf(db).updateOne({ _id: 'lock', $expr: free }, update)).matchedCount === 1;
}

async function acquire(db: Db, owner: string, { timers, staleMs = 30_000, waitMs = 600_000 }: MigrateOptions): Promise<void> {
  await lockOf(db)
    .insertOne({ _id: 'lock', owner: '', until: instant(0) })
    .catch((error) => {
      if (!isDuplicate(error)) throw error;
    });
  const began = timers.monotonic();
  while (!(await hold(db, owner, staleMs))) {
    if (timers.monotonic() - began > waitMs)
      throw new DulyError('MIGRATION_LOCKED', `another process has been migrating this database for ${waitMs} ms; look at its log`);
    await timers.sleep(Math.min(200, staleMs / BEATS_PER_LIFE));
  }
}

/** Runs one `up`, renewing the lock beside it; stops with MIGRATION_LOST when the lock went to another runner. */
async function runHolding(db: Db, migration: Migration, owner: string, { timers, staleMs = 30_000 }: MigrateOptions): Promise<void> {
  const done = migration.up(db).then(() => 'done' as const);
  while ((await Promise.race([done, timers.sleep(staleMs / BEATS_PER_LIFE).then(() => 'beat' as const)])) === 'beat') {
    if (!(await hold(db, owner, staleMs))) {
      done.catch(() => {});
      throw new DulyError(
        'MIGRATION_LOST',
        `migration ${migration.n} (${migration.name}) lost its lock to another process, which goes on with it; start again`,
      );
    }
  }
}

/** Throws DATABASE_NEWER or MIGRATION_CHANGED when what has run here is not a prefix of what this code knows. */
function assertKnown(applied: readonly Applied[], migrations: readonly Migration[]): void {
  migrations.forEach((migration, i) => {
    assert(
      migration.n === i + 1,
      `migrations are numbered 1, 2, 3 ...: number ${migration.n} (${migration.name}) stands in place ${i + 1}`,
    );
  });
  for (const { _id, name } of applied) {
    const known = migrations[_id - 1];
    if (!known)
      throw new DulyError(
        'DATABASE_NEWER',
        `the database has migration ${_id} (${name}), which this version of Duly does not know: run the newer version`,
      );
    if (known.name !== name)
      throw new DulyError(
        'MIGRATION_CHANGED',
        `migration ${_id} ran here as ${name} but is called ${known.name} in this version: never rename or renumber one`,
      );
  }
}

/**
 * Brings the database up to this code and returns the numbers it ran, none when there was nothing to do. Safe to call from any number of
 * processes at once. Throws DulyError DATABASE_NEWER, MIGRATION_CHANGED, MIGRATION_LOCKED, MIGRATION_LOST, or what a migration throws.
 */
export async function migrate(db: Db, migrations: readonly Migration[], options: MigrateOptions): Promise<readonly number[]> {
  const owner = randomBytes(12).toString('hex');
  const pending = async (): Promise<readonly Migration[]> => {
    const applied = await appliedOf(db).find().sort({ _id: 1 }).toArray();
    assertKnown(applied, migrations);
    const ran = new Set(applied.map(({ _id }) => _id));
    return migrations.filter(({ n }) => !ran.has(n));
  };
  if ((await pending()).length === 0) return [];
  await acquire(db, owner, options);
  const ran: number[] = [];
  try {
    for (const migration of await pending()) {
      await runHolding(db, migration, owner, options);
      await appliedOf(db).updateOne({ _id: migration.n }, [{ $set: { name: migration.name, appliedAt: '$$NOW' } }], { upsert: true });
      options.log?.(`migration ${migration.n} (${migration.name}) done`);
      ran.push(migration.n);
    }
  } finally {
    await lockOf(db).updateOne({ _id: 'lock', owner }, { $set: { owner: '', until: instant(0) } });
  }
  return ran;
}
