/** Changes a plan's schedule. */
import type { Lender } from '../domain/lender.ts';
import type { Actor } from './actor.ts';
import type { Acted } from './acts.ts';
import type { InstalmentInput } from './plan-input.ts';
import type { World } from './world.ts';

export type PlanChange = Readonly<{
  /** The rows that replace everything not yet paid. */
  instalments: readonly InstalmentInput[];
  /** If-Match: the plan's version as the caller read it; another one is VERSION_CHANGED (412). Null: not asked for. */
  ifVersion: number | null;
}>;

export declare function changePlan(world: World, lender: Lender, planId: string, change: PlanChange, actor: Actor): Promise<Acted>;
