/** Borrowers: registering one alone, and changing what is known of them. */
import type { Borrower } from '../domain/borrower.ts';
import type { Lender } from '../domain/lender.ts';
import type { Actor } from './actor.ts';
import type { BorrowerInput } from './plan-input.ts';
import type { World } from './world.ts';

/** Only what is named is changed. */
export type BorrowerChange = Readonly<{ name?: string; phone?: string; language?: string; optedOut?: boolean }>;

export declare function registerBorrower(
  world: World,
  lender: Lender,
  input: BorrowerInput,
  actor: Actor,
): Promise<Readonly<{ borrower: Borrower; result: 'created' | 'existing' }>>;
export declare function changeBorrower(
  world: World,
  lender: Lender,
  borrowerId: string,
  change: BorrowerChange,
  actor: Actor,
): Promise<Borrower>;
