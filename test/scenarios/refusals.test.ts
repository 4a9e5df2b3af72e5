/** What a hard refusal, a dispute and a return do to the agreement and the plan. */
import { expect } from 'chai';
import { fetchNews } from '../../src/flows/evidence.ts';
import { type Act, attemptsOf, body, owed, story } from '../support/diary.ts';

const account = (last4: string) => `622202000000000${last4}`;
const stateOfMandate: (state: string) => Act =
  (state) =>
  async ({ house, lender, plan }) => {
    const mandate = await house.world.store.of(lender.id).mandates.get(plan.mandateIds[0]!);
    expect(mandate?.state).to.equal(state);
  };

describe('a hard refusal', () => {
  it('suspends the mandate, not just the attempt: the next instalment is not asked for', () =>
    story(
      { plans: [body(account('0068'), ['2026-01-25 50000', '2026-02-25 50000'])], until: '2026-03-10 00:00' },
      `
      01-25 09:10 due 500.00: failed, accountInvalid
      01-25 09:10 mandate suspended
      01-29 00:00 plan handedOver
      02-25 00:00 plan collectionsStage
      `,
      stateOfMandate('suspended'),
    )).timeout(30_000);

  it('of one plan stops every plan under the same agreement', () =>
    story(
      {
        plans: [
          body(account('0084'), ['2026-01-25 50000'], { externalId: 'L-1' }),
          body(account('0084'), ['2026-01-26 30000'], { externalId: 'L-2' }),
        ],
        until: '2026-02-10 00:00',
      },
      `
      01-25 09:10 L-1 due 500.00: failed, mandateInvalid
      01-25 09:10 L-1 mandate suspended
      01-29 00:00 L-1 plan handedOver
      01-30 00:00 L-2 plan handedOver
      `,
    )).timeout(30_000);

  it('by the payer holds the plan until staff have spoken with them', () =>
    story(
      { plans: [body(account('0167'), ['2026-01-25 50000'])], until: '2026-02-10 00:00' },
      `
      01-25 09:10 due 500.00: failed, payerRefused
      01-25 09:10 plan held
      01-29 00:00 plan handedOver
      `,
      stateOfMandate('active'),
    )).timeout(30_000);
});

describe('money given back', () => {
  it('re-opens the instalment once, and the debit that follows is announced anew', () =>
    story(
      {
        plans: [body(account('7777'), ['2026-01-25 50000'])],
        acts: {
          '2026-01-10 10:00': async ({ house }) => {
            await house.bank!.runScenario('account-funds', { account: account('7777'), amount: { minor: 900_000, currency: 'CNY' } });
          },
          '2026-01-27 10:00': async (scene) => {
            const [attempt] = await attemptsOf(scene);
            await scene.house.bank!.runScenario('attempt-returned', { outTradeNo: attempt!.outTradeNo });
            expect(owed(scene.plan)).to.equal(0);
            await fetchNews(scene.house.world);
          },
        },
        until: '2026-02-10 00:00',
      },
      `
      01-25 09:10 due 500.00: succeeded
      01-25 09:10 plan settled
      01-27 10:00 due 500.00: returned, insufficientFunds
      01-27 10:00 plan reopened
      01-29 00:00 plan handedOver
      01-30 09:10 retry 500.00: succeeded
      01-30 09:10 plan settled
      01-30 09:10 plan recalled
      `,
      async (scene) => {
        expect(scene.plan.receipts.map((r) => r.back)).to.deep.equal([true, false]);
        expect(owed(scene.plan)).to.equal(0);
      },
    )).timeout(30_000);

  it('by a dispute holds the plan as well', () =>
    story(
      { plans: [body(account('0050'), ['2026-01-25 50000'])], until: '2026-02-20 00:00' },
      `
      01-25 09:10 due 500.00: succeeded
      01-25 09:10 plan settled
      01-26 09:10 due 500.00: returned, disputed
      01-26 09:10 plan held
      01-26 09:10 plan reopened
      01-29 00:00 plan handedOver
      `,
      async ({ plan }) => expect(owed(plan)).to.equal(50_000),
    )).timeout(30_000);
});
