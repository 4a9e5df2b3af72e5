/**
 * Cancels a plan: nothing more is debited, and what is still owed leaves the books.
 *
 * What was paid stays paid. An instalment with a part-payment is waived down to it, untouched ones are superseded; the principal that falls away
 * goes back against the loan's funding. Should a debit that had left already succeed, it is booked as an overpayment.
 */

import { difference } from '../domain/ledger.ts';
import type { Lender } from '../domain/lender.ts';
import { next } from '../domain/machine.ts';
import { INSTALMENT, type Instalment, outstandingBy, PLAN, total } from '../domain/plan.ts';
import type { Actor } from './actor.ts';
import { type Acted, actOnPlan } from './acts.ts';
import type { World } from './world.ts';

/** Throws NotFound, or IllegalTransition for a plan that has ended. */
export async function cancelPlan(world: World, lender: Lender, planId: string, actor: Actor): Promise<Acted> {
  return actOnPlan(world, lender, planId, actor, (plan) => {
    const state = next(PLAN, plan.state, 'cancel');
    const after = { ...plan, state, holds: [], instalments: plan.instalments.map(endUnpaid) };
    const fallenAway = plan.instalments.reduce((sum, i) => sum + outstandingBy(i).principal, 0);
    return {
      plan: after,
      event: { type: 'plan.cancelled', to: state, data: { principalFallenAway: fallenAway }, posting: difference(plan, after) },
    };
  });
}

function endUnpaid(i: Instalment): Instalment {
  if (i.state === 'paid' || i.state === 'waived' || i.state === 'superseded') return i;
  const { interest, penalty } = i.paid;
  if (total(i.paid) > 0) return { ...i, due: i.paid, accrued: { interest, penalty }, state: next(INSTALMENT, i.state, 'waive') };
  return { ...i, due: { ...i.due, penalty: 0 }, accrued: { interest: 0, penalty: 0 }, state: next(INSTALMENT, i.state, 'supersede') };
}
