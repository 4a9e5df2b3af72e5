/** Who calls, and for whom. One 401 for every key that does not open; a lender's key can name no other lender. */
import type { IncomingMessage } from 'node:http';
import { NotFound } from '../domain/errors.ts';
import { idPattern } from '../domain/ids.ts';
import type { ApiKey, Lender } from '../domain/lender.ts';
import type { World } from '../flows/world.ts';
import { problem } from './errors.ts';
import { couldBeKey, hashOf, type KeyMode } from './keys.ts';
import { remember } from './remember.ts';
import type { Route } from './route.ts';

/** A revoked key stops within this long on every process. */
const CACHE_MS = 500;

const refused = () => problem('UNAUTHENTICATED', 'send `Authorization: Bearer KEY` with a valid key');

export type Door = Readonly<{
  /** The key that came with a request; throws UNAUTHENTICATED. */
  authenticate(request: IncomingMessage, search: URLSearchParams): Promise<ApiKey>;
  /** Throws NotFound. */
  lender(id: string): Promise<Lender>;
}>;

/** Knows keys and lenders; remembers each for half a second. */
export function openDoor(world: World, mode: KeyMode): Door {
  const keyOf = remember(world.timers, CACHE_MS, (hash) => world.store.admin.keys.byHash(hash));
  const lenderById = remember(world.timers, CACHE_MS, (id) => world.store.admin.lenders.get(id));
  return {
    async authenticate(request, search) {
      if ([...search.values()].some((v) => v.startsWith('sk_test_') || v.startsWith('sk_live_'))) throw refused();
      const bearer = /^Bearer ([\x21-\x7e]{1,256})$/.exec(request.headers.authorization ?? '')?.[1];
      if (bearer === undefined || !couldBeKey(bearer, mode)) throw refused();
      const key = await keyOf(hashOf(bearer));
      if (!key || key.revokedAt !== null || (key.expiresAt !== null && key.expiresAt <= world.clock.now())) throw refused();
      return key;
    },
    async lender(id) {
      const lender = idPattern('lnd').test(id) ? await lenderById(id) : null;
      if (!lender) throw new NotFound('lender', id.slice(0, 40));
      return lender;
    },
  };
}

const holds = (key: ApiKey, scope: Route['scopes'][number]): boolean =>
  key.scopes.includes(scope) || key.scopes.includes('admin') || (scope === 'ops:read' && key.scopes.includes('ops:write'));

/** Throws FORBIDDEN unless the key has one of the route's scopes and, on a route of the whole house, is bound to no lender. */
export function authorise(route: Route, key: ApiKey): void {
  if (!route.scopes.some((scope) => holds(key, scope)))
    throw problem('FORBIDDEN', `this needs a key with one of the scopes ${[...new Set([...route.scopes, 'admin'])].join(', ')}`);
  if (route.tenancy === 'house' && key.lenderId !== null)
    throw problem('FORBIDDEN', 'this concerns the whole house and needs a key that is bound to no lender');
}

/** The lender a call acts for: the key's own, or the one an unbound key names. Null where a route needs none and none is named. */
export async function lenderOf(door: Door, route: Route, key: ApiKey, named: string | undefined): Promise<Lender | null> {
  if (key.lenderId !== null) {
    if (named !== undefined && named !== key.lenderId)
      throw problem('FORBIDDEN', 'this key is bound to another lender than X-Lender names');
    return door.lender(key.lenderId);
  }
  if (route.tenancy !== 'lender' && named === undefined) return null;
  if (named === undefined) throw problem('LENDER_REQUIRED', 'name the lender in the X-Lender header: this key is bound to none');
  return door.lender(named);
}
