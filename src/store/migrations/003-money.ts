/** The money side: statements, reconciliation, refunds, settlement, periods; attempts learn the bank days on which their money moved. */
import { type Db, type Document, Long, MongoServerError } from 'mongodb';
import { createCollections, createIndexes } from '../collections.ts';

const COLLECTIONS = ['discrepancies', 'statements', 'reconciliations', 'refunds', 'settlements', 'clearings', 'accountRows', 'periods'];
/** Replaced by one on `key`, which rows without an attempt have too. */
const REPLACED = ['attempt_kind'];

export const migration = {
  n: 3,
  name: 'money',
  async up(db: Db): Promise<void> {
    await createCollections(db, COLLECTIONS);
    for (const name of REPLACED)
      await db
        .collection('discrepancies')
        .dropIndex(name)
        .catch((error) => {
          if (!(error instanceof MongoServerError) || error.codeName !== 'IndexNotFound') throw error;
        });
    const discrepancies = db.collection<Document>('discrepancies');
    await discrepancies.updateMany({ key: { $exists: false } }, [
      {
        $set: {
          key: { $concat: ['$attemptId', ':', '$kind'] },
          state: { $cond: [{ $eq: ['$state', 'closed'] }, 'corrected', '$state'] },
          ...{ channel: null, businessDate: null, outTradeNo: null, statementId: null, line: null, oursMinor: null, theirsMinor: null },
          ...{ currency: null, suspense: [], cause: null, ended: null, owner: null, proposal: null, underway: null, asked: null },
          ...{ lookAt: null, looks: 0, alertedAt: null, eventN: 0, version: 1 },
        },
      },
    ]);
    await db
      .collection<Document>('attempts')
      .updateMany({ takenOn: { $exists: false } }, { $set: { takenOn: null, returnedOn: null, refundedMinor: 0 } });
    await db
      .collection<Document>('plans')
      .updateMany({ 'receipts.0': { $exists: true }, 'receipts.refunded': { $exists: false } }, [
        { $set: { receipts: { $map: { input: '$receipts', in: { $mergeObjects: ['$$this', { refunded: Long.ZERO }] } } } } },
      ]);
    await createIndexes(db);
  },
};
