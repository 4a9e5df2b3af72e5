/** The relay: reads each partition's events in order and numbers them per lender. One transaction a batch, so that no number is ever skipped or given twice. */
import type { ClientSession, Db, Document } from 'mongodb';

type RelayDoc = Readonly<{ _id: string; cursors: Readonly<Record<string, number>>; turns: number }>;

/** `transact` gives the session: two relays at once collide on the one relay row, and the second starts over from what the first left. */
export async function relay(
  db: Db,
  inTransaction: (body: (session: ClientSession) => Promise<number>) => Promise<number>,
  limit: number,
): Promise<number> {
  const cursors = (await db.collection<RelayDoc>('relay').findOne({ _id: 'relay' }))?.cursors ?? {};
  const partitions = await db
    .collection<Document>('partitions')
    .find({}, { projection: { seq: 1 } })
    .toArray();
  if (!partitions.some((p) => p.seq > (cursors[String(p._id)] ?? 0))) return 0;
  return inTransaction(async (session) => {
    const turn = await db
      .collection<RelayDoc>('relay')
      .findOneAndUpdate({ _id: 'relay' }, { $inc: { turns: 1 } }, { session, upsert: true, returnDocument: 'after' });
    const at: Record<string, number> = { ...(turn?.cursors ?? {}) };
    const rows: Document[] = [];
    for (const { _id } of partitions) {
      const partition = String(_id);
      const events = await db
        .collection<Document>('events')
        .find(
          { partition, seq: { $gt: at[partition] ?? 0 } },
          { session, sort: { seq: 1 }, limit: limit - rows.length, projection: { lenderId: 1, seq: 1 } },
        )
        .toArray();
      for (const event of events) {
        rows.push({ _id: event._id, lenderId: event.lenderId });
        at[partition] = event.seq;
      }
      if (rows.length >= limit) break;
    }
    if (!rows.length) return 0;
    const counts = new Map<string, number>();
    for (const row of rows) counts.set(row.lenderId, (counts.get(row.lenderId) ?? 0) + 1);
    const last = new Map<string, number>();
    for (const [lenderId, count] of counts) {
      const doc = await db
        .collection<Document>('feedNumbers')
        .findOneAndUpdate({ _id: lenderId } as Document, { $inc: { n: count } }, { session, upsert: true, returnDocument: 'after' });
      last.set(lenderId, (doc?.n as number) - count);
    }
    for (const row of rows) {
      const number = (last.get(row.lenderId) as number) + 1;
      last.set(row.lenderId, number);
      row.number = number;
    }
    await db.collection<Document>('feed').insertMany(rows, { session });
    await db.collection<RelayDoc>('relay').updateOne({ _id: 'relay' }, { $set: { cursors: at } }, { session });
    return rows.length;
  });
}
