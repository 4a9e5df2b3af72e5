/** Statements and their lines. Lines of a load that was never accepted are nobody's: they are found by their header and taken away. */
import type { Collection, Db, Document } from 'mongodb';
import type { Statement } from '../domain/statement.ts';
import type { StatementStore } from '../flows/statement-store.ts';
import { fromDoc, toDoc } from './codec.ts';
import { numberKey } from './day-keys.ts';
import { filterOf, page } from './repository.ts';
import { fromLineDoc, lineId, toLineDoc } from './statement-lines.ts';

/** Without a sign of life for so long, by the server's clock, a load's process counts as dead, and another may take over. */
const SILENT_MS = 10_000;
/** Deleted so many at a time: one delete of a million lines would outlast the patience of its connection. */
const DELETE = 5_000;
/** The server's time of a load's last sign of life: of no interest to anybody else. */
const WITHOUT_SIGN = { aliveAt: 0 };
const SILENT = { $lt: ['$aliveAt', { $subtract: ['$$NOW', SILENT_MS] }] };

export function statementStore(db: Db): StatementStore {
  const headers = db.collection<Document>('statements');
  const lines = db.collection<Document>('statementLines');
  const read = async (filter: Document, options: Document = {}): Promise<Statement[]> =>
    (await headers.find(filter, { projection: WITHOUT_SIGN, ...options }).toArray()).map((d) => fromDoc<Statement>(d));
  return {
    async get(id) {
      return (await read({ _id: { $eq: id } }))[0] ?? null;
    },
    list: (where, p) => page<Statement>(headers, filterOf(where), p, WITHOUT_SIGN),
    async accepted({ kind, source }, businessDate) {
      return (await read({ kind, source, businessDate, state: 'accepted' }))[0] ?? null;
    },
    acceptedFrom: ({ kind, source }, from, limit) =>
      read({ kind, source, businessDate: { $gte: from }, state: 'accepted' }, { sort: { businessDate: 1 }, limit }),
    async before({ kind, source }, day) {
      const [last] = await read({ kind, source, businessDate: { $lt: day }, state: 'accepted' }, { sort: { businessDate: -1 }, limit: 1 });
      return last ?? null;
    },
    async lastIssue({ kind, source }, businessDate) {
      const [last] = await read({ kind, source, businessDate, issue: { $gte: 1 } }, { sort: { issue: -1 }, limit: 1 });
      return last?.issue ?? 0;
    },
    byContent: ({ kind, source }, sha256) => read({ kind, source, sha256 }, { sort: { _id: 1 } }),
    async insert(statement) {
      const { _id, ...doc } = toDoc(statement);
      await headers.updateOne({ _id }, { $setOnInsert: doc, $currentDate: { aliveAt: true } }, { upsert: true });
    },
    async putLines(statementId, batch, from) {
      if (batch.length)
        await lines.insertMany(
          batch.map((line, k) => toLineDoc(statementId, line, from + k)),
          { ordered: false },
        );
    },
    async alive({ id, version }) {
      const ours = { _id: id as never, state: 'loading', version };
      return (await headers.updateOne(ours, { $currentDate: { aliveAt: true } })).matchedCount === 1;
    },
    countLines: (statementId) => lines.countDocuments({ s: statementId }, { hint: 'statement_key' }),
    dropLoad: (statementId) => dropLoad(headers, lines, statementId),
    async takeOver(statementId) {
      const silent = { _id: statementId as never, state: 'loading', $expr: SILENT };
      // Whoever began it can make it count no more, also where it is not dead after all.
      const { matchedCount } = await headers.updateOne(silent, { $inc: { version: 1 } });
      if (matchedCount) await dropLoad(headers, lines, statementId);
      return matchedCount === 1 || (await headers.findOne({ _id: statementId as never })) === null;
    },
    deadLoads: () => read({ state: 'loading', $expr: SILENT }),
    async lines(statementId, after, limit) {
      const _id = { $gt: lineId(statementId, after), $lt: `${statementId};` } as never;
      return (await lines.find({ _id }, { sort: { _id: 1 }, limit }).toArray()).map(fromLineDoc);
    },
    async linesOf(statementIds, outTradeNos) {
      if (!statementIds.length || !outTradeNos.length) return [];
      const keys = [...new Set(outTradeNos.map(numberKey))];
      const found = await lines
        .find({ $or: keys.map((key) => ({ s: { $in: statementIds as string[] }, j: { $gte: `${key} `, $lt: `${key}!` } })) })
        .toArray();
      return found.map((doc) => ({ ...fromLineDoc(doc), statementId: doc.s as string }));
    },
  };
}

async function dropLoad(headers: Collection<Document>, lines: Collection<Document>, statementId: string): Promise<void> {
  // From here on it can no longer be accepted: its lines are never taken from under a file that counts.
  const { matchedCount } = await headers.updateOne({ _id: statementId as never, state: 'loading' }, { $inc: { version: 1 } });
  // Also where the header is gone: a load that was taken over may have added lines after that.
  if (!matchedCount && (await headers.findOne({ _id: statementId as never }))) return;
  for (;;) {
    const some = await lines.find({ s: statementId }, { projection: { _id: 1 }, limit: DELETE }).toArray();
    if (!some.length) break;
    await lines.deleteMany({ _id: { $in: some.map((d) => d._id) } });
  }
  await headers.deleteOne({ _id: statementId as never, state: 'loading' });
}
