/**
 * The database that starts itself: a single-node replica set on a data folder, for trying, developing and testing. Production names its own
 * replica set in MONGODB_URI.
 *
 * In the data folder: `db/` (the data), `mongod.key`, `mongod.user.json`, `mongod.port.json`, `mongod.log`, `users/` (who uses the server now),
 * `server.lock` (held while the server is looked for, started or stopped) and `start.lock` (held by `duly start` as long as it runs).
 *
 * A process killed with kill -9 leaves its mongod running: the next one finds it by its port, proves it by its password, and adopts it.
 * A mongod killed with kill -9 loses nothing that was acknowledged: every write we care for waits for the journal.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Binary, findMongod, type Source } from './binary.ts';
import { isAlive } from './identity.ts';
import { holdFolder, withLock } from './lock.ts';
import { secretsOf, uriOf } from './secrets.ts';
import { findRunning, type Running, type ServerOptions, startServer, stopServer } from './server.ts';
import { enter } from './users.ts';
import { elapsedSince } from './wait.ts';

export type EmbeddedOptions = ServerOptions &
  Readonly<{
    dataDir: string;
    /** Told in one line what was done. */
    log?: (line: string) => void;
    env?: NodeJS.ProcessEnv;
  }>;

export type Embedded = Readonly<{
  /** Names the replica set; database `duly`. Holds the password: never log it. */
  uri: string;
  pid: number;
  /** True when the server was running already. */
  adopted: boolean;
  foundBy: Source | 'running';
  /** Leaves the server, and stops it cleanly when no other process uses it. Safe to call twice. */
  stop(): Promise<void>;
}>;

const LOCK_MS = 120_000;

async function findOrStart(dataDir: string, options: EmbeddedOptions): Promise<Running & { binary?: Binary }> {
  const running = await findRunning(dataDir, secretsOf(dataDir), options);
  if (running) return running;
  const binary = await findMongod(options.env ?? process.env, options.log ?? (() => {}));
  return { ...(await startServer(binary.path, dataDir, secretsOf(dataDir), options)), binary };
}

/**
 * Joins the server that runs on the folder, or starts one: what every command but `duly start` does.
 * Throws DulyError NO_MONGOD (no server to be had), MONGOD_FAILED (it does not come up) or Conflict FOLDER_BUSY.
 */
export async function joinOrStart(options: EmbeddedOptions): Promise<Embedded> {
  const dataDir = resolve(options.dataDir);
  const log = options.log ?? (() => {});
  const began = performance.now();
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const serverLock = join(dataDir, 'server.lock');
  const { found, leave } = await withLock(serverLock, LOCK_MS, async () => ({
    found: await findOrStart(dataDir, options),
    leave: enter(dataDir),
  }));
  log(
    found.binary
      ? `embedded MongoDB ${found.binary.version} (${found.binary.foundBy}) started on 127.0.0.1:${found.port}, data in ${dataDir}, ${elapsedSince(began)} ms`
      : `embedded MongoDB already runs on 127.0.0.1:${found.port} (process ${found.process.pid}), joined in ${elapsedSince(began)} ms`,
  );

  const onExit = (): void => {
    if (leave() && isAlive(found.process)) process.kill(found.process.pid, 'SIGTERM');
  };
  process.once('exit', onExit);
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= withLock(serverLock, LOCK_MS, async () => {
      process.removeListener('exit', onExit);
      if (leave()) await stopServer(found.process);
    });
    return stopping;
  };
  return {
    uri: uriOf(secretsOf(dataDir), found.port),
    pid: found.process.pid,
    adopted: !found.binary,
    foundBy: found.binary?.foundBy ?? 'running',
    stop,
  };
}

/**
 * What `duly start` does: claims the folder first (Conflict FOLDER_HELD when another start has it), then joins or starts its server.
 * The claim is given back by `stop`, or falls with the process.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const release = holdFolder(resolve(options.dataDir));
  try {
    const server = await joinOrStart(options);
    return { ...server, stop: () => server.stop().finally(release) };
  } catch (error) {
    release();
    throw error;
  }
}
