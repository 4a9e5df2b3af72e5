/** A channel that refuses connections: nothing left, no count is used, and the house does not spin. */
import { expect } from 'chai';
import type { Channel } from '../../src/channels/channel.ts';
import { parseInstant } from '../../src/domain/clock.ts';
import { collect } from '../../src/flows/collect.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { numbered, registered } from './bodies.ts';

describe('a channel that refuses connections', () => {
  let house: TestHouse;
  before(async function () {
    this.timeout(240_000);
    house = await openTestHouse();
  });
  after(() => house.end());

  it('leaves an unsent attempt that frees its slot, and is tried again as after an outage, not in the same breath', async () => {
    const { plan } = await registered(
      house,
      numbered(1, '0019', { instalments: [{ dueDate: '2026-01-08', principal: 5000, interest: 0 }] }),
    );
    await house.to('2026-01-08T01:09:00Z');
    const bank = house.world.channels.get('simulator') as Channel;
    let calls = 0;
    const down: Channel = {
      ...bank,
      profile: bank.profile,
      debit: async () => {
        calls++;
        return { kind: 'unsent', rawCode: '', rawText: 'connection refused' };
      },
      query: (outTradeNo) => bank.query(outTradeNo),
    };
    await house.testClock?.set(parseInstant('2026-01-08T01:10:00Z'), true);
    await collect({ ...house.world, channels: new Map([['simulator', down]]) });
    expect(calls).to.equal(1);
    const store = house.world.store.of(house.lender.id);
    const [attempt] = (await store.attempts.list({ planId: plan.id }, { limit: 5 })).data;
    expect(attempt).to.include({ state: 'unsent', open: false, slot: null, n: 1 });
    await house.to('2026-01-08T02:00:00Z');
    const { data } = await store.attempts.list({ planId: plan.id }, { limit: 5 });
    expect(data.map((a) => [a.n, a.state, a.trigger, a.createdAt.toISOString()])).to.deep.equal([
      [1, 'unsent', 'due', '2026-01-08T01:10:00.000Z'],
      [2, 'succeeded', 'due', '2026-01-08T01:25:00.000Z'],
    ]);
  }).timeout(30_000);
});
