/** What the command line shows of files and books: nothing is empty because a name was mistyped. */
import { expect } from 'chai';
import { balanceOf } from '../../src/cli/books.ts';
import { filesOf } from '../../src/cli/statements.ts';
import { importStatement } from '../../src/flows/import-statement.ts';
import { thrownBy } from '../flows/bodies.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { bytesOf, simulatorFile } from '../support/simulator-file.ts';

describe('the lists of the money side on the command line', function () {
  this.timeout(240_000);
  let house: TestHouse;
  before(async () => {
    house = await openTestHouse();
    for (const [name, offBy] of [
      ['good.csv', 0],
      ['bad.csv', 1],
    ] as const)
      await importStatement(
        house.world,
        {
          ...{ kind: 'channel', source: 'simulator', name, format: null },
          bytes: bytesOf(simulatorFile('2026-01-04', [{ no: 'DA', minor: 100 }], { offBy })),
        },
        { by: 'test', why: 'a test' },
      );
  });
  after(() => house.end());

  it('show the files of a channel, an account or a state', async () => {
    const names = async (flags: object) => (await filesOf(house.world, { limit: '20', ...flags })).data.map((s) => s.name).sort();
    expect(await names({})).to.deep.equal(['bad.csv', 'good.csv']);
    expect(await names({ channel: 'simulator', state: 'refused' })).to.deep.equal(['bad.csv']);
    expect(await names({ account: 'settlement' })).to.deep.equal([]);
  });

  it('name a channel, account, state or lender that does not exist, and what there is', async () => {
    const says: string[] = [];
    for (const flags of [{ channel: 'nope' }, { account: 'nope' }, { state: 'junk' }, { channel: 'simulator', account: 'settlement' }])
      says.push((await thrownBy(() => filesOf(house.world, { limit: '20', ...flags }))).message);
    expect(says).to.deep.equal([
      "--channel is 'nope': it is one of simulator",
      "--account is 'nope': it is one of settlement",
      "--state is 'junk': it is one of accepted, loading, refused, superseded",
      'a file is of a channel or of an account: give --channel or --account, not both',
    ]);
    expect((await thrownBy(() => balanceOf(house.world, 'lnd_x', null))).code).to.equal('NOT_FOUND');
    expect(await balanceOf(house.world, house.lender.id, null)).to.deep.equal([]);
    expect(await balanceOf(house.world, 'house', null)).to.deep.equal([]);
  });
});
