/** Partitions and their leases, by the server's clock alone. Taking one raises its epoch: that number is the fence. */
import type { Db, Document, MongoClient } from 'mongodb';
import { BUCKETS } from '../domain/borrower.ts';
import { instant } from '../domain/clock.ts';
import type { Lease, WorkStore } from '../flows/store.ts';
import type { Timers } from '../flows/world.ts';
import { inTransaction } from './in-transaction.ts';

export type PartitionDoc = Readonly<{
  _id: string;
  from: number;
  to: number;
  owner: string | null;
  until: Date;
  epoch: number;
  seq: number;
}>;

const partitionId = (from: number): string => `p${String(from).padStart(3, '0')}`;

/** The one partition of a fresh database: all buckets. */
export const FIRST_PARTITION = { _id: partitionId(0), from: 0, to: BUCKETS - 1 };

/** Plans that one partition is meant to hold; with more of them the widest ones are split. */
const PLANS_A_PARTITION = 25_000;

/** How many partitions a portfolio of so many plans wants: never more than there are buckets. */
export const partitionsFor = (plans: number): number => Math.min(BUCKETS, Math.max(1, Math.ceil(plans / PLANS_A_PARTITION)));

/**
 * Splits the widest partitions until there are `wanted`. The half that stays gets a new epoch, so that whoever holds it is fenced out and
 * takes it again as it is now. Safe to run twice and from several processes at once.
 */
export async function growPartitions(client: MongoClient, db: Db, timers: Timers, wanted: number): Promise<void> {
  const partitions = db.collection<PartitionDoc>('partitions');
  while ((await partitions.countDocuments({})) < Math.min(wanted, BUCKETS))
    await inTransaction(client, timers, async (session) => {
      const all = await partitions.find({}, { session }).toArray();
      const widest = all.reduce((a, b) => (b.to - b.from > a.to - a.from ? b : a));
      if (all.length >= wanted || widest.from === widest.to) return;
      const middle = Math.floor((widest.from + widest.to) / 2);
      await partitions.updateOne({ _id: widest._id }, { $set: { to: middle, owner: null }, $inc: { epoch: 1 } }, { session });
      await partitions.insertOne(
        { _id: partitionId(middle + 1), from: middle + 1, to: widest.to, owner: null, until: instant(0), epoch: 0, seq: 0 },
        { session },
      );
    });
}

export function leases(db: Db, timers: Timers): WorkStore['leases'] {
  const partitions = db.collection<PartitionDoc>('partitions');
  const until = (ms: number): Document => ({ $add: ['$$NOW', ms] });
  const asLease = (doc: PartitionDoc, owner: string, safeUntilMs: number): Lease => ({
    partition: doc._id,
    from: doc.from,
    to: doc.to,
    owner,
    epoch: doc.epoch,
    safeUntilMs,
  });
  return {
    async take(partition, owner, ms) {
      const before = timers.monotonic();
      const doc = await partitions.findOneAndUpdate(
        { _id: partition, $or: [{ owner: null }, { $expr: { $lt: ['$until', '$$NOW'] } }] },
        [{ $set: { owner, until: until(ms), epoch: { $add: ['$epoch', 1] } } }],
        { returnDocument: 'after' },
      );
      return doc && asLease(doc, owner, before + ms);
    },
    async renew(lease, ms) {
      const before = timers.monotonic();
      const doc = await partitions.findOneAndUpdate(
        { _id: lease.partition, epoch: lease.epoch, owner: lease.owner },
        [{ $set: { until: until(ms) } }],
        {
          returnDocument: 'after',
        },
      );
      return doc && asLease(doc, lease.owner, before + ms);
    },
    async free(lease) {
      await partitions.updateOne(
        { _id: lease.partition, epoch: lease.epoch, owner: lease.owner },
        { $set: { owner: null } },
        { writeConcern: { w: 1, journal: false } },
      );
    },
    async stands(lease) {
      return (
        (await partitions.countDocuments({
          _id: lease.partition,
          epoch: lease.epoch,
          owner: lease.owner,
          $expr: { $gt: ['$until', '$$NOW'] },
        })) === 1
      );
    },
  };
}
