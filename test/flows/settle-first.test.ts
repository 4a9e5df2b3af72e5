/** Settling before the file is there: only inside the reserve, to the unit, and trued up when the file has come. */
import { expect } from 'chai';
import { entry, line } from '../../src/domain/ledger.ts';
import type { Lender } from '../../src/domain/lender.ts';
import { resolveAttempt } from '../../src/flows/resolve.ts';
import { settleDue } from '../../src/flows/settle.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { batchesOf, lenderUnder, owing, reconciled, rowsOf, withoutFiles } from '../support/settling.ts';
import { LI } from './bodies.ts';

const FEE = 10;

describe('settle-first mode', function () {
  this.timeout(240_000);
  let house: TestHouse;
  before(async () => {
    house = await openTestHouse();
    withoutFiles(house);
  });
  after(() => house.end());

  const to = (local: string) => house.to(`${local}+08:00`);
  const first = () =>
    lenderUnder(house, {
      mode: 'settleFirst',
      coverage: '0.8',
      cycle: { every: 'day', weekday: null, plusDays: 0, calendar: 'everyday', at: '17:00' },
    });
  /** The lender's reserve deposit, as its books have it. */
  const deposits = (lender: Lender, minor: number) =>
    house.world.store.transact((tx) =>
      tx.write(
        {
          events: [
            {
              ...{
                subject: `opn_${lender.id}_${minor}`,
                n: 1,
                type: 'reserve.deposited',
                lenderId: lender.id,
                borrowerId: null,
                planId: null,
              },
              ...{
                from: null,
                to: null,
                at: house.world.clock.now(),
                by: 'test',
                why: 'a reserve',
                evidence: null,
                currency: 'CNY',
                data: {},
              },
              posting: entry([line('1002', minor), line('2241.04', -minor)]),
              bucket: 0,
            },
          ],
        },
        null,
      ),
    );

  it('advances oldest first, exactly to reserve × coverage, and the rest once the file confirms it', async () => {
    const lender = await first();
    // 80 % of 1,249.75 is 999.80: two debits of 500.00 less their fee of 0.10 each, and not a unit more.
    await deposits(lender, 124_975);
    await owing(house, lender, '2026-01-06', [50_000, 50_000, 100]);
    await to('2026-01-06T17:00');
    const [batch] = await batchesOf(house, lender);
    expect(batch!.sums).to.include({ grossMinor: 100_000, advancedMinor: 100_000, netMinor: 2 * (50_000 - FEE) });
    expect((await rowsOf(house, lender)).map((r) => [r.minor, r.advanced])).to.deep.equal([
      [50_000, true],
      [50_000, true],
      [100, false],
    ]);
    await reconciled(house, '2026-01-06');
    await to('2026-01-07T17:00');
    const second = (await batchesOf(house, lender))[1];
    expect(second!.sums).to.include({ grossMinor: 100, advancedMinor: 0, netMinor: 100 - FEE });
    expect(
      (await rowsOf(house, lender)).some((r) => r.advanced),
      'the file has confirmed the advances',
    ).to.equal(false);
  });

  it('advances nothing that would pass it by one unit, and nothing without a reserve', async () => {
    const lender = await first();
    const bare = await first();
    // 80 % of 1,249.74 is 999.79.
    await deposits(lender, 124_974);
    await owing(house, lender, '2026-01-08', [50_000, 50_000]);
    await owing(house, bare, '2026-01-08', [50_000]);
    await to('2026-01-08T17:00');
    expect((await batchesOf(house, lender)).map((b) => b.sums.advancedMinor)).to.deep.equal([50_000]);
    expect(await batchesOf(house, bare)).to.deep.equal([]);
    await to('2026-01-09T17:00');
    expect(await batchesOf(house, lender), 'what was advanced and is not confirmed still fills the reserve').to.have.length(1);
  });

  it('takes back on the next batch what the file denied, and frees the reserve', async () => {
    const lender = await first();
    await deposits(lender, 250_000);
    const [wrong] = await owing(house, lender, '2026-01-10', [50_000]);
    await to('2026-01-10T17:00');
    const { id } = (await house.world.store.of(lender.id).attempts.one({ planId: wrong!.id }))!;
    await resolveAttempt(house.world, lender, id, { verdict: 'failed', evidence: 'not in the file', channelTradeNo: null }, LI);
    await owing(house, lender, '2026-01-11', [70_000]);
    await to('2026-01-11T17:00');
    const [, second] = await batchesOf(house, lender);
    // The denied debit's instalment may be debited again meanwhile; its own row is what is looked at here.
    expect(second!.sums.trueUpMinor).to.equal(-50_000 + FEE);
    expect(
      (await rowsOf(house, lender)).filter((r) => r.receiptId === id).map((r) => [r.kind, r.minor, r.channelFeeMinor, r.advanced]),
    ).to.deep.equal([
      ['payment', 50_000, FEE, false],
      ['denial', -50_000, -FEE, false],
    ]);
  });

  it('puts the fee right when the file states another, also of a debit that is back by then', async () => {
    const lender = await first();
    await deposits(lender, 100_000);
    await owing(house, lender, '2026-01-12', [40_000, 20_000]);
    await to('2026-01-12T17:00');
    const advanced = await rowsOf(house, lender);
    const linesOf = house.world.store.statements.linesOf;
    const stated = advanced.map((row) => ({ outTradeNo: row.outTradeNo, kind: 'payment', status: 'succeeded', feeMinor: 35, n: 1 }));
    Object.assign(house.world.store.statements, { linesOf: async () => stated });
    const { receiptId } = advanced.find((row) => row.minor === 20_000)!;
    await resolveAttempt(house.world, lender, receiptId, { verdict: 'returned', evidence: 'letter', channelTradeNo: null }, LI);
    await reconciled(house, '2026-01-12', { statementId: 'stm_1' });
    await owing(house, lender, '2026-01-13', [30_000]);
    await to('2026-01-13T17:00');
    await settleDue(house.world);
    Object.assign(house.world.store.statements, { linesOf });
    const [, second] = await batchesOf(house, lender);
    expect(second!.sums).to.include({ grossMinor: 30_000, returnsMinor: 20_000, trueUpMinor: -50, netMinor: 30_000 - FEE - 20_000 - 50 });
    expect((await rowsOf(house, lender)).map((r) => [r.kind, r.minor, r.channelFeeMinor])).to.deep.include(['trueUp', 0, 25]);
  });
});
