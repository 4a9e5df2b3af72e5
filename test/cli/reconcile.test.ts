/** `duly reconcile`: what waits, a day again, and what it refuses. */
import { expect } from 'chai';
import { run } from '../../src/cli/reconcile.ts';
import { thrownBy } from '../flows/bodies.ts';
import { layFile } from '../support/channel-file.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { day } from '../support/loan.ts';

describe('duly reconcile', function () {
  this.timeout(240_000);
  let house: TestHouse;
  before(async () => {
    house = await openTestHouse();
    await layFile(house, day('2026-01-04'), [{ outTradeNo: 'X1', minor: 8_800, feeMinor: 10 }]);
  });
  after(() => house.end());

  it('says that nothing has come where nothing has', async () => {
    expect(await run(house.world, { channel: 'simulator', date: '2026-01-03' }).catch((e) => e.code)).to.equal('NOT_FOUND');
    expect((await run(house.world, { date: '2026-01-03' })).runs).to.deep.equal([]);
  });

  it('compares what waits and tells results by kind, sums and what is unsettled', async () => {
    const { runs, unsettled } = await run(house.world, {});
    expect([runs.length, unsettled]).to.deep.equal([1, 1]);
    expect(runs[0]).to.deep.include({
      id: 'rec_simulator_2026-01-04',
      state: 'matched',
      ours: {},
      theirs: { CNY: 8_800 },
      difference: { CNY: 8_800 },
    });
    expect(runs[0]?.byResult).to.include({ matched: 0, surplus: 1 });
  });

  it('compares a day again and finds the same', async () => {
    const again = await run(house.world, { channel: 'simulator', date: '2026-01-04' });
    expect([again.unsettled, again.runs[0]?.runs, again.runs[0]?.byResult.surplus]).to.deep.equal([1, 2, 1]);
  });

  it('takes no day that is none and no channel that is none', async () => {
    expect((await thrownBy(() => run(house.world, { date: '2026-02-30' }))).code).to.equal('INVALID_INPUT');
    expect((await thrownBy(() => run(house.world, { channel: 'nobody' }))).code).to.equal('NO_CHANNEL');
  });
});
