/** What settlement reads. Movements are found by the place they wait in, so that a look at a lender with nothing new costs a few index entries. */
import type { Db, Document, Filter } from 'mongodb';
import type { Clearing } from '../domain/clearing.ts';
import type { DulyEvent } from '../domain/event.ts';
import type { Reconciliation } from '../domain/reconciliation.ts';
import { PAYABLE, type Settlement } from '../domain/settlement.ts';
import type { Place, SettlementStore } from '../flows/settle/store.ts';
import { fromDoc } from './codec.ts';

/** How far each lender's feed was read: the cursor's name before the lender's id. */
const CURSOR = 'clearing:';
const UNSETTLED = ['open', 'suspense', 'carriedOver'];
const ASKED = ['transferring', 'unknown'];
const CLEARED = ['cleared', 'approved', 'transferring', 'unknown', 'settled', 'failed', 'reported'];

export function settlingStore(db: Db): SettlementStore {
  const clearings = db.collection<Document>('clearings');
  const settlements = db.collection<Document>('settlements');
  const many = async <T>(name: string, filter: Filter<Document>, options: Document = {}): Promise<T[]> =>
    (await db.collection<Document>(name).find(filter, options).toArray()).map((d) => fromDoc<T>(d));
  const keeping = (lenderId: string, by: string): Filter<Document> => ({
    lenderId,
    releasedIn: null,
    releaseOn: { $type: 'string', $lte: by },
  });
  return {
    async get(id) {
      const doc = await settlements.findOne({ _id: id } as Document);
      return doc && fromDoc<Settlement>(doc);
    },
    async lendersAtWork(by) {
      const [numbers, cursors, waiting, open] = await Promise.all([
        db.collection<Document>('feedNumbers').find().toArray(),
        db
          .collection<Document>('cursors')
          .find({ _id: { $gte: CURSOR, $lt: `${CURSOR}~` } } as Document)
          .toArray(),
        clearings.distinct('lenderId', { settlementId: null }),
        settlements.distinct('lenderId', { $or: [{ state: 'open' }, { releasedIn: null, releaseOn: { $type: 'string', $lte: by } }] }),
      ]);
      const read = new Map(cursors.map((c) => [String(c._id).slice(CURSOR.length), Number(c.value)]));
      const news = numbers.filter((f) => (f.n as number) > (read.get(String(f._id)) ?? 0)).map((f) => String(f._id));
      return new Set([...news, ...waiting, ...open]);
    },
    async moneyEvents(lenderId, after, limit) {
      const feed = await db
        .collection<Document>('feed')
        .find({ lenderId, number: { $gt: after } }, { sort: { number: 1 }, limit })
        .toArray();
      const numbers = new Map(feed.map((row) => [String(row._id), row.number as number]));
      const ids = [...numbers.keys()].filter((id) => MONEY.test(id));
      const events = ids.length ? await many<DulyEvent>('events', { _id: { $in: ids }, ...MOVES_MONEY } as Document) : [];
      const items = events.map((event) => ({ number: numbers.get(event.id) as number, event }));
      return { read: (feed.at(-1)?.number as number | undefined) ?? after, items: items.sort((a, b) => a.number - b.number) };
    },
    async known(ids) {
      if (!ids.length) return new Set();
      const docs = await clearings.find({ _id: { $in: ids } } as Document, { projection: { _id: 1 } }).toArray();
      return new Set(docs.map((d) => String(d._id)));
    },
    async places(lenderId) {
      const groups = await clearings
        .aggregate([
          { $match: { lenderId, settlementId: null } },
          { $group: { _id: { currency: '$currency', day: '$day', channel: { $cond: [{ $eq: ['$day', null] }, null, '$channel'] } } } },
        ])
        .toArray();
      return groups.map((g) => g._id as Place);
    },
    waiting: (lenderId, { currency, channel, day }, after, limit) =>
      many<Clearing>(
        'clearings',
        { lenderId, settlementId: null, currency, day, ...(day === null ? {} : { channel }), number: { $gt: after } },
        { sort: { number: 1 }, limit },
      ),
    ofReceipts: async (lenderId, receiptIds) =>
      receiptIds.length
        ? many<Clearing>('clearings', { lenderId, receiptId: { $in: receiptIds } } as Document, { sort: { number: 1 } })
        : [],
    rowsOf: (settlementId, after, limit) =>
      many<Clearing>(
        'clearings',
        {
          settlementId,
          ...(after ? { $or: [{ number: { $gt: after.number } }, { number: after.number, _id: { $gt: after.id } }] } : {}),
        } as Document,
        { sort: { number: 1, _id: 1 }, limit },
      ),
    advanced: (lenderId, currency) => many<Clearing>('clearings', { lenderId, currency, advanced: true }, { sort: { number: 1 } }),
    openBatch: async (lenderId, currency) => {
      const doc = await settlements.findOne({ lenderId, currency, state: 'open' });
      return doc && fromDoc<Settlement>(doc);
    },
    async lastPayOn(lenderId, currency) {
      const [last] = await settlements
        .find({ lenderId, currency, state: { $in: CLEARED } }, { sort: { payOn: -1 }, limit: 1, projection: { payOn: 1 } })
        .toArray();
      return last?.payOn ?? null;
    },
    releasable: (lenderId, currency, by) => many<Settlement>('settlements', { ...keeping(lenderId, by), currency }, { sort: { _id: 1 } }),
    releasableCurrencies: async (lenderId, by) => settlements.distinct('currency', keeping(lenderId, by)),
    toPay: (now, limit) =>
      many<Settlement>(
        'settlements',
        {
          $or: [
            { state: 'approved', payFrom: { $lte: now } },
            { state: { $in: ASKED }, askAt: { $lte: now } },
          ],
        },
        { sort: { _id: 1 }, limit },
      ),
    async nextPayment() {
      const first = async (state: readonly string[], field: string) =>
        (
          await settlements
            .find({ state: { $in: state }, [field]: { $ne: null } } as Document, {
              sort: { [field]: 1 },
              limit: 1,
              projection: { [field]: 1 },
            })
            .toArray()
        )[0]?.[field];
      const times = await Promise.all([first(['approved'], 'payFrom'), first(ASKED, 'askAt')]);
      return times.filter((at) => at !== undefined).sort((a, b) => a.getTime() - b.getTime())[0] ?? null;
    },
    byPayoutNo: (numbers) => many<Settlement>('settlements', { 'transfers.payoutNo': { $in: numbers } } as Document),
    runs: async (ids) => (ids.length ? many<Reconciliation>('reconciliations', { _id: { $in: ids } } as Document) : []),
    async balance(lenderId, currency, account) {
      const [sum] = await db
        .collection<Document>('balances')
        .aggregate([{ $match: { lenderId, currency, account } }, { $group: { _id: null, minor: { $sum: '$minor' } } }])
        .toArray();
      return Number(sum?.minor ?? 0);
    },
    async disputed(attemptIds) {
      if (!attemptIds.length) return new Set();
      const rows = await db
        .collection<Document>('discrepancies')
        .find({ attemptId: { $in: attemptIds }, state: { $in: UNSETTLED } } as Document, { projection: { attemptId: 1 } })
        .toArray();
      return new Set(rows.map((d) => String(d.attemptId)));
    },
  };
}

/** Subjects whose events move a receipt's money, and which of theirs do. */
const MONEY = /^(att|rfd|dis)_/;
const MOVES_MONEY = {
  'posting.0': { $exists: true },
  $or: [{ type: { $not: /^discrepancy\./ } }, { 'posting.account': PAYABLE.lender }],
};
