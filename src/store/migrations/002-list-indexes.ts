/** Indexes for each id that a list may be filtered by, and for the plan of a hold. Those that stand are left alone. */
import type { Db } from 'mongodb';
import { createIndexes } from '../collections.ts';

export const migration = {
  n: 2,
  name: 'list-indexes',
  up: (db: Db): Promise<void> => createIndexes(db),
};
