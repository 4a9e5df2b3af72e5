/**
 * API keys: `sk_test_` or `sk_live_`, 256 random bits, and a checksum that tells a cut or mistyped key before the database is asked.
 * Only the SHA-256 is stored: 256 random bits need no slow hash. The first admin key may be any text of 32 characters or more.
 */
import { createHash } from 'node:crypto';
import type { Clock, Instant } from '../domain/clock.ts';
import { InvalidInput } from '../domain/errors.ts';
import type { Ids } from '../domain/ids.ts';
import type { ApiKey, Scope } from '../domain/lender.ts';
import type { Store } from '../flows/store.ts';

export type KeyMode = 'test' | 'live';

export const hashOf = (key: string): string => createHash('sha256').update(`duly-key:${key}`).digest('hex');
const checksum = (body: string): string => createHash('sha256').update(`duly-check:${body}`).digest('hex').slice(0, 6);
const WHOLE = /^sk_(test|live)_([0-9a-f]{64})([0-9a-f]{6})$/;

export function makeKey(mode: KeyMode, ids: Ids): string {
  const bits = `${ids.token()}${ids.token()}`;
  const body = `sk_${mode}_${bits}`;
  return `${body}${checksum(body)}`;
}

/** Whether a text could be a key of this mode: a made one must be whole; any other can only be the first admin key. */
export function couldBeKey(text: string, mode: KeyMode): boolean {
  const made = WHOLE.exec(text);
  if (made) return made[1] === mode && checksum(text.slice(0, -6)) === made[3];
  return text.length >= 32 && text.length <= 256 && /^[\x21-\x7e]+$/.test(text);
}

export const newKey = (
  facts: Readonly<{
    id: string;
    lenderId: string | null;
    name: string;
    scopes: readonly Scope[];
    expiresAt: Instant | null;
    createdAt: Instant;
  }>,
  key: string,
): ApiKey => ({
  ...facts,
  hash: hashOf(key),
  prefix: key.slice(0, 12),
  revokedAt: null,
});

/**
 * Sees to it that an admin key exists. With `given` (DULY_ADMIN_KEY) that key is stored unless it is already; without it one is made,
 * once, while no admin key was ever stored. Answers the key to print, or null when there is nothing new to say.
 */
export async function ensureAdminKey(store: Store, ids: Ids, clock: Clock, mode: KeyMode, given?: string): Promise<string | null> {
  if (given !== undefined && given !== '') {
    if (!couldBeKey(given, mode) || given.length < 32)
      throw new InvalidInput([
        {
          pointer: '/DULY_ADMIN_KEY',
          code: 'BAD_FORMAT',
          message: 'DULY_ADMIN_KEY is not 32 to 256 printable characters without blanks: choose another',
        },
      ]);
    if (!(await store.admin.keys.byHash(hashOf(given)))) await store.admin.keys.insert(admin(given, ids, clock));
    return null;
  }
  const any = await store.admin.keys.list({ lenderId: null, scopes: 'admin' }, { limit: 1 });
  if (any.data.length > 0) return null;
  const key = makeKey(mode, ids);
  await store.admin.keys.insert(admin(key, ids, clock));
  return key;
}

const admin = (key: string, ids: Ids, clock: Clock): ApiKey =>
  newKey({ id: ids.next('key'), lenderId: null, name: 'first admin key', scopes: ['admin'], expiresAt: null, createdAt: clock.now() }, key);
