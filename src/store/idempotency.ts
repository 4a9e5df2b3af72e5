/**
 * Answers kept under the caller's Idempotency-Key: the insert claims it, the answer is filed when it is known. A claim whose call died is taken
 * over by the same request once no call can still be running; what the dead call had done is guarded by its own unique keys.
 */
import { type Db, type Document, MongoServerError } from 'mongodb';
import type { IdempotencyStore, KeptAnswer } from '../flows/store.ts';

/** By the server's clock. Longer than any call may take. */
const DEAD_AFTER_MS = 60_000;

export function idempotencyStore(db: Db): IdempotencyStore {
  const kept = db.collection<KeptAnswer & { _id: string; at: Date }>('idempotency');
  const idOf = (lenderId: string, key: string) => `${lenderId}|${key}`;
  return {
    async begin(lenderId, key, requestHash, at) {
      const _id = idOf(lenderId, key);
      try {
        const fresh = { _id: '$_id', requestHash, state: 'running', status: 0, body: '', headers: {}, at, startedAt: '$$NOW' };
        const isNew = { $eq: [{ $type: '$state' }, 'missing'] };
        // A pipeline, because only there the server's own time can be written together with the claim.
        const there = await kept.findOneAndUpdate({ _id }, [{ $replaceWith: { $cond: [isNew, fresh, '$$ROOT'] } }], { upsert: true });
        if (there === null) return null;
      } catch (error) {
        if (!(error instanceof MongoServerError) || error.code !== 11000) throw error;
      }
      const dead = { $lt: ['$startedAt', { $subtract: ['$$NOW', DEAD_AFTER_MS] }] };
      const taken = await kept.updateOne(
        { _id, requestHash, state: 'running', $expr: dead } as Document,
        {
          $currentDate: { startedAt: true },
        } as Document,
      );
      return taken.modifiedCount === 1 ? null : kept.findOne({ _id });
    },
    async finish(lenderId, key, answer) {
      await kept.updateOne({ _id: idOf(lenderId, key) }, {
        $set: { ...answer, state: 'done' },
        $currentDate: { doneAt: true },
      } as Document);
    },
    async forget(lenderId, key) {
      await kept.deleteOne({ _id: idOf(lenderId, key), state: 'running' });
    },
  };
}
