import { expect } from 'chai';
import type { Document } from 'mongodb';
import { changeBorrower } from '../../src/flows/borrowers.ts';
import { newMandate } from '../../src/flows/parties.ts';
import { readPlanInput } from '../../src/flows/plan-input.ts';
import { registerPlans } from '../../src/flows/register.ts';
import { lenderOf, openTestHouse, type TestHouse } from '../support/house.ts';
import { LI, numbered, planBody, register, registered } from './bodies.ts';

describe('registering plans', () => {
  let house: TestHouse;
  before(async () => {
    house = await openTestHouse();
  });
  after(() => house.end());

  const count = (collection: string) => house.database.db.collection(collection).countDocuments({ lenderId: house.lender.id });
  const refusal = async (body: Record<string, unknown>) => {
    const [result] = await register(house, body);
    if (result?.result !== 'refused') throw new Error(`it was ${result?.result}`);
    return result.error;
  };

  it('stores plan, borrower and mandate with their events and the posting of the principal, about to be decided on', async () => {
    const { plan, borrower, mandates, result } = await registered(house);
    expect(result).to.equal('created');
    expect(plan).to.deep.include({ externalId: 'L-1', state: 'active', version: 1, eventN: 1, lastN: 0, borrowerId: borrower.id });
    expect(plan.nextAction).to.deep.include({ kind: 'decide', at: house.world.clock.now() });
    expect(mandates[0]).to.deep.include({ state: 'active', accountLast4: '0019', rank: 0, bucket: plan.bucket });
    const store = house.world.store.of(house.lender.id);
    expect((await store.plans.get(plan.id))?.instalments.map((i) => i.due.principal)).to.deep.equal([92016, 93396]);
    const events = await store.eventsOf([borrower.id, mandates[0]!.id, plan.id]);
    expect(events.map((e) => [e.type, e.n, e.to, e.by, e.why])).to.deep.equal([
      ['borrower.registered', 1, null, LI.by, LI.why],
      ['mandate.registered', 1, 'active', LI.by, LI.why],
      ['plan.registered', 1, 'active', LI.by, LI.why],
    ]);
    expect(events[2]?.posting.map((l) => [l.account, l.minor])).to.deep.equal([
      ['1303.01', 185412],
      ['2999', -185412],
    ]);
  });

  it('keeps the account number sealed, and nowhere in clear', async () => {
    const [mandate] = (await registered(house)).mandates;
    const [stored] = await house.world.store.work.mandates([mandate!.id]);
    const context = `${house.lender.id}|mandate|${mandate!.id}`;
    expect(house.world.vault.open(stored!.accountSealed, context)).to.equal('6222020000000000019');
    for (const { name } of await house.database.db.listCollections().toArray())
      for (const doc of await house.database.db.collection<Document>(name).find().toArray())
        expect(JSON.stringify(doc), name).not.to.include('6222020000000000019');
  });

  it('finds an equal plan again, and names what differs in another one', async () => {
    const first = await registered(house);
    const again = await registered(house);
    expect(again.result).to.equal('existing');
    expect(again.plan.id).to.equal(first.plan.id);
    expect(again.mandates.map((m) => m.id)).to.deep.equal(first.mandates.map((m) => m.id));
    const error = await refusal(planBody({ instalments: [{ dueDate: '2026-01-25', principal: 1, interest: 0 }] }));
    expect(error).to.include({ code: 'PLAN_EXISTS_DIFFERENT' });
    expect(error.facts.fields).to.deep.equal(['instalments']);
    expect((await refusal(planBody({ strategy: 'gentle', metadata: { a: 'b' } }))).facts.fields).to.deep.equal(['strategy', 'metadata']);
  });

  it('finds an equal plan again after its borrower moved on', async () => {
    const { borrower } = await registered(house, numbered(900));
    await changeBorrower(house.world, house.lender, borrower.id, { phone: '+8613800138001' }, LI);
    expect((await registered(house, numbered(900))).result).to.equal('existing');
  });

  it('uses the same borrower and mandate for a second loan, and refuses other content under their ids', async () => {
    const first = await registered(house);
    const second = await registered(house, planBody({ externalId: 'L-1b' }));
    expect(second.result).to.equal('created');
    expect(second.borrower.id).to.equal(first.borrower.id);
    expect(second.mandates[0]?.id).to.equal(first.mandates[0]?.id);
    const renamed = planBody({ externalId: 'L-1c', borrower: { ...(planBody().borrower as object), name: '王五' } });
    expect(await refusal(renamed)).to.include({ code: 'BORROWER_EXISTS_DIFFERENT' });
    const recapped = planBody({ externalId: 'L-1d', mandate: { ...(planBody().mandate as object), perDebitCap: 1 } });
    const error = await refusal(recapped);
    expect(error).to.include({ code: 'MANDATE_EXISTS_DIFFERENT' });
    expect(error.facts.fields).to.deep.equal(['perDebitCap']);
  });

  it('leaves nothing behind of a plan that is refused', async () => {
    const before = [await count('borrowers'), await count('mandates'), await count('plans'), await count('events')];
    const stranger = { externalId: 'B-new', name: '新人', phone: '+8613700137000', language: 'zh' };
    const impossible = { principal: 1, monthlyRate: '0', count: 12, method: 'levelPayment', firstDueDate: '2026-02-01' };
    const { instalments: _, ...rest } = planBody({ externalId: 'L-none', borrower: stranger });
    expect(await refusal({ ...rest, terms: impossible })).to.include({ code: 'INVALID_INPUT' });
    expect([await count('borrowers'), await count('mandates'), await count('plans'), await count('events')]).to.deep.equal(before);
  });

  it('judges a batch row by row: created, repeated, in conflict', async () => {
    const results = await register(
      house,
      numbered(31),
      numbered(32),
      numbered(31),
      numbered(32, '0019', { paydayDeclared: 5 }),
      numbered(33),
    );
    expect(results.map((r) => (r.result === 'refused' ? r.error.code : r.result))).to.deep.equal([
      'created',
      'created',
      'existing',
      'PLAN_EXISTS_DIFFERENT',
      'created',
    ]);
  });

  it('takes a borrower and a mandate by id, and answers those of another lender like those of nobody', async () => {
    const { borrower, mandates } = await registered(house, numbered(10));
    const { borrower: _b, mandate: _m, ...rest } = planBody({ externalId: 'L-by-id' });
    const body = { ...rest, borrowerId: borrower.id, mandateId: mandates[0]!.id };
    const other = lenderOf(house);
    await house.world.store.admin.lenders.insert(other);
    const [theirs] = await registerPlans(house.world, other, [readPlanInput(body, house.world)], LI);
    expect(theirs).to.deep.include({ result: 'refused' });
    expect(theirs?.result === 'refused' && theirs.error.code).to.equal('NOT_FOUND');
    expect((await registered(house, body)).plan.mandateIds).to.deep.equal([mandates[0]!.id]);
    const stranger = await registered(house, numbered(11));
    expect(await refusal({ ...body, externalId: 'L-x', mandateId: stranger.mandates[0]!.id })).to.include({ code: 'NOT_FOUND' });
  });

  it('leaves a mandate of another rail pending until its agreement number and evidence are there', async () => {
    const mandate = { rail: 'simulator', account: '6222020000000020019', agreementNo: 'A-1' };
    const [simulated] = (await registered(house, numbered(20, '0019', { mandate }))).mandates;
    expect(simulated?.state).to.equal('active');
    const registering = { world: house.world, lender: house.lender, actor: LI, now: house.world.clock.now() };
    const input = readPlanInput(numbered(21), house.world).mandates[0]!;
    const born = (change: object) =>
      newMandate({ ...input, rail: 'us-ach', ...change }, { borrowerId: 'brw_x', currency: 'USD', accountKey: 'k' }, 0, registering).state;
    expect(born({})).to.equal('pending');
    expect(born({ agreementNo: 'A-1' })).to.equal('pending');
    expect(born({ agreementNo: 'A-1', evidence: 'signed form 12' })).to.equal('active');
  });

  it('makes one plan, one borrower and one mandate of fifty equal registrations at once', async () => {
    const results = (await Promise.all(Array.from({ length: 50 }, () => register(house, numbered(50))))).flat();
    expect(results.filter((r) => r.result === 'created')).to.have.length(1);
    expect(results.filter((r) => r.result === 'existing')).to.have.length(49);
    expect(new Set(results.map((r) => r.result !== 'refused' && r.plan.id)).size).to.equal(1);
    const borrowers = await house.world.store.of(house.lender.id).borrowers.all({ externalId: 'B-50' });
    expect(borrowers).to.have.length(1);
    expect(await house.world.store.of(house.lender.id).mandates.all({ borrowerId: borrowers[0]!.id })).to.have.length(1);
  }).timeout(40_000);

  it('lets two batches that share rows run at once, each answered in full', async () => {
    const batch = (from: number) => Array.from({ length: 20 }, (_, i) => numbered(from + i));
    const [a, b] = await Promise.all([register(house, ...batch(100)), register(house, ...batch(110))]);
    const created = [...a, ...b].filter((r) => r.result === 'created');
    expect(created).to.have.length(30);
    expect([...a, ...b].filter((r) => r.result === 'existing')).to.have.length(10);
  });
});
