/** Rows of our own accounts' statements as they were booked. */
import type { Db, Document } from 'mongodb';
import type { AccountRow } from '../domain/account-row.ts';
import type { Statement } from '../domain/statement.ts';
import type { AccountRowStore } from '../flows/deposits/store.ts';
import { fromDoc } from './codec.ts';

export function accountRowStore(db: Db): AccountRowStore {
  const rows = db.collection<Document>('accountRows');
  const statements = db.collection<Document>('statements');
  const live = { $match: { live: true } };
  return {
    async signature() {
      const accepted = await statements.countDocuments({ kind: 'account', issue: { $gte: 1 } });
      const compared = db.collection<Document>('reconciliations');
      const [last] = await compared
        .find({ ranAt: { $type: 'date' } }, { sort: { ranAt: -1 }, limit: 1, projection: { ranAt: 1 } })
        .toArray();
      // Several may be compared at one instant: each of them counts.
      const latest = last ? await compared.find({ ranAt: last.ranAt }, { sort: { _id: 1 }, projection: { runs: 1 } }).toArray() : [];
      const runs = await compared.estimatedDocumentCount();
      return [accepted, last?.ranAt.toISOString(), latest.map((r) => `${r._id}:${r.runs}`).join(), runs].join(' ');
    },
    async unbooked(limit) {
      const found = await statements
        .aggregate([
          { $match: { kind: 'account', state: 'accepted', lines: { $gt: 0 } } },
          { $lookup: { from: 'accountRows', localField: '_id', foreignField: 'statementId', pipeline: [{ $count: 'n' }], as: 'booked' } },
          { $match: { $expr: { $lt: [{ $ifNull: [{ $first: '$booked.n' }, 0] }, '$lines'] } } },
          { $sort: { businessDate: 1, _id: 1 } },
          { $limit: limit },
          { $project: { booked: 0 } },
        ])
        .toArray();
      return found.map((d) => fromDoc<Statement>(d));
    },
    async superseded(limit) {
      const found = await statements
        .aggregate([
          { $match: { kind: 'account', state: 'superseded' } },
          { $lookup: { from: 'accountRows', localField: '_id', foreignField: 'statementId', pipeline: [live], as: 'row' } },
          { $unwind: '$row' },
          { $limit: limit },
        ])
        .toArray();
      return found.map((d) => fromDoc<AccountRow>(d.row));
    },
    async outdated(limit) {
      const found = await rows
        .aggregate([
          { $match: { kind: 'deposit', live: true } },
          { $set: { runId: { $concat: ['rec_', '$channel', '_', '$day'] } } },
          {
            $lookup: {
              from: 'reconciliations',
              localField: 'runId',
              foreignField: '_id',
              pipeline: [{ $match: { state: { $in: ['matched', 'closed'] } } }, { $project: { ranAt: 1 } }],
              as: 'run',
            },
          },
          { $unwind: '$run' },
          { $match: { $expr: { $ne: ['$run.ranAt', '$runAt'] } } },
          { $limit: limit },
          { $project: { run: 0, runId: 0 } },
        ])
        .toArray();
      return found.map((d) => fromDoc<AccountRow>(d));
    },
    async get(id) {
      const doc = await rows.findOne({ _id: id } as Document);
      return doc && fromDoc<AccountRow>(doc);
    },
    async byRef(account, kind, ref) {
      const doc = await rows.findOne({ account, kind, ref, live: true });
      return doc && fromDoc<AccountRow>(doc);
    },
  };
}
