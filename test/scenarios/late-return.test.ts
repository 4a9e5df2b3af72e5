/** Money given back two months after it was settled: what happens to the borrower, to the lender's payout and to the books, day by day. */
import { expect } from 'chai';
import { explicitWorld } from '../../src/channels/simulator/index.ts';
import { dateIn, timeIn } from '../../src/domain/clock.ts';
import type { DulyEvent } from '../../src/domain/event.ts';
import { checkBooks } from '../../src/flows/check-books.ts';
import { movements } from '../../src/flows/lender-statement.ts';
import { readPlanInput } from '../../src/flows/plan-input.ts';
import { registerPlans } from '../../src/flows/register.ts';
import { approve } from '../../src/flows/settle.ts';
import { check } from '../check/support.ts';
import { body, instantOf, owed, STAFF, yuan } from '../support/diary.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { holder } from '../support/keys.ts';
import { day } from '../support/loan.ts';
import { table } from '../support/story.ts';

const ACCOUNT = '6222020000000007777';
/** Money in January, none when the payer has taken it back. */
const ACCOUNTS = explicitWorld({
  [ACCOUNT]: [
    { from: day('2026-01-01'), minor: 900_000 },
    { from: day('2026-03-01'), minor: 0 },
  ],
});
const OTHER = '6222020000000010019';
const LI_SI = { externalId: 'B-2', name: '李四', phone: '+8613800138001', language: 'zh' };

describe('a return that arrives 60 days after settlement', () => {
  let house: TestHouse;
  beforeEach(async () => {
    house = await openTestHouse({ accounts: ACCOUNTS });
  });
  afterEach(() => house.end());

  it('re-opens the instalment once, is taken off the next payout, and stands in the lender’s statement', async () => {
    const { world, lender } = house;
    const store = world.store.of(lender.id);
    const chen = await holder(house, 'Chen Jie', null);
    const inputs = [
      body(ACCOUNT, ['2026-01-09 92016 18000']),
      body(OTHER, ['2026-03-14 200000'], { externalId: 'L-2', borrower: LI_SI }),
    ].map((b) => readPlanInput(b, world));
    const plans = (await registerPlans(world, lender, inputs, STAFF)).map((r) => {
      if (r.result === 'refused') throw r.error;
      return r.plan;
    });
    const plan = plans[0]!;
    /** At half past ten, once the day's batch is cleared, somebody approves it. */
    const morning = async (date: string) => {
      await house.to(instantOf(lender, `${date} 10:30`));
      for (const batch of await store.settlements.all({ state: 'cleared' })) await approve(world, batch, chen);
      await house.to(instantOf(lender, `${date} 10:31`));
    };
    await morning('2026-01-10');
    const [attempt] = await store.attempts.all({ planId: plan.id });
    await house.to(instantOf(lender, '2026-03-11 04:00'));
    await house.bank!.runScenario('attempt-returned', { outTradeNo: attempt!.outTradeNo });
    await morning('2026-03-15');
    await house.to(instantOf(lender, '2026-03-16 12:00'));

    expect(await told(house, plan.id)).to.deep.equal(
      table(`
      01-09 09:10 L-1 due 1,100.16: succeeded
      01-09 09:10 L-1 settled
      01-10 06:00 fees of 0.10 booked
      01-10 10:00 settlement of 1,100.06 cleared
      01-10 10:30 settlement of 1,100.06 paid
      01-11 07:00 account +1,100.06
      01-11 07:00 account -1,100.06
      03-11 05:00 L-1 due 1,100.16: returned
      03-11 05:00 L-1 reopened
      03-11 05:00 L-1 handedOver
      03-11 09:10 L-1 retry 1,100.16: failed
      03-13 07:00 account -1,100.16
      03-15 06:00 fees of 0.10 booked
      03-15 10:00 settlement of 899.74 cleared
      03-15 10:30 settlement of 899.74 paid
      03-16 07:00 account +1,999.90
      03-16 07:00 account -899.74
      `),
    );
    const [first] = (await store.plans.get(plan.id))!.instalments;
    expect(first?.state).to.equal('overdue');
    expect(owed((await store.plans.get(plan.id))!)).to.equal(110_016);
    const lines: string[] = [];
    for await (const rows of movements(world, lender, day('2026-03-11')))
      for (const r of rows) lines.push(`${r.kind} ${r.externalId} ${r.minor}`);
    expect(lines).to.deep.equal(['return L-1 -110016']);
    const books = await checkBooks(world);
    expect([books.voucherCheck.rows, books.ledgerCheck.rows, books.cashCheck.rows]).to.deep.equal([[], [], []]);
    expect((await check(house)).violations).to.deep.equal([]);
  }).timeout(240_000);
});

/** What happened to the plan, in settlement and on our account, a line each. */
async function told({ database, lender }: TestHouse, planId: string): Promise<string[]> {
  const events = await database.db
    .collection('events')
    .find({}, { sort: { at: 1, partition: 1, seq: 1 } })
    .toArray();
  return (events as unknown as DulyEvent[]).flatMap((e) => {
    const says = inWords(e, planId);
    return says ? [`${dateIn(e.at, lender.timeZone).slice(5)} ${timeIn(e.at, lender.timeZone)} ${says}`] : [];
  });
}

function inWords(e: DulyEvent, planId: string): string | null {
  const on = (account: string) => e.posting.reduce((sum, l) => sum + (l.account.startsWith(account) ? l.minor : 0), 0);
  const [noun, did] = e.type.split('.');
  if (noun === 'attempt' && e.planId === planId) return `L-1 ${e.data.trigger} ${yuan(Number(e.data.minor))}: ${e.to}`;
  if (noun === 'plan' && e.planId === planId && !['registered', 'fellDue'].includes(did ?? '')) return `L-1 ${did}`;
  if (e.type === 'reconciliation.feesBooked') return `fees of ${yuan(on('6421'))} booked`;
  if (e.type === 'settlement.cleared') return `settlement of ${yuan(-on('2241.05'))} cleared`;
  if (e.type === 'settlement.transferred') return `settlement of ${yuan(on('2241.05'))} paid`;
  if (e.type === 'accountRow.booked') return `account ${on('1002') < 0 ? '-' : '+'}${yuan(Math.abs(on('1002')))}`;
  return null;
}
