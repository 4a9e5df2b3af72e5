/** Settlement on the real house: what is confirmed is cleared once, approved under a second key, and netted with whatever goes back. */
import { expect } from 'chai';
import { addDays } from '../../src/domain/clock.ts';
import type { Lender } from '../../src/domain/lender.ts';
import type { Agreement, Settlement } from '../../src/domain/settlement.ts';
import type { Actor } from '../../src/flows/actor.ts';
import { sendRefunds } from '../../src/flows/refund/send.ts';
import { approveRefund, requestRefund } from '../../src/flows/refund.ts';
import { resolveAttempt } from '../../src/flows/resolve.ts';
import { approve, settle, settleDue } from '../../src/flows/settle.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { holder } from '../support/keys.ts';
import { day } from '../support/loan.ts';
import { AGREEMENT, batchesOf, booksOf, FakePayer, lenderUnder, owing, reconciled, rowsOf, withoutFiles } from '../support/settling.ts';
import { LI, thrownBy } from './bodies.ts';

/** Of the simulated bank, a debit. */
const FEE = 10;

describe('settlement', function () {
  this.timeout(240_000);
  let house: TestHouse;
  let maker: Actor;
  let other: Actor;
  const payer = new FakePayer();
  before(async () => {
    house = await openTestHouse();
    withoutFiles(house);
    (house.world.payouts as Map<string, FakePayer>).set('fake', payer);
    maker = await holder(house, 'li', null);
    other = await holder(house, 'wang', null);
  });
  after(() => house.end());

  /** Days of January 2026, each test on days of its own: the clock only goes forward. */
  const to = (local: string) => house.to(`${local}+08:00`);
  const stateOf = async (batch: Settlement) => (await house.world.store.of(batch.lenderId).settlements.get(batch.id)) as Settlement;
  const attemptOf = async (lender: Lender, planId: string) => (await house.world.store.of(lender.id).attempts.one({ planId }))!;
  const goesBack = async (lender: Lender, planId: string, verdict: 'returned' | 'failed') => {
    const { id } = await attemptOf(lender, planId);
    await resolveAttempt(house.world, lender, id, { verdict, evidence: 'letter of the bank', channelTradeNo: null }, LI);
    await house.to(house.world.clock.now().toISOString());
  };

  it('waits for the file, then clears what it confirms on the pay day at its hour, once, however often it looks', async () => {
    const lender = await lenderUnder(house);
    await owing(house, lender, '2026-01-06', [110_016, 67_500]);
    await to('2026-01-07T11:00');
    expect(await batchesOf(house, lender), 'no file, no batch').to.deep.equal([]);
    await reconciled(house, '2026-01-06');
    await settleDue(house.world);
    await settleDue(house.world);
    const [batch, ...more] = await batchesOf(house, lender);
    expect(more).to.deep.equal([]);
    expect(batch).to.include({ state: 'cleared', payOn: '2026-01-07', from: '2026-01-06', to: '2026-01-06', rows: 2, makerKeyId: null });
    expect(batch!.sums).to.include({ grossMinor: 177_516, channelFeeMinor: 2 * FEE, netMinor: 177_496 });
    expect(await booksOf(house, lender, '2999', '2241.05', '6421')).to.deep.equal({
      // The interest of both: registration had put the principal there.
      '2999': 2_000,
      '2241.05': -177_496,
      '6421': -20,
    });
  });

  it('writes nothing at a run that finds nothing', async () => {
    await settleDue(house.world);
    const { cursor } = house.world.store.admin;
    const seen: string[] = [];
    const admin = { ...house.world.store.admin, cursor: { get: cursor.get, set: async (name: string) => void seen.push(name) } };
    await settleDue({ ...house.world, store: { ...house.world.store, admin } });
    expect(seen).to.deep.equal([]);
  });

  it('sets aside what is not explained and settles it with a later batch', async () => {
    const lender = await lenderUnder(house);
    const [, odd] = await owing(house, lender, '2026-01-08', [20_000, 30_000]);
    await to('2026-01-09T09:00');
    const { id: attemptId } = await attemptOf(lender, odd!.id);
    const discrepancies = house.database.db.collection<{ _id: string }>('discrepancies');
    await discrepancies.insertOne({
      _id: 'dis_1',
      key: 'k1',
      lenderId: lender.id,
      attemptId,
      state: 'suspense',
      kind: 'shortage',
    } as never);
    await reconciled(house, '2026-01-08');
    await to('2026-01-09T10:00');
    expect((await batchesOf(house, lender)).map((b) => b.sums.grossMinor)).to.deep.equal([20_000]);
    await discrepancies.updateOne({ _id: 'dis_1' }, { $set: { state: 'corrected' } as never });
    await settleDue(house.world);
    expect(await batchesOf(house, lender), 'one batch a pay day').to.have.length(1);
    await to('2026-01-10T10:00');
    expect((await batchesOf(house, lender)).map((b) => b.sums.grossMinor)).to.deep.equal([20_000, 30_000]);
  });

  it('is approved under another key than its maker’s; a name proves nothing', async () => {
    const lender = await lenderUnder(house);
    await owing(house, lender, '2026-01-11', [50_000]);
    await to('2026-01-12T08:00');
    await reconciled(house, '2026-01-11');
    const [made] = await settle(house.world, lender, day('2026-01-11'), maker);
    const batch = made!.cleared!;
    expect(batch).to.include({ makerKeyId: maker.keyId, payOn: '2026-01-12' });
    const codes = [];
    for (const actor of [maker, { by: 'somebody else', why: 'looked at it' }, { ...maker, by: 'wang' }, { ...other, keyId: 'key_none' }])
      codes.push((await thrownBy(() => approve(house.world, batch, actor))).code);
    expect(codes).to.deep.equal(Array(4).fill('SECOND_KEY_REQUIRED'));
    const still: Settlement = { ...batch, state: 'open', makerKeyId: null };
    expect((await thrownBy(() => approve(house.world, still, maker))).code, 'seen while it had no maker').to.equal('SECOND_KEY_REQUIRED');
    expect(await approve(house.world, batch, other)).to.include({ state: 'approved', approverKeyId: other.keyId });
    expect((await thrownBy(() => approve(house.world, batch, other))).code).to.equal('ILLEGAL_TRANSITION');
    await settleDue(house.world);
    expect(await stateOf(batch), 'not before its hour').to.include({ state: 'approved' });
    await to('2026-01-12T10:00');
    expect(await stateOf(batch)).to.include({ state: 'settled' });
    expect(await booksOf(house, lender, '2241.05', '1012.02')).to.deep.equal({ '2241.05': 0, '1012.02': -49_990 });
  });

  it('approves a batch once when two do so at the same time', async () => {
    const lender = await lenderUnder(house);
    await owing(house, lender, '2026-01-13', [50_000]);
    await reconciled(house, '2026-01-13');
    await to('2026-01-14T10:00');
    const [batch] = await batchesOf(house, lender);
    const done = await Promise.allSettled([approve(house.world, batch!, maker), approve(house.world, batch!, other)]);
    expect(done.map((d) => d.status).sort()).to.deep.equal(['fulfilled', 'rejected']);
  });

  it('is made once when five makers meet', async () => {
    const lender = await lenderUnder(house);
    await owing(house, lender, '2026-01-15', [50_000, 60_000, 70_000]);
    await to('2026-01-15T20:00');
    await reconciled(house, '2026-01-15');
    await Promise.allSettled(Array.from({ length: 5 }, () => settle(house.world, lender, day('2026-01-15'), maker)));
    const batches = await batchesOf(house, lender);
    expect(batches.map((b) => [b.state, b.rows, b.sums.grossMinor])).to.deep.equal([['cleared', 3, 180_000]]);
  });

  it('nets a return after settlement from the next batch, and waits open while nothing is left over', async () => {
    const lender = await lenderUnder(house, {
      shares: [{ party: 'funder', of: ['principal', 'interest'], share: '0.7', fixed: 0, min: 0 }],
    });
    const [plan] = await owing(house, lender, '2026-01-16', [110_016]);
    await reconciled(house, '2026-01-16');
    await to('2026-01-17T10:00');
    const [first] = await batchesOf(house, lender);
    expect(first!.transfers.map((t) => [t.party, t.minor])).to.deep.equal([
      ['lender', 33_005 - FEE],
      ['funder', 77_011],
    ]);
    await goesBack(lender, plan!.id, 'returned');
    await to('2026-01-18T10:00');
    const waiting = (await batchesOf(house, lender))[1]!;
    expect(waiting).to.include({ state: 'open', contentsHash: null });
    expect((await rowsOf(house, lender)).map((r) => [r.kind, r.parts, r.channelFeeMinor])).to.deep.equal([
      ['payment', { lender: 33_005, funder: 77_011, guarantor: 0, servicer: 0 }, FEE],
      ['return', { lender: -33_005, funder: -77_011, guarantor: 0, servicer: 0 }, 0],
    ]);
    // The house debits the instalment again on its own, and that pays for the return.
    await owing(house, lender, '2026-01-20', [250_000]);
    await reconciled(house, '2026-01-20');
    await to('2026-01-21T10:00');
    const trued = await stateOf(waiting);
    expect(trued).to.include({ state: 'cleared', payOn: '2026-01-21' });
    expect(trued.sums).to.include({ grossMinor: 250_000, returnsMinor: 110_016 });
    expect(trued.transfers.map((t) => t.minor)).to.deep.equal([250_000 - 175_000 - FEE - 33_005, 175_000 - 77_011]);
  });

  it('takes a debit that is back before it was settled together with its way back, and gives the fee of one never taken back', async () => {
    const lender = await lenderUnder(house);
    const [back, denied] = await owing(house, lender, '2026-01-23', [40_000, 41_000]);
    await owing(house, lender, '2026-01-23', [90_000]);
    await to('2026-01-23T20:00');
    await goesBack(lender, back!.id, 'returned');
    await goesBack(lender, denied!.id, 'failed');
    await reconciled(house, '2026-01-23');
    await to('2026-01-24T10:00');
    const [batch] = await batchesOf(house, lender);
    expect(batch!.rows).to.equal(5);
    expect(batch!.sums).to.include({ grossMinor: 171_000, returnsMinor: 40_000, channelFeeMinor: 3 * FEE, trueUpMinor: -41_000 + FEE });
    expect(batch!.sums.netMinor).to.equal(90_000 - 2 * FEE);
  });

  it('lets less than the minimum wait for the next batch, and keeps back and releases what was agreed', async () => {
    const lender = await lenderUnder(house, { minimumMinor: 60_000, holdBack: { share: '0.1', days: 2 } });
    await owing(house, lender, '2026-01-25', [50_000]);
    await owing(house, lender, '2026-01-26', [50_000]);
    await owing(house, lender, '2026-01-29', [100_000]);
    await reconciled(house, '2026-01-25');
    await to('2026-01-26T10:00');
    expect((await batchesOf(house, lender)).map((b) => b.state)).to.deep.equal(['open']);
    await reconciled(house, '2026-01-26');
    await to('2026-01-27T10:00');
    const [first] = await batchesOf(house, lender);
    expect(first!.sums).to.include({ grossMinor: 100_000, heldBackMinor: 9_998, netMinor: 100_000 - 20 - 9_998 });
    expect(first).to.include({ state: 'cleared', releaseOn: '2026-01-29', from: '2026-01-25', to: '2026-01-26' });
    await reconciled(house, '2026-01-29');
    await to('2026-01-30T10:00');
    const [released, second] = await batchesOf(house, lender);
    expect(second!.sums).to.include({
      grossMinor: 100_000,
      heldBackMinor: 9_999,
      releasedMinor: 9_998,
      netMinor: 100_000 - 10 - 9_999 + 9_998,
    });
    expect(released!.releasedIn).to.equal(second!.id);
    await to('2026-02-01T10:00');
    expect(await batchesOf(house, lender), 'what is kept back alone is below the minimum').to.have.length(2);
  });

  it('closes a weekly cycle on its day and pays behind the holidays', async () => {
    const cycle = { every: 'week', weekday: 5, plusDays: 1, calendar: 'china', at: '10:00' } as const;
    const lender = await lenderUnder(house, { cycle });
    await owing(house, lender, '2026-02-09', [20_000]);
    await owing(house, lender, '2026-02-13', [30_000]);
    await owing(house, lender, '2026-02-14', [40_000]);
    for (const date of ['2026-02-09', '2026-02-13', '2026-02-14']) await reconciled(house, date);
    await to('2026-02-13T23:00');
    expect(await batchesOf(house, lender)).to.deep.equal([]);
    // The Saturday is worked in exchange; the next week's Friday lies in the festival.
    await to('2026-02-14T10:00');
    await to('2026-02-24T11:00');
    expect((await batchesOf(house, lender)).map((b) => [b.payOn, b.sums.grossMinor])).to.deep.equal([
      ['2026-02-14', 50_000],
      ['2026-02-24', 40_000],
    ]);
  });

  it('reports what the channel pays itself, and takes it off the clearing account', async () => {
    const lender = await lenderUnder(house, { mode: 'passThrough' });
    await owing(house, lender, '2026-02-25', [20_000]);
    await reconciled(house, '2026-02-25');
    await to('2026-02-26T10:00');
    const [batch] = await batchesOf(house, lender);
    expect(batch).to.include({ state: 'reported' });
    expect(batch!.transfers).to.deep.equal([]);
    const books = await booksOf(house, lender, '1012.01:simulator', '2241.05', '6421');
    expect(books, 'the fee’s own booking, by the run, takes the rest').to.deep.equal({
      '1012.01:simulator': FEE,
      '2241.05': 0,
      '6421': -FEE,
    });
  });

  it('takes a refund back from whoever had a part of what is refunded', async () => {
    const lender = await lenderUnder(house, { shares: [{ party: 'funder', of: ['principal'], share: '0.7', fixed: 0, min: 0 }] });
    const [plan] = await owing(house, lender, '2026-02-28', [110_016]);
    await reconciled(house, '2026-02-28');
    await to('2026-03-01T10:00');
    const { id: receiptId } = await attemptOf(lender, plan!.id);
    const [asks, approves] = [await holder(house, 'asks', lender), await holder(house, 'approves', lender)];
    const wanted = { receiptId, amount: 20_000, way: null, because: 'asked for twice' } as const;
    const { id } = await requestRefund(house.world, lender, wanted, asks);
    await approveRefund(house.world, lender, id, approves);
    await sendRefunds(house.world);
    await settle(house.world, lender, day('2026-02-28'), maker);
    const rows = (await rowsOf(house, lender)).filter((r) => r.receiptId === receiptId);
    // Of 1,090.16 principal 70 % is 763.11; of the 890.16 that are left it is 623.11.
    expect(rows.map((r) => [r.kind, r.minor, r.parts, r.channelFeeMinor])).to.deep.equal([
      ['payment', 110_016, { lender: 33_705, funder: 76_311, guarantor: 0, servicer: 0 }, FEE],
      ['refund', -20_000, { lender: -6_000, funder: -14_000, guarantor: 0, servicer: 0 }, 0],
    ]);
  });

  it('splits a debit by what was agreed on its day, also when it is cleared or goes back under another agreement', async () => {
    const funded = { shares: [{ party: 'funder', of: ['interest', 'principal'], share: '0.7', fixed: 0, min: 0 }] } as const;
    const lender = await lenderUnder(house, funded);
    const from = (date: string, change: Partial<Agreement>) =>
      (house.world.agreements as Agreement[]).push({
        ...AGREEMENT,
        name: `of-${lender.code.toLowerCase()}`,
        lenders: [lender.id],
        validFrom: day(date),
        ...change,
      });
    const today = house.world.clock.today(lender.timeZone);
    const on = (days: number) => addDays(today, days);
    from(on(2), { channelFee: 'servicer' });
    const [plan] = await owing(house, lender, on(1), [100_000]);
    await to(`${on(2)}T09:00`);
    await reconciled(house, on(1));
    await to(`${on(2)}T10:00`);
    const [batch] = await batchesOf(house, lender);
    expect(batch!.transfers.map((t) => [t.party, t.minor])).to.deep.equal([
      ['lender', 30_000 - FEE],
      ['funder', 70_000],
    ]);
    const { id: receiptId } = await attemptOf(lender, plan!.id);
    const ask = { receiptId, amount: 10_000, way: null, because: 'asked for by the borrower' };
    const { id } = await requestRefund(house.world, lender, ask, maker);
    await approveRefund(house.world, lender, id, other);
    await sendRefunds(house.world);
    await to(`${on(3)}T10:00`);
    await goesBack(lender, plan!.id, 'failed');
    await to(`${on(4)}T10:00`);
    const rows = await rowsOf(house, lender);
    expect(rows.map((r) => [r.kind, r.parts?.lender, r.parts?.funder, r.channelFeeMinor, r.bearer])).to.deep.equal([
      ['payment', 30_000, 70_000, FEE, 'lender'],
      ['refund', -3_000, -7_000, 0, 'lender'],
      ['denial', -27_000, -63_000, -FEE, 'lender'],
    ]);
  });

  it('has settled nothing twice and lost nothing, over everything above', async () => {
    const { db } = house.database;
    const lenders = (await house.world.store.admin.lenders.list({ limit: 100 })).data;
    for (const lender of lenders) {
      const rows = await rowsOf(house, lender);
      for (const row of rows.filter((r) => r.parts)) {
        const { lender: a, funder, guarantor, servicer } = row.parts!;
        expect(a + funder + guarantor + servicer, row.id).to.equal(row.minor);
      }
      for (const batch of await batchesOf(house, lender)) {
        if (batch.state === 'open' || batch.state === 'reported') continue;
        const mine = rows.filter((r) => r.settlementId === batch.id);
        expect(mine).to.have.length(batch.rows);
        const whole = mine.reduce((sum, r) => sum + r.minor, 0) + batch.sums.releasedMinor;
        const servicer = mine.reduce((sum, r) => sum + r.parts!.servicer, 0);
        const fees = mine.reduce((sum, r) => sum + r.channelFeeMinor, 0);
        expect(batch.transfers.reduce((sum, t) => sum + t.minor, servicer + fees + batch.sums.heldBackMinor)).to.equal(whole);
      }
    }
    expect(await db.collection('clearings').countDocuments()).to.equal(
      (await db.collection('events').countDocuments({ type: { $in: ['attempt.succeeded', 'attempt.returned', 'refund.succeeded'] } })) +
        (await db.collection('events').countDocuments({ type: 'attempt.failed', from: 'succeeded' })),
    );
  });
});

describe('settlement of one lender that cannot be done', function () {
  this.timeout(240_000);
  let house: TestHouse;
  before(async () => {
    house = await openTestHouse();
    withoutFiles(house);
    (house.world.payouts as Map<string, FakePayer>).set('fake', new FakePayer());
  });
  after(() => house.end());

  it('holds up no other’s batch and no other’s payment, and is told of at the end', async () => {
    const lenders = [];
    for (let n = 0; n < 3; n++) lenders.push(await lenderUnder(house));
    const [broken, payless, well] = lenders as [Lender, Lender, Lender];
    for (const lender of lenders) await owing(house, lender, '2026-01-06', [50_000]);
    await house.to('2026-01-07T10:00+08:00');
    await reconciled(house, '2026-01-06');
    const of = (lender: Lender) => house.world.agreements.findIndex((a) => a.lenders.includes(lender.id));
    const agreements = house.world.agreements as Agreement[];
    agreements[of(broken)] = { ...agreements[of(broken)]!, cycle: { ...AGREEMENT.cycle, calendar: 'taken-away' } };
    agreements[of(payless)] = { ...agreements[of(payless)]!, payout: 'taken-away' };
    const settled = async () => (await thrownBy(() => settleDue(house.world))).message;
    expect(await settled()).to.include('no calendar of ours: taken-away');
    const other = await holder(house, 'wang', null);
    for (const lender of [payless, well]) await approve(house.world, (await batchesOf(house, lender))[0]!, other);
    expect(await settled()).to.include('no calendar of ours: taken-away');
    expect(await batchesOf(house, broken)).to.deep.equal([]);
    expect((await batchesOf(house, payless)).map((b) => b.state)).to.deep.equal(['approved']);
    expect((await batchesOf(house, well)).map((b) => b.state)).to.deep.equal(['settled']);
  });
});
