/** Messages to borrowers. The insert claims the key; what is claimed is sent once at most. */
import { type Db, type Document, MongoBulkWriteError } from 'mongodb';
import type { Notice } from '../domain/notice.ts';
import type { NoticeStore } from '../flows/store.ts';
import { fromDoc, toDoc, toStored } from './codec.ts';

export function noticeStore(db: Db): NoticeStore {
  const notices = db.collection<Document>('notices');
  const find = async (filter: Document, options: Document = {}): Promise<Notice[]> =>
    (await notices.find(filter, options).toArray()).map((d) => fromDoc<Notice>(d));
  return {
    async claim(items) {
      if (!items.length) return [];
      try {
        await notices.insertMany(items.map(toDoc), { ordered: false });
        return [...items];
      } catch (error) {
        if (!(error instanceof MongoBulkWriteError)) throw error;
        // Which ones went in is read back, never guessed from the error.
        const there = new Set(
          (await notices.find({ _id: { $in: items.map((n) => n.id) } } as Document, { projection: { _id: 1 } }).toArray()).map((d) =>
            String(d._id),
          ),
        );
        return items.filter((n) => there.has(n.id));
      }
    },
    async record(items) {
      if (!items.length) return;
      await notices.bulkWrite(
        items.map(({ id, set }) => ({ updateOne: { filter: { _id: id } as Document, update: { $set: toStored(set) as Document } } })),
        { ordered: false },
      );
    },
    many: (ids) => find({ _id: { $in: ids } }),
    byGatewayNo: (numbers) => find({ gatewayNo: { $in: numbers }, state: 'sent' }),
    stale: (before, limit) => find({ state: 'sending', createdAt: { $lt: before } }, { limit }),
    retryable: (now, limit) => find({ state: 'failed', createdAt: { $lt: now }, retryAt: { $lte: now } }, { limit }),
    nextRetry: async () =>
      (await find({ state: 'failed', retryAt: { $type: 'date' } }, { sort: { retryAt: 1 }, limit: 1 }))[0]?.retryAt ?? null,
  };
}
