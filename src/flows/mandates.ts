/** Mandates of an existing borrower. */
import type { Lender } from '../domain/lender.ts';
import type { Mandate } from '../domain/mandate.ts';
import type { Actor } from './actor.ts';
import type { MandateInput } from './plan-input.ts';
import type { World } from './world.ts';

/** `plans`: how many plans it touches; `inFlight`: attempts (att_...) that had left before. */
export type MandateMoved = Readonly<{ mandate: Mandate; plans: number; inFlight: readonly string[] }>;

export declare function registerMandate(
  world: World,
  lender: Lender,
  borrowerId: string,
  currency: string,
  input: MandateInput,
  actor: Actor,
): Promise<Readonly<{ mandate: Mandate; result: 'created' | 'existing' }>>;
export declare function suspendMandate(world: World, lender: Lender, mandateId: string, actor: Actor): Promise<MandateMoved>;
export declare function resumeMandate(world: World, lender: Lender, mandateId: string, actor: Actor): Promise<MandateMoved>;
export declare function revokeMandate(world: World, lender: Lender, mandateId: string, actor: Actor): Promise<MandateMoved>;
