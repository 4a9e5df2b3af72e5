/** Starts and stops one mongod on a data folder, and finds the one that already runs there. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { DulyError } from '../../domain/errors.ts';
import { type Identity, identify, isAlive } from './identity.ts';
import { bringUp } from './replica-set.ts';
import { keyFileOf, type Secrets, writePrivately } from './secrets.ts';
import { until } from './wait.ts';

export type ServerOptions = Readonly<{
  /** WiredTiger's cache, in gigabytes. */
  cacheGb?: number;
  oplogMb?: number;
  /** Fail points for tests; never for a folder that is kept. */
  enableTestCommands?: boolean;
}>;
export type Running = Readonly<{ port: number; process: Identity }>;

type PortFile = { port: number; enableTestCommands: boolean };

const LISTEN_MS = 60_000;
const CLEAN_STOP_MS = 20_000;
const LOG_CAP_BYTES = 20_000_000;
const EXIT_ADDRESS_IN_USE = 48;
const EXIT_FOLDER_IN_USE = 100;

const portFileOf = (dataDir: string): string => join(dataDir, 'mongod.port.json');

function lastPort(dataDir: string): PortFile | undefined {
  try {
    return JSON.parse(readFileSync(portFileOf(dataDir), 'utf8')) as PortFile;
  } catch {
    return undefined;
  }
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (yes: boolean) => () => {
      socket.destroy();
      resolve(yes);
    };
    socket.on('connect', end(true)).on('error', end(false));
  });

/** The wished port when it is free, else any free one. */
export const freePort = (wished = 0): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', () => (wished ? freePort().then(resolve, reject) : reject(new Error('no free port on 127.0.0.1'))));
    probe.listen(wished, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });

/** The server that runs on the folder, proved by its taking our password; undefined when none does. */
export async function findRunning(dataDir: string, secrets: Secrets, options: ServerOptions): Promise<Running | undefined> {
  const last = lastPort(dataDir);
  if (!last || !(await answers(last.port))) return undefined;
  const pid = await bringUp(last.port, secrets).catch(() => undefined);
  if (pid === undefined) return undefined;
  if (options.enableTestCommands && !last.enableTestCommands) {
    throw new DulyError('WRONG_SERVER', `the server that runs on ${dataDir} (process ${pid}) has no test commands; stop it first`);
  }
  return { port: last.port, process: identify(pid) };
}

function argumentsFor(dataDir: string, port: number, { replicaSet }: Secrets, options: ServerOptions): string[] {
  return [
    ...['--dbpath', join(dataDir, 'db'), '--bind_ip', '127.0.0.1', '--port', String(port), '--nounixsocket'],
    ...['--replSet', replicaSet, '--keyFile', keyFileOf(dataDir), '--noscripting'],
    ...['--networkMessageCompressors', 'disabled', '--wiredTigerCacheSizeGB', String(options.cacheGb ?? 0.25)],
    ...['--oplogSize', String(options.oplogMb ?? 256), '--quiet'],
    ...['--setParameter', 'diagnosticDataCollectionEnabled=false', '--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=100'],
    ...(options.enableTestCommands ? ['--setParameter', 'enableTestCommands=1'] : []),
  ];
}

/** A process group of its own: Ctrl-C in Duly's terminal must not stop the database before Duly has finished with it. */
function launch(binary: string, dataDir: string, args: string[]): ChildProcess {
  const path = join(dataDir, 'mongod.log');
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LOG_CAP_BYTES) truncateSync(path);
  const log = openSync(path, 'a', 0o600);
  const child = spawn(binary, args, { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  child.unref();
  return child;
}

/** Resolves to 'listening', or to how the process ended. */
async function outcomeOf(child: ChildProcess, port: number): Promise<'listening' | number> {
  let ended: number | undefined;
  child.on('error', () => (ended = -1));
  child.on('exit', (code) => (ended = code ?? -1));
  return (await until(async () => ended ?? ((await answers(port)) ? 'listening' : undefined), LISTEN_MS)) ?? -1;
}

/**
 * Starts the binary on the folder and brings its replica set up. The port of the last time is taken again when it is free.
 * Called under the folder's server lock. Throws DulyError MONGOD_FAILED that names the log when the server does not come up.
 */
export async function startServer(binary: string, dataDir: string, secrets: Secrets, options: ServerOptions): Promise<Running> {
  mkdirSync(join(dataDir, 'db'), { recursive: true, mode: 0o700 });
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(attempt === 1 ? lastPort(dataDir)?.port : 0);
    writePrivately(
      portFileOf(dataDir),
      JSON.stringify({ port, enableTestCommands: options.enableTestCommands ?? false } satisfies PortFile),
    );
    const outcome = await outcomeOf(launch(binary, dataDir, argumentsFor(dataDir, port, secrets, options)), port);
    if (outcome === 'listening') return { port, process: identify(await bringUp(port, secrets)) };
    if (outcome === EXIT_ADDRESS_IN_USE && attempt < 3) continue;
    const why = outcome === EXIT_FOLDER_IN_USE ? 'another server holds its files and does not answer' : `mongod ended with code ${outcome}`;
    throw new DulyError('MONGOD_FAILED', `the embedded server did not start on ${dataDir}: ${why}; see ${join(dataDir, 'mongod.log')}`, {
      outcome,
    });
  }
}

/** Asks for a clean shutdown and waits; kills a server that has not stopped within 20 s, which its journal survives. */
export async function stopServer(server: Identity): Promise<void> {
  if (!isAlive(server)) return;
  process.kill(server.pid, 'SIGTERM');
  const gone = await until(() => (isAlive(server) ? undefined : true), CLEAN_STOP_MS, 10);
  if (!gone && isAlive(server)) process.kill(server.pid, 'SIGKILL');
}
