/**
 * A real MongoDB for tests: one embedded server for the whole run, a fresh database for each file.
 *
 * `npm test` starts the server and hands its address down in DULY_TEST_MONGODB_URI; a file run by itself (`npx mocha test/store/foo.test.ts`)
 * starts one of its own on first use, and mocha's root hook below stops it. What a killed run left behind is swept away by the next.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Db, MongoClient } from 'mongodb';
import type { Connection } from 'mongoose';
import { connect, type Database } from '../../src/store/connect.ts';
import { findMongod } from '../../src/store/embedded/binary.ts';
import { type Embedded, joinOrStart } from '../../src/store/embedded/index.ts';
import { freePort } from '../../src/store/embedded/server.ts';

const PREFIX = 'duly-test-';

export type TestServer = Readonly<{ uri: string; dataDir: string; stop(): Promise<void> }>;

/** Starts a server on a temporary folder, with fail points switched on; `stop` removes the folder too. */
export async function startTestServer(): Promise<TestServer> {
  sweep();
  const dataDir = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const server: Embedded = await joinOrStart({ dataDir, enableTestCommands: true, cacheGb: 0.5 });
  const stop = async () => {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { uri: server.uri, dataDir, stop };
}

/** Folders of test runs that were killed: their server is stopped when it still runs on that very folder, then the folder goes. */
function sweep(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const owner = Number(name.slice(PREFIX.length).split('-')[0]);
    if (!owner || isRunning(owner)) continue;
    const dataDir = join(tmpdir(), name);
    try {
      const pid = Number(readFileSync(join(dataDir, 'db', 'mongod.lock'), 'utf8'));
      if (pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(join(dataDir, 'db'))) process.kill(pid, 'SIGKILL');
    } catch {
      // No server there any more.
    }
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

let own: Promise<TestServer> | undefined;

/** The run's server: the one named by DULY_TEST_MONGODB_URI, else this process's own. Resolves to a URI. */
export async function testServerUri(): Promise<string> {
  if (process.env.DULY_TEST_MONGODB_URI) return process.env.DULY_TEST_MONGODB_URI;
  own ??= startTestServer();
  return (await own).uri;
}

/** Loaded through `.mocharc.json`. */
export const mochaHooks = {
  async afterAll() {
    await (await own)?.stop();
    own = undefined;
  },
};

export type FreshDatabase = Database & Readonly<{ uri: string; drop(): Promise<void> }>;

/** Opens a database that nobody else has. For code outside mocha's hooks; call `drop` at the end. */
export async function openFreshDatabase(appName = 'test'): Promise<FreshDatabase> {
  const uri = new URL(await testServerUri());
  uri.pathname = `/t_${process.pid}_${randomBytes(5).toString('hex')}`;
  const database = await connect(uri.href, { appName });
  const drop = async () => {
    await database.db.dropDatabase();
    await database.close();
  };
  return { ...database, uri: uri.href, drop };
}

/**
 * A fresh database for the file or describe block that calls this, dropped after it:
 * `const store = freshDatabase(); it('…', async () => { await store.db.collection('plans')… })`.
 * Its fields may be read only inside hooks and tests.
 */
export function freshDatabase(appName?: string): FreshDatabase {
  let opened: FreshDatabase | undefined;
  before(async function () {
    this.timeout(240_000);
    opened = await openFreshDatabase(appName);
  });
  after(() => opened?.drop());
  const now = (): FreshDatabase => {
    if (!opened) throw new Error('freshDatabase() is open inside hooks and tests only');
    return opened;
  };
  return {
    get client(): MongoClient {
      return now().client;
    },
    get db(): Db {
      return now().db;
    },
    get mongoose(): Connection {
      return now().mongoose;
    },
    get uri(): string {
      return now().uri;
    },
    close: () => now().close(),
    drop: () => now().drop(),
  };
}

export type StandaloneServer = Readonly<{ uri: string; stop(): Promise<void> }>;

/** A bare mongod without a replica set or a user, such as people have at hand; for the tests that say Duly refuses it. */
export async function startStandalone(): Promise<StandaloneServer> {
  const dataDir = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  mkdirSync(join(dataDir, 'db'));
  const binary = await findMongod(process.env, () => {});
  const port = await freePort();
  const args = [
    '--dbpath',
    join(dataDir, 'db'),
    '--bind_ip',
    '127.0.0.1',
    '--port',
    String(port),
    '--nounixsocket',
    '--wiredTigerCacheSizeGB',
    '0.25',
  ];
  const child = spawn(binary.path, args, { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { uri: `mongodb://127.0.0.1:${port}/duly`, stop };
}
