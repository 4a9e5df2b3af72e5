/**
 * Books what a borrower paid by other means, in one transaction and without a lease: money in is always booked.
 *
 * The plan's version moves with it, so a debit that was decided before and has not left is refused at the second look; what had left is named
 * in `inFlight`, and should it succeed too, the second sum is an overpayment.
 */
import { book } from '../domain/booking.ts';
import { addDays, type BusinessDate } from '../domain/clock.ts';
import { Conflict, InvalidInput } from '../domain/errors.ts';
import { SELF_PAYMENT_ACCOUNT } from '../domain/ledger.ts';
import type { Lender } from '../domain/lender.ts';
import type { Plan } from '../domain/plan.ts';
import type { Payment } from '../domain/records.ts';
import type { Actor } from './actor.ts';
import { type Acted, actOnPlan, inFlight } from './acts.ts';
import { isStale } from './stale.ts';
import type { World } from './world.ts';

export type PaymentInput = Readonly<{
  externalId: string | null;
  /** Minor units, above 0. */
  amount: number;
  /** Null: today in the lender's zone. */
  valueDate: BusinessDate | null;
  /** Instalment ids (ins_...) a prepayment is for; empty: what is due, oldest first. */
  targets: readonly string[];
  note: string | null;
}>;

/** `repeated`: the same external id came before with equal content; nothing was booked again. */
export type PaymentBooked = Acted & Readonly<{ payment: Payment; repeated: boolean }>;

/** A value date further back than this is a slip of the pen. */
const OLDEST_DAYS = 3660;

/** Throws NotFound, Conflict PAYMENT_EXISTS_DIFFERENT, or InvalidInput (future value date, targets of another plan). */
export async function recordPayment(
  world: World,
  lender: Lender,
  planId: string,
  input: PaymentInput,
  actor: Actor,
): Promise<PaymentBooked> {
  const earlier = await repeatOf(world, lender, planId, input);
  if (earlier) return earlier;
  let payment: Payment | undefined;
  try {
    const acted = await actOnPlan(world, lender, planId, actor, (plan, { now, today }) => {
      const valueDate = input.valueDate ?? today;
      checkFits(plan, input, valueDate, today);
      const id = world.ids.next('pay');
      const { externalId, amount: minor, targets, note } = input;
      const { lenderId, borrowerId, bucket, currency } = plan;
      payment = { id, lenderId, planId, borrowerId, bucket, externalId, minor, currency, valueDate, targets, note, at: now };
      const arrival = { id, kind: 'selfPayment' as const, minor, valueDate, bookedAt: now, targets };
      const booked = book(plan, arrival, SELF_PAYMENT_ACCOUNT, today);
      const overpaid = booked.plan.receipts.find((r) => r.id === id)?.overpaid ?? 0;
      return {
        plan: booked.plan,
        event: { type: 'plan.paid', data: { paymentId: id, externalId, minor, valueDate, overpaid }, posting: booked.posting },
        also: { newPayments: [payment] },
      };
    });
    return { ...acted, payment: payment as Payment, repeated: false };
  } catch (error) {
    const raced = isStale(error) ? await repeatOf(world, lender, planId, input) : null;
    if (raced) return raced;
    throw error;
  }
}

async function repeatOf(world: World, lender: Lender, planId: string, input: PaymentInput): Promise<PaymentBooked | null> {
  if (input.externalId === null) return null;
  const store = world.store.of(lender.id);
  const payment = await store.payments.one({ planId, externalId: input.externalId });
  const plan = payment && (await store.plans.get(planId));
  if (!plan) return null;
  const fields: string[] = [];
  if (payment.minor !== input.amount) fields.push('amount');
  if (input.valueDate !== null && payment.valueDate !== input.valueDate) fields.push('valueDate');
  if (payment.targets.join() !== input.targets.join()) fields.push('targets');
  if (fields.length)
    throw new Conflict(
      'PAYMENT_EXISTS_DIFFERENT',
      `payment ${input.externalId} is booked with another ${fields.join(', ')}: send the booked content, or use a new externalId`,
      { paymentId: payment.id, externalId: input.externalId, fields },
    );
  return { payment, plan, inFlight: await inFlight(world, [planId]), repeated: true };
}

function checkFits(plan: Plan, input: PaymentInput, valueDate: BusinessDate, today: BusinessDate): void {
  const fault = (pointer: string, code: string, message: string) => new InvalidInput([{ pointer, code, message }]);
  if (valueDate > today)
    throw fault(
      '/valueDate',
      'IN_THE_FUTURE',
      `valueDate ${valueDate} has not come yet (today is ${today}): report money once it is there`,
    );
  if (valueDate < addDays(today, -OLDEST_DAYS))
    throw fault('/valueDate', 'TOO_OLD', `valueDate ${valueDate} is more than ten years back: check the year`);
  const live = new Set(plan.instalments.filter((i) => i.state !== 'superseded' && i.state !== 'waived').map((i) => i.id));
  input.targets.forEach((id, i) => {
    if (!live.has(id))
      throw fault(`/targets/${i}`, 'NOT_AN_INSTALMENT', `targets.${i} is no live instalment of this plan: take its id from the plan`);
  });
  if (!Number.isSafeInteger(plan.receipts.reduce((sum, r) => sum + r.minor, input.amount)))
    throw fault('/amount', 'TOO_LARGE', 'amount is too large to be held exactly together with what was paid before: check it');
}
