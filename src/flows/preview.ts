/** Which debits a plan would see, when, and under which permit: nothing is written. */
import type { Trigger } from '../domain/attempt.ts';
import type { BusinessDate, Instant } from '../domain/clock.ts';
import type { Lender } from '../domain/lender.ts';
import type { Permit, Refusal } from '../domain/permit.ts';
import type { Instalment } from '../domain/plan.ts';
import type { PlanInput } from './plan-input.ts';
import type { LenderStore } from './store.ts';
import type { World } from './world.ts';

export type PreviewStep = Readonly<{
  kind: 'remind' | 'debit';
  when: Instant;
  dueDate: BusinessDate;
  /** Null on a reminder. */
  trigger: Trigger | null;
  /** Minor units. */
  amount: number;
  because: string;
  /** What the gate would write; both null on a reminder. */
  permit: Permit | null;
  refusal: Refusal | null;
}>;

export type Preview = Readonly<{
  currency: string;
  schedule: readonly Instalment[];
  /** If every debit pays. */
  debits: readonly PreviewStep[];
  /** If each one is refused for insufficient funds. */
  ifRefused: readonly PreviewStep[];
}>;

export declare function previewPlan(world: World, lender: Lender, input: PlanInput): Promise<Preview>;
/** The same for a registered plan; throws NotFound. */
export declare function previewExisting(world: World, lender: Lender, store: LenderStore, planId: string): Promise<Preview>;
