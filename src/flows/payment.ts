/** Books what a borrower paid by other means. */
import type { BusinessDate } from '../domain/clock.ts';
import type { Lender } from '../domain/lender.ts';
import type { Payment } from '../domain/records.ts';
import type { Actor } from './actor.ts';
import type { Acted } from './acts.ts';
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

export declare function recordPayment(
  world: World,
  lender: Lender,
  planId: string,
  input: PaymentInput,
  actor: Actor,
): Promise<PaymentBooked>;
