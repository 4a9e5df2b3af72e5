/** Discrepancies across lenders, the house's own too: what reconciliation and staff look at. One lender's own are in its LenderStore. */
import type { Db, Document } from 'mongodb';
import { type Discrepancy, UNSETTLED } from '../domain/discrepancy.ts';
import type { DiscrepancyStore } from '../flows/store.ts';
import { fromDoc } from './codec.ts';
import { filterOf, page } from './repository.ts';
import { eventsOf } from './subject-events.ts';

export function discrepancyStore(db: Db): DiscrepancyStore {
  const rows = db.collection<Document>('discrepancies');
  const read = async (filter: Document, options: Document = {}): Promise<Discrepancy[]> =>
    (await rows.find(filter, options).toArray()).map((d) => fromDoc<Discrepancy>(d));
  return {
    get: async (id) => (await read({ _id: id }, { limit: 1 }))[0] ?? null,
    list: (where, p) => page<Discrepancy>(rows, filterOf(where), p),
    byKeys: async (keys) => (keys.length ? read({ key: { $in: keys } }) : []),
    ofAttempts: async (ids) =>
      ids.length ? read({ attemptId: { $in: ids }, businessDate: { $type: 'string' } }, { sort: { _id: 1 } }) : [],
    ofDay: (channel, businessDate) => read({ channel, businessDate }, { sort: { _id: 1 } }),
    unsettled: (channel) => read({ state: { $in: UNSETTLED }, channel, businessDate: { $type: 'string' } }, { sort: { _id: 1 } }),
    due: (now, limit) => read({ lookAt: { $lte: now, $type: 'date' } }, { sort: { lookAt: 1, _id: 1 }, limit }),
    async nextLook() {
      const [first] = await rows
        .find({ lookAt: { $type: 'date' } }, { sort: { lookAt: 1 }, limit: 1, projection: { lookAt: 1 } })
        .toArray();
      return first?.lookAt ?? null;
    },
    async wake(channel, at) {
      await rows.updateMany(
        { state: { $in: UNSETTLED }, channel, businessDate: { $type: 'string' }, $or: [{ lookAt: { $gt: at } }, { lookAt: null }] },
        { $set: { lookAt: at } },
      );
    },
    async setLook(items) {
      if (!items.length) return;
      await rows.bulkWrite(
        items.map(({ id, version, lookAt, looks }) => ({
          updateOne: { filter: { _id: id, version } as Document, update: { $set: { lookAt, looks } } },
        })),
        { ordered: false },
      );
    },
    eventsOf: (subjects) => eventsOf(db.collection<Document>('events'), {}, subjects),
  };
}
