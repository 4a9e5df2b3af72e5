/** Mandates, borrowers, stop switches and a person's verdicts: what staff move besides plans. */
import { expect } from 'chai';
import { changeBorrower, registerBorrower } from '../../src/flows/borrowers.ts';
import { takeInbox } from '../../src/flows/evidence.ts';
import { registerMandate, resumeMandate, revokeMandate, suspendMandate } from '../../src/flows/mandates.ts';
import { readPlanInput } from '../../src/flows/plan-input.ts';
import { resolveAttempt } from '../../src/flows/resolve.ts';
import { liftStop, setStop } from '../../src/flows/stops.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { LI, numbered, planBody, register, registered, thrownBy } from './bodies.ts';

const NOBODY = '01ARZ3NDEKTSV4RRFFQ69G5FAV';

describe('staff', () => {
  let house: TestHouse;
  before(async () => {
    house = await openTestHouse();
  });
  after(() => house.end());
  const store = () => house.world.store.of(house.lender.id);

  it('suspend, resume and revoke a mandate; each move is seen by every plan of it', async () => {
    const { plan, mandates } = await registered(house, numbered(1));
    const { plan: second } = await registered(house, numbered(1, '0019', { externalId: 'L-1-second' }));
    const [id] = mandates.map((m) => m.id) as [string];
    expect(await suspendMandate(house.world, house.lender, id, LI)).to.deep.include({ plans: 2, inFlight: [] });
    expect(await resumeMandate(house.world, house.lender, id, LI)).to.have.nested.property('mandate.state', 'active');
    const revoked = await revokeMandate(house.world, house.lender, id, LI);
    expect(revoked.mandate).to.include({ state: 'revoked', version: 4, eventN: 4 });
    for (const p of [plan, second]) {
      const now = await store().plans.get(p.id);
      expect(now).to.include({ version: 4 });
      expect(now?.nextAction).to.deep.include({ kind: 'decide', because: 'mandate.revoked' });
    }
    expect((await store().eventsOf([id])).map((e) => [e.n, e.from, e.to])).to.deep.equal([
      [1, null, 'active'],
      [2, 'active', 'suspended'],
      [3, 'suspended', 'active'],
      [4, 'active', 'revoked'],
    ]);
    expect(await thrownBy(() => resumeMandate(house.world, house.lender, id, LI))).to.include({ code: 'ILLEGAL_TRANSITION' });
    expect(await thrownBy(() => revokeMandate(house.world, house.lender, `mnd_${NOBODY}`, LI))).to.include({ code: 'NOT_FOUND' });
  });

  it('register a new mandate on an account whose old one was revoked', async () => {
    const { borrower, mandates } = await registered(house, numbered(2));
    await revokeMandate(house.world, house.lender, mandates[0]!.id, LI);
    const again = await registered(house, numbered(2, '0019', { externalId: 'L-2-again' }));
    expect(again.borrower.id).to.equal(borrower.id);
    expect(again.mandates[0]?.id).not.to.equal(mandates[0]!.id);
    const [known, third] = await register(house, numbered(2), numbered(2, '0019', { externalId: 'L-2-third' }));
    expect(known).to.include({ result: 'existing' });
    expect(third).to.have.nested.property('mandates[0].id', again.mandates[0]?.id);
    const { borrower: _b, mandate: _m, ...rest } = planBody({ externalId: 'L-2-old' });
    const [old] = await register(house, { ...rest, borrowerId: borrower.id, mandateId: mandates[0]!.id });
    expect(old).to.have.nested.property('error.faults[0].code', 'MANDATE_ENDED');
  });

  it('see no ended mandate where a batch names its plan beside a new one on the same account', async () => {
    const { mandates } = await registered(house, numbered(8));
    await revokeMandate(house.world, house.lender, mandates[0]!.id, LI);
    const [, fresh] = await register(house, numbered(8), numbered(8, '0019', { externalId: 'L-8-again' }));
    expect(fresh).to.have.nested.property('mandates[0].state', 'active');
  });

  it('register a second account of a borrower, once', async () => {
    const { borrower } = await registered(house, numbered(3));
    const input = readPlanInput(numbered(4, '0027'), house.world).mandates[0]!;
    const put = (change: object = {}) => registerMandate(house.world, house.lender, borrower.id, 'CNY', { ...input, ...change }, LI);
    const [a, b] = await Promise.all([put(), put()]);
    expect([a.result, b.result].sort()).to.deep.equal(['created', 'existing']);
    expect(a.mandate.id).to.equal(b.mandate.id);
    expect(a.mandate).to.include({ rank: 1, accountLast4: '0027' }).and.not.to.have.property('accountSealed');
    expect(await thrownBy(() => put({ dailyCap: 5 }))).to.include({ code: 'MANDATE_EXISTS_DIFFERENT' });
    expect(await thrownBy(() => registerMandate(house.world, house.lender, `brw_${NOBODY}`, 'CNY', input, LI))).to.include({
      code: 'NOT_FOUND',
    });
  });

  it('register a borrower alone, and change what is known of them without telling it to the feed', async () => {
    const input = { externalId: 'B-alone', name: '赵六', phone: '+8613800138000', language: 'zh' };
    const { borrower } = await registerBorrower(house.world, house.lender, input, LI);
    expect(await registerBorrower(house.world, house.lender, input, LI)).to.deep.equal({ borrower, result: 'existing' });
    const after = await changeBorrower(house.world, house.lender, borrower.id, { phone: '+8613800138001', optedOut: true }, LI);
    expect(after).to.deep.include({ version: 2, optedOutAt: house.world.clock.now(), phone: '+8613800138001' });
    const event = (await store().eventsOf([borrower.id])).at(-1);
    expect(event?.data).to.deep.equal({ fields: ['phone', 'optedOutAt'], optedOut: true });
    expect(JSON.stringify(event)).not.to.include('138001');
    expect(await changeBorrower(house.world, house.lender, borrower.id, { optedOut: true }, LI)).to.include({ version: 2 });
    expect(await changeBorrower(house.world, house.lender, borrower.id, { optedOut: false }, LI)).to.include({ optedOutAt: null });
    expect(await thrownBy(() => changeBorrower(house.world, house.lender, `brw_${NOBODY}`, {}, LI))).to.include({ code: 'NOT_FOUND' });
  });

  it('set and lift a stop switch, each act audited', async () => {
    await setStop(house.world, 'channel:simulator', LI);
    expect((await house.world.store.admin.stops.all()).map((s) => [s.scope, s.by, s.why])).to.deep.equal([
      ['channel:simulator', LI.by, LI.why],
    ]);
    expect(await liftStop(house.world, 'channel:simulator', LI)).to.equal(true);
    expect(await liftStop(house.world, 'channel:simulator', LI)).to.equal(false);
    const acts = await house.database.db.collection('audit').find({ 'facts.scope': 'channel:simulator' }).toArray();
    expect(acts.map((a) => [a.act, a.by])).to.have.deep.members([
      ['stop.set', LI.by],
      ['stop.lifted', LI.by],
    ]);
    expect(await thrownBy(() => setStop(house.world, 'channel:nowhere', LI))).to.include({ code: 'NOT_FOUND' });
    expect(await thrownBy(() => setStop(house.world, `lender:lnd_${NOBODY}`, LI))).to.include({ code: 'NOT_FOUND' });
  });

  it('void an unknown attempt on evidence; its plan is decided on again', async () => {
    const instalments = [{ dueDate: '2026-01-07', principal: 5000, interest: 0 }];
    const { plan } = await registered(house, numbered(6, '0035', { instalments }));
    await house.to('2026-01-07T01:10:30Z');
    const [attempt] = (await store().attempts.list({ planId: plan.id }, { limit: 5 })).data;
    expect(attempt).to.include({ state: 'unknown' });
    const verdict = { verdict: 'voided' as const, evidence: 'the bank never had it', channelTradeNo: null };
    await resolveAttempt(house.world, house.lender, attempt!.id, verdict, LI);
    await takeInbox(house.world);
    expect(await store().attempts.get(attempt!.id)).to.deep.include({ state: 'voided', open: false, slot: null });
    expect((await store().eventsOf([attempt!.id])).at(-1)).to.deep.include({ to: 'voided', by: LI.by, why: LI.why });
    expect((await store().plans.get(plan.id))?.nextAction.kind).to.equal('decide');
  }).timeout(30_000);

  it('settle by evidence what became of an attempt, within a tick, and only as its state allows', async () => {
    const { plan } = await registered(
      house,
      numbered(5, '0019', { instalments: [{ dueDate: '2026-01-08', principal: 5000, interest: 0 }] }),
    );
    await house.to('2026-01-08T04:00:00Z');
    const [attempt] = (await store().attempts.list({ planId: plan.id }, { limit: 5 })).data;
    expect(attempt).to.include({ state: 'succeeded' });
    const verdict = (kind: 'succeeded' | 'voided' | 'returned') => ({
      verdict: kind,
      evidence: 'letter of the bank',
      channelTradeNo: null,
    });
    const resolve = (kind: Parameters<typeof verdict>[0]) => resolveAttempt(house.world, house.lender, attempt!.id, verdict(kind), LI);
    expect(await thrownBy(() => resolve('voided'))).to.include({ code: 'ILLEGAL_TRANSITION' });
    expect(await thrownBy(() => resolveAttempt(house.world, house.lender, `att_${NOBODY}`, verdict('returned'), LI))).to.include({
      code: 'NOT_FOUND',
    });
    await resolve('returned');
    await house.to('2026-01-08T04:30:00Z');
    const event = (await store().eventsOf([attempt!.id])).at(-1);
    expect(event).to.deep.include({ to: 'returned', by: LI.by, why: LI.why });
    expect((await store().plans.get(plan.id))?.receipts[0]).to.include({ back: true });
  }).timeout(30_000);
});
