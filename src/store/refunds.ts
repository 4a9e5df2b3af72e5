/** Refunds across lenders: what is to be sent and asked about, and what a statement's rows are matched with. One lender's own are in its LenderStore. */
import type { Db, Document } from 'mongodb';
import type { Instant } from '../domain/clock.ts';
import type { Plan } from '../domain/plan.ts';
import type { Refund } from '../domain/refund.ts';
import type { RefundStore } from '../flows/store.ts';
import { fromDoc } from './codec.ts';

export function refundStore(db: Db): RefundStore {
  const rows = db.collection<Document>('refunds');
  const read = async (filter: Document, options: Document = {}): Promise<Refund[]> =>
    (await rows.find(filter, options).toArray()).map((d) => fromDoc<Refund>(d));
  return {
    due: (now, limit) => read({ askAt: { $lte: now, $type: 'date' } }, { sort: { askAt: 1, _id: 1 }, limit }),
    async nextDue() {
      const first = await rows.findOne({ askAt: { $type: 'date' } }, { sort: { askAt: 1 }, projection: { askAt: 1 } });
      return (first?.askAt as Instant | undefined) ?? null;
    },
    byNumbers: async (channel, refundNos) => (refundNos.length ? read({ channel, refundNo: { $in: refundNos } }) : []),
    async overpaid(strategies, after, limit) {
      if (!strategies.length) return [];
      const of = strategies.map(({ name, version }) => ({ 'strategy.name': name, 'strategy.version': version }));
      const docs = await db
        .collection<Document>('plans')
        .find({ $or: of, _id: { $gt: after }, 'receipts.overpaid': { $gt: 0 } } as Document, { sort: { _id: 1 }, limit })
        .toArray();
      return docs.map((d) => fromDoc<Plan>(d));
    },
    ofReceipts: async (receiptIds) =>
      receiptIds.length ? read({ receiptId: { $in: receiptIds as string[] } }, { sort: { receiptId: 1, n: 1 } }) : [],
  };
}
