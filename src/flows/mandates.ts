/**
 * Mandates of an existing borrower: registering another, and suspending, resuming or revoking one.
 *
 * A move bumps the version of the mandate and of every plan that it serves, in one transaction, and only then reads what is in flight: a worker
 * that had decided before sees one of the versions changed before it calls.
 */
import { NotFound } from '../domain/errors.ts';
import type { Lender } from '../domain/lender.ts';
import { next } from '../domain/machine.ts';
import { MANDATE, type Mandate, type MandateEvent } from '../domain/mandate.ts';
import type { Actor } from './actor.ts';
import { inFlight } from './acts.ts';
import { mandateEvent, newMandate, sameMandate } from './parties.ts';
import type { MandateInput } from './plan-input.ts';
import { untilFresh } from './stale.ts';
import type { World } from './world.ts';

/** `plans`: how many plans it touches; `inFlight`: attempts (att_...) that had left before. */
export type MandateMoved = Readonly<{ mandate: Mandate; plans: number; inFlight: readonly string[] }>;

const ROUNDS = 5;

/** An equal mandate, by external id or by account, is found again. Throws NotFound for the borrower, Conflict MANDATE_EXISTS_DIFFERENT. */
export async function registerMandate(
  world: World,
  lender: Lender,
  borrowerId: string,
  currency: string,
  input: MandateInput,
  actor: Actor,
): Promise<Readonly<{ mandate: Mandate; result: 'created' | 'existing' }>> {
  const store = world.store.of(lender.id);
  const borrower = await store.borrowers.get(borrowerId);
  if (!borrower) throw new NotFound('borrower', borrowerId);
  const of = { borrowerId, currency, accountKey: world.vault.accountKey(lender.id, input.account) };
  return untilFresh(ROUNDS, async () => {
    const [called, live] = await Promise.all([
      input.externalId === null ? null : store.mandates.one({ externalId: input.externalId }),
      store.mandates.all({ borrowerId, live: true }),
    ]);
    const known = called ?? live.find((m) => m.rail === input.rail && m.accountKey === of.accountKey);
    if (known) return { mandate: sameMandate(known, input, of), result: 'existing' };
    const registering = { world, lender, actor, now: world.clock.now() };
    const mandate = newMandate(input, of, live.length, registering);
    const events = [mandateEvent(mandate, 'mandate.registered', null, registering)];
    await world.store.transact((tx) => tx.write({ newMandates: [mandate], events }, null));
    const { accountSealed: _, ...shown } = mandate;
    return { mandate: shown, result: 'created' };
  });
}

export const suspendMandate = (world: World, lender: Lender, mandateId: string, actor: Actor): Promise<MandateMoved> =>
  move(world, lender, mandateId, 'suspend', actor);
export const resumeMandate = (world: World, lender: Lender, mandateId: string, actor: Actor): Promise<MandateMoved> =>
  move(world, lender, mandateId, 'resume', actor);
/** For good: a new mandate must be signed. */
export const revokeMandate = (world: World, lender: Lender, mandateId: string, actor: Actor): Promise<MandateMoved> =>
  move(world, lender, mandateId, 'revoke', actor);

/** Throws NotFound for a mandate that this lender does not have, IllegalTransition where its state does not take the event. */
async function move(world: World, lender: Lender, mandateId: string, event: MandateEvent, actor: Actor): Promise<MandateMoved> {
  if (!(await world.store.of(lender.id).mandates.get(mandateId))) throw new NotFound('mandate', mandateId);
  const { mandate, planIds } = await untilFresh(ROUNDS, async () => {
    const planIds = (await world.store.work.plansOfMandate(lender.id, mandateId)).map((p) => p.id);
    const mandate = await world.store.transact(async (tx) => {
      const [before] = await tx.mandates([mandateId]);
      if (!before) throw new NotFound('mandate', mandateId);
      const now = world.clock.now();
      const state = next(MANDATE, before.state, event);
      const after: Mandate = { ...before, state, version: before.version + 1, eventN: before.eventN + 1 };
      const plans = (await tx.plans(planIds)).map((p) => ({
        ...p,
        version: p.version + 1,
        nextAction: p.state === 'active' ? { kind: 'decide' as const, at: now, because: `mandate.${state}` } : p.nextAction,
      }));
      await tx.write({ mandates: [after], plans, events: [mandateEvent(after, `mandate.${state}`, before.state, { actor, now })] }, null);
      return after;
    });
    return { mandate, planIds };
  });
  return { mandate, plans: planIds.length, inFlight: await inFlight(world, planIds) };
}
