/** A house that was left to itself breaks no invariant; and an empty one is checked all the same. */
import { expect } from 'chai';
import { INVARIANTS } from '../../src/check/index.ts';
import { businessDate } from '../../src/domain/clock.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { cancelPlan } from '../../src/flows/cancel.ts';
import { changePlan } from '../../src/flows/change-plan.ts';
import { placeHold, promiseToPay } from '../../src/flows/holds.ts';
import { revokeMandate } from '../../src/flows/mandates.ts';
import { recordPayment } from '../../src/flows/payment.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { ACTOR, check, registerAll } from './support.ts';

describe('check', function () {
  this.timeout(240_000);
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
    // Files come with the statement tests; of conservation there is one sum a currency.
    for (const { id, looked } of result.invariants) if (!['I15', 'I16', 'I19', 'I26'].includes(id)) expect(looked, id).to.be.above(5);
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
      expect(skipped.map((i) => i.id)).to.deep.equal(['I1', 'I3', 'I9', 'I10', 'I13', 'I23', 'I26']);
      expect(result.checked)
        .to.equal(INVARIANTS.length - 3)
        .and.to.be.at.least(12);
    } finally {
      if (identity) await state.insertOne(identity);
    }
  });
});

describe('check, after people have acted', function () {
  this.timeout(240_000);
  let house: TestHouse;
  before(async () => {
    house = await openTestHouse();
    const penalty = { dailyRate: '0.00075', graceDays: 3, graceMode: 'retroactive' };
    await registerAll(house, ['0019', '0027', '0027', '0027', '0043', '0035', '0027', '5555'], { penalty });
    await house.to('2026-02-02T02:00:00Z');
  });
  after(() => house.end());

  it('finds nothing: self-payments, back-dated and too large, holds, promises, changes, cancellations, revocations', async () => {
    const { world, lender } = house;
    const plan = (k: number) => world.store.of(lender.id).plans.one({ externalId: `L-${k}` }) as Promise<Plan>;
    const id = async (k: number) => (await plan(k)).id;
    const pay = async (k: number, amount: number, valueDate: string | null) =>
      recordPayment(
        world,
        lender,
        await id(k),
        { externalId: `P-${k}-${amount}`, amount, valueDate: valueDate === null ? null : businessDate(valueDate), targets: [], note: null },
        ACTOR,
      );
    await pay(1, 50_000, '2026-01-27');
    await pay(2, 500_000, null);
    await placeHold(world, lender, await id(3), { kind: 'hardship', until: null }, ACTOR);
    await promiseToPay(world, lender, await id(6), businessDate('2026-02-12'), ACTOR);
    await cancelPlan(world, lender, await id(4), ACTOR);
    const { instalments } = await plan(7);
    const principal = instalments.reduce((sum, i) => sum + (i.state === 'paid' ? 0 : i.due.principal), 0);
    const rows = [{ dueDate: businessDate('2026-03-05'), principal, interest: 9_000, fee: 0 }];
    await changePlan(world, lender, await id(7), { instalments: rows, ifVersion: null }, ACTOR);
    await revokeMandate(world, lender, (await plan(5)).mandateIds[0] as string, ACTOR);
    expect((await check(house)).violations).to.deep.equal([]);
    await house.to('2026-04-01T00:00:00Z');
    await pay(1, 30_000, '2026-02-10');
    const result = await check(house);
    expect(result.violations).to.deep.equal([]);
    expect((await plan(2)).receipts.some((r) => r.overpaid > 0)).to.equal(true);
    expect((await plan(7)).scheduleVersion).to.equal(2);
    expect((await plan(1)).instalments.some((i) => i.due.penalty > 0)).to.equal(true);
  });
});
