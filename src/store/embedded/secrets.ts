/**
 * What keeps the embedded server to itself: a key file, a root user with a generated password, and a replica-set name that no other folder
 * has (so that a client, or a first start, can never mistake another server for this one). All in files of mode 0600 in the data folder.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Secrets = Readonly<{ user: string; password: string; replicaSet: string }>;

/** Written whole or not at all. */
export function writePrivately(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  chmodSync(`${path}.new`, 0o600);
  renameSync(`${path}.new`, path);
}

export const keyFileOf = (dataDir: string): string => join(dataDir, 'mongod.key');

/** Reads the folder's secrets, or makes them on its first start. Called under the folder's server lock. */
export function secretsOf(dataDir: string): Secrets {
  const path = join(dataDir, 'mongod.user.json');
  if (!existsSync(keyFileOf(dataDir))) writePrivately(keyFileOf(dataDir), randomBytes(96).toString('base64'));
  if (!existsSync(path)) {
    const made: Secrets = { user: 'duly', password: randomBytes(24).toString('hex'), replicaSet: `duly-${randomBytes(4).toString('hex')}` };
    writePrivately(path, JSON.stringify(made));
  }
  return JSON.parse(readFileSync(path, 'utf8')) as Secrets;
}

/** Names the replica set, never directConnection, so that a client follows a new primary. */
export const uriOf = ({ user, password, replicaSet }: Secrets, port: number, database = 'duly'): string =>
  `mongodb://${user}:${password}@127.0.0.1:${port}/${database}?authSource=admin&replicaSet=${replicaSet}`;
