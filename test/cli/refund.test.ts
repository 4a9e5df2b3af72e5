/** A refund by hand: whose key asks, whose approves, and amounts read from their text. */
import { expect } from 'chai';
import { refundByHand } from '../../src/cli/refund.ts';
import type { Attempt } from '../../src/domain/attempt.ts';
import { numbered, registered, thrownBy } from '../flows/bodies.ts';
import { lenderOf, openTestHouse, type TestHouse } from '../support/house.ts';
import { holder } from '../support/keys.ts';

describe('duly refund', function () {
  this.timeout(240_000);
  let house: TestHouse;
  let receipt: string;
  before(async () => {
    house = await openTestHouse();
    const { plan } = await registered(house, numbered(1));
    await house.to('2026-01-26T02:00:00Z');
    receipt = ((await house.world.store.of(house.lender.id).attempts.one({ planId: plan.id })) as Attempt).id;
  });
  after(() => house.end());

  it('asks under one key and approves under another', async () => {
    const [li, wang] = [await holder(house, 'li', house.lender), await holder(house, 'wang', null)];
    const made = await refundByHand(house, receipt, { amount: '12.5', because: 'paid twice', key: li.secret });
    expect(made).to.deep.include({ amount: { minor: 1_250, currency: 'CNY' }, askedBy: li.keyId, way: 'channel', state: 'requested' });
    expect(await thrownBy(() => refundByHand(house, undefined, { approve: made.id, key: li.secret }))).to.include({
      code: 'SECOND_KEY_REQUIRED',
    });
    expect(await refundByHand(house, undefined, { approve: made.id, key: wang.secret })).to.include({ approvedBy: wang.keyId });
    await house.to('2026-01-26T02:01:00Z');
    expect(await house.world.store.of(house.lender.id).refunds.get(made.id)).to.include({ state: 'succeeded' });
  });

  it('takes no key that is none, nothing of another lender, and no sum that is none', async () => {
    const { secret } = await holder(house, 'li', house.lender);
    const other = lenderOf(house);
    await house.world.store.admin.lenders.insert(other);
    const theirs = await holder(house, 'theirs', other);
    const ask = { amount: '1.00', because: 'x', key: secret };
    const codes = [];
    for (const [id, flags] of [
      [receipt, { ...ask, key: 'sk_test_nobody' }],
      [receipt, { ...ask, key: theirs.secret }],
      ['pay_01ARZ3NDEKTSV4RRFFQ69G5FAV', ask],
      [undefined, { approve: 'rfd_01ARZ3NDEKTSV4RRFFQ69G5FAV', key: secret }],
      [receipt, { key: secret }],
      ...['1.005', '-1', '1,00', '', '1e3', 'NaN', '1.'].map((amount) => [receipt, { ...ask, amount }] as const),
      [receipt, { ...ask, amount: '5000' }],
      [receipt, { ...ask, amount: '0.00' }],
    ] as const)
      codes.push((await thrownBy(() => refundByHand(house, id, flags))).code);
    expect(codes).to.deep.equal([
      ...['UNAUTHENTICATED', 'NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'],
      ...new Array(8).fill('INVALID_INPUT'),
      ...['REFUND_TOO_LARGE', 'INVALID_INPUT'],
    ]);
  });
});
