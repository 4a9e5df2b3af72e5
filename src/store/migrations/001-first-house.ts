/** The collections, their indexes, and the partitions. Every step may be repeated. */
import type { Db, Document } from 'mongodb';
import { instant } from '../../domain/clock.ts';
import { createCollections, createIndexes } from '../collections.ts';
import { FIRST_PARTITION } from '../leases.ts';

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
    await createCollections(db, COLLECTIONS);
    await createIndexes(db);
    const { _id, ...range } = FIRST_PARTITION;
    await db
      .collection<Document>('partitions')
      .updateOne({ _id } as Document, { $setOnInsert: { ...range, owner: null, until: instant(0), epoch: 0, seq: 0 } }, { upsert: true });
  },
};
