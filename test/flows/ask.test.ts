/** Recovery: what a dead worker left behind becomes unknown, is asked about, and ends by evidence. Nothing is ever sent again on a guess. */
import { expect } from 'chai';
import type { Attempt } from '../../src/domain/attempt.ts';
import { parseInstant } from '../../src/domain/clock.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { askUnknown } from '../../src/flows/ask.ts';
import { collect } from '../../src/flows/collect.ts';
import type { World } from '../../src/flows/world.ts';
import { killedAfterTheCall, killedBeforeTheCall, withChannel } from '../support/diary-world.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { numbered, registered } from './bodies.ts';

const DUE = [{ dueDate: '2026-01-08', principal: 5000, interest: 0 }];

describe('asking', () => {
  let house: TestHouse;
  let plan: Plan;
  beforeEach(async function () {
    this.timeout(240_000);
    house = await openTestHouse();
    ({ plan } = await registered(house, numbered(1, '0019', { instalments: DUE })));
    await house.to('2026-01-08T01:09:59Z');
    await house.testClock!.set(parseInstant('2026-01-08T01:10:00Z'), true);
  });
  afterEach(() => house.end());

  const attempts = async (): Promise<Attempt[]> => house.world.store.of(house.lender.id).attempts.all({ planId: plan.id });
  const received = () => house.database.db.collection('simbank_book').countDocuments({ arrival: true });
  const killed = async (world: World) => {
    const error = await collect(world).catch((e: Error) => e);
    expect(error).to.be.an('error').with.property('message', 'killed');
  };
  const states = async (subject: string) => (await house.world.store.of(house.lender.id).eventsOf([subject])).map((e) => e.to);

  it('finds an intent whose sender died after the call: unknown, asked, and booked once by the answer', async () => {
    await killed(killedAfterTheCall(house.world));
    const [left] = await attempts();
    expect(left).to.include({ state: 'submitted', open: true });
    expect(await received()).to.equal(1);
    await house.to('2026-01-08T03:00:00Z');
    const [attempt, ...more] = await attempts();
    expect(more).to.deep.equal([]);
    expect(attempt).to.include({ id: left!.id, state: 'succeeded', unknownBy: 'sender' });
    expect(await states(left!.id)).to.deep.equal(['unknown', 'succeeded']);
    expect(await received()).to.equal(1);
    expect((await house.world.store.work.plans([plan.id]))[0]).to.include({ state: 'settled' });
  });

  it('voids what never reached the bank only after the expiry in its bytes and the query horizon; then a new number is used', async () => {
    await killed(killedBeforeTheCall(house.world));
    // Sent by 01:40 or refused by the bank; found by a query within 30 minutes more.
    await house.to('2026-01-08T02:09:00Z');
    expect((await attempts()).map((a) => a.state)).to.deep.equal(['unknown']);
    await house.to('2026-01-09T15:00:00Z');
    const [lost, again] = await attempts();
    expect(lost).to.include({ state: 'voided', open: false, slot: null, n: 1 });
    expect(lost!.movedAt > parseInstant('2026-01-08T02:10:00Z')).to.equal(true);
    expect(again).to.include({ state: 'succeeded', n: 2 });
    expect(again!.outTradeNo).not.to.equal(lost!.outTradeNo);
    expect(await received()).to.equal(1);
  }).timeout(30_000);

  it('waits for as long as the bank cannot be asked, and opens a case', async () => {
    await killed(killedAfterTheCall(house.world));
    const mute = withChannel(house.world, () => ({
      query: async () => {
        throw new Error('no line');
      },
    }));
    await askUnknown(mute);
    for (const time of ['01:20', '01:40', '03:00', '04:30', '06:00']) {
      await house.testClock!.set(parseInstant(`2026-01-08T${time}:00Z`), true);
      await askUnknown(mute);
      await collect(mute);
    }
    expect((await attempts()).map((a) => a.state)).to.deep.equal(['unknown']);
    expect(await received()).to.equal(1);
    const open = await house.world.store.of(house.lender.id).discrepancies.all({ planId: plan.id });
    expect(open.map((d) => [d.kind, d.state])).to.deep.equal([['unresolved', 'open']]);
  }).timeout(30_000);

  it('reads a refused repeat as "the bank has it": asked at once, never failed', async () => {
    const repeat = withChannel(house.world, (channel) => ({
      debit: async (request) => {
        await channel.debit(request);
        return { kind: 'duplicate', rawCode: '94', rawText: 'the number was used' };
      },
    }));
    await collect(repeat);
    const [unsure] = await attempts();
    expect(unsure).to.deep.include({ state: 'unknown', ask: { at: house.world.clock.now(), n: 0 } });
    await askUnknown(house.world);
    expect((await attempts()).map((a) => a.state)).to.deep.equal(['succeeded']);
  });

  it('the brake counts unknowns that the bank caused, and not those of dead senders', async () => {
    await killed(killedAfterTheCall(house.world));
    await askUnknown(withChannel(house.world, () => ({ query: async () => ({ kind: 'unknown', rawCode: '98', rawText: 'later' }) })));
    expect((await attempts())[0]).to.include({ state: 'unknown', unknownBy: 'sender' });
    expect((await house.world.store.work.channelBrake('simulator')).openUnknown).to.equal(0);
    await house.database.db.collection('attempts').updateOne({}, { $set: { unknownBy: 'bank' } });
    expect((await house.world.store.work.channelBrake('simulator')).openUnknown).to.equal(1);
  });
});
