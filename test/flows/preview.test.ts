import { expect } from 'chai';
import { readPlanInput } from '../../src/flows/plan-input.ts';
import { type Preview, previewExisting, previewPlan } from '../../src/flows/preview.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { numbered, registered, thrownBy } from './bodies.ts';

const tale = (steps: Preview['debits']): string[] =>
  steps.map((s) => `${s.when.toISOString().slice(0, 16)} ${s.kind}${s.trigger ? ` ${s.trigger}` : ''} ${s.amount}`);

describe('previewing a plan', () => {
  let house: TestHouse;
  before(async () => {
    house = await openTestHouse();
  });
  after(() => house.end());

  const preview = (body: Record<string, unknown>) => previewPlan(house.world, house.lender, readPlanInput(body, house.world));
  const counts = async (): Promise<unknown> =>
    Promise.all(
      (await house.database.db.listCollections().toArray())
        .map((c) => c.name)
        .filter((name) => !name.startsWith('sim'))
        .sort()
        .map(async (name) => [name, await house.database.db.collection(name).countDocuments()]),
    );

  it('shows reminders and first presentments where each debit pays, each with the permit the gate would write', async () => {
    const shown = await preview(numbered(1));
    expect(tale(shown.debits)).to.deep.equal([
      '2026-01-22T01:00 remind 110016',
      '2026-01-24T01:00 remind 110016',
      '2026-01-25T01:10 debit due 110016',
      '2026-02-22T01:00 remind 110016',
      '2026-02-24T01:00 remind 110016',
      '2026-02-25T01:10 debit due 110016',
    ]);
    const debit = shown.debits[2]!;
    expect(debit.refusal).to.equal(null);
    expect(debit.permit?.pack.name).to.equal('simulator');
    expect(debit.permit?.rules.map((r) => r.code)).to.include.members(['mandateActive', 'noticeGiven', 'attemptsPerDay']);
    expect(shown.schedule.map((i) => i.dueDate)).to.deep.equal(['2026-01-25', '2026-02-25']);
  });

  it('shows the retries, the step-down and the overdue debits where each is refused', async () => {
    const { ifRefused } = await preview(numbered(1));
    const triggers = ifRefused.filter((s) => s.kind === 'debit' && s.permit).map((s) => s.trigger);
    expect(new Set(triggers)).to.deep.equal(new Set(['due', 'retry', 'stepDown', 'overdue']));
    const ladder = ifRefused.find((s) => s.trigger === 'stepDown');
    expect(ladder?.amount).to.equal(66_000);
  });

  it('shows the rule that would refuse a debit instead of the permit', async () => {
    const mandate = { rail: 'simulator', account: '6222020000000000019', periodCount: 1 };
    const { debits } = await preview(numbered(2, '0019', { mandate }));
    const [first, refused] = debits.filter((s) => s.kind === 'debit');
    expect(first?.permit).not.to.equal(null);
    expect(refused).to.have.nested.property('refusal.rule', 'periodCount');
    expect(refused?.permit).to.equal(null);
  });

  it('writes nothing', async () => {
    const before = await counts();
    await preview(numbered(3));
    const { plan } = await registered(house, numbered(4));
    const after = await counts();
    await previewExisting(house.world, house.lender, house.world.store.of(house.lender.id), plan.id);
    expect(await counts()).to.deep.equal(after);
    expect(before).not.to.deep.equal(after);
    expect(await house.world.store.of(house.lender.id).plans.one({ externalId: 'L-3' })).to.equal(null);
  });

  it('says what really happens: the bank is asked when the preview said, for what it said', async () => {
    const penalty = { dailyRate: '0.00075', graceDays: 3, graceMode: 'retroactive' };
    const { plan } = await registered(house, numbered(5, '0027', { penalty }));
    const store = house.world.store.of(house.lender.id);
    const { ifRefused } = await previewExisting(house.world, house.lender, store, plan.id);
    await house.to('2026-02-05T00:00:00Z');
    const { data } = await store.attempts.list({ planId: plan.id }, { limit: 100 });
    const real = data.map((a) => `${a.createdAt.toISOString().slice(0, 16)} ${a.trigger} ${a.amount.minor}`);
    const foreseen = ifRefused.filter((s) => s.permit).map((s) => `${s.when.toISOString().slice(0, 16)} ${s.trigger} ${s.amount}`);
    expect(real.length).to.be.greaterThan(3);
    expect(foreseen.slice(0, real.length)).to.deep.equal(real);
  }).timeout(60_000);

  it('shows a registered plan as it stands, and refuses other content under its id', async () => {
    const { plan } = await registered(house, numbered(6));
    expect((await preview(numbered(6))).schedule.map((i) => i.id)).to.deep.equal(plan.instalments.map((i) => i.id));
    expect(await thrownBy(() => preview(numbered(6, '0019', { strategy: 'gentle' })))).to.include({ code: 'PLAN_EXISTS_DIFFERENT' });
    const store = house.world.store.of(house.lender.id);
    const nobody = 'pln_01ARZ3NDEKTSV4RRFFQ69G5FAV';
    expect(await thrownBy(() => previewExisting(house.world, house.lender, store, nobody))).to.include({ code: 'NOT_FOUND' });
  });
});
