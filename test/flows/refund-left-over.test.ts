/** What was paid too much and left alone: given back after the strategy's days, unless somebody chose otherwise. */
import { expect } from 'chai';
import type { Plan } from '../../src/domain/plan.ts';
import type { Strategy } from '../../src/domain/strategy.ts';
import { placeHold } from '../../src/flows/holds.ts';
import { recordPayment } from '../../src/flows/payment.ts';
import { sendRefunds } from '../../src/flows/refund/send.ts';
import { cancelRefund, requestRefund } from '../../src/flows/refund.ts';
import { check } from '../check/support.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { holder } from '../support/keys.ts';
import { LI, numbered, registered } from './bodies.ts';

describe('an overpayment left alone', function () {
  this.timeout(240_000);
  let house: TestHouse;
  const plans: Plan[] = [];
  before(async () => {
    house = await openTestHouse();
    const strategies = house.world.strategies as Map<string, Strategy>;
    strategies.set('standard', { ...(strategies.get('standard') as Strategy), overpayment: { refundAfterDays: 3 } });
    for (let n = 0; n < 4; n++) plans.push((await registered(house, numbered(n))).plan);
    plans.push((await registered(house, numbered(9, '0019', { strategy: 'gentle' }))).plan);
    // So that there is money on the account to transfer from.
    await house.to('2026-01-27T02:00:00Z');
    for (const plan of plans) {
      const paid = { externalId: 'P-1', amount: 5_000, valueDate: null, targets: [], note: null };
      await recordPayment(house.world, house.lender, plan.id, paid, LI);
    }
  });
  after(async () => {
    expect((await check(house)).violations).to.deep.equal([]);
    await house.end();
  });

  const store = () => house.world.store.of(house.lender.id);
  const refundsOf = async (k: number) => store().refunds.all({ planId: (plans[k] as Plan).id });
  const receiptOf = async (k: number) => (await store().plans.get((plans[k] as Plan).id))?.receipts.find((r) => r.kind === 'selfPayment');

  it('goes back after three days by the rule alone, and not where a person chose, a hold stands, or the strategy says nothing', async () => {
    const maker = await holder(house, 'li', house.lender);
    const chosen = await requestRefund(
      house.world,
      house.lender,
      { receiptId: (await receiptOf(1))?.id as string, amount: 1, way: null, because: 'a slip' },
      maker,
    );
    await cancelRefund(house.world, house.lender, chosen.id, maker);
    await placeHold(house.world, house.lender, (plans[2] as Plan).id, { kind: 'complaint', until: null }, LI);
    await house.to('2026-01-30T01:59:00Z');
    expect(await refundsOf(0), 'a minute before its days are over').to.deep.equal([]);
    await house.to('2026-01-30T02:01:00Z');
    const [made] = await refundsOf(0);
    expect(made).to.include({ state: 'succeeded', askedBy: null, approvedBy: null, way: 'transfer' });
    expect(made?.amount).to.deep.include({ currency: 'CNY' });
    expect(Number(made?.amount.minor)).to.equal(5_000);
    expect(made?.because).to.contain('CNY 50.00 more than was owed came in 3 days ago');
    expect(await receiptOf(0)).to.include({ refunded: 5_000, overpaid: 0 });
    expect((await refundsOf(1)).map((r) => r.state)).to.deep.equal(['cancelled']);
    expect(await refundsOf(2)).to.deep.equal([]);
    expect(await refundsOf(3)).to.have.length(1);
    expect(await refundsOf(4), 'another strategy').to.deep.equal([]);
    await sendRefunds(house.world);
    expect(await refundsOf(0)).to.have.length(1);
  });
});
