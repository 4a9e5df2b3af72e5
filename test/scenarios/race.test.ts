/** The borrower pays by hand while a debit is on its way: the handbook's eleventh worked example. */
import { expect } from 'chai';
import { recordPayment } from '../../src/flows/payment.ts';
import { type Act, attemptsOf, body, owed, STAFF, story } from '../support/diary.ts';
import type { TestHouse } from '../support/house.ts';

/** Accepted, and decided three minutes later: so say its last four digits. */
const SLOW = '6222020000000000126';
const PENALTY = { dailyRate: '0.00075', graceDays: 3, graceMode: 'retroactive' };

const pays =
  (minor: number): Act =>
  async ({ house, lender, plan }) => {
    const payment = { externalId: null, amount: minor, valueDate: null, targets: [], note: null };
    const { inFlight } = await recordPayment(house.world, lender, plan.id, payment, STAFF);
    expect(inFlight, 'the debit that had left is named').to.have.length(1);
  };

/** Presents at 08:56 alone, so that the bank decides at 08:59. */
const early = ({ world }: TestHouse) => {
  const standard = world.strategies.get('standard')!;
  (world.strategies as Map<string, typeof standard>).set('standard', { ...standard, present: { ...standard.present, times: ['08:56'] } });
};

describe('a transfer that overtakes a debit', () => {
  it('pays the instalment; the debit becomes an overpayment of 1,127.06, and nothing else is presented', () =>
    story(
      {
        // The agreement begins ten days late: the first debit finds 1,127.06 due.
        plans: [
          body(SLOW, ['2026-01-25 92016 18000 2000'], {
            penalty: PENALTY,
            mandate: { rail: 'simulator', account: SLOW, validFrom: '2026-02-04' },
          }),
        ],
        furnish: early,
        acts: { '2026-02-04 08:58': pays(112_706) },
        until: '2026-02-20 00:00',
      },
      `
      01-29 00:00 plan handedOver
      02-04 08:56 due 1,127.06: accepted
      02-04 08:58 plan paid
      02-04 08:58 plan settled
      02-04 08:58 plan recalled
      02-04 08:59 due 1,127.06: succeeded
      `,
      async (scene) => {
        expect(owed(scene.plan)).to.equal(0);
        expect(scene.plan.receipts.map((r) => [r.kind, r.minor, r.overpaid])).to.deep.equal([
          ['selfPayment', 112_706, 0],
          ['debit', 112_706, 112_706],
        ]);
        expect(await attemptsOf(scene)).to.have.length(1);
        const { collectedMinor } = await scene.house.bank!.book.truth();
        expect(collectedMinor).to.deep.equal({ CNY: 112_706 });
      },
    )).timeout(30_000);
});
