/**
 * What a database must be before Duly lets money near it. Asked once at every start; each refusal is one sentence that says what to do.
 * Also the server's clock, the only one that leases and Agenda's locks may be judged by.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Db, Document, MongoClient } from 'mongodb';
import type { Clock, Instant } from '../domain/clock.ts';
import { DulyError } from '../domain/errors.ts';
import { grouped } from '../domain/grouped.ts';
import type { Index } from './collections.ts';

/** The widest gap between a machine's clock and the server's at which ticks run and Duly starts. */
export const MAX_SKEW_MS = 2000;
const OLDEST = [6, 0] as const;

export type GuardOptions = Readonly<{
  /** The machine's own clock; never the test clock. Left out, the clock is not compared. */
  machineClock?: Pick<Clock, 'now'>;
  /** Production refuses a server with test commands switched on. */
  production?: boolean;
}>;

const refuse = (code: string, message: string, facts: Record<string, unknown> = {}): never => {
  throw new DulyError(code, message, facts);
};

const command = (db: Db, body: Document): Promise<Document> => db.client.db('admin').command(body);

/** The server's wall clock now. */
export async function serverNow(db: Db): Promise<Instant> {
  return (await command(db, { hello: 1 })).localTime as Instant;
}

/** How far the server's clock is ahead of the machine's, in milliseconds, to within half a round trip. The fastest of three tries counts. */
export async function clockSkewMs(db: Db, machineClock: Pick<Clock, 'now'>): Promise<number> {
  let best = { tripMs: Number.POSITIVE_INFINITY, skewMs: 0 };
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const before = machineClock.now().getTime();
    const server = (await serverNow(db)).getTime();
    const after = machineClock.now().getTime();
    if (after - before < best.tripMs) best = { tripMs: after - before, skewMs: Math.round(server - (before + after) / 2) };
  }
  return best.skewMs;
}

async function assertReplicaSet(db: Db): Promise<void> {
  const hello = await command(db, { hello: 1 });
  if (hello.setName || hello.msg === 'isdbgrid') return;
  refuse(
    'NOT_A_REPLICA_SET',
    'this MongoDB is a single server without a replica set, so it has no transactions: start mongod with --replSet and run rs.initiate() once, or unset MONGODB_URI to use the embedded one',
  );
}

async function assertVersion(db: Db): Promise<void> {
  const { version } = await command(db, { buildInfo: 1 });
  const [major = 0] = String(version).split('.').map(Number);
  if (major < OLDEST[0]) refuse('SERVER_TOO_OLD', `MongoDB ${version} is too old: Duly needs ${OLDEST.join('.')} or newer`);
  // A user without the right to read parameters is no reason to refuse: then the version alone speaks.
  const parameters = await command(db, { getParameter: 1, featureCompatibilityVersion: 1 }).catch(() => undefined);
  const fcv = parameters?.featureCompatibilityVersion?.version;
  if (fcv && Number.parseInt(fcv, 10) < OLDEST[0]) {
    refuse(
      'SERVER_TOO_OLD',
      `MongoDB's featureCompatibilityVersion is ${fcv}: set it to ${OLDEST.join('.')} or newer with setFeatureCompatibilityVersion`,
    );
  }
}

function assertClient(client: MongoClient): void {
  const { writeConcern, readPreference, retryWrites } = client.options;
  const cure = 'take such settings out of MONGODB_URI and let Duly set them';
  if (writeConcern?.w !== 'majority' || writeConcern.journal !== true) {
    refuse(
      'WEAK_WRITE_CONCERN',
      `writes wait for w=${writeConcern?.w}, journal=${writeConcern?.journal}; money needs w=majority with the journal: ${cure}`,
    );
  }
  if (readPreference?.mode && readPreference.mode !== 'primary')
    refuse('WEAK_READS', `reads go to ${readPreference.mode}; money is read on the primary: ${cure}`);
  if (retryWrites === false) refuse('NO_RETRY', `retryWrites is off: ${cure}`);
  if (client.bsonOptions.ignoreUndefined)
    refuse(
      'IGNORES_UNDEFINED',
      'the client drops undefined fields from filters, so a missing lender would match every lender: set ignoreUndefined to false',
    );
}

async function assertNoTestCommands(db: Db): Promise<void> {
  const parameters = await command(db, { getParameter: 1, enableTestCommands: 1 }).catch(() => undefined);
  if (parameters?.enableTestCommands)
    refuse(
      'TEST_COMMANDS_ON',
      'this MongoDB runs with enableTestCommands: start it without, it can be made to fail by anyone who can log in',
    );
}

/** The guards among `indexes` that the database lacks, or has in a weaker form. */
export async function missingGuards(db: Db, indexes: readonly Index[]): Promise<readonly Index[]> {
  const guards = grouped(
    indexes.filter((index) => index.guard),
    (guard) => guard.collection,
  );
  const missing = await Promise.all(
    [...guards].map(async ([collection, wanted]) => {
      const present = await db
        .collection(collection)
        .indexes()
        .catch(() => [] as Document[]);
      return wanted.filter((guard) => !present.some((index) => holds(index, guard)));
    }),
  );
  return missing.flat();
}

const holds = (index: Document, guard: Index): boolean =>
  isDeepStrictEqual(Object.entries(index.key), Object.entries(guard.keys)) &&
  Boolean(index.unique) === Boolean(guard.options?.unique) &&
  isDeepStrictEqual(index.partialFilterExpression ?? null, guard.options?.partialFilterExpression ?? null);

/**
 * Throws a DulyError that names the first thing wrong: NOT_A_REPLICA_SET, SERVER_TOO_OLD, WEAK_WRITE_CONCERN, WEAK_READS, NO_RETRY,
 * IGNORES_UNDEFINED, TEST_COMMANDS_ON, CLOCK_SKEW or GUARD_INDEX_MISSING.
 */
export async function assertGuards(client: MongoClient, db: Db, indexes: readonly Index[], options: GuardOptions = {}): Promise<void> {
  assertClient(client);
  await assertReplicaSet(db);
  await assertVersion(db);
  if (options.production) await assertNoTestCommands(db);
  if (options.machineClock) {
    const skewMs = await clockSkewMs(db, options.machineClock);
    if (Math.abs(skewMs) > MAX_SKEW_MS) {
      refuse(
        'CLOCK_SKEW',
        `this machine's clock and MongoDB's differ by ${skewMs} ms; at most ${MAX_SKEW_MS} ms are safe: set both by NTP`,
        { skewMs },
      );
    }
  }
  const missing = await missingGuards(db, indexes);
  if (missing.length > 0) {
    const names = missing.map(({ collection, name, why }) => `${collection}.${name} (${why})`);
    refuse(
      'GUARD_INDEX_MISSING',
      `the database lacks an index that guards money: ${names.join('; ')}; run the migrations, and find out who dropped it`,
      { missing: names },
    );
  }
}
