/** Puts the store together on a connected database. `recorder` is a client of its own: waiting readers must never starve whoever records money. */
import type { ClientSession } from 'mongodb';
import type { Store } from '../flows/store.ts';
import type { Timers } from '../flows/world.ts';
import { accountRowStore } from './account-rows.ts';
import { adminStore } from './admin.ts';
import { booksStore } from './books.ts';
import type { Database } from './connect.ts';
import { discrepancyStore } from './discrepancies.ts';
import { relay } from './feed.ts';
import { idempotencyStore } from './idempotency.ts';
import { inTransaction } from './in-transaction.ts';
import { lenderStore } from './lender-store.ts';
import { matchingStore } from './match/index.ts';
import { noticeStore } from './notices.ts';
import { reconciliationStore } from './reconciliations.ts';
import { refundStore } from './refunds.ts';
import { settlingStore } from './settling.ts';
import { statementStore } from './statements.ts';
import { transactor } from './transact.ts';
import { workStore } from './work.ts';

export function openStore(database: Database, recorder: Database, timers: Timers): Store {
  const { db } = database;
  return {
    of: (lenderId) => lenderStore(db, lenderId),
    work: workStore(db, timers),
    notices: noticeStore(db),
    admin: adminStore(database.mongoose),
    idempotency: idempotencyStore(db),
    books: booksStore(db),
    refunds: refundStore(db),
    discrepancies: discrepancyStore(db),
    statements: statementStore(db),
    matching: matchingStore(db, statementStore(db)),
    reconciliations: reconciliationStore(db),
    settling: settlingStore(db),
    accountRows: accountRowStore(db),
    transact: transactor(recorder.client, recorder.db, timers),
    relay: (limit) =>
      relay(recorder.db, (body) => inTransaction(recorder.client, timers, (session: ClientSession) => body(session)), limit),
  };
}
