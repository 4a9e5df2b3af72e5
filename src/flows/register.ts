/**
 * Registers plans with their borrowers and mandates, in batches: new ones are written, equal ones are found again, others are refused.
 *
 * A batch is looked up with a handful of queries whatever its size, judged in memory, and written in one transaction. Where somebody else took an
 * external id or an account meanwhile, a unique index says so, nothing was written, and the batch is looked up and judged once more: so fifty equal
 * registrations at once leave one plan, and each of the fifty is answered with it.
 */
import type { Lender } from '../domain/lender.ts';
import type { Actor } from './actor.ts';
import type { PlanInput } from './plan-input.ts';
import { lookUp } from './register/book.ts';
import { judge, type Registered } from './register/judge.ts';
import { untilFresh } from './stale.ts';
import type { World } from './world.ts';

export type { Registered } from './register/judge.ts';

const BATCH = 500;
/** Others may take ids of a batch while it is being judged; each round finds at least one of them. */
const ROUNDS = 20;

/** One result an input, in order. The inputs were read by `readPlanInput`. */
export async function registerPlans(world: World, lender: Lender, inputs: readonly PlanInput[], actor: Actor): Promise<Registered[]> {
  const results: Registered[] = [];
  for (let at = 0; at < inputs.length; at += BATCH) {
    const batch = inputs.slice(at, at + BATCH);
    results.push(...(await untilFresh(ROUNDS, () => registerBatch(world, lender, batch, actor))));
  }
  return results;
}

async function registerBatch(world: World, lender: Lender, inputs: readonly PlanInput[], actor: Actor): Promise<Registered[]> {
  const book = await lookUp(world, lender, inputs);
  const registering = { world, lender, actor, now: world.clock.now() };
  const results = inputs.map((input) => judge(input, book, registering));
  if (book.newPlans.length) await world.store.transact((tx) => tx.write(book.changes(), null));
  return results;
}
