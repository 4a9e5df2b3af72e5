/** Sweeps: whatever is due is looked at once, however many sweep at once, and a lease given up is not worked under. */
import { expect } from 'chai';
import { parseInstant } from '../../src/domain/clock.ts';
import { NO_WORK } from '../../src/domain/records.ts';
import { collect } from '../../src/flows/collect.ts';
import type { Lease } from '../../src/flows/store.ts';
import { Held, inParallel, sweep } from '../../src/flows/sweep.ts';
import type { World } from '../../src/flows/world.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { numbered, register } from './bodies.ts';

const DUE = [{ dueDate: '2026-01-08', principal: 5000, interest: 0 }];

describe('a sweep', () => {
  let house: TestHouse;
  before(async function () {
    this.timeout(240_000);
    house = await openTestHouse();
    await register(house, ...Array.from({ length: 40 }, (_, k) => numbered(k + 1, '0019', { instalments: DUE })));
    await house.to('2026-01-08T01:09:59Z');
    await house.testClock!.set(parseInstant('2026-01-08T01:10:00Z'), true);
  });
  after(() => house.end());

  it('passes over a partition in other hands, and takes it once it is given back', async () => {
    const { leases } = house.world.store.work;
    const [partition] = await house.world.store.work.partitionsWith('plans', house.world.clock.now());
    const lease = (await leases.take(partition!, 'another', 60_000))!;
    let looked = 0;
    const look = async () => {
      looked++;
      return { ...NO_WORK, more: false };
    };
    await sweep(house.world, 'plans', look);
    expect(looked).to.equal(0);
    await leases.free(lease);
    await sweep(house.world, 'plans', look);
    expect(looked).to.equal(1);
  });

  it('gives its partition back when the work throws', async () => {
    await sweep(house.world, 'plans', async () => {
      throw new Error('torn');
    }).catch(() => undefined);
    const { leases } = house.world.store.work;
    const lease = await leases.take('p000', 'next', 60_000);
    expect(lease).to.include({ owner: 'next' });
    await leases.free(lease!);
  });

  it('of five workers at once asks each account once', async () => {
    await Promise.all(Array.from({ length: 5 }, () => collect(house.world)));
    await collect(house.world);
    const orders = await house.database.db.collection('simbank_book').countDocuments({ arrival: true });
    expect(orders).to.equal(40);
    expect(await house.database.db.collection('attempts').countDocuments({ state: 'succeeded' })).to.equal(40);
  });

  it('with nothing due takes no lease at all', async () => {
    const epochs = async () => (await house.database.db.collection('partitions').find({}).toArray()).map((p) => p.epoch);
    const before = await epochs();
    await collect(house.world);
    expect(await epochs()).to.deep.equal(before);
  });
});

describe('a lease in hand', () => {
  const LEASE: Lease = { partition: 'p000', from: 0, to: 255, owner: 'a', epoch: 1, safeUntilMs: 9000 };
  const heldAt = (now: number, renewed: Lease | null) => {
    let renewals = 0;
    const renew = async () => {
      renewals++;
      return renewed;
    };
    const world = { timers: { monotonic: () => now }, settings: { leaseMs: 9000 }, store: { work: { leases: { renew } } } };
    return { held: new Held(world as unknown as World, LEASE), renewals: () => renewals };
  };

  it('is renewed when a third of it is gone, not before', async () => {
    const fresh = heldAt(2000, LEASE);
    expect(await fresh.held.keep()).to.equal(true);
    expect(fresh.renewals()).to.equal(0);
    const worn = heldAt(3500, { ...LEASE, safeUntilMs: 12_500 });
    expect(await worn.held.keep()).to.equal(true);
    expect(worn.held.marginMs()).to.equal(9000);
  });

  it('is lost where it cannot be renewed', async () => {
    expect(await heldAt(8000, null).held.keep()).to.equal(false);
  });

  it('lets so many work at a time and no more', async () => {
    let now = 0;
    let most = 0;
    await inParallel([1, 2, 3, 4, 5], 2, async () => {
      most = Math.max(most, ++now);
      await Promise.resolve();
      now--;
    });
    expect([most, now]).to.deep.equal([2, 0]);
  });
});
