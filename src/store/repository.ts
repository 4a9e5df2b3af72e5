/** Reads of one lender's data. The lender is part of every filter this file builds; a caller cannot leave it out, widen it or name another. */
import type { Collection, Db, Document, Filter } from 'mongodb';
import type { Page, Paged, Repository, Where } from '../flows/store.ts';
import { fromDoc } from './codec.ts';

/** Fields whose index holds the rows that have one alone: the planner takes it only where the query says so too. */
const SPARSE: ReadonlySet<string> = new Set(['externalId', 'holds.id']);

/** A where-clause to a filter. Every value is compared as a value: no string or object of a caller's ever becomes an operator. */
export function filterOf(where: Where): Document {
  const filter: Document = {};
  for (const [key, value] of Object.entries(where)) {
    const field = key === 'id' ? '_id' : key;
    const only = SPARSE.has(key) && value !== null ? { $type: 'string' } : {};
    if (value === null || typeof value !== 'object') filter[field] = { $eq: value, ...only };
    else if (Array.isArray(value)) filter[field] = { $in: value, ...only };
    else {
      const { from, to } = value as Readonly<{ from?: unknown; to?: unknown }>;
      filter[field] = { ...(from === undefined ? {} : { $gte: from }), ...(to === undefined ? {} : { $lte: to }) };
    }
  }
  return filter;
}

export async function page<T>(
  collection: Collection<Document>,
  filter: Document,
  { limit, after, before }: Page,
  projection: Document = {},
): Promise<Paged<T>> {
  const ids = { ...(after ? { $gt: after } : {}), ...(before ? { $lt: before } : {}) };
  const where = after || before ? { $and: [filter, { _id: ids }] } : filter;
  const backwards = before !== undefined && after === undefined;
  const docs = await collection
    .find(where as Filter<Document>, { sort: { _id: backwards ? -1 : 1 }, limit: limit + 1, maxTimeMS: 5_000, projection })
    .toArray();
  const rows = docs.slice(0, limit).map((d) => fromDoc<T>(d));
  return { data: backwards ? rows.reverse() : rows, hasMore: docs.length > limit };
}

/** Throws before any query when `lenderId` is not a lender's id: an undefined one must never mean "all lenders". */
export function bound<T>(db: Db, name: string, lenderId: string, hidden: readonly string[] = []): Repository<T> {
  if (typeof lenderId !== 'string' || !lenderId.startsWith('lnd_'))
    throw new TypeError(`${name}: a repository needs a lender's id, not ${String(lenderId)}`);
  const collection = db.collection<Document>(name);
  const projection = Object.fromEntries(hidden.map((field) => [field, 0]));
  const mine = (where: Document) => ({ ...where, lenderId }) as Filter<Document>;
  return {
    async get(id) {
      const doc = await collection.findOne(mine({ _id: { $eq: id } }), { projection });
      return doc && fromDoc<T>(doc);
    },
    async many(ids) {
      if (!ids.length) return [];
      return (await collection.find(mine({ _id: { $in: ids } }), { projection }).toArray()).map((d) => fromDoc<T>(d));
    },
    list: (where, p) => page<T>(collection, mine(filterOf(where)), p, projection),
    async one(where) {
      const doc = await collection.findOne(mine(filterOf(where)), { projection });
      return doc && fromDoc<T>(doc);
    },
    all: async (where) => (await collection.find(mine(filterOf(where)), { projection }).toArray()).map((d) => fromDoc<T>(d)),
  };
}
