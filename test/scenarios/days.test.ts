/** Days that are hard: the 31st, the hour that does not exist, and a day on which one account owes two loans. */
import { expect } from 'chai';
import { explicitWorld } from '../../src/channels/simulator/index.ts';
import { attemptsOf, body, story } from '../support/diary.ts';

const ACCOUNT = '6222020000000007777';
const rich = explicitWorld({ [ACCOUNT]: 9_000_000 });

describe('the calendar', () => {
  it('has the 31st fall on the last day of shorter months, and come back to the 31st', () =>
    story(
      {
        bank: rich,
        plans: [
          body(ACCOUNT, [], {
            instalments: undefined,
            terms: { principal: 40_000, monthlyRate: '0', count: 4, method: 'equalPrincipal', firstDueDate: '2026-01-31' },
          }),
        ],
        until: '2026-05-02 00:00',
      },
      `
      01-31 09:10 due 100.00: succeeded
      02-28 09:10 due 100.00: succeeded
      03-31 09:10 due 100.00: succeeded
      04-30 09:10 due 100.00: succeeded
      04-30 09:10 plan settled
      `,
    )).timeout(60_000);

  it('keeps a London lender at 09:10 on either side of the change of the clocks', () =>
    story(
      {
        bank: rich,
        lender: { timeZone: 'Europe/London', currency: 'GBP', country: 'GB' },
        plans: [body(ACCOUNT, ['2026-03-28 10000', '2026-03-29 10000', '2026-03-30 10000'], { currency: 'GBP' })],
        start: '2026-03-20 08:00',
        until: '2026-03-31 00:00',
      },
      `
      03-28 09:10 due 100.00: succeeded
      03-29 09:10 due 100.00: succeeded
      03-30 09:10 due 100.00: succeeded
      03-30 09:10 plan settled
      `,
      async (scene) => {
        const hours = (await attemptsOf(scene)).map((a) => a.createdAt.toISOString().slice(5, 16));
        expect(hours).to.deep.equal(['03-28T09:10', '03-29T08:10', '03-30T08:10']);
      },
    )).timeout(30_000);
});

describe('the gate', () => {
  it('counts every loan on one account: the third ask of the day waits for the next one, with the reason stored', () =>
    story(
      {
        bank: rich,
        plans: ['L-1', 'L-2', 'L-3'].map((externalId) => body(ACCOUNT, ['2026-01-25 10000'], { externalId })),
        until: '2026-01-27 00:00',
      },
      `
      01-25 09:10 L-3 skipped: attemptsPerDay
      01-25 09:10 L-1 due 100.00: succeeded
      01-25 09:10 L-2 due 100.00: succeeded
      01-25 09:10 L-1 plan settled
      01-25 09:10 L-2 plan settled
      01-26 09:10 L-3 due 100.00: succeeded
      01-26 09:10 L-3 plan settled
      `,
    )).timeout(30_000);

  it('sees no debit before its notice: a plan registered too late is debited a day after the message', () =>
    story(
      {
        bank: rich,
        plans: [body(ACCOUNT, ['2026-01-06 10000'])],
        start: '2026-01-05 23:00',
        until: '2026-01-08 00:00',
      },
      `
      01-07 09:10 due 100.00: succeeded
      01-07 09:10 plan settled
      `,
    )).timeout(30_000);
});
