import { expect } from 'chai';
import { atTheDesk, type Desk, openDesk } from '../../src/cli/demo/desk.ts';
import { moneyFiguresOf } from '../../src/cli/demo/money-figures.ts';
import { payInsteadOfWaiting } from '../../src/cli/demo/overpaid.ts';
import { recordPayment } from '../../src/flows/payment.ts';
import { register } from '../flows/bodies.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';

/** Accepted in the morning, and paid at 06:00 of the next day. */
const SLOW = '6222020000000010175';

const planOf = (externalId: string, account: string, dueDate: string) => ({
  externalId,
  currency: 'CNY',
  strategy: 'standard',
  borrower: { externalId: `B-${externalId}`, name: '张三', phone: '+8613800138000', language: 'zh' },
  mandate: { rail: 'simulator', account, perDebitCap: null },
  instalments: [{ dueDate, principal: 10_000, interest: 0 }],
});

describe("the demo's desk", function () {
  this.timeout(240_000);
  let house: TestHouse;
  let desk: Desk;
  before(async () => {
    house = await openTestHouse();
    desk = await openDesk(house);
    await register(house, planOf('L-1', SLOW, '2026-01-12'));
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

describe("the demo's desk, where our account runs short", function () {
  this.timeout(240_000);
  let house: TestHouse;
  before(async () => {
    house = await openTestHouse();
  });
  after(() => house.end());

  it('pays a refund by transfer, knows it again on the statement, and pays what was refused for want of money when it is there', async () => {
    const { world, lender } = house;
    const desk = await openDesk(house);
    await register(house, planOf('L-1', '6222020000000020019', '2026-01-12'), planOf('L-2', '6222020000000030019', '2026-01-15'));
    await house.to('2026-01-13T03:00:00Z');
    const plan = await world.store.of(lender.id).plans.one({ externalId: 'L-1' });
    const payment = { externalId: 'P-1', amount: 3_000, valueDate: null, targets: [], note: 'twice' };
    await recordPayment(world, lender, plan!.id, payment, { by: 'staff: Li Na', why: 'transfer received' });
    for (let day = 13; day <= 19; day++) {
      await house.to(`2026-01-${day}T03:30:00Z`);
      await atTheDesk(house, desk);
    }
    const [refund] = await world.store.of(lender.id).refunds.all({});
    expect(refund).to.include({ state: 'succeeded', way: 'transfer' });
    const batches = await world.store.of(lender.id).settlements.all({});
    expect(batches.filter((b) => b.state !== 'open').map((b) => [b.state, b.sums.netMinor])).to.deep.equal([
      ['settled', 9_990],
      ['settled', 6_990],
    ]);
    const figures = await moneyFiguresOf(house);
    expect(figures.reconciliation.openAfterQuiet).to.equal(0);
    expect(figures.books).to.include({ trialBalance: 0, voucherCheck: 'ok', ledgerCheck: 'ok', cashCheck: 'ok' });
    const paid = await house.database.db.collection('simbank_account').find({ kind: 'payout', n: null }).toArray();
    expect(paid.length, 'refused for want of money').to.be.greaterThan(0);
  });
});
