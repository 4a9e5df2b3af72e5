/** Partitions and their leases, by the server's clock alone. Taking one raises its epoch: that number is the fence. */
import type { Db, Document } from 'mongodb';
import { BUCKETS } from '../domain/borrower.ts';
import type { Lease, WorkStore } from '../flows/store.ts';
import type { Timers } from '../flows/world.ts';

export type PartitionDoc = Readonly<{
  _id: string;
  from: number;
  to: number;
  owner: string | null;
  until: Date;
  epoch: number;
  seq: number;
}>;

/** `count` ranges that cover all buckets. */
export function partitionRanges(count: number): readonly Readonly<{ id: string; from: number; to: number }>[] {
  return Array.from({ length: count }, (_, k) => ({
    id: `p${String(k).padStart(3, '0')}`,
    from: Math.floor((k * BUCKETS) / count),
    to: Math.floor(((k + 1) * BUCKETS) / count) - 1,
  }));
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
      await partitions.updateOne({ _id: lease.partition, epoch: lease.epoch, owner: lease.owner }, { $set: { owner: null } });
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

export const bucketsOf = ({ from, to }: Readonly<{ from: number; to: number }>): number[] =>
  Array.from({ length: to - from + 1 }, (_, k) => from + k);
