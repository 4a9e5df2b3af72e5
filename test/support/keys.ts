/** Actors who each hold a key of their own: two of them make two pairs of eyes. */
import { makeKey, newKey } from '../../src/api/keys.ts';
import type { Lender } from '../../src/domain/lender.ts';
import type { Actor } from '../../src/flows/actor.ts';
import type { TestHouse } from './house.ts';

/** A person with a fresh key of the lender (null: of the whole house). `secret` is the key itself. */
export async function holder(
  { world }: Pick<TestHouse, 'world'>,
  name: string,
  lender: Lender | null,
): Promise<Actor & Readonly<{ keyId: string; secret: string }>> {
  const secret = makeKey('test', world.ids);
  const facts = { id: world.ids.next('key'), lenderId: lender?.id ?? null, name, expiresAt: null, createdAt: world.clock.now() };
  const key = newKey({ ...facts, scopes: lender ? ['lender'] : ['ops:write'] }, secret);
  await world.store.admin.keys.insert(key);
  return { by: name, why: `${name} decided so`, keyId: key.id, secret };
}
