/** Nothing is posted into a closed period: one look by index, in the transaction that posts. */
import type { ClientSession, Db, Document } from 'mongodb';
import { DulyError } from '../domain/errors.ts';
import type { NewEvent } from '../domain/event.ts';

/**
 * Throws DulyError PERIOD_CLOSED where an event with a posting lies before the end of a closed period of its lender. Events carry the moment they
 * are written at, and a period is closed an hour after its end at the earliest, so only a mistake of ours is ever refused here.
 */
export async function assertOpen(db: Db, session: ClientSession, events: readonly NewEvent[]): Promise<void> {
  const first = new Map<string, Date>();
  for (const { lenderId, at, posting } of events) {
    const known = first.get(lenderId);
    if (posting.length && (!known || at < known)) first.set(lenderId, at);
  }
  if (!first.size) return;
  const before = [...first].map(([lenderId, at]) => ({ lenderId, until: { $gt: at } }));
  const closed = await db.collection<Document>('periods').findOne({ $or: before }, { session, projection: { period: 1, lenderId: 1 } });
  if (closed)
    throw new DulyError('PERIOD_CLOSED', `${closed.period} of ${closed.lenderId} is closed: post it with the time of today`, {
      lenderId: closed.lenderId,
      period: closed.period,
    });
}
