/** The settlement run by hand: what it makes, whose key approves, and what it refuses. */
import { expect } from 'chai';
import { settleByHand } from '../../src/cli/settle.ts';
import { thrownBy } from '../flows/bodies.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { holder } from '../support/keys.ts';
import { lenderUnder, owing, reconciled, withoutFiles } from '../support/settling.ts';

describe('duly settle', function () {
  this.timeout(240_000);
  let house: TestHouse;
  let lenderId: string;
  before(async () => {
    house = await openTestHouse();
    withoutFiles(house);
    const lender = await lenderUnder(house, { payout: 'manual' });
    lenderId = lender.id;
    await owing(house, lender, '2026-01-06', [50_000]);
    await house.to('2026-01-06T04:00:00Z');
    await reconciled(house, '2026-01-06');
  });
  after(() => house.end());

  it('makes a batch through a day under one key, and approves it under another', async () => {
    const [li, wang] = [await holder(house, 'li', null), await holder(house, 'wang', null)];
    expect((await settleByHand(house.world, {})).made, 'its pay day has not come').to.deep.equal([]);
    const { made } = await settleByHand(house.world, { lender: lenderId, through: '2026-01-06', key: li.secret });
    expect(made[0]!.cleared).to.include({ makerKeyId: li.keyId, state: 'cleared', rows: 1 });
    const approve = made[0]!.cleared!.id;
    const codes = [];
    for (const flags of [{}, { key: li.secret }, { key: 'sk_test_nobody' }])
      codes.push((await thrownBy(() => settleByHand(house.world, { approve, ...flags }))).code);
    expect(codes).to.deep.equal(['SECOND_KEY_REQUIRED', 'SECOND_KEY_REQUIRED', 'UNAUTHENTICATED']);
    expect((await settleByHand(house.world, { approve, key: wang.secret })).approved).to.include({ state: 'approved' });
    expect((await settleByHand(house.world, {})).made).to.deep.equal([]);
  });

  it('takes no key of a lender, no day that is none or without a maker, and no lender or batch that is none', async () => {
    const lender = (await house.world.store.admin.lenders.get(lenderId))!;
    const { secret } = await holder(house, 'their own', lender);
    const codes = [];
    for (const flags of [
      { key: secret },
      { through: '2026-02-30' },
      { through: '2026-01-06' },
      { lender: 'lnd_none' },
      { approve: 'stl_none', key: (await holder(house, 'x', null)).secret },
    ])
      codes.push((await thrownBy(() => settleByHand(house.world, flags))).code);
    expect(codes).to.deep.equal(['UNAUTHENTICATED', 'NOT_A_DAY', 'SECOND_KEY_REQUIRED', 'NOT_FOUND', 'NOT_FOUND']);
  });
});
