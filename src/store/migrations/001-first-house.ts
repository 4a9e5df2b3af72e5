/** The collections, their indexes, and the partitions. Every step may be repeated. */
import { type Db, type Document, MongoServerError } from 'mongodb';
import { instant } from '../../domain/clock.ts';
import { createIndexes } from '../collections.ts';
import { partitionRanges } from '../leases.ts';

/** A small portfolio needs few; each is one conflict point for 500-1,000 debits at a time. */
const PARTITIONS = 2;
/** Written inside transactions, where a collection should already be there. */
const COLLECTIONS = [
  'events',
  'feed',
  'feedNumbers',
  'relay',
  'balances',
  'partitions',
  'inbox',
  'stops',
  'audit',
  'cursors',
  'lenders',
  'keys',
  'idempotency',
];

export const migration = {
  n: 1,
  name: 'first-house',
  async up(db: Db): Promise<void> {
    for (const name of COLLECTIONS)
      await db.createCollection(name).catch((error) => {
        if (!(error instanceof MongoServerError) || error.codeName !== 'NamespaceExists') throw error;
      });
    await createIndexes(db);
    await db.collection<Document>('partitions').bulkWrite(
      partitionRanges(PARTITIONS).map(({ id, from, to }) => ({
        updateOne: {
          filter: { _id: id } as Document,
          update: { $setOnInsert: { from, to, owner: null, until: instant(0), epoch: 0, seq: 0 } },
          upsert: true,
        },
      })),
    );
  },
};
