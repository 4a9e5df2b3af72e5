/** Holds and promises. */
import type { BusinessDate, Instant } from '../domain/clock.ts';
import type { Lender } from '../domain/lender.ts';
import type { Hold, HoldKind } from '../domain/plan.ts';
import type { Actor } from './actor.ts';
import type { Acted } from './acts.ts';
import type { World } from './world.ts';

export type HoldInput = Readonly<{ kind: Exclude<HoldKind, 'promise'>; until: Instant | null }>;
export type Held = Acted & Readonly<{ hold: Hold }>;

export declare function placeHold(world: World, lender: Lender, planId: string, input: HoldInput, actor: Actor): Promise<Held>;
/** The borrower promises to pay on `date`: the next debit waits until then. */
export declare function promiseToPay(world: World, lender: Lender, planId: string, date: BusinessDate, actor: Actor): Promise<Held>;
export declare function releaseHold(world: World, lender: Lender, planId: string, holdId: string, actor: Actor): Promise<Held>;
