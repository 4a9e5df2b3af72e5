/** Golden example 11 of domain.md in a whole house: the transfer wins the race, the debit that succeeds too is an overpayment, told the same day. */
import { expect } from 'chai';
import { recordPayment } from '../../src/flows/payment.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { LI, planBody, registered } from './bodies.ts';

describe('the race of a debit and a transfer', () => {
  let house: TestHouse;
  before(async function () {
    this.timeout(240_000);
    house = await openTestHouse();
  });
  after(() => house.end());

  it('books the second sum as an overpayment of 1,127.06, tells the borrower once, and presents nothing else', async function () {
    this.timeout(240_000);
    // The bank accepts the debit and takes the money three minutes later.
    const mandate = { rail: 'simulator', account: '6222020000000000126', perDebitCap: 500000 };
    const instalments = [{ dueDate: '2026-01-25', principal: 92016, interest: 18000, fee: 2690 }];
    const { plan } = await registered(house, planBody({ mandate, instalments }));
    const store = house.world.store.of(house.lender.id);
    await house.to('2026-01-25T01:11:00Z');
    const paying = { externalId: 'T-1', amount: 112_706, valueDate: null, targets: [], note: null };
    const paid = await recordPayment(house.world, house.lender, plan.id, paying, LI);
    expect(paid.plan.state).to.equal('settled');
    expect(paid.inFlight).to.have.length(1);
    await house.to('2026-01-25T01:30:00Z');
    const settled = await store.plans.get(plan.id);
    expect(settled?.receipts.map((r) => [r.kind, r.overpaid])).to.deep.equal([
      ['selfPayment', 0],
      ['debit', 112_706],
    ]);
    const overpaid = async () => (await store.notices.all({ planId: plan.id })).filter((n) => n.template === 'overpaid');
    const [notice] = await overpaid();
    expect(notice?.text).to.equal(
      '【Harbour Credit】您于2026-01-25重复或多付了CNY 1,127.06，该款项归您所有。请告知我们：退还给您，或留作以后还款。',
    );
    expect(notice).to.deep.include({ key: `${paid.inFlight[0]}:overpaid`, announces: null });
    await house.to('2026-03-05T00:00:00Z');
    expect(await overpaid()).to.have.length(1);
    expect(await store.attempts.all({ planId: plan.id })).to.have.length(1);
    expect((await store.plans.get(plan.id))?.nextAction).to.deep.equal({ kind: 'stop', at: null, because: 'the plan is settled' });
  });
});
