/** Borrowers: registering one alone, and changing what is known of them. */
import type { Borrower } from '../domain/borrower.ts';
import { NotFound } from '../domain/errors.ts';
import type { Lender } from '../domain/lender.ts';
import type { Actor } from './actor.ts';
import { borrowerEvent, newBorrower, sameBorrower } from './parties.ts';
import type { BorrowerInput } from './plan-input.ts';
import { untilFresh } from './stale.ts';
import type { World } from './world.ts';

/** Only what is named is changed. */
export type BorrowerChange = Readonly<{ name?: string; phone?: string; language?: string; optedOut?: boolean }>;

const ROUNDS = 5;

/** An equal borrower of the same external id is found again; throws Conflict BORROWER_EXISTS_DIFFERENT where it differs. */
export async function registerBorrower(
  world: World,
  lender: Lender,
  input: BorrowerInput,
  actor: Actor,
): Promise<Readonly<{ borrower: Borrower; result: 'created' | 'existing' }>> {
  return untilFresh(ROUNDS, async () => {
    const known = await world.store.of(lender.id).borrowers.one({ externalId: input.externalId });
    if (known) return { borrower: sameBorrower(known, input), result: 'existing' };
    const registering = { world, lender, actor, now: world.clock.now() };
    const borrower = newBorrower(input, registering);
    const events = [borrowerEvent(borrower, 'borrower.registered', registering, { externalId: borrower.externalId })];
    await world.store.transact((tx) => tx.write({ newBorrowers: [borrower], events }, null));
    return { borrower, result: 'created' };
  });
}

/** Throws NotFound. The event names the fields that changed, never what they hold. */
export async function changeBorrower(
  world: World,
  lender: Lender,
  borrowerId: string,
  change: BorrowerChange,
  actor: Actor,
): Promise<Borrower> {
  return untilFresh(ROUNDS, async () => {
    const before = await world.store.of(lender.id).borrowers.get(borrowerId);
    if (!before) throw new NotFound('borrower', borrowerId);
    const now = world.clock.now();
    const { optedOut = before.optedOutAt !== null, ...facts } = change;
    const optedOutAt = optedOut ? (before.optedOutAt ?? now) : null;
    const after: Borrower = { ...before, ...facts, optedOutAt, version: before.version + 1 };
    const fields = (['name', 'phone', 'language', 'optedOutAt'] as const).filter((f) => after[f] !== before[f]);
    if (!fields.length) return before;
    const events = [borrowerEvent(after, 'borrower.changed', { actor, now }, { fields, optedOut })];
    await world.store.transact((tx) => tx.write({ borrowers: [after], events }, null));
    return after;
  });
}
