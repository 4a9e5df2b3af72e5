/** Order numbers and marks around the call: what is burnt, and what is written before the bank hears a word. */
import { expect } from 'chai';
import { loadChannelProfiles } from '../../config/channels.ts';
import { parseInstant } from '../../src/domain/clock.ts';
import { orderNumber } from '../../src/domain/order-number.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { collect } from '../../src/flows/collect.ts';
import { attemptDoc } from '../../src/store/codec.ts';
import { claimOf, intent } from '../support/diary-intent.ts';
import { withChannel } from '../support/diary-world.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { numbered, registered } from './bodies.ts';

const DUE = [{ dueDate: '2026-01-08', principal: 5000, interest: 0 }];
const NOW = parseInstant('2026-01-08T01:10:00Z');

describe('collecting', () => {
  let house: TestHouse;
  let plan: Plan;
  beforeEach(async function () {
    this.timeout(240_000);
    house = await openTestHouse();
    ({ plan } = await registered(house, numbered(1, '0019', { instalments: DUE })));
    await house.to('2026-01-08T01:09:59Z');
    await house.testClock!.set(NOW, true);
  });
  afterEach(() => house.end());
  const store = () => house.world.store.of(house.lender.id);
  const numberOf = (n: number) =>
    orderNumber({
      lenderCode: house.lender.code,
      planExternalId: plan.externalId,
      n,
      grammar: loadChannelProfiles().get('simulator')!.number,
      lenderReference: plan.externalId,
    });

  it('burns a number that another plan holds: said aloud on the plan, never called, and the next one is used', async () => {
    const thief = intent('pln_other', claimOf('t'), { state: 'failed', open: false, outTradeNo: numberOf(1) });
    await house.database.db.collection('attempts').insertOne(attemptDoc(thief) as never);
    await collect(house.world);
    const [attempt, ...more] = await store().attempts.all({ planId: plan.id });
    expect(more).to.deep.equal([]);
    expect(attempt).to.include({ n: 2, outTradeNo: numberOf(2), state: 'succeeded' });
    expect((await store().plans.get(plan.id))?.lastN).to.equal(2 - 1);
    expect((await store().eventsOf([plan.id])).map((e) => e.type)).to.include('plan.numberBurnt');
    expect(await house.database.db.collection('simbank_book').countDocuments({ orderNo: numberOf(1) })).to.equal(0);
  });

  it('has the intent durable and the high-water mark raised before the bank hears of it', async () => {
    const seen: string[] = [];
    const world = {
      ...withChannel(house.world, (channel) => ({
        debit: async (request) => {
          const [there] = await house.world.store.work.attemptsByNumber('simulator', [request.outTradeNo]);
          seen.push(`called while ${there?.state}`);
          return channel.debit(request);
        },
      })),
      highWater: {
        raise: async (channel: string, at: Date) => {
          seen.push(`${channel} at ${at.toISOString()}`);
        },
      },
    };
    await collect(world);
    expect(seen).to.deep.equal(['simulator at 2026-01-08T01:10:00.000Z', 'called while submitted']);
  });

  it('asks nobody where the mark cannot be raised', async () => {
    const raise = async () => {
      throw new Error('disk full');
    };
    const error = await collect({ ...house.world, highWater: { raise } }).catch((e: Error) => e);
    expect(error).to.have.property('message', 'disk full');
    expect(await house.database.db.collection('simbank_book').countDocuments({ arrival: true })).to.equal(0);
  });

  it('debits nobody whose message never left', async () => {
    await house.database.db.collection('notices').updateMany({}, { $set: { state: 'failed', sentAt: null } });
    await collect(house.world);
    expect(await store().attempts.all({ planId: plan.id })).to.deep.equal([]);
  });
});
