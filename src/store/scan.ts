/**
 * Sorted scans that read an index and nothing else, as texts: what a merge of millions can afford. The driver makes several objects of each
 * document, which costs more than the server's part and ours together; here a reply is taken as the bytes it is.
 */
import { type ClientSession, type Db, type Document, Long } from 'mongodb';

/** Entries in a round trip; smaller ones wait too often, larger ones hold memory for nothing. */
const BATCH = 5_000;

/** A cursor's part of a reply: its texts, and the number under which more of them wait; zero when there are no more. */
type Reply = Readonly<{ texts: readonly string[]; more: Long }>;

/**
 * The one text field `field` of all that match, ascending, in batches; the next batch is fetched while this one is worked on. `sort` names the
 * fields of the index that are to be held fixed before it. Texts are plain ASCII.
 */
export async function* texts(
  db: Db,
  collection: string,
  filter: Document,
  field: string,
  fixed: readonly string[] = [],
): AsyncGenerator<readonly string[]> {
  const session = db.client.startSession();
  const ask = async (command: Document): Promise<Reply> =>
    readReply(((await db.command(command, { session, raw: true })) as { cursor: Buffer }).cursor, field);
  const goOn = (id: Long): Promise<Reply> | null => (id.isZero() ? null : ask({ getMore: id, collection, batchSize: BATCH }));
  let open = Long.ZERO;
  try {
    let coming: Promise<Reply> | null = ask({
      find: collection,
      filter,
      projection: { _id: 0, [field]: 1 },
      sort: Object.fromEntries([...fixed, field].map((name) => [name, 1])),
      batchSize: BATCH,
      readConcern: { level: 'majority' },
    });
    while (coming) {
      const reply: Reply = await coming;
      open = reply.more;
      coming = goOn(open);
      // Should the reader stop early, nobody waits for this one any more.
      coming?.catch(() => undefined);
      if (reply.texts.length) yield reply.texts;
    }
  } finally {
    await release(session, () => db.command({ killCursors: collection, cursors: [open] }, { session }), !open.isZero());
  }
}

/** Ends the session, and the cursor too where it was left open: at worst the server does so by itself later. */
async function release(session: ClientSession, kill: () => Promise<unknown>, open: boolean): Promise<void> {
  if (open) await kill().catch(() => undefined);
  await session.endSession();
}

const STRING = 0x02;
const DOCUMENT = 0x03;
const ARRAY = 0x04;
const INT64 = 0x12;

/** Reads `{firstBatch or nextBatch: [{field: text}, ...], id, ns}` out of its bytes. */
function readReply(bytes: Buffer, field: string): Reply {
  const texts: string[] = [];
  let more = Long.ZERO;
  for (let at = 4; bytes[at] !== 0; ) {
    const type = bytes[at];
    const named = at + 1;
    const value = bytes.indexOf(0, named) + 1;
    if (type === ARRAY) {
      readTexts(bytes, value, field, texts);
      at = value + bytes.readInt32LE(value);
    } else if (type === INT64) {
      more = Long.fromBytesLE([...bytes.subarray(value, value + 8)]);
      at = value + 8;
    } else if (type === STRING) at = value + 4 + bytes.readInt32LE(value);
    else if (type === DOCUMENT) at = value + bytes.readInt32LE(value);
    else at = value + 1;
  }
  return { texts, more };
}

/** A document with one text field is its length, a type byte, the name with its NUL, the text's length, the text and two NULs. */
function readTexts(bytes: Buffer, from: number, field: string, into: string[]): void {
  const end = from + bytes.readInt32LE(from) - 1;
  const skip = 4 + 1 + field.length + 1 + 4;
  for (let at = from + 4; at < end; ) {
    at = bytes.indexOf(0, at + 1) + 1;
    const length = bytes.readInt32LE(at);
    into.push(bytes.toString('latin1', at + skip, at + length - 2));
    at += length;
  }
}
