/** A house that was left to itself breaks no invariant; and an empty one is checked all the same. */
import { expect } from 'chai';
import { INVARIANTS } from '../../src/check/index.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { check, registerAll } from './support.ts';

describe('check', function () {
  this.timeout(60_000);
  let house: TestHouse;
  before(async () => {
    house = await openTestHouse();
  });
  after(() => house.end());

  it('evaluates every invariant on an empty database and finds nothing', async () => {
    const result = await check(house);
    expect(result.violations).to.deep.equal([]);
    expect(result.checked).to.equal(INVARIANTS.length);
    expect(result.invariants.every((i) => i.skipped === null)).to.equal(true);
  });

  it('finds nothing after two months of debits, retries, step-downs, unknowns and returns', async () => {
    await registerAll(house);
    await house.to('2026-03-20T00:00:00Z');
    const result = await check(house);
    expect(result.violations).to.deep.equal([]);
    expect(result.violated).to.equal(0);
    for (const { id, looked } of result.invariants) if (id !== 'I19') expect(looked, id).to.be.above(5);
  });

  it('says what it leaves out where no bank has kept a book', async () => {
    const { db } = house.database;
    const state = db.collection('simbank_state');
    const identity = await state.findOne({ _id: 'bank' } as object);
    await state.deleteOne({ _id: 'bank' } as object);
    try {
      const result = await check(house);
      expect(result.violations).to.deep.equal([]);
      const skipped = result.invariants.filter((i) => i.skipped);
      expect(skipped.map((i) => i.id)).to.deep.equal(['I1', 'I3', 'I9', 'I10', 'I23']);
      expect(result.checked)
        .to.equal(INVARIANTS.length - 3)
        .and.to.be.at.least(12);
    } finally {
      if (identity) await state.insertOne(identity);
    }
  });
});
