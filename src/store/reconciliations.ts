/** Reconciliation runs: one document a channel and day. */
import type { Db, Document } from 'mongodb';
import type { Reconciliation } from '../domain/reconciliation.ts';
import type { ReconciliationStore } from '../flows/store.ts';
import { fromDoc } from './codec.ts';
import { filterOf, page } from './repository.ts';

export function reconciliationStore(db: Db): ReconciliationStore {
  const runs = db.collection<Document>('reconciliations');
  const one = async (filter: Document, sort: Document = {}): Promise<Reconciliation | null> => {
    const doc = await runs.findOne(filter, { sort });
    return doc && fromDoc<Reconciliation>(doc);
  };
  return {
    get: (id) => one({ _id: id }),
    list: (where, p) => page<Reconciliation>(runs, filterOf(where), p),
    async loaded(limit) {
      const docs = await runs.find({ state: 'loaded' }, { sort: { businessDate: 1, _id: 1 }, limit }).toArray();
      return docs.map((d) => fromDoc<Reconciliation>(d));
    },
    after: (channel, businessDate) => one({ channel, businessDate: { $gt: businessDate } }, { businessDate: 1 }),
    async matched(channel) {
      const docs = await runs.find({ state: 'matched', channel }, { sort: { businessDate: 1 } }).toArray();
      return docs.map((d) => fromDoc<Reconciliation>(d));
    },
  };
}
