/** What the checker says of refunds that do not add up. */
import { expect } from 'chai';
import type { Document } from 'mongodb';
import { sendRefunds } from '../../src/flows/refund/send.ts';
import { approveRefund, requestRefund } from '../../src/flows/refund.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { holder } from '../support/keys.ts';
import { check, registerAll, Spoiler } from './support.ts';

describe('check, of refunds', function () {
  this.timeout(240_000);
  let house: TestHouse;
  let refund: Document;
  const spoil = new Spoiler(() => house);
  before(async () => {
    house = await openTestHouse();
    await registerAll(house, ['0019']);
    await house.to('2026-01-27T02:00:00Z');
    const [maker, approver] = [await holder(house, 'li', house.lender), await holder(house, 'wang', house.lender)];
    const attempt = await spoil.find('attempts', { state: 'succeeded' });
    const ask = { receiptId: String(attempt._id), amount: 10_000, way: null, because: 'paid twice' };
    const { id } = await requestRefund(house.world, house.lender, ask, maker);
    await approveRefund(house.world, house.lender, id, approver);
    await sendRefunds(house.world);
    refund = await spoil.find('refunds', { _id: id });
    expect(refund.state).to.equal('succeeded');
  });
  afterEach(() => spoil.mend());
  after(async () => {
    expect((await check(house)).violations, 'every test mends what it spoils').to.deep.equal([]);
    await house.end();
  });

  it('lets what was refunded be debited again', async () => {
    const other = await openTestHouse();
    try {
      await registerAll(other, ['0019']);
      await other.to('2026-01-27T02:00:00Z');
      const attempts = other.database.db.collection('attempts');
      const first = await attempts.findOne({ state: 'succeeded' });
      const [maker, approver] = [await holder(other, 'li', other.lender), await holder(other, 'wang', other.lender)];
      const ask = { receiptId: String(first?._id), amount: 60_000, way: null, because: 'a complaint' };
      const { id } = await requestRefund(other.world, other.lender, ask, maker);
      await approveRefund(other.world, other.lender, id, approver);
      await sendRefunds(other.world);
      await other.to('2026-02-10T02:00:00Z');
      const again = await attempts.findOne({ state: 'succeeded', n: { $gt: 1 }, 'aims.instalmentId': first?.aims[0].instalmentId });
      expect(Number(again?.amount.minor), 'debited again').to.be.above(0);
      expect((await check(other)).violations).to.deep.equal([]);
    } finally {
      await other.end();
    }
  });

  const found = async (): Promise<string[]> => (await check(house)).violations.map((v) => `${v.invariant} ${v.says}`);

  it('finds an attempt that says another sum was given back than its refunds', async () => {
    await spoil.set('attempts', refund.receiptId, { refundedMinor: 9_999 });
    expect(await found()).to.deep.equal(['I12 what was given back of a receipt is not what its refunds came to']);
  });

  it('finds refunds that come to more than came in', async () => {
    await spoil.insert('refunds', {
      ...refund,
      _id: `${refund._id}`.slice(0, -1).concat('Z'),
      n: 2,
      refundNo: 'X',
      amount: { minor: 100_017, currency: 'CNY' },
    });
    const told = await found();
    expect(told).to.include('I14 refunds made and under way come to more than came in');
    expect(told).to.include('I7 the last event’s number is not the one stored');
  });

  it('finds a receipt of which too little is allocated, and a posting that moved another sum', async () => {
    const plan = await spoil.find('plans', { _id: refund.planId });
    await spoil.set('plans', plan._id, { 'receipts.0.refunded': 9_000 });
    const told = await found();
    expect(told).to.include('I14 a receipt is not the sum of its lines, its surplus and its refunds');
    await spoil.mend();
    const event = await spoil.find('events', { subject: refund._id, type: 'refund.succeeded' });
    const [cash, ...rest] = event.posting as Document[];
    await spoil.set('events', event._id, { posting: [{ ...cash, account: '1012.02' }, ...rest] });
    expect(await found()).to.include('I12 an event’s posting is not the money it moved');
  });

  it('finds a refund whose history is not its state, or that a second lender has', async () => {
    await spoil.set('refunds', refund._id, { state: 'failed' });
    expect(await found()).to.include('I7 the state is not the fold of the events');
    await spoil.mend();
    await spoil.set('refunds', refund._id, { lenderId: 'lnd_01ARZ3NDEKTSV4RRFFQ69G5FAV' });
    expect((await check(house)).violations.map((v) => v.invariant)).to.include('I20');
  });
});
