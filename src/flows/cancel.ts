/** Cancels a plan. */
import type { Lender } from '../domain/lender.ts';
import type { Actor } from './actor.ts';
import type { Acted } from './acts.ts';
import type { World } from './world.ts';

export declare function cancelPlan(world: World, lender: Lender, planId: string, actor: Actor): Promise<Acted>;
