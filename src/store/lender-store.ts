/** One lender's data, read: all that the API ever sees of the store. */
import type { Db, Document } from 'mongodb';
import type { Attempt } from '../domain/attempt.ts';
import type { Borrower } from '../domain/borrower.ts';
import type { Clearing } from '../domain/clearing.ts';
import type { Discrepancy } from '../domain/discrepancy.ts';
import type { DulyEvent } from '../domain/event.ts';
import type { Mandate } from '../domain/mandate.ts';
import type { Notice } from '../domain/notice.ts';
import type { Plan } from '../domain/plan.ts';
import type { CollectionsRecord, Payment, Skip } from '../domain/records.ts';
import type { Refund } from '../domain/refund.ts';
import type { Settlement } from '../domain/settlement.ts';
import type { FeedItem, LenderStore } from '../flows/store.ts';
import { DERIVED, fromDoc } from './codec.ts';
import { bound } from './repository.ts';
import { eventsOf } from './subject-events.ts';

export function lenderStore(db: Db, lenderId: string): LenderStore {
  const plans = bound<Plan>(db, 'plans', lenderId);
  const events = db.collection<Document>('events');
  return {
    lenderId,
    plans,
    borrowers: bound<Borrower>(db, 'borrowers', lenderId),
    mandates: bound<Mandate>(db, 'mandates', lenderId, ['accountSealed', 'live']),
    attempts: bound<Attempt>(db, 'attempts', lenderId, DERIVED),
    notices: bound<Notice>(db, 'notices', lenderId),
    skips: bound<Skip>(db, 'skips', lenderId),
    payments: bound<Payment>(db, 'payments', lenderId),
    collections: bound<CollectionsRecord>(db, 'collections', lenderId),
    discrepancies: bound<Discrepancy>(db, 'discrepancies', lenderId),
    refunds: bound<Refund>(db, 'refunds', lenderId),
    settlements: bound<Settlement>(db, 'settlements', lenderId),
    clearings: bound<Clearing>(db, 'clearings', lenderId),
    eventsOf: (subjects) => eventsOf(events, { lenderId }, subjects),
    async feed(after, limit) {
      const rows = await db
        .collection<Document>('feed')
        .find({ lenderId, number: { $gt: after } }, { sort: { number: 1 }, limit })
        .toArray();
      const found = new Map(
        (await events.find({ _id: { $in: rows.map((r) => r._id) }, lenderId }).toArray()).map((d) => [
          String(d._id),
          fromDoc<DulyEvent>(d),
        ]),
      );
      return rows.map((r): FeedItem => ({ number: r.number, event: found.get(String(r._id))! }));
    },
    planOfInstalment: (instalmentId) => plans.one({ 'instalments.id': instalmentId }),
  };
}
