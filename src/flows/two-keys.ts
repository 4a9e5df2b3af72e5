/** Two pairs of eyes: what moves money on a person's word is proposed under one key and approved under another. A name in X-Actor proves nothing. */
import { Conflict } from '../domain/errors.ts';
import type { Actor } from './actor.ts';
import type { World } from './world.ts';

/** The key an actor came with. Throws Conflict SECOND_KEY_REQUIRED where there is none, or where it does not stand any more. */
export async function keyOfActor(world: World, actor: Actor): Promise<string> {
  const key = actor.keyId === undefined ? null : await world.store.admin.keys.get(actor.keyId);
  if (!key || key.revokedAt)
    throw new Conflict('SECOND_KEY_REQUIRED', 'what moves money takes two API keys that exist: this call came with none', { by: actor.by });
  return key.id;
}

/** Throws Conflict SECOND_KEY_REQUIRED where both are the same key. For what stands whatever became of the first one since. */
export function assertOther(firstKeyId: string | null, keyId: string): void {
  if (keyId !== firstKeyId) return;
  throw new Conflict('SECOND_KEY_REQUIRED', 'the key that proposed it cannot approve or reject it: the holder of another key must', {
    keyId,
  });
}

/**
 * The approver's key, which must be another than the maker's. Throws Conflict SECOND_KEY_REQUIRED where it is the same, or where one of the
 * two does not stand.
 */
export async function otherKey(world: World, makerKeyId: string, actor: Actor): Promise<string> {
  const keyId = await keyOfActor(world, actor);
  assertOther(makerKeyId, keyId);
  await keyOfActor(world, { ...actor, keyId: makerKeyId });
  return keyId;
}
