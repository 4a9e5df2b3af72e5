/** Partitions and their leases: one holder at a time by the server's clock, and an epoch that outlives every sleeper. */
import { expect } from 'chai';
import { parseInstant } from '../../src/domain/clock.ts';
import type { Lease } from '../../src/flows/store.ts';
import { FIRST_PARTITION, growPartitions, leases, partitionsFor } from '../../src/store/leases.ts';
import { freshDatabase } from '../support/database.ts';
import { realTimers } from '../support/timers.ts';

type Row = { _id: string; from: number; to: number; owner: string | null; until: Date; epoch: number; seq: number };

describe('leases', () => {
  const store = freshDatabase();
  const partitions = () => store.db.collection<Row>('partitions');
  const desk = () => leases(store.db, realTimers);
  const taken = async (owner: string, ms = 60_000): Promise<Lease> => (await desk().take('p000', owner, ms))!;
  /** The holder sleeps past its time: by the server's clock its lease is over. */
  const overslept = () => partitions().updateOne({ _id: 'p000' }, { $set: { until: parseInstant('2020-01-01T00:00:00Z') } });
  beforeEach(async () => {
    await partitions().deleteMany({});
    await partitions().insertOne({ ...FIRST_PARTITION, owner: null, until: parseInstant('2020-01-01T00:00:00Z'), epoch: 0, seq: 0 });
  });

  it('are held by one owner at a time; ten that reach for one leave nine without', async () => {
    const got = await Promise.all(Array.from({ length: 10 }, (_, k) => desk().take('p000', `w${k}`, 60_000)));
    expect(got.filter(Boolean)).to.have.length(1);
    expect((await partitions().findOne({ _id: 'p000' }))?.epoch).to.equal(1);
  });

  it('raise the epoch each time they are taken, and not when they are renewed', async () => {
    const first = await taken('a');
    expect(await desk().renew(first, 60_000)).to.include({ epoch: 1 });
    await desk().free(first);
    expect(await taken('a')).to.include({ epoch: 2 });
  });

  it('pass to another once they are over; the sleeper can neither renew, nor free, nor stand', async () => {
    const sleeper = await taken('a');
    expect(await desk().stands(sleeper)).to.equal(true);
    await overslept();
    expect(await desk().stands(sleeper)).to.equal(false);
    const next = await taken('b');
    expect(next.epoch).to.equal(sleeper.epoch + 1);
    expect(await desk().renew(sleeper, 60_000)).to.equal(null);
    await desk().free(sleeper);
    expect(await desk().stands(next)).to.equal(true);
    expect(await desk().take('p000', 'c', 60_000)).to.equal(null);
  });

  it('are safe for no longer than was asked, counted from before the request', async () => {
    const before = realTimers.monotonic();
    const lease = await taken('a', 5000);
    expect(lease.safeUntilMs).to.be.within(before + 5000, realTimers.monotonic() + 5000);
    expect(lease.safeUntilMs - realTimers.monotonic()).to.be.lessThan(5000);
  });

  describe('grow', () => {
    const ranges = async () =>
      (
        await partitions()
          .find({}, { sort: { _id: 1 } })
          .toArray()
      ).map(({ from, to }) => [from, to] as const);

    it('by splitting the widest, without a gap or an overlap, however many processes do it at once', async () => {
      await Promise.all([1, 2, 3].map(() => growPartitions(store.client, store.db, realTimers, 5)));
      const found = await ranges();
      expect(found).to.have.length(5);
      expect(found[0]?.[0]).to.equal(0);
      expect(found.at(-1)?.[1]).to.equal(FIRST_PARTITION.to);
      for (const [k, [from]] of found.entries()) if (k) expect(from).to.equal((found[k - 1]?.[1] as number) + 1);
    });

    it('fences out whoever holds the half that was split', async () => {
      const holder = await taken('a');
      await growPartitions(store.client, store.db, realTimers, 2);
      expect(await desk().stands(holder)).to.equal(false);
      expect(await taken('b')).to.include({ epoch: holder.epoch + 2, to: Math.floor(FIRST_PARTITION.to / 2) });
    });

    it('with the portfolio: one for the small, never more than there are buckets', () => {
      expect([0, 25_000, 25_001, 100_000, 1e9].map(partitionsFor)).to.deep.equal([1, 1, 2, 4, FIRST_PARTITION.to + 1]);
    });
  });
});
