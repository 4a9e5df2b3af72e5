/** One amount over the bank's limits, in parts: the handbook's fourth worked example. */
import { expect } from 'chai';
import { explicitWorld } from '../../src/channels/simulator/index.ts';
import { attemptsOf, body, owed, story } from '../support/diary.ts';
import { withProfile } from '../support/diary-world.ts';
import type { TestHouse } from '../support/house.ts';

const ACCOUNT = '6222020000000007777';
/** 5,000.00 a debit and 10,000.00 a day. */
const limited = (house: TestHouse) => withProfile(house, { perDebitLimit: 500_000, dailyLimitPerAccount: 1_000_000 });

describe('a split debit', () => {
  it('takes 5,000.00 twice on the first day and the rest on the next', () =>
    story(
      {
        bank: explicitWorld({ [ACCOUNT]: 2_000_000 }),
        plans: [body(ACCOUNT, ['2026-01-25 1250000'])],
        furnish: limited,
        until: '2026-01-31 00:00',
      },
      `
      01-25 09:10 due part 1 5,000.00: succeeded
      01-25 09:10 due part 2 5,000.00: succeeded
      01-26 09:10 retry 2,500.00: succeeded
      01-26 09:10 plan settled
      `,
      async (scene) => {
        const attempts = await attemptsOf(scene);
        expect(attempts.map((a) => a.n)).to.deep.equal([1, 2, 3]);
        expect(new Set(attempts.map((a) => a.outTradeNo)).size).to.equal(3);
        expect(owed(scene.plan)).to.equal(0);
      },
    )).timeout(30_000);

  it('ends with the first part refused: the third is not sent, and 5,000.00 stand', () =>
    story(
      {
        bank: explicitWorld({ [ACCOUNT]: 700_000 }),
        plans: [body(ACCOUNT, ['2026-01-25 1250000'])],
        furnish: limited,
        until: '2026-01-26 23:00',
      },
      `
      01-25 09:10 due part 1 5,000.00: succeeded
      01-25 09:10 due part 2 5,000.00: failed, insufficientFunds
      `,
      async (scene) => expect(owed(scene.plan)).to.equal(750_000),
    )).timeout(30_000);
});
