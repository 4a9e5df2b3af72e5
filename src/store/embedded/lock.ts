/**
 * Lock files that name their holder. A lock whose holder is dead, or whose pid now belongs to another process, is taken over.
 * The file is made by `link`, so it appears whole or not at all and only one of two racers makes it.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Conflict } from '../../domain/errors.ts';
import { type Identity, identify, isAlive } from './identity.ts';
import { until } from './wait.ts';

type Held = Identity & { token: string };

function read(path: string): Held | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Held;
  } catch {
    return undefined;
  }
}

const remove = (path: string): void => rmSync(path, { force: true });

/**
 * Tries once. Returns the function that gives the lock back, or the identity of the live holder.
 * A stale file is renamed away before it is judged, so that two who find it at once cannot both throw it out;
 * should the rename catch a fresh lock instead, that lock is put back.
 */
export function tryLock(path: string): (() => void) | Identity {
  const mine: Held = { ...identify(process.pid), token: randomBytes(8).toString('hex') };
  const draft = `${path}.${mine.token}`;
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 });
  try {
    for (;;) {
      try {
        linkSync(draft, path);
        return () => {
          if (read(path)?.token === mine.token) remove(path);
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = read(path);
      if (holder && isAlive(holder)) return holder;
      evict(path, `${draft}.stale`);
    }
  } finally {
    remove(draft);
  }
}

function evict(path: string, aside: string): void {
  try {
    renameSync(path, aside);
    const evicted = read(aside);
    if (evicted && isAlive(evicted)) linkSync(aside, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
  } finally {
    remove(aside);
  }
}

/** Runs `work` while holding the lock, waiting for another holder up to `withinMs`. */
export async function withLock<T>(path: string, withinMs: number, work: () => Promise<T>): Promise<T> {
  let holder: Identity | undefined;
  const release = await until(() => {
    const taken = tryLock(path);
    if (typeof taken === 'function') return taken;
    holder = taken;
    return undefined;
  }, withinMs);
  if (!release)
    throw new Conflict(
      'FOLDER_BUSY',
      `${path} has been held by process ${holder?.pid} for ${withinMs} ms; stop that process and try again`,
    );
  try {
    return await work();
  } finally {
    release();
  }
}

/**
 * Claims a data folder for the process that runs `duly start`; returns the function that gives it back.
 * Throws Conflict FOLDER_HELD when a live process has it. A holder that died, even by kill -9, is taken over.
 */
export function holdFolder(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const taken = tryLock(join(dataDir, 'start.lock'));
  if (typeof taken === 'function') return taken;
  throw new Conflict(
    'FOLDER_HELD',
    `Duly already runs on ${dataDir} (process ${taken.pid}); stop it first, or set DULY_DATA_DIR to another folder`,
    { dataDir, pid: taken.pid },
  );
}
