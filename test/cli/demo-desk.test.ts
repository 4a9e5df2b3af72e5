import { expect } from 'chai';
import { atTheDesk, type Desk, openDesk } from '../../src/cli/demo/desk.ts';
import { moneyFiguresOf } from '../../src/cli/demo/money-figures.ts';
import { payInsteadOfWaiting } from '../../src/cli/demo/overpaid.ts';
import { register } from '../flows/bodies.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';

/** Accepted in the morning, and paid at 06:00 of the next day. */
const SLOW = '6222020000000010175';

describe("the demo's desk", function () {
  this.timeout(120_000);
  let house: TestHouse;
  let desk: Desk;
  before(async () => {
    house = await openTestHouse();
    desk = await openDesk(house);
    await register(house, {
      externalId: 'L-1',
      currency: 'CNY',
      strategy: 'standard',
      borrower: { externalId: 'B-1', name: '张三', phone: '+8613800138000', language: 'zh' },
      mandate: { rail: 'simulator', account: SLOW, perDebitCap: null },
      instalments: [{ dueDate: '2026-01-12', principal: 10_000, interest: 0 }],
    });
  });
  after(() => house.end());

  it('takes the transfer of somebody who did not want to wait, gives what came twice back under two keys, and all books agree', async () => {
    const { world, lender } = house;
    const impatient = { by: 'staff: Li Na', why: 'transfer received' };
    await house.to('2026-01-12T03:30:00Z');
    for (let seed = 1; seed <= 8; seed++) await payInsteadOfWaiting(house, lender, seed, impatient);
    for (let day = 14; day <= 18; day++) {
      await house.to(`2026-01-${day}T03:30:00Z`);
      await atTheDesk(house, desk);
    }
    const [plan] = await world.store.of(lender.id).plans.all({});
    expect(plan?.state).to.equal('settled');
    const [refund, ...more] = await world.store.of(lender.id).refunds.all({});
    expect(more).to.deep.equal([]);
    expect(refund).to.include({ state: 'succeeded', way: 'channel', askedBy: desk.maker, approvedBy: desk.approver });
    expect(refund?.amount.minor).to.equal(10_000);
    const truth = await house.bank!.book.truth();
    expect([truth.collectedMinor, truth.refundedMinor]).to.deep.equal([{ CNY: 10_000 }, { CNY: 10_000 }]);
    const figures = await moneyFiguresOf(house);
    expect(figures.reconciliation).to.deep.include({ lines: 2, matched: 2, openAfterQuiet: 0 });
    expect(figures.books).to.include({ trialBalance: 0, voucherCheck: 'ok', ledgerCheck: 'ok', cashCheck: 'ok' });
  });

  it('approves what was cleared under the second key, and leaves nothing that nobody has looked at', async () => {
    const batches = await house.world.store.of(house.lender.id).settlements.all({});
    expect(batches.filter((b) => b.state === 'cleared')).to.deep.equal([]);
    const paid = batches.find((b) => b.state === 'settled');
    expect(paid?.approverKeyId).to.equal(desk.approver);
    expect(paid?.sums.grossMinor).to.equal(10_000);
  });
});
