import { expect } from 'chai';
import { businessDate } from '../../src/domain/clock.ts';
import { asText, explainAttempt, explainPlan } from '../../src/flows/explain-plan.ts';
import { placeHold } from '../../src/flows/holds.ts';
import { recordPayment } from '../../src/flows/payment.ts';
import { setStop } from '../../src/flows/stops.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { LI, numbered, registered, thrownBy } from './bodies.ts';

describe('explaining', () => {
  let house: TestHouse;
  let planId: string;
  let story: string;
  before(async function () {
    this.timeout(240_000);
    house = await openTestHouse();
    const penalty = { dailyRate: '0.00075', graceDays: 3, graceMode: 'retroactive' };
    planId = (await registered(house, numbered(1, '0027', { penalty }))).plan.id;
    await house.to('2026-02-06T04:00:00Z');
    const paid = { externalId: 'P-1', amount: 50_000, valueDate: businessDate('2026-02-06'), targets: [], note: null };
    await recordPayment(house.world, house.lender, planId, paid, LI);
    await placeHold(house.world, house.lender, planId, { kind: 'hardship', until: null }, LI);
    await house.to('2026-02-07T04:00:00Z');
    story = asText(await explainPlan(house.world, store(), planId), house.lender.timeZone);
  });
  after(() => house.end());
  const store = () => house.world.store.of(house.lender.id);

  it('tells what was agreed', () => {
    expect(story).to.match(/^Plan L-1 of borrower B-1, lender Harbour Credit\n/);
    expect(story).to.include('2 instalments with a principal of CNY 1,854.12, the first due on 2026-01-25');
    expect(story).to.include('the account ending 0027 (simulator');
    expect(story).to.include('at most CNY 5,000.00 a debit');
    expect(story).to.include('Penalty interest is 0.00075 of the overdue principal a day after 3 days of grace');
  });

  it('tells each message with its proof, and each attempt with amount, reason, permit and answer, in the order of time', () => {
    const at = (text: string | RegExp): number => {
      const place = story.search(text);
      expect(place, String(text)).to.be.greaterThan(0);
      return place;
    };
    const order = [
      at(
        /2026-01-22 09:00 {2}The message "dueSoon" announcing CNY 1,100.16 to be debited on 2026-01-25 was sent to the number ending 9000/,
      ),
      at(/2026-01-25 09:10 {2}Attempt 1 asked to debit the account ending 0027 for the first time: CNY 1,100.16 for instalment 1/),
      at(/Attempt 1 was refused, because the balance did not cover the amount \(the bank's code /),
      at(/Attempt \d asked to debit the account ending 0027 again, for the full amount/),
      at(/Attempt \d asked to debit the account ending 0027 for a smaller amount: CNY 66\d\.00/),
      at(/The borrower paid CNY 500\.00 by other means, value 2026-02-06; reported by li@harbour: letter of 5 January/),
      at(/Debits were held \(hardship\) by li@harbour: letter of 5 January/),
    ];
    expect(order).to.deep.equal([...order].sort((a, b) => a - b));
    expect(story).to.match(
      /It was allowed by the rule pack "simulator", version .+, relying on the message "dueSoon" of 2026-01-2\d 09:00 \((sent|delivered)\); all \d+ rules passed; counted: /,
    );
  });

  it('tells of each debit what allowed it, by counters and sources in plain words', () => {
    expect(story).to.match(/counted: CNY 1,100\.16 of at most CNY 1,100\.16 outstanding on these instalments \[lender\], /);
    expect(story).to.match(
      /CNY 1,100\.16 of at most CNY 5,000\.00 a debit by the mandate \[mandate\], 1 of at most \d attempts on the instalment/,
    );
    expect(story).to.match(/for a smaller amount: .+ which lets a debit ask for less \[duly:simulator\], relying on /);
    expect(story).to.match(/collected by the strategy "standard", version \d+: debits begin on the due date; at 09:10, .+ also for 60 %/);
  });

  it('tells where the money went, what is owed, and what happens next and why', () => {
    expect(story).to.match(
      /CNY 500\.00 of 2026-02-06 by the borrower's own payment pay_\w+: .*CNY 180\.00 to the interest of instalment 1/,
    );
    expect(story).to.match(/What is owed on 2026-02-07\n {2}CNY [\d,.]+ in all, of which CNY [\d,.]+ is due; the plan is active\./);
    expect(story).to.match(/Instalment 1 of 2026-01-25, 13 days past due: .*principal .*\(CNY 500\.00 of it was paid\)/);
    expect(story).to.match(
      /What happens next\n {2}2026-02-25 00:00: the plan is handed over to collections by the strategy "standard", version \d+, because instalment 1, .+\.\n$/,
    );
  });

  it('names the borrower and their number only as far as needed', () => {
    expect(story).not.to.match(/李四|13900139000|62220200/);
  });

  it('of one attempt tells every rule with its source, and the message relied on', async () => {
    const [attempt] = (await store().attempts.list({ planId }, { limit: 1 })).data;
    const text = asText(await explainAttempt(house.world, store(), attempt!.id), house.lender.timeZone);
    expect(text).to.match(/^Attempt 1 of plan L-1: CNY 1,100\.16, failed\n/);
    expect(text).to.match(/The gate let it pass under the rule pack "simulator"/);
    expect(text).to.match(/It relied on the message "dueSoon" of 2026-01-2\d 09:00, which is (sent|delivered)\./);
    expect(text).to.match(/attemptsPerDay: 1 of at most 2 with this one \[strategy\]/);
    expect(text).to.match(/perDebitCap: CNY 1,100\.16 of at most CNY 5,000\.00 with this one \[mandate\]/);
    expect(text).to.match(/noticeGiven: passed/);
  });

  it('tells of a debit that a rule refused, with the rule and its source', async () => {
    const instalments = [{ dueDate: '2026-02-12', principal: 5000 }];
    const { plan } = await registered(house, numbered(2, '0019', { instalments }));
    await setStop(house.world, 'channel:simulator', LI);
    await house.to('2026-02-12T04:00:00Z');
    const text = asText(await explainPlan(house.world, store(), plan.id), house.lender.timeZone);
    expect(text).to.match(/What happens next\n {2}2026-02-1\d \d\d:\d\d: .+, because .+\./);
    expect(text).to.match(/A debit of CNY 50\.00 was not made: .+ \(rule stopSwitch, source /);
  }).timeout(30_000);

  it('of a plan that is paid says that nothing more is owed or done', async () => {
    const { plan } = await registered(house, numbered(3));
    const targets = plan.instalments.map((i) => i.id);
    const paid = { externalId: null, amount: 220_032, valueDate: null, targets, note: null };
    await recordPayment(house.world, house.lender, plan.id, paid, LI);
    await house.to('2026-02-12T05:00:00Z');
    const text = asText(await explainPlan(house.world, store(), plan.id), house.lender.timeZone);
    expect(text).to.include('The plan was settled: everything is paid.');
    expect(text).to.include('Nothing is owed any more; the plan is settled.');
    expect(text).to.match(/What happens next\n {2}nothing more is done, because .+\.\n$/);
  }).timeout(30_000);

  it('knows nothing of another lender’s plan', async () => {
    const stranger = house.world.store.of('lnd_01ARZ3NDEKTSV4RRFFQ69G5FAV');
    expect(await thrownBy(() => explainPlan(house.world, stranger, planId))).to.include({ code: 'NOT_FOUND' });
  });
});
