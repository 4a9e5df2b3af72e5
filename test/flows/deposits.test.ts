/** Statements of our own account, booked: 1002 is what the bank says, deposits go to their lenders, and what nobody can place is in suspense. */
import { expect } from 'chai';
import { plusMinutes } from '../../src/domain/clock.ts';
import type { Lender } from '../../src/domain/lender.ts';
import type { LenderDay } from '../../src/domain/reconciliation.ts';
import type { Refund } from '../../src/domain/refund.ts';
import type { StatementLine } from '../../src/domain/statement.ts';
import type { Actor } from '../../src/flows/actor.ts';
import { bookDeposits } from '../../src/flows/deposits.ts';
import { reconcileDue } from '../../src/flows/reconcile.ts';
import { sendRefunds } from '../../src/flows/refund/send.ts';
import { approveRefund, requestRefund } from '../../src/flows/refund.ts';
import { approve, retry, settleDue } from '../../src/flows/settle.ts';
import { NEW_LINE } from '../../src/statements/reader.ts';
import { toDoc } from '../../src/store/codec.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { holder } from '../support/keys.ts';
import { day } from '../support/loan.ts';
import { batchesOf, booksOf, FakePayer, lenderUnder, owing, reconciled, withoutFiles } from '../support/settling.ts';
import { thrownBy } from './bodies.ts';

describe('account statements', function () {
  this.timeout(60_000);
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

  type Row = Partial<StatementLine> & Readonly<{ minor: number }>;
  const row = (minor: number, change: Partial<StatementLine> = {}): Row => ({ kind: 'transfer', minor, ...change });
  const deposit = (minor: number, date: string): Row => row(minor, { channelTradeNo: `simulator:${date}` });

  let made = 0;
  /** An accepted statement of our account; `takes` supersedes another. */
  async function statement(date: string, rows: readonly Row[], takes?: string): Promise<string> {
    const { statements } = house.world.store;
    const id = `stm_${String(++made).padStart(26, '0')}`;
    const header = {
      ...{
        id,
        kind: 'account',
        source: 'settlement',
        businessDate: day(date),
        format: 'simulator-account',
        name: id,
        sha256: id,
        bytes: 1,
      },
      ...{ issue: made, state: 'accepted', head: null, lines: rows.length, refusal: null, receivedAt: house.world.clock.now(), by: 'test' },
    };
    const headers = house.database.db.collection<{ _id: string }>('statements');
    await headers.insertOne(toDoc(header) as never);
    if (takes) await headers.updateOne({ _id: takes }, { $set: { state: 'superseded' } as never });
    const lines = rows.map(
      (r, k): StatementLine => ({
        ...NEW_LINE,
        ...{ line: k + 4, kind: 'other', currency: 'CNY', at: house.world.clock.now(), valueDate: day(date), rawCode: '', rawText: '' },
        ...r,
        minor: Math.abs(r.minor),
        side: r.minor < 0 ? 'out' : 'in',
      }),
    );
    await statements.putLines(id, lines, 1);
    return id;
  }
  const share = (of: Lender | 'house', paidMinor: number, feeMinor = 0): LenderDay => ({
    ...{ lenderId: of === 'house' ? of : of.id, currency: 'CNY', paidCount: 1, paidMinor, returnedCount: 0, returnedMinor: 0 },
    ...{ refundedCount: 0, refundedMinor: 0, feeMinor },
  });
  const houseBooks = async (...accounts: string[]) => booksOf(house, { id: 'house' } as Lender, ...accounts);
  const total = async (account: string) =>
    Number(
      (
        await house.database.db
          .collection('balances')
          .aggregate([{ $match: { account } }, { $group: { _id: null, minor: { $sum: '$minor' } } }])
          .toArray()
      )[0]?.minor ?? 0,
    );
  const mismatches = async () =>
    (await house.world.store.discrepancies.list({ kind: 'depositMismatch' }, { limit: 50 })).data.map((d) => [
      d.state,
      d.oursMinor,
      d.theirsMinor,
      d.ended,
    ]);
  const runOf = async (date: string) => (await house.world.store.settling.runs([`rec_simulator_${date}`]))[0]!;
  const eventCount = () => house.database.db.collection('events').countDocuments();

  it('give each lender the net of its rows, once, however often they are booked', async () => {
    await reconciled(house, '2026-01-05', { booked: [share(lender, 100_000, 20), share(second, 50_000, 10)] });
    await statement('2026-01-06', [deposit(149_970, '2026-01-05')]);
    expect(await bookDeposits(house.world)).to.include({ did: 1 });
    const events = await eventCount();
    expect(await bookDeposits(house.world)).to.include({ lookedAt: 0 });
    await house.database.db.collection('cursors').deleteMany({});
    await bookDeposits(house.world);
    expect(await eventCount()).to.equal(events);
    expect(await booksOf(house, lender, '1002:settlement', '1012.01:simulator')).to.deep.equal({
      '1002:settlement': 99_980,
      '1012.01:simulator': -99_980,
    });
    expect(await booksOf(house, second, '1002:settlement')).to.deep.equal({ '1002:settlement': 49_990 });
    expect((await runOf('2026-01-05')).depositedAt).to.not.equal(null);
    expect(await mismatches()).to.deep.equal([]);
  });

  it('book money whose file is not there yet to suspense, and hand it over when the day is compared', async () => {
    await statement('2026-01-06', [deposit(99_980, '2026-01-05')]);
    await bookDeposits(house.world);
    expect(await houseBooks('1002:settlement', '2241.01')).to.deep.equal({ '1002:settlement': 99_980, '2241.01': -99_980 });
    expect(await mismatches()).to.deep.equal([['suspense', 0, 99_980, null]]);
    await reconciled(house, '2026-01-05', { booked: [share(lender, 100_000, 20)] });
    await bookDeposits(house.world);
    expect(await houseBooks('1002:settlement', '2241.01')).to.deep.equal({ '1002:settlement': 0, '2241.01': 0 });
    expect(await booksOf(house, lender, '1002:settlement')).to.deep.equal({ '1002:settlement': 99_980 });
    expect((await mismatches()).map((m) => m[3])).to.deep.equal(['correctedFile']);
  });

  it('are told of once where money has lain in suspense for five days', async () => {
    await statement('2026-01-06', [deposit(99_980, '2026-01-05')]);
    await bookDeposits(house.world);
    const opened = house.world.clock.now();
    const told = async () => {
      await reconcileDue(house.world);
      return house.database.db.collection('events').countDocuments({ type: 'discrepancy.aged' });
    };
    await house.to(plusMinutes(opened, 5 * 1_440 - 1).toISOString());
    expect(await told()).to.equal(0);
    await house.to(plusMinutes(opened, 5 * 1_440).toISOString());
    expect([await told(), await told()]).to.deep.equal([1, 1]);
    expect(await house.world.store.discrepancies.nextLook()).to.equal(null);
  });

  it('open a mismatch with the difference, change it with a corrected file and close it when both agree', async () => {
    await reconciled(house, '2026-01-05', { booked: [share(lender, 100_000)] });
    await statement('2026-01-06', [deposit(99_000, '2026-01-05')]);
    await bookDeposits(house.world);
    expect(await houseBooks('1221.01', '1002:settlement')).to.deep.equal({ '1221.01': 1_000, '1002:settlement': -1_000 });
    expect(await mismatches()).to.deep.equal([['suspense', 100_000, 99_000, null]]);
    const recompared = async (minor: number, at: string) => {
      await house.to(at);
      await reconciled(house, '2026-01-05', { booked: [share(lender, minor)], version: (await runOf('2026-01-05')).version + 1 });
      await bookDeposits(house.world);
    };
    await recompared(98_500, '2026-01-06T01:00:00Z');
    expect(await houseBooks('1221.01', '2241.01')).to.deep.equal({ '1221.01': 0, '2241.01': -500 });
    expect(await mismatches()).to.deep.equal([['suspense', 98_500, 99_000, null]]);
    await recompared(99_000, '2026-01-06T02:00:00Z');
    expect(await houseBooks('1221.01', '2241.01', '1002:settlement')).to.deep.equal({ '1221.01': 0, '2241.01': 0, '1002:settlement': 0 });
    expect(await mismatches()).to.deep.equal([['corrected', 98_500, 99_000, 'correctedFile']]);
    expect(await total('1002:settlement')).to.equal(99_000);
  });

  it('book a statement that comes to count after a newer one does', async () => {
    const headers = house.database.db.collection<{ _id: string }>('statements');
    const slow = await statement('2026-01-06', [row(700)]);
    await headers.updateOne({ _id: slow }, { $set: { state: 'loading', issue: 0 } as never });
    await statement('2026-01-07', [row(500)]);
    await bookDeposits(house.world);
    expect(await total('1002:settlement')).to.equal(500);
    await headers.updateOne({ _id: slow }, { $set: { state: 'accepted', issue: 1 } as never });
    await bookDeposits(house.world);
    expect(await total('1002:settlement')).to.equal(1_200);
  });

  it('book what the bank converted in both currencies, through 2998, by each lender’s part, with the rate as it is written', async () => {
    const dollars = (of: Lender, paidMinor: number) => ({ ...share(of, paidMinor), currency: 'USD' });
    await reconciled(house, '2026-01-05', { booked: [dollars(lender, 6_667), dollars(second, 3_333)] });
    const fx = { currency: 'USD', minor: 10_000, rate: '7.1234' };
    await statement('2026-01-06', [
      { ...deposit(71_235, '2026-01-05'), fx },
      { ...deposit(71_235, '2026-01-05'), fx },
    ]);
    await bookDeposits(house.world);
    const booked = await house.database.db
      .collection('events')
      .find({ type: 'accountRow.booked' }, { sort: { _id: 1 } })
      .toArray();
    const first = booked.filter((e) => e.lenderId === lender.id);
    expect(
      first.map((e) => [e.currency, e.data.fx, e.posting.map((l: { account: string; minor: unknown }) => [l.account, Number(l.minor)])]),
    ).to.deep.equal([
      [
        'CNY',
        fx,
        [
          ['1002:settlement', 47_492],
          ['2998', -47_492],
        ],
      ],
      [
        'USD',
        fx,
        [
          ['2998', 6_667],
          ['1012.01:simulator', -6_667],
        ],
      ],
    ]);
    expect(await total('1002:settlement'), 'the second row of the day is nobody’s').to.equal(2 * 71_235);
    expect(await houseBooks('2241.01')).to.deep.equal({ '2241.01': -71_235 });
    const rows = (await house.world.store.books.ofAccountRows({})).filter((r) => r.account === '1012.01:simulator');
    expect(rows.map((r) => [r.currency, r.minor]).sort()).to.deep.equal(
      [
        ['USD', -3_333],
        ['USD', -6_667],
      ].sort(),
    );
    expect((await runOf('2026-01-05')).depositedAt).to.not.equal(null);
    await house.to('2026-01-06T01:00:00Z');
    const { version } = await runOf('2026-01-05');
    await reconciled(house, '2026-01-05', { booked: [dollars(lender, 6_667), dollars(second, 2_333)], version: version + 1 });
    await bookDeposits(house.world);
    const held = (currency: string, account: string) => house.world.store.settling.balance(second.id, currency, account);
    expect(await Promise.all([held('USD', '2998'), held('USD', '1012.01:simulator'), held('CNY', '2998')])).to.deep.equal([
      2_333, -2_333, -16_620,
    ]);
    expect(await mismatches(), 'the corrected file has less than was converted').to.deep.include([
      'suspense',
      47_492 + 16_620,
      71_235,
      null,
    ]);
  });

  it('tell a file’s two currencies apart where the bank turned one into the other, in whatever order files and rows come', async () => {
    const dollars = (paidMinor: number) => ({ ...share(second, paidMinor), currency: 'USD' });
    const fx = { currency: 'USD', minor: 10_000, rate: '7.1234' };
    const held = (of: Lender, currency: string, account: string) => house.world.store.settling.balance(of.id, currency, account);
    const asBooked = async () => {
      expect(await houseBooks('2241.01', '1221.01')).to.deep.equal({ '2241.01': 0, '1221.01': 0 });
      expect(await booksOf(house, lender, '1002:settlement', '1012.01:simulator')).to.deep.equal({
        '1002:settlement': 50_000,
        '1012.01:simulator': -50_000,
      });
      expect(await Promise.all([held(second, 'CNY', '1002:settlement'), held(second, 'USD', '1012.01:simulator')])).to.deep.equal([
        71_234, -10_000,
      ]);
    };
    const rows = (date: string): Row[] => [{ ...deposit(71_234, date), fx }, deposit(50_000, date)];
    await reconciled(house, '2026-01-05', { booked: [share(lender, 50_000), dollars(10_000)] });
    const first = await statement('2026-01-06', rows('2026-01-05'));
    await bookDeposits(house.world);
    await asBooked();
    await statement('2026-01-06', [], first);
    await bookDeposits(house.world);
    expect((await runOf('2026-01-05')).depositedAt, 'none of it is there any more').to.equal(null);
    await statement('2026-01-07', rows('2026-01-06').reverse());
    await bookDeposits(house.world);
    expect(await houseBooks('2241.01')).to.deep.equal({ '2241.01': -121_234 });
    await reconciled(house, '2026-01-06', { booked: [share(lender, 50_000), dollars(10_000)] });
    await bookDeposits(house.world);
    await asBooked();
  });

  it('hold a row that turns out to be a second one of its day in suspense, and go on with the others', async () => {
    const fx = { currency: 'USD', minor: 10_000, rate: '7.1234' };
    await statement('2026-01-06', [deposit(50_000, '2026-01-05'), { ...deposit(71_234, '2026-01-05'), fx }]);
    await statement('2026-01-07', [deposit(700, '2026-01-06')]);
    await bookDeposits(house.world);
    await reconciled(house, '2026-01-05', { booked: [share(lender, 50_000)] });
    await reconciled(house, '2026-01-06', { booked: [share(lender, 700)] });
    await bookDeposits(house.world);
    expect(await booksOf(house, lender, '1002:settlement')).to.deep.equal({ '1002:settlement': 50_700 });
    expect(await houseBooks('2241.01', '1002:settlement')).to.deep.equal({ '2241.01': -71_234, '1002:settlement': 71_234 });
  });

  it('look again where two days were compared anew at one instant', async () => {
    for (const date of ['2026-01-05', '2026-01-06']) await reconciled(house, date, { booked: [share(lender, 1_000)], runs: 1 });
    await statement('2026-01-07', [deposit(1_200, '2026-01-05'), deposit(1_200, '2026-01-06')]);
    await bookDeposits(house.world);
    await house.to('2026-01-07T01:00:00Z');
    for (const date of ['2026-01-06', '2026-01-05']) {
      await reconciled(house, date, { booked: [share(lender, 1_200)], runs: 2, version: 8 });
      await bookDeposits(house.world);
    }
    expect(await houseBooks('2241.01')).to.deep.equal({ '2241.01': 0 });
  });

  it('leave the bank’s own charge for a row to a person, and the row at what it moved', async () => {
    await reconciled(house, '2026-01-05', { booked: [share(lender, 100_000)] });
    await statement('2026-01-06', [{ ...deposit(100_000, '2026-01-05'), feeMinor: 30 }, row(0, { kind: 'fee', feeMinor: 500 })]);
    await bookDeposits(house.world);
    expect(await total('1002:settlement')).to.equal(100_000 - 30 - 500);
    expect(await booksOf(house, lender, '1002:settlement')).to.deep.equal({ '1002:settlement': 100_000 });
    expect(await houseBooks('1221.01')).to.deep.equal({ '1221.01': 530 });
    expect(await mismatches()).to.have.deep.members([
      ['suspense', 100_000, 99_970, null],
      ['suspense', 0, -500, null],
    ]);
  });

  it('take a corrected statement in the place of the one it supersedes', async () => {
    await reconciled(house, '2026-01-05', { booked: [share(lender, 100_000)] });
    const first = await statement('2026-01-06', [deposit(90_000, '2026-01-05'), row(-700, { kind: 'fee' })]);
    await bookDeposits(house.world);
    expect(await total('1002:settlement')).to.equal(89_300);
    await statement('2026-01-06', [deposit(100_000, '2026-01-05')], first);
    await bookDeposits(house.world);
    expect(await total('1002:settlement')).to.equal(100_000);
    expect(await houseBooks('1221.01', '2241.01')).to.deep.equal({ '1221.01': 0, '2241.01': 0 });
    expect((await mismatches()).every(([state]) => state === 'corrected')).to.equal(true);
    expect((await runOf('2026-01-05')).depositedAt).to.not.equal(null);
  });

  it('put what nobody can place, in or out, and a second row of one day, into suspense', async () => {
    await reconciled(house, '2026-01-05', { booked: [share(lender, 5_000)] });
    await statement('2026-01-06', [
      deposit(5_000, '2026-01-05'),
      deposit(5_000, '2026-01-05'),
      row(300, { kind: 'other', rawText: 'interest' }),
      row(-40, { outTradeNo: 'P-NOBODYS' }),
      row(7, { status: 'pending' }),
    ]);
    await bookDeposits(house.world);
    expect(await houseBooks('2241.01', '1221.01')).to.deep.equal({ '2241.01': -5_300, '1221.01': 40 });
    expect(await total('1002:settlement')).to.equal(10_260);
    expect(await mismatches()).to.have.length(3);
  });

  it('leave alone what staff have taken out of suspense, and open another mismatch for what changes later', async () => {
    await reconciled(house, '2026-01-05', { booked: [share(lender, 100_000)] });
    await statement('2026-01-06', [deposit(99_000, '2026-01-05')]);
    await bookDeposits(house.world);
    const found = (await house.world.store.discrepancies.list({ kind: 'depositMismatch' }, { limit: 1 })).data[0]!;
    await house.database.db
      .collection<{ _id: string }>('discrepancies')
      .updateOne({ _id: found.id }, { $set: { state: 'writtenOff', suspense: [] } as never });
    await house.to('2026-01-06T01:00:00Z');
    await reconciled(house, '2026-01-05', { booked: [share(lender, 100_200)], version: 9 });
    await bookDeposits(house.world);
    expect(await mismatches()).to.deep.equal([
      ['writtenOff', 100_000, 99_000, null],
      ['suspense', 100_200, 99_000, null],
    ]);
    const [, open] = (await house.world.store.discrepancies.list({ kind: 'depositMismatch' }, { limit: 5 })).data;
    expect(open!.suspense.map((l) => [l.account, l.minor])).to.have.deep.members([
      ['1002:settlement', -200],
      ['1221.01', 200],
    ]);
  });

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
    await statement('2026-01-07', [out(first.minor, first.payoutNo), out(other.minor, other.payoutNo), out(other.minor, other.payoutNo)]);
    await bookDeposits(house.world);
    expect((await batchesOf(house, second))[0]).to.include({ state: 'settled', askAt: null });
    for (const l of [lender, second])
      expect(await booksOf(house, l, '1012.02', '2241.05'), 'on its way no more').to.deep.equal({ '1012.02': 0, '2241.05': 0 });
    expect(await houseBooks('1221.01'), 'the row that stands twice').to.deep.equal({ '1221.01': other.minor });
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
    await statement('2026-01-07', [row(-minor, { outTradeNo: payoutNo })]);
    await bookDeposits(house.world);
    expect((await batchesOf(house, lender))[0]).to.include({ state: 'settled', askAt: null });
    expect((await thrownBy(() => retry(house.world, failed!, li))).code).to.equal('ILLEGAL_TRANSITION');
    expect(await booksOf(house, lender, '1012.02', '2241.05')).to.deep.equal({ '1012.02': 0, '2241.05': 0 });
    expect(await houseBooks('1221.01')).to.deep.equal({ '1221.01': 0 });
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
      await statement('2026-01-07', [row(-50_000, { outTradeNo: refundNo, at: null }), row(50_000, { outTradeNo: refundNo, at: null })]);
      await bookDeposits(house.world);
      expect(await refundNow(id)).to.include({ state: 'returned', paidOn: '2026-01-07', returnedOn: '2026-01-07' });
      expect(await booksOf(house, lender, '1012.02')).to.deep.equal({ '1012.02': 0 });
      expect(await houseBooks('1221.01', '2241.01')).to.deep.equal({ '1221.01': 0, '2241.01': 0 });
    });

    it('do not stall the others where one is answered after its receipt was given back by another', async () => {
      const first = await sentRefund('refuses');
      const second = await sentRefund('losesRequest');
      await statement('2026-01-07', [row(-50_000, { refundNo: first.refundNo })]);
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
      await statement('2026-01-07', [row(-50_000, { refundNo: second.refundNo }), row(-50_000, { refundNo: first.refundNo }), row(300)]);
      await bookDeposits(house.world);
      expect(await total('1002:settlement')).to.equal(-99_700);
      expect(await houseBooks('1221.01', '2241.01')).to.deep.equal({ '1221.01': 50_000, '2241.01': -300 });
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
    await statement('2026-01-07', []);
    await house.to('2026-01-07T20:00:00Z');
    expect(await state(), 'one is not enough: it may have left at the end of the day').to.equal('unknown');
    await statement('2026-01-08', []);
    await house.to('2026-01-08T02:00:00Z');
    expect(await state()).to.equal('failed');
    expect(await booksOf(house, lender, '2241.05', '1012.02'), 'it is still owed').to.deep.equal({ '2241.05': -49_990, '1012.02': 0 });
  });
});
