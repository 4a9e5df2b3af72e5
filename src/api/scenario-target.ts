/** What a scenario is played on, from the id a tester names. The account number is opened for the simulated bank and goes nowhere else. */
import Joi from 'joi';
import { InvalidInput } from '../domain/errors.ts';
import type { ApiKey } from '../domain/lender.ts';
import type { ScenarioTarget } from './deps.ts';
import { problem } from './errors.ts';
import { type Call, found } from './route.ts';

export const subjectId = () =>
  Joi.string()
    .max(40)
    .pattern(/^(pln|att|mnd)_[0-9A-HJKMNP-TV-Z]{26}$/, 'subjectId');

/** A scenario that concerns the whole bank: not for a lender's key. */
export function nobody(key: ApiKey): ScenarioTarget {
  if (key.lenderId !== null) throw problem('FORBIDDEN', 'this scenario concerns everybody and needs a key that is bound to no lender');
  return {};
}

async function rowOf(call: Call<unknown, unknown, unknown>, id: string): Promise<Readonly<{ outTradeNo?: string; mandateId: string }>> {
  if (id.startsWith('att_')) return found('attempt', id, call.store.attempts.get(id));
  if (id.startsWith('mnd_')) return { mandateId: id };
  const plan = await found('plan', id, call.store.plans.get(id));
  return { mandateId: plan.mandateIds[0] ?? '' };
}

/** Throws InvalidInput when no subject is named, NotFound when this lender has no such thing. */
export async function targetOf(call: Call<unknown, Readonly<{ subjectId?: string; amount?: number }>, unknown>): Promise<ScenarioTarget> {
  const { world, body, lender } = call;
  if (!lender) throw problem('LENDER_REQUIRED', 'name the lender in the X-Lender header: this key is bound to none');
  if (body.subjectId === undefined)
    throw new InvalidInput([
      { pointer: '/subjectId', code: 'REQUIRED', message: 'subjectId is missing: name an attempt, a mandate or a plan' },
    ]);
  const { outTradeNo, mandateId } = await rowOf(call, body.subjectId);
  const mandate = await found('mandate', mandateId, call.store.mandates.get(mandateId));
  const [sealed] = await world.store.work.mandates([mandate.id]);
  if (!sealed) throw new Error(`mandate ${mandate.id} has no sealed account`);
  const account = world.vault.open(sealed.accountSealed, `${lender.id}|mandate|${mandate.id}`);
  return {
    ...(outTradeNo === undefined ? {} : { outTradeNo }),
    account,
    rail: mandate.rail,
    ...(body.amount === undefined ? {} : { amount: { minor: body.amount, currency: mandate.currency } }),
  };
}
