/** Whose key was given on the command line: found by its hash, since a name proves nothing. */
import { hashOf } from '../api/keys.ts';
import { DulyError } from '../domain/errors.ts';
import type { ApiKey } from '../domain/lender.ts';
import type { Actor } from '../flows/actor.ts';
import type { World } from '../flows/world.ts';

/** The key as it is on record, if it lives and `may` do it. `wanted` says which kind of key is. Throws DulyError UNAUTHENTICATED. */
export async function holderOf(world: World, secret: string, may: (key: ApiKey) => boolean, wanted: string): Promise<ApiKey> {
  const key = await world.store.admin.keys.byHash(hashOf(secret));
  if (!key || !may(key) || key.revokedAt !== null || (key.expiresAt !== null && key.expiresAt <= world.clock.now()))
    throw new DulyError('UNAUTHENTICATED', `no such key ${wanted} with --key`);
  return key;
}

export const actorOf = (key: ApiKey, why = 'by hand, on the command line'): Actor => ({ by: key.name, why, keyId: key.id });
