/** The acts of people on plans: payments, holds, promises, changes, cancellation, quotes. */
import { expect } from 'chai';
import { businessDate, parseInstant } from '../../src/domain/clock.ts';
import { outstanding } from '../../src/domain/plan.ts';
import { cancelPlan } from '../../src/flows/cancel.ts';
import { changePlan } from '../../src/flows/change-plan.ts';
import { quoteEarlySettlement } from '../../src/flows/early-settlement.ts';
import { placeHold, promiseToPay, releaseHold } from '../../src/flows/holds.ts';
import { suspendMandate } from '../../src/flows/mandates.ts';
import { type PaymentInput, recordPayment } from '../../src/flows/payment.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { LI, numbered, registered, thrownBy } from './bodies.ts';

const paying = (amount: number, change: Partial<PaymentInput> = {}): PaymentInput => ({
  externalId: null,
  amount,
  valueDate: null,
  targets: [],
  note: null,
  ...change,
});
const day = businessDate;

describe('acts on a plan', () => {
  let house: TestHouse;
  let n = 0;
  before(async () => {
    house = await openTestHouse({ clockStart: parseInstant('2026-02-01T02:00:00Z') });
  });
  after(() => house.end());

  const fresh = async () => (await registered(house, numbered(++n))).plan;
  const store = () => house.world.store.of(house.lender.id);
  const balance = async (account: string): Promise<number> => {
    const rows = await house.database.db.collection('balances').find({ account, lenderId: house.lender.id }).toArray();
    return rows.reduce((sum, r) => sum + Number(r.minor), 0);
  };
  const lastEvent = async (planId: string) => (await store().eventsOf([planId])).at(-1)!;

  describe('a payment', () => {
    it('is booked on 1002, allocated oldest first, and moves the version so that a decided debit is stopped', async () => {
      const plan = await fresh();
      const cash = await balance('1002');
      const done = await recordPayment(house.world, house.lender, plan.id, paying(50_000), LI);
      expect(done.plan.version).to.equal(plan.version + 1);
      expect(done.plan.nextAction).to.deep.include({ kind: 'decide', at: house.world.clock.now() });
      expect(done.plan.instalments[0]?.paid).to.deep.include({ interest: 18_000, principal: 32_000 });
      expect(done.inFlight).to.deep.equal([]);
      expect(await balance('1002')).to.equal(cash + 50_000);
      expect(await lastEvent(plan.id)).to.deep.include({ type: 'plan.paid', by: LI.by, why: LI.why, n: 2 });
      expect(await store().payments.get(done.payment.id)).to.deep.include({ minor: 50_000, valueDate: '2026-02-01' });
    });

    it('is booked once under one external id, and refused with other content', async () => {
      const plan = await fresh();
      const pay = (amount: number) => recordPayment(house.world, house.lender, plan.id, paying(amount, { externalId: 'P-1' }), LI);
      const answers = await Promise.all(Array.from({ length: 10 }, () => pay(10_000)));
      expect(new Set(answers.map((a) => a.payment.id)).size).to.equal(1);
      expect(answers.filter((a) => !a.repeated)).to.have.length(1);
      expect((await store().plans.get(plan.id))?.receipts).to.have.length(1);
      const error = await thrownBy(() => pay(10_001));
      expect(error).to.include({ code: 'PAYMENT_EXISTS_DIFFERENT' });
      expect(error.facts?.fields).to.deep.equal(['amount']);
    });

    it('settles the plan when it pays everything that is due and asked for', async () => {
      const plan = await fresh();
      const targets = plan.instalments.map((i) => i.id);
      const done = await recordPayment(house.world, house.lender, plan.id, paying(220_032, { targets }), LI);
      expect(done.plan.state).to.equal('settled');
      expect(done.plan.eventN).to.equal(3);
      expect(await lastEvent(plan.id)).to.deep.include({ type: 'plan.settled', from: 'active', to: 'settled', n: 3 });
    });

    it('above what is due is an overpayment, owed to the borrower', async () => {
      const plan = await fresh();
      const owed = await balance('2241.02');
      const done = await recordPayment(house.world, house.lender, plan.id, paying(150_000), LI);
      expect(done.plan.receipts[0]?.overpaid).to.equal(39_984);
      expect(await balance('2241.02')).to.equal(owed - 39_984);
      expect(done.plan.instalments[1]?.state).to.equal('scheduled');
    });

    it('with an earlier value date re-runs what came after and posts the difference', async () => {
      const penalty = { dailyRate: '0.00075', graceDays: 0, graceMode: 'retroactive' };
      const { plan } = await registered(house, numbered(++n, '0019', { penalty }));
      const late = await recordPayment(house.world, house.lender, plan.id, paying(1000), LI);
      const before = late.plan.instalments[0]!.due.penalty;
      expect(before).to.be.greaterThan(0);
      const found = await recordPayment(house.world, house.lender, plan.id, paying(100_000, { valueDate: day('2026-01-25') }), LI);
      expect(found.plan.instalments[0]!.due.penalty).to.be.lessThan(before);
      expect(found.plan.receipts.map((r) => r.valueDate)).to.deep.equal(['2026-01-25', '2026-02-01']);
      const sum = (await lastEvent(plan.id)).posting.reduce((s, l) => s + l.minor, 0);
      expect(sum).to.equal(0);
    });

    it('is refused from the future, for an instalment of another plan, and on a plan of another lender', async () => {
      const plan = await fresh();
      const other = await fresh();
      const pay = (change: Partial<PaymentInput>, id = plan.id) =>
        thrownBy(() => recordPayment(house.world, house.lender, id, paying(1, change), LI));
      expect(await pay({ valueDate: day('2026-02-02') })).to.have.nested.property('faults[0].code', 'IN_THE_FUTURE');
      expect(await pay({ valueDate: day('1997-02-02') })).to.have.nested.property('faults[0].code', 'TOO_OLD');
      expect(await pay({ targets: [other.instalments[0]!.id] })).to.have.nested.property('faults[0].pointer', '/targets/0');
      expect(await pay({}, 'pln_01ARZ3NDEKTSV4RRFFQ69G5FAV')).to.include({ code: 'NOT_FOUND' });
      const stranger = { ...house.lender, id: 'lnd_01ARZ3NDEKTSV4RRFFQ69G5FAV' };
      expect(await thrownBy(() => recordPayment(house.world, stranger, plan.id, paying(1), LI))).to.include({ code: 'NOT_FOUND' });
      expect((await store().plans.get(plan.id))?.version).to.equal(1);
    });
  });

  describe('a hold', () => {
    it('stands on the plan with who and why, and is released', async () => {
      const plan = await fresh();
      const held = await placeHold(house.world, house.lender, plan.id, { kind: 'hardship', until: null }, LI);
      expect(held.hold).to.deep.include({ kind: 'hardship', until: null, ...LI });
      expect((await store().plans.get(plan.id))?.holds).to.deep.equal([held.hold]);
      const released = await releaseHold(house.world, house.lender, plan.id, held.hold.id, LI);
      expect(released.plan).to.deep.include({ holds: [], version: 3, eventN: 3 });
      expect(await thrownBy(() => releaseHold(house.world, house.lender, plan.id, held.hold.id, LI))).to.include({ code: 'NOT_FOUND' });
    });

    it('may not end in the past', async () => {
      const plan = await fresh();
      const until = parseInstant('2026-01-31T00:00:00Z');
      const error = await thrownBy(() => placeHold(house.world, house.lender, plan.id, { kind: 'staff', until }, LI));
      expect(error).to.have.nested.property('faults[0].code', 'IN_THE_PAST');
    });

    it('of a promise ends when the promised day begins in the lender’s zone, and a new promise takes its place', async () => {
      const plan = await fresh();
      await promiseToPay(house.world, house.lender, plan.id, day('2026-02-05'), LI);
      const second = await promiseToPay(house.world, house.lender, plan.id, day('2026-02-08'), LI);
      expect(second.plan.holds.map((h) => h.until)).to.deep.equal([parseInstant('2026-02-07T16:00:00Z')]);
      for (const bad of ['2026-02-01', '2026-04-03'])
        expect(await thrownBy(() => promiseToPay(house.world, house.lender, plan.id, day(bad), LI))).to.include({ code: 'INVALID_INPUT' });
    });
  });

  describe('a change of the schedule', () => {
    const instalments = [{ dueDate: day('2026-03-25'), principal: 185_412, interest: 40_000, fee: 0 }];

    it('supersedes what is not paid and keeps the money that had come in', async () => {
      const plan = await fresh();
      await recordPayment(house.world, house.lender, plan.id, paying(50_000), LI);
      const { plan: after } = await changePlan(house.world, house.lender, plan.id, { instalments, ifVersion: 2 }, LI);
      expect(after).to.include({ scheduleVersion: 2, version: 3 });
      expect(after.instalments.map((i) => i.state)).to.deep.equal(['superseded', 'superseded', 'partiallyPaid']);
      expect(outstanding(after.instalments[2]!)).to.equal(225_412 - 50_000);
      expect(await lastEvent(plan.id))
        .to.have.nested.property('data.superseded')
        .with.length(2);
    });

    it('is refused under another version than the caller has read', async () => {
      const plan = await fresh();
      const error = await thrownBy(() => changePlan(house.world, house.lender, plan.id, { instalments, ifVersion: 7 }, LI));
      expect(error).to.include({ code: 'VERSION_CHANGED' });
      expect((await store().plans.get(plan.id))?.scheduleVersion).to.equal(1);
    });

    it('is refused on a plan that has ended', async () => {
      const plan = await fresh();
      await cancelPlan(house.world, house.lender, plan.id, LI);
      const error = await thrownBy(() => changePlan(house.world, house.lender, plan.id, { instalments, ifVersion: null }, LI));
      expect(error).to.include({ code: 'PLAN_NOT_ACTIVE' });
    });
  });

  describe('cancelling', () => {
    it('takes what is owed off the books and keeps what was paid', async () => {
      const lent = await balance('1303.01');
      const plan = await fresh();
      await recordPayment(house.world, house.lender, plan.id, paying(50_000), LI);
      const { plan: after } = await cancelPlan(house.world, house.lender, plan.id, LI);
      expect(after.state).to.equal('cancelled');
      expect(after.instalments.map((i) => i.state)).to.deep.equal(['waived', 'superseded']);
      expect(after.instalments.map(outstanding)).to.deep.equal([0, 0]);
      expect(await balance('1303.01')).to.equal(lent);
      expect(await lastEvent(plan.id)).to.deep.include({ type: 'plan.cancelled', from: 'active', to: 'cancelled' });
      expect(await thrownBy(() => cancelPlan(house.world, house.lender, plan.id, LI))).to.include({ code: 'ILLEGAL_TRANSITION' });
    });

    it('books money that comes in afterwards as an overpayment', async () => {
      const plan = await fresh();
      await cancelPlan(house.world, house.lender, plan.id, LI);
      const { plan: after } = await recordPayment(house.world, house.lender, plan.id, paying(700), LI);
      expect(after.receipts[0]?.overpaid).to.equal(700);
      expect(after.state).to.equal('cancelled');
    });
  });

  it('quotes what settles the plan on a day to come, and writes nothing', async () => {
    const plan = await fresh();
    const quote = await quoteEarlySettlement(house.world, house.lender, plan.id, day('2026-02-09'), '0.01');
    expect(quote).to.deep.include({
      planId: plan.id,
      on: '2026-02-09',
      principal: 185_412,
      interest: 26_310,
      settlementFee: 934,
      total: 212_656,
    });
    expect(await thrownBy(() => quoteEarlySettlement(house.world, house.lender, plan.id, day('2026-01-31'), '0'))).to.include({
      code: 'INVALID_INPUT',
    });
    expect((await store().plans.get(plan.id))?.version).to.equal(1);
  });

  describe('while a debit is on its way', () => {
    it('names the debit that had left before it, and that may still succeed', async () => {
      const instalments = [{ dueDate: '2026-02-04', principal: 5000, interest: 0 }];
      const { plan, mandates } = await registered(house, numbered(++n, '0035', { instalments }));
      await house.to('2026-02-04T01:10:30Z');
      const [open] = (await store().attempts.list({ planId: plan.id }, { limit: 5 })).data;
      expect(open).to.include({ state: 'unknown', open: true });
      const inFlight = [open!.id];
      expect(await placeHold(house.world, house.lender, plan.id, { kind: 'staff', until: null }, LI)).to.deep.include({ inFlight });
      expect(await recordPayment(house.world, house.lender, plan.id, paying(5000), LI)).to.deep.include({ inFlight });
      expect(await suspendMandate(house.world, house.lender, mandates[0]!.id, LI)).to.deep.include({ plans: 1, inFlight });
      await house.to('2026-02-04T06:00:00Z');
      const after = await store().plans.get(plan.id);
      expect(after?.receipts.map((r) => [r.kind, r.minor, r.overpaid])).to.deep.equal([
        ['selfPayment', 5000, 0],
        ['debit', 5000, 5000],
      ]);
    }).timeout(30_000);
  });
});
