/** The stop switches: for all, for one lender, for one channel. Every worker looks at them before its next call. Setting and lifting are audited. */
import { NotFound } from '../domain/errors.ts';
import type { Stop, StopScope } from '../domain/stop.ts';
import type { Actor } from './actor.ts';
import type { World } from './world.ts';

/** Setting a switch that stands replaces who and why. Throws NotFound for a lender or channel that does not exist. */
export async function setStop(world: World, scope: StopScope, actor: Actor): Promise<Stop> {
  await assertExists(world, scope);
  const stop: Stop = { scope, by: actor.by, why: actor.why, at: world.clock.now() };
  await world.store.admin.stops.set(stop);
  await audit(world, 'stop.set', scope, actor);
  return stop;
}

/** False when no such switch was set. */
export async function liftStop(world: World, scope: StopScope, actor: Actor): Promise<boolean> {
  const lifted = await world.store.admin.stops.lift(scope);
  if (lifted) await audit(world, 'stop.lifted', scope, actor);
  return lifted;
}

const partOf = (scope: StopScope): readonly [kind: string, name: string] => {
  const at = scope.indexOf(':');
  return at < 0 ? [scope, ''] : [scope.slice(0, at), scope.slice(at + 1)];
};

async function assertExists(world: World, scope: StopScope): Promise<void> {
  const [kind, name] = partOf(scope);
  if (kind === 'channel' && !world.channels.has(name)) throw new NotFound('channel', name);
  if (kind === 'lender' && !(await world.store.admin.lenders.get(name))) throw new NotFound('lender', name);
}

async function audit(world: World, act: string, scope: StopScope, actor: Actor): Promise<void> {
  const [kind, name] = partOf(scope);
  const lenderId = kind === 'lender' ? name : null;
  await world.store.admin.audit({ id: world.ids.next('aud'), lenderId, act, ...actor, facts: { scope }, at: world.clock.now() });
}
