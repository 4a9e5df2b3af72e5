/**
 * Who uses the embedded server of a folder: one small file per user, named by process. The last one out stops the server, so that
 * `duly check` beside a running `duly start` stops nothing, and the other way round. Files of dead processes are swept away.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Identity, identify, isAlive } from './identity.ts';

const folderOf = (dataDir: string): string => join(dataDir, 'users');

/** Notes this process as a user; returns the function that takes the note away and says whether it was the last. */
export function enter(dataDir: string): () => boolean {
  mkdirSync(folderOf(dataDir), { recursive: true, mode: 0o700 });
  const path = join(folderOf(dataDir), `${process.pid}-${randomBytes(4).toString('hex')}.json`);
  writeFileSync(path, JSON.stringify(identify(process.pid)), { mode: 0o600 });
  return () => {
    rmSync(path, { force: true });
    return !anyAlive(dataDir);
  };
}

function anyAlive(dataDir: string): boolean {
  let alive = false;
  for (const name of readdirSync(folderOf(dataDir))) {
    const path = join(folderOf(dataDir), name);
    if (isUsed(path)) alive = true;
    else rmSync(path, { force: true });
  }
  return alive;
}

function isUsed(path: string): boolean {
  try {
    return isAlive(JSON.parse(readFileSync(path, 'utf8')) as Identity);
  } catch {
    return false;
  }
}
