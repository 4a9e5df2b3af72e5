/** Smaller asks and the other account on the real house: the handbook's second worked example, from the first refusal to the last cent. */
import { expect } from 'chai';
import { explicitWorld } from '../../src/channels/simulator/index.ts';
import { attemptsOf, body, owed, story } from '../support/diary.ts';

const ACCOUNT = '6222020000000007777';
const OTHER = '6222020000000008888';
const PENALTY = { dailyRate: '0.00075', graceDays: 3, graceMode: 'retroactive' };

describe('step-down', () => {
  it('asks for 60 % on the last planned day, and splits what came in to the cent', () =>
    story(
      {
        bank: explicitWorld({ [ACCOUNT]: 70_000 }),
        plans: [body(ACCOUNT, ['2026-01-25 92016 18000 2000'], { penalty: PENALTY })],
        until: '2026-02-05 00:00',
      },
      `
      01-25 09:10 due 1,120.16: failed, insufficientFunds
      01-29 00:00 plan handedOver
      01-30 09:10 retry 1,123.61: failed, insufficientFunds
      02-04 09:10 retry 1,127.06: failed, insufficientFunds
      02-04 15:10 stepDown 676.00: succeeded
      `,
      async ({ plan }) => {
        expect(plan.instalments[0]?.paid).to.deep.equal({ fee: 2000, penalty: 690, interest: 18_000, principal: 46_910 });
        expect(owed(plan)).to.equal(45_106);
      },
    )).timeout(30_000);

  it('never asks for less under a mandate of fixed amounts', () =>
    story(
      {
        bank: explicitWorld({ [ACCOUNT]: 70_000 }),
        plans: [
          body(ACCOUNT, ['2026-01-25 92016 18000'], {
            mandate: { rail: 'simulator', account: ACCOUNT, perDebitCap: null, amountKind: 'fixed' },
          }),
        ],
        until: '2026-02-05 00:00',
      },
      `
      01-25 09:10 due 1,100.16: failed, insufficientFunds
      01-29 00:00 plan handedOver
      01-30 09:10 retry 1,100.16: failed, insufficientFunds
      02-04 09:10 retry 1,100.16: failed, insufficientFunds
      `,
    )).timeout(30_000);

  it("turns to the borrower's other account after two refusals for lack of funds", () =>
    story(
      {
        bank: explicitWorld({ [ACCOUNT]: 10_000, [OTHER]: 500_000 }),
        plans: [
          body(ACCOUNT, ['2026-01-25 92016 18000'], {
            mandate: undefined,
            mandates: [ACCOUNT, OTHER].map((account) => ({ rail: 'simulator', account })),
          }),
        ],
        until: '2026-02-05 00:00',
      },
      `
      01-25 09:10 due 1,100.16: failed, insufficientFunds
      01-29 00:00 plan handedOver
      01-30 09:10 retry 1,100.16: failed, insufficientFunds
      02-04 09:10 retry 1,100.16: succeeded
      02-04 09:10 plan settled
      02-04 09:10 plan recalled
      `,
      async (scene) => {
        const attempts = await attemptsOf(scene);
        expect(attempts.map((a) => a.accountLast4)).to.deep.equal(['7777', '7777', '8888']);
        expect(await scene.house.bank?.balance(OTHER)).to.equal(500_000 - 110_016);
      },
    )).timeout(30_000);
});
