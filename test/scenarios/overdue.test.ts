/** What follows the planned days: promises, collections, and rules that forbid a debit. */
import { expect } from 'chai';
import { explicitWorld } from '../../src/channels/simulator/index.ts';
import { promiseToPay } from '../../src/flows/holds.ts';
import { attemptsOf, body, owed, STAFF, story } from '../support/diary.ts';
import { day } from '../support/loan.ts';

const ACCOUNT = '6222020000000007777';
const empty = explicitWorld({ [ACCOUNT]: 0 });
const paidOn = (date: string) =>
  explicitWorld({
    [ACCOUNT]: [
      { from: day('2026-01-01'), minor: 0 },
      { from: day(date), minor: 900_000 },
    ],
  });

describe('an overdue plan', () => {
  it('is handed over to collections, debited weekly, and recalled once nothing is overdue', () =>
    story(
      { bank: paidOn('2026-02-08'), plans: [body(ACCOUNT, ['2026-01-25 50000'])], until: '2026-03-01 00:00' },
      `
      01-25 09:10 due 500.00: failed, insufficientFunds
      01-29 00:00 plan handedOver
      01-30 09:10 retry 500.00: failed, insufficientFunds
      02-04 09:10 retry 500.00: failed, insufficientFunds
      02-04 15:10 stepDown 300.00: failed, insufficientFunds
      02-11 09:10 overdue 500.00: succeeded
      02-11 09:10 plan settled
      02-11 09:10 plan recalled
      `,
      async ({ house, lender, plan }) => {
        const [one, ...more] = await house.world.store.of(lender.id).collections.all({ planId: plan.id });
        expect(more).to.have.length(0);
        expect(one?.closedAt).not.to.equal(null);
        expect(plan.collections).to.equal(null);
      },
    )).timeout(30_000);

  it('is debited on the promised day, and not before', () =>
    story(
      {
        bank: paidOn('2026-02-01'),
        plans: [body(ACCOUNT, ['2026-01-25 50000'])],
        acts: {
          '2026-01-26 10:00': ({ house, lender, plan }) => promiseToPay(house.world, lender, plan.id, day('2026-02-02'), STAFF),
        },
        until: '2026-02-10 00:00',
      },
      `
      01-25 09:10 due 500.00: failed, insufficientFunds
      01-26 10:00 plan promised
      01-29 00:00 plan handedOver
      02-02 09:10 retry 500.00: succeeded
      02-02 09:10 plan settled
      02-02 09:10 plan recalled
      `,
    )).timeout(30_000);

  it('is asked six times and no more; its case moves on from stage to stage', () =>
    story(
      { bank: empty, plans: [body(ACCOUNT, ['2026-01-25 50000'])], until: '2026-05-20 00:00' },
      `
      01-25 09:10 due 500.00: failed, insufficientFunds
      01-29 00:00 plan handedOver
      01-30 09:10 retry 500.00: failed, insufficientFunds
      02-04 09:10 retry 500.00: failed, insufficientFunds
      02-04 15:10 stepDown 300.00: failed, insufficientFunds
      02-11 09:10 overdue 500.00: failed, insufficientFunds
      02-18 09:10 overdue 500.00: failed, insufficientFunds
      02-25 00:00 plan collectionsStage
      03-27 00:00 plan collectionsStage
      04-26 00:00 plan collectionsStage
      `,
      async (scene) => {
        expect(await attemptsOf(scene)).to.have.length(6);
        expect(owed(scene.plan)).to.equal(50_000);
      },
    )).timeout(60_000);
});
