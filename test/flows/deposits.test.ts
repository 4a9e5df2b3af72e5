/** Statements of our own account, booked: 1002 is what the bank says, deposits go to their lenders, and what nobody can place is in suspense. */
import { expect } from 'chai';
import { plusMinutes } from '../../src/domain/clock.ts';
import type { Lender } from '../../src/domain/lender.ts';
import { bookDeposits } from '../../src/flows/deposits.ts';
import { reconcileDue } from '../../src/flows/reconcile.ts';
import { deposit, houseBooks, layStatement, type Row, row, runOf, share, totalOf } from '../support/account-statements.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { booksOf, lenderUnder, reconciled, withoutFiles } from '../support/settling.ts';

describe('account statements', function () {
  this.timeout(240_000);
  let house: TestHouse;
  let lender: Lender;
  let second: Lender;
  beforeEach(async () => {
    house = await openTestHouse();
    withoutFiles(house, true);
    lender = await lenderUnder(house);
    second = await lenderUnder(house);
  });
  afterEach(() => house.end());

  const mismatches = async () =>
    (await house.world.store.discrepancies.list({ kind: 'depositMismatch' }, { limit: 50 })).data.map((d) => [
      d.state,
      d.oursMinor,
      d.theirsMinor,
      d.ended,
    ]);
  const eventCount = () => house.database.db.collection('events').countDocuments();

  it('give each lender the net of its rows, once, however often they are booked', async () => {
    await reconciled(house, '2026-01-05', { booked: [share(lender, 100_000, 20), share(second, 50_000, 10)] });
    await layStatement(house, '2026-01-06', [deposit(149_970, '2026-01-05')]);
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
    expect((await runOf(house, '2026-01-05')).depositedAt).to.not.equal(null);
    expect(await mismatches()).to.deep.equal([]);
  });

  it('book money whose file is not there yet to suspense, and hand it over when the day is compared', async () => {
    await layStatement(house, '2026-01-06', [deposit(99_980, '2026-01-05')]);
    await bookDeposits(house.world);
    expect(await houseBooks(house, '1002:settlement', '2241.01')).to.deep.equal({ '1002:settlement': 99_980, '2241.01': -99_980 });
    expect(await mismatches()).to.deep.equal([['suspense', 0, 99_980, null]]);
    await reconciled(house, '2026-01-05', { booked: [share(lender, 100_000, 20)] });
    await bookDeposits(house.world);
    expect(await houseBooks(house, '1002:settlement', '2241.01')).to.deep.equal({ '1002:settlement': 0, '2241.01': 0 });
    expect(await booksOf(house, lender, '1002:settlement')).to.deep.equal({ '1002:settlement': 99_980 });
    expect((await mismatches()).map((m) => m[3])).to.deep.equal(['correctedFile']);
  });

  it('are told of once where money has lain in suspense for five days', async () => {
    await layStatement(house, '2026-01-06', [deposit(99_980, '2026-01-05')]);
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
    await layStatement(house, '2026-01-06', [deposit(99_000, '2026-01-05')]);
    await bookDeposits(house.world);
    expect(await houseBooks(house, '1221.01', '1002:settlement')).to.deep.equal({ '1221.01': 1_000, '1002:settlement': -1_000 });
    expect(await mismatches()).to.deep.equal([['suspense', 100_000, 99_000, null]]);
    const recompared = async (minor: number, at: string) => {
      await house.to(at);
      await reconciled(house, '2026-01-05', { booked: [share(lender, minor)], version: (await runOf(house, '2026-01-05')).version + 1 });
      await bookDeposits(house.world);
    };
    await recompared(98_500, '2026-01-06T01:00:00Z');
    expect(await houseBooks(house, '1221.01', '2241.01')).to.deep.equal({ '1221.01': 0, '2241.01': -500 });
    expect(await mismatches()).to.deep.equal([['suspense', 98_500, 99_000, null]]);
    await recompared(99_000, '2026-01-06T02:00:00Z');
    expect(await houseBooks(house, '1221.01', '2241.01', '1002:settlement')).to.deep.equal({
      '1221.01': 0,
      '2241.01': 0,
      '1002:settlement': 0,
    });
    expect(await mismatches()).to.deep.equal([['corrected', 98_500, 99_000, 'correctedFile']]);
    expect(await totalOf(house, '1002:settlement')).to.equal(99_000);
  });

  it('book a statement that comes to count after a newer one does', async () => {
    const headers = house.database.db.collection<{ _id: string }>('statements');
    const slow = await layStatement(house, '2026-01-06', [row(700)]);
    await headers.updateOne({ _id: slow }, { $set: { state: 'loading', issue: 0 } as never });
    await layStatement(house, '2026-01-07', [row(500)]);
    await bookDeposits(house.world);
    expect(await totalOf(house, '1002:settlement')).to.equal(500);
    await headers.updateOne({ _id: slow }, { $set: { state: 'accepted', issue: 1 } as never });
    await bookDeposits(house.world);
    expect(await totalOf(house, '1002:settlement')).to.equal(1_200);
  });

  it('book what the bank converted in both currencies, through 2998, by each lender’s part, with the rate as it is written', async () => {
    const dollars = (of: Lender, paidMinor: number) => ({ ...share(of, paidMinor), currency: 'USD' });
    await reconciled(house, '2026-01-05', { booked: [dollars(lender, 6_667), dollars(second, 3_333)] });
    const fx = { currency: 'USD', minor: 10_000, rate: '7.1234' };
    await layStatement(house, '2026-01-06', [
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
    expect(await totalOf(house, '1002:settlement'), 'the second row of the day is nobody’s').to.equal(2 * 71_235);
    expect(await houseBooks(house, '2241.01')).to.deep.equal({ '2241.01': -71_235 });
    const rows = (await house.world.store.books.ofAccountRows({})).filter((r) => r.account === '1012.01:simulator');
    expect(rows.map((r) => [r.currency, r.minor]).sort()).to.deep.equal(
      [
        ['USD', -3_333],
        ['USD', -6_667],
      ].sort(),
    );
    expect((await runOf(house, '2026-01-05')).depositedAt).to.not.equal(null);
    await house.to('2026-01-06T01:00:00Z');
    const { version } = await runOf(house, '2026-01-05');
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
      expect(await houseBooks(house, '2241.01', '1221.01')).to.deep.equal({ '2241.01': 0, '1221.01': 0 });
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
    const first = await layStatement(house, '2026-01-06', rows('2026-01-05'));
    await bookDeposits(house.world);
    await asBooked();
    await layStatement(house, '2026-01-06', [], first);
    await bookDeposits(house.world);
    expect((await runOf(house, '2026-01-05')).depositedAt, 'none of it is there any more').to.equal(null);
    await layStatement(house, '2026-01-07', rows('2026-01-06').reverse());
    await bookDeposits(house.world);
    expect(await houseBooks(house, '2241.01')).to.deep.equal({ '2241.01': -121_234 });
    await reconciled(house, '2026-01-06', { booked: [share(lender, 50_000), dollars(10_000)] });
    await bookDeposits(house.world);
    await asBooked();
  });

  it('hold a row that turns out to be a second one of its day in suspense, and go on with the others', async () => {
    const fx = { currency: 'USD', minor: 10_000, rate: '7.1234' };
    await layStatement(house, '2026-01-06', [deposit(50_000, '2026-01-05'), { ...deposit(71_234, '2026-01-05'), fx }]);
    await layStatement(house, '2026-01-07', [deposit(700, '2026-01-06')]);
    await bookDeposits(house.world);
    await reconciled(house, '2026-01-05', { booked: [share(lender, 50_000)] });
    await reconciled(house, '2026-01-06', { booked: [share(lender, 700)] });
    await bookDeposits(house.world);
    expect(await booksOf(house, lender, '1002:settlement')).to.deep.equal({ '1002:settlement': 50_700 });
    expect(await houseBooks(house, '2241.01', '1002:settlement')).to.deep.equal({ '2241.01': -71_234, '1002:settlement': 71_234 });
  });

  it('look again where two days were compared anew at one instant', async () => {
    for (const date of ['2026-01-05', '2026-01-06']) await reconciled(house, date, { booked: [share(lender, 1_000)], runs: 1 });
    await layStatement(house, '2026-01-07', [deposit(1_200, '2026-01-05'), deposit(1_200, '2026-01-06')]);
    await bookDeposits(house.world);
    await house.to('2026-01-07T01:00:00Z');
    for (const date of ['2026-01-06', '2026-01-05']) {
      await reconciled(house, date, { booked: [share(lender, 1_200)], runs: 2, version: 8 });
      await bookDeposits(house.world);
    }
    expect(await houseBooks(house, '2241.01')).to.deep.equal({ '2241.01': 0 });
  });

  it('leave the bank’s own charge for a row to a person, and the row at what it moved', async () => {
    await reconciled(house, '2026-01-05', { booked: [share(lender, 100_000)] });
    await layStatement(house, '2026-01-06', [{ ...deposit(100_000, '2026-01-05'), feeMinor: 30 }, row(0, { kind: 'fee', feeMinor: 500 })]);
    await bookDeposits(house.world);
    expect(await totalOf(house, '1002:settlement')).to.equal(100_000 - 30 - 500);
    expect(await booksOf(house, lender, '1002:settlement')).to.deep.equal({ '1002:settlement': 100_000 });
    expect(await houseBooks(house, '1221.01')).to.deep.equal({ '1221.01': 530 });
    expect(await mismatches()).to.have.deep.members([
      ['suspense', 100_000, 99_970, null],
      ['suspense', 0, -500, null],
    ]);
  });

  it('take a corrected statement in the place of the one it supersedes', async () => {
    await reconciled(house, '2026-01-05', { booked: [share(lender, 100_000)] });
    const first = await layStatement(house, '2026-01-06', [deposit(90_000, '2026-01-05'), row(-700, { kind: 'fee' })]);
    await bookDeposits(house.world);
    expect(await totalOf(house, '1002:settlement')).to.equal(89_300);
    await layStatement(house, '2026-01-06', [deposit(100_000, '2026-01-05')], first);
    await bookDeposits(house.world);
    expect(await totalOf(house, '1002:settlement')).to.equal(100_000);
    expect(await houseBooks(house, '1221.01', '2241.01')).to.deep.equal({ '1221.01': 0, '2241.01': 0 });
    expect((await mismatches()).every(([state]) => state === 'corrected')).to.equal(true);
    expect((await runOf(house, '2026-01-05')).depositedAt).to.not.equal(null);
  });

  it('put what nobody can place, in or out, and a second row of one day, into suspense', async () => {
    await reconciled(house, '2026-01-05', { booked: [share(lender, 5_000)] });
    await layStatement(house, '2026-01-06', [
      deposit(5_000, '2026-01-05'),
      deposit(5_000, '2026-01-05'),
      row(300, { kind: 'other', rawText: 'interest' }),
      row(-40, { outTradeNo: 'P-NOBODYS' }),
      row(7, { status: 'pending' }),
    ]);
    await bookDeposits(house.world);
    expect(await houseBooks(house, '2241.01', '1221.01')).to.deep.equal({ '2241.01': -5_300, '1221.01': 40 });
    expect(await totalOf(house, '1002:settlement')).to.equal(10_260);
    expect(await mismatches()).to.have.length(3);
  });

  it('leave alone what staff have taken out of suspense, and open another mismatch for what changes later', async () => {
    await reconciled(house, '2026-01-05', { booked: [share(lender, 100_000)] });
    await layStatement(house, '2026-01-06', [deposit(99_000, '2026-01-05')]);
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
});
