/** Payouts and refunds on the statement of our own account: what it shows has left, whatever the payer said of it. */
import { expect } from 'chai';
import type { Lender } from '../../src/domain/lender.ts';
import type { Refund } from '../../src/domain/refund.ts';
import type { Actor } from '../../src/flows/actor.ts';
import { bookDeposits } from '../../src/flows/deposits.ts';
import { sendRefunds } from '../../src/flows/refund/send.ts';
import { approveRefund, requestRefund } from '../../src/flows/refund.ts';
import { approve, retry, settleDue } from '../../src/flows/settle.ts';
import { houseBooks, layStatement, row, totalOf } from '../support/account-statements.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { holder } from '../support/keys.ts';
import { batchesOf, booksOf, FakePayer, lenderUnder, owing, reconciled, withoutFiles } from '../support/settling.ts';
import { thrownBy } from './bodies.ts';

describe('the statement of our account', function () {
  this.timeout(240_000);
  let house: TestHouse;
  let lender: Lender;
  let second: Lender;
  const payer = new FakePayer();
  beforeEach(async () => {
    house = await openTestHouse();
    withoutFiles(house, true);
    (house.world.payouts as Map<string, FakePayer>).set('fake', payer);
    lender = await lenderUnder(house);
    second = await lenderUnder(house);
  });
  afterEach(() => house.end());

  it('show a payout that left, and settle one whose answer never came', async () => {
    await owing(house, lender, '2026-01-06', [50_000]);
    await owing(house, second, '2026-01-06', [60_000]);
    await reconciled(house, '2026-01-06');
    await house.to('2026-01-07T02:00:00Z');
    const li = await holder(house, 'li', null);
    const [one] = await batchesOf(house, lender);
    const [two] = await batchesOf(house, second);
    payer.mood = 'pays';
    await approve(house.world, one!, li);
    await settleDue(house.world);
    payer.mood = 'losesRequest';
    await approve(house.world, two!, li);
    await settleDue(house.world);
    expect((await batchesOf(house, second))[0]).to.include({ state: 'unknown' });
    const out = (minor: number, payoutNo: string) => row(-minor, { outTradeNo: payoutNo });
    const [first, other] = [one!.transfers[0]!, two!.transfers[0]!];
    await layStatement(house, '2026-01-07', [
      out(first.minor, first.payoutNo),
      out(other.minor, other.payoutNo),
      out(other.minor, other.payoutNo),
    ]);
    await bookDeposits(house.world);
    expect((await batchesOf(house, second))[0]).to.include({ state: 'settled', askAt: null });
    for (const l of [lender, second])
      expect(await booksOf(house, l, '1012.02', '2241.05'), 'on its way no more').to.deep.equal({ '1012.02': 0, '2241.05': 0 });
    expect(await houseBooks(house, '1221.01'), 'the row that stands twice').to.deep.equal({ '1221.01': other.minor });
  });

  it('settle a payout that was said to have failed: it left, and is not to be paid again', async () => {
    await owing(house, lender, '2026-01-06', [50_000]);
    await reconciled(house, '2026-01-06');
    await house.to('2026-01-07T02:00:00Z');
    payer.mood = 'refuses';
    const li = await holder(house, 'li', null);
    const [batch] = await batchesOf(house, lender);
    await approve(house.world, batch!, li);
    await settleDue(house.world);
    const [failed] = await batchesOf(house, lender);
    expect(failed).to.include({ state: 'failed' });
    const { minor, payoutNo } = failed!.transfers[0]!;
    await layStatement(house, '2026-01-07', [row(-minor, { outTradeNo: payoutNo })]);
    await bookDeposits(house.world);
    expect((await batchesOf(house, lender))[0]).to.include({ state: 'settled', askAt: null });
    expect((await thrownBy(() => retry(house.world, failed!, li))).code).to.equal('ILLEGAL_TRANSITION');
    expect(await booksOf(house, lender, '1012.02', '2241.05')).to.deep.equal({ '1012.02': 0, '2241.05': 0 });
    expect(await houseBooks(house, '1221.01')).to.deep.equal({ '1221.01': 0 });
  });

  describe('with refunds by transfer', () => {
    let li: Actor;
    let receiptId: string;
    beforeEach(async () => {
      (house.world.payouts as Map<string, FakePayer>).set('simulator', payer);
      li = await holder(house, 'li', lender);
      const [plan] = await owing(house, lender, '2026-01-06', [50_000]);
      await house.to('2026-01-07T02:00:00Z');
      receiptId = (await house.world.store.of(lender.id).attempts.one({ planId: plan!.id }))!.id;
    });
    async function sentRefund(mood: FakePayer['mood']): Promise<Refund> {
      payer.mood = mood;
      const ask = { receiptId, amount: 50_000, way: 'transfer', because: 'asked for' } as const;
      const { id } = await requestRefund(house.world, lender, ask, li);
      await approveRefund(house.world, lender, id, await holder(house, 'wang', lender));
      await sendRefunds(house.world);
      return refundNow(id);
    }
    const refundNow = async (id: string) => (await house.world.store.of(lender.id).refunds.get(id)) as Refund;

    it('believe a row that names only its day', async () => {
      const { id, refundNo, state } = await sentRefund('losesRequest');
      expect(state).to.equal('unknown');
      await layStatement(house, '2026-01-07', [
        row(-50_000, { outTradeNo: refundNo, at: null }),
        row(50_000, { outTradeNo: refundNo, at: null }),
      ]);
      await bookDeposits(house.world);
      expect(await refundNow(id)).to.include({ state: 'returned', paidOn: '2026-01-07', returnedOn: '2026-01-07' });
      expect(await booksOf(house, lender, '1012.02')).to.deep.equal({ '1012.02': 0 });
      expect(await houseBooks(house, '1221.01', '2241.01')).to.deep.equal({ '1221.01': 0, '2241.01': 0 });
    });

    it('do not stall the others where one is answered after its receipt was given back by another', async () => {
      const first = await sentRefund('refuses');
      const second = await sentRefund('losesRequest');
      await layStatement(house, '2026-01-07', [row(-50_000, { refundNo: first.refundNo })]);
      await bookDeposits(house.world);
      expect((await refundNow(first.id)).state, 'it had left after all').to.equal('succeeded');
      const echo = { amount: second.amount, accountLast4: '', at: house.world.clock.now() };
      const said = { kind: 'succeeded', channelTradeNo: 'T2', rawCode: '00', rawText: 'paid', echo } as const;
      const { query } = payer;
      payer.query = async () => said;
      await house.to('2026-01-07T04:00:00Z');
      payer.query = query;
      expect(await refundNow(second.id)).to.include({ state: 'unknown' });
      expect((await house.world.store.discrepancies.list({ kind: 'answerMismatch' }, { limit: 5 })).data).to.have.length(1);
    });

    it('hold one in suspense that left although it was said to have failed, where the money was given back again; the rest is booked', async () => {
      const first = await sentRefund('refuses');
      expect(first.state).to.equal('failed');
      const second = await sentRefund('losesRequest');
      expect(second).to.include({ state: 'unknown', n: 2 });
      await layStatement(house, '2026-01-07', [
        row(-50_000, { refundNo: second.refundNo }),
        row(-50_000, { refundNo: first.refundNo }),
        row(300),
      ]);
      await bookDeposits(house.world);
      expect(await totalOf(house, '1002:settlement')).to.equal(-99_700);
      expect(await houseBooks(house, '1221.01', '2241.01')).to.deep.equal({ '1221.01': 50_000, '2241.01': -300 });
      expect(await booksOf(house, lender, '1012.02')).to.deep.equal({ '1012.02': 0 });
      expect([(await refundNow(first.id)).state, (await refundNow(second.id)).state]).to.deep.equal(['failed', 'succeeded']);
    });
  });

  it('prove that a payout nobody answered for never left: two of them lack it, and the payer does not know it', async () => {
    await owing(house, lender, '2026-01-06', [50_000]);
    await reconciled(house, '2026-01-06');
    await house.to('2026-01-07T02:00:00Z');
    payer.mood = 'losesRequest';
    await approve(house.world, (await batchesOf(house, lender))[0]!, await holder(house, 'li', null));
    await settleDue(house.world);
    const state = async () => (await batchesOf(house, lender))[0]!.state;
    await layStatement(house, '2026-01-07', []);
    await house.to('2026-01-07T20:00:00Z');
    expect(await state(), 'one is not enough: it may have left at the end of the day').to.equal('unknown');
    await layStatement(house, '2026-01-08', []);
    await house.to('2026-01-08T02:00:00Z');
    expect(await state()).to.equal('failed');
    expect(await booksOf(house, lender, '2241.05', '1012.02'), 'it is still owed').to.deep.equal({ '2241.05': -49_990, '1012.02': 0 });
  });
});
