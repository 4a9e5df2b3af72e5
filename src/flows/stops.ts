/** The stop switches. */
import type { Stop, StopScope } from '../domain/stop.ts';
import type { Actor } from './actor.ts';
import type { World } from './world.ts';

export declare function setStop(world: World, scope: StopScope, actor: Actor): Promise<Stop>;
/** False when no such switch was set. */
export declare function liftStop(world: World, scope: StopScope, actor: Actor): Promise<boolean>;
