/** Sorted scans that read an index and nothing else, as raw texts: what a merge of millions can afford. */
import type { Collection, Document } from 'mongodb';

/** Entries in a round trip; smaller ones wait too often, larger ones hold memory for nothing. */
const BATCH = 5_000;

/**
 * The one text field `field` of all that match, ascending, in batches; the next batch is fetched while this one is worked on. The raw BSON
 * of a document with one string field is its length, a type byte, the name with its NUL, the text's length, the text and two NULs.
 */
export async function* texts(collection: Collection<Document>, filter: Document, field: string): AsyncGenerator<readonly string[]> {
  const cursor = collection.find(filter, {
    projection: { _id: 0, [field]: 1 },
    sort: { ...(filter.s === undefined ? {} : { s: 1 }), [field]: 1 },
    batchSize: BATCH,
    raw: true,
  });
  const skip = 4 + 1 + Buffer.byteLength(field) + 1 + 4;
  const next = async (): Promise<string[] | null> => {
    if (!(await cursor.hasNext())) return null;
    return cursor.readBufferedDocuments().map((raw) => {
      const bytes = raw as unknown as Buffer;
      return bytes.toString('latin1', skip, bytes.length - 2);
    });
  };
  try {
    let coming = next();
    for (;;) {
      const batch = await coming;
      if (!batch) return;
      coming = next();
      // Should the reader stop early, nobody waits for this one any more.
      coming.catch(() => undefined);
      yield batch;
    }
  } finally {
    await cursor.close();
  }
}
