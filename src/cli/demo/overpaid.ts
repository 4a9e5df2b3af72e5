/**
 * What comes of impatience: a borrower whose debit has no answer yet pays by transfer, the debit succeeds all the same, and what was paid too
 * much goes back the way it came. Asked for under one key of the desk and approved under the other.
 */
import type { House } from '../../app.ts';
import type { Lender } from '../../domain/lender.ts';
import type { Actor } from '../../flows/actor.ts';
import { recordPayment } from '../../flows/payment.ts';
import { approveRefund, requestRefund } from '../../flows/refund.ts';
import { draw } from './portfolio.ts';

/** Every second of those who wait for an answer. */
export async function payInsteadOfWaiting({ world }: House, lender: Lender, seed: number, actor: Actor): Promise<void> {
  const open = await world.store.of(lender.id).attempts.all({ open: true });
  for (const { planId, outTradeNo, amount } of [...open].sort((a, b) => (a.outTradeNo < b.outTradeNo ? -1 : 1))) {
    if (draw(2, seed, outTradeNo, 'impatient')) continue;
    const payment = {
      externalId: `instead-of-${outTradeNo}`,
      amount: amount.minor,
      valueDate: null,
      targets: [],
      note: 'paid by transfer',
    };
    await recordPayment(world, lender, planId, payment, actor);
  }
}

const PAGE = 200;

/** Every overpayment of which nothing was decided yet. */
export async function giveBackOverpayments({ world }: House, lender: Lender, maker: Actor, approver: Actor): Promise<void> {
  const { refunds } = world.store.of(lender.id);
  for (let after = ''; ; ) {
    const plans = await world.store.refunds.overpaid([...world.strategies.values()], after, PAGE);
    for (const plan of plans.filter((p) => p.lenderId === lender.id))
      for (const { id: receiptId, overpaid, back } of plan.receipts) {
        if (overpaid <= 0 || back || (await refunds.one({ receiptId }))) continue;
        const ask = { receiptId, amount: overpaid, way: null, because: maker.why };
        const { id } = await requestRefund(world, lender, ask, maker);
        await approveRefund(world, lender, id, approver);
      }
    if (plans.length < PAGE) return;
    after = plans.at(-1)?.id ?? after;
  }
}
