/** Registers plans with their borrowers and mandates, in batches: new ones are written, equal ones are found again, others are refused. */
import type { Borrower } from '../domain/borrower.ts';
import type { DulyError } from '../domain/errors.ts';
import type { Lender } from '../domain/lender.ts';
import type { Mandate } from '../domain/mandate.ts';
import type { Plan } from '../domain/plan.ts';
import type { Actor } from './actor.ts';
import type { PlanInput } from './plan-input.ts';
import type { World } from './world.ts';

/** `refused` carries the error to throw: PLAN_EXISTS_DIFFERENT, BORROWER_EXISTS_DIFFERENT, MANDATE_EXISTS_DIFFERENT (409) or NOT_FOUND. */
export type Registered =
  | Readonly<{ result: 'created' | 'existing'; plan: Plan; borrower: Borrower; mandates: readonly Mandate[] }>
  | Readonly<{ result: 'refused'; error: DulyError }>;

/** One result an input, in order. */
export declare function registerPlans(world: World, lender: Lender, inputs: readonly PlanInput[], actor: Actor): Promise<Registered[]>;
