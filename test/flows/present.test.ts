/** From intent to bank: the second look, who may say `unsent`, and what a fenced-out worker can still do. */
import { expect } from 'chai';
import type { Attempt } from '../../src/domain/attempt.ts';
import { parseInstant } from '../../src/domain/clock.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { askUnknown } from '../../src/flows/ask.ts';
import { cancelPlan } from '../../src/flows/cancel.ts';
import { collect } from '../../src/flows/collect.ts';
import { placeHold } from '../../src/flows/holds.ts';
import { revokeMandate } from '../../src/flows/mandates.ts';
import { recordPayment } from '../../src/flows/payment.ts';
import { liftStop, setStop } from '../../src/flows/stops.ts';
import type { World } from '../../src/flows/world.ts';
import { between, killedBeforeTheCall } from '../support/diary-world.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { LI, numbered, registered } from './bodies.ts';

const DUE = [{ dueDate: '2026-01-08', principal: 5000, interest: 0 }];

describe('presenting', () => {
  let house: TestHouse;
  let n = 0;
  before(async function () {
    this.timeout(240_000);
    house = await openTestHouse();
  });
  after(() => house.end());

  const store = () => house.world.store.of(house.lender.id);
  const attemptsOf = async (plan: Plan): Promise<Attempt[]> => store().attempts.all({ planId: plan.id });
  const asked = async (): Promise<number> => house.database.db.collection('simbank_book').countDocuments({ arrival: true });

  /** A plan that is due now, its notices sent and the clock at its hour; no other plan is. */
  async function duePlan(): Promise<Plan> {
    const { plan } = await registered(house, numbered(++n, '0019', { instalments: DUE }));
    return plan;
  }
  const sweepWith = async (world: World): Promise<string | null> =>
    collect(world).then(
      () => null,
      (error: Error) => error.message,
    );

  describe('the second look', () => {
    const payment = { externalId: null, amount: 5000, valueDate: null, targets: [], note: null };
    const acts: Record<string, (plan: Plan) => Promise<{ inFlight?: readonly string[] } | unknown>> = {
      'a hold': (plan) => placeHold(house.world, house.lender, plan.id, { kind: 'hardship', until: null }, LI),
      'a revoked mandate': (plan) => revokeMandate(house.world, house.lender, plan.mandateIds[0]!, LI),
      'a cancelled plan': (plan) => cancelPlan(house.world, house.lender, plan.id, LI),
      "the borrower's own payment": (plan) => recordPayment(house.world, house.lender, plan.id, payment, LI),
      'a stop switch': () => setStop(house.world, 'channel:simulator', LI),
    };
    const due = new Map<string, Plan>();
    before(async function () {
      this.timeout(240_000);
      for (const name of [...Object.keys(acts), 'death']) due.set(name, await duePlan());
      await house.to('2026-01-08T01:09:59Z');
      // One at a time: the others wait until their own test.
      await house.database.db.collection('plans').updateMany({}, { $set: { 'nextAction.at': null } });
      await house.testClock!.set(parseInstant('2026-01-08T01:10:00Z'), true);
    });
    const wake = (plan: Plan) =>
      house.database.db
        .collection('plans')
        .updateOne({ _id: plan.id } as object, { $set: { 'nextAction.at': parseInstant('2026-01-08T01:10:00Z') } });

    for (const [name, act] of Object.entries(acts))
      it(`sees ${name} between intent and call: unsent, nothing reaches the bank, and the act names what was in flight`, async () => {
        const plan = due.get(name)!;
        const before = await asked();
        let answer: { inFlight?: readonly string[] } = {};
        const world = between(house.world, async () => {
          answer = ((await act(plan)) ?? {}) as typeof answer;
        });
        await wake(plan);
        expect(await sweepWith(world)).to.equal(null);
        const [attempt, ...more] = await attemptsOf(plan);
        expect(attempt).to.include({ state: 'unsent', open: false, slot: null });
        expect(more).to.deep.equal([]);
        expect(await asked()).to.equal(before);
        if (name !== 'a stop switch') expect(answer.inFlight).to.deep.equal([attempt!.id]);
        const [birth] = await store().eventsOf([attempt!.id]);
        expect(birth?.evidence).to.deep.include({ kind: 'self' });
        await liftStop(house.world, 'channel:simulator', LI);
        await house.database.db.collection('plans').updateOne({ _id: plan.id } as object, { $set: { 'nextAction.at': null } });
      });

    it('is the word of the incarnation that inserted alone: what a dead one left is unknown, never unsent, and burns its number', async () => {
      const plan = due.get('death')!;
      await wake(plan);
      expect(await sweepWith(killedBeforeTheCall(house.world))).to.equal('killed');
      expect((await attemptsOf(plan))[0]).to.include({ state: 'submitted', open: true });
      await askUnknown(house.world);
      expect((await attemptsOf(plan))[0]).to.include({ state: 'unknown', unknownBy: 'sender', open: true, n: 1 });
    });
  });
});
