/** The events of subjects, on the primary key alone. */
import type { Collection, Document } from 'mongodb';
import type { DulyEvent } from '../domain/event.ts';
import { fromDoc } from './codec.ts';

const MOST = 10_000;

/** Subject by subject, oldest first. `where`: whose they must be; every lender's where it is empty. */
export async function eventsOf(events: Collection<Document>, where: Document, subjects: readonly string[]): Promise<DulyEvent[]> {
  if (!subjects.length) return [];
  // ';' follows ':' in ASCII: the range holds exactly the events of that subject.
  const docs = await events
    .find({ ...where, $or: subjects.map((s) => ({ _id: { $gte: `${s}:`, $lt: `${s};` } })) } as Document, { limit: MOST })
    .toArray();
  return docs.map((d) => fromDoc<DulyEvent>(d)).sort((a, b) => (a.subject === b.subject ? a.n - b.n : a.subject < b.subject ? -1 : 1));
}
