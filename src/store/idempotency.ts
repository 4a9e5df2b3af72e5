/** Answers kept under the caller's Idempotency-Key: the insert claims it, the answer is filed when it is known. */
import { type Db, type Document, MongoServerError } from 'mongodb';
import type { IdempotencyStore, KeptAnswer } from '../flows/store.ts';

export function idempotencyStore(db: Db): IdempotencyStore {
  const kept = db.collection<KeptAnswer & { _id: string; at: Date }>('idempotency');
  const idOf = (lenderId: string, key: string) => `${lenderId}|${key}`;
  return {
    async begin(lenderId, key, requestHash, at) {
      const _id = idOf(lenderId, key);
      try {
        await kept.insertOne({ _id, requestHash, state: 'running', status: 0, body: '', headers: {}, at });
        return null;
      } catch (error) {
        if (!(error instanceof MongoServerError) || error.code !== 11000) throw error;
        return kept.findOne({ _id });
      }
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
