import { expect } from 'chai';
import { subjectOf } from '../../src/cli/explain.ts';
import { numbered, registered, thrownBy } from '../flows/bodies.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';

describe('duly explain', () => {
  let house: TestHouse;
  before(async function () {
    this.timeout(240_000);
    house = await openTestHouse();
  });
  after(() => house.end());

  it('knows a plan by either id and an attempt by its id or its order number', async function () {
    this.timeout(240_000);
    const { plan } = await registered(house, numbered(1));
    await house.to('2026-01-25T02:00:00Z');
    const [attempt] = await house.world.store.of(house.lender.id).attempts.all({ planId: plan.id });
    const { id, outTradeNo } = attempt!;
    const find = (wanted: string) => subjectOf(house.database.db, [...house.world.channels.keys()], wanted);
    for (const wanted of [plan.id, plan.externalId]) expect(await find(wanted)).to.deep.equal({ lenderId: house.lender.id, plan: plan.id });
    for (const wanted of [id, outTradeNo]) expect(await find(wanted)).to.deep.equal({ lenderId: house.lender.id, attempt: id });
    for (const wanted of ['att_x', 'pln_x', 'L-999']) expect(await thrownBy(() => find(wanted))).to.include({ code: 'NOT_FOUND' });
  });
});
