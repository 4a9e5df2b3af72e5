/**
 * Reads of one moment: every query of a check sees the database as it was at its first, so that work going on meanwhile breaks nothing.
 * The server keeps such a moment for five minutes (minSnapshotHistoryWindowInSeconds), so a large database is seen at several: a new one
 * is taken where nothing read before is compared with what comes after.
 */
import { type ClientSession, type Db, type Document, MongoServerError } from 'mongodb';
import { DulyError } from '../domain/errors.ts';

export type ReadOptions = Readonly<{ sort?: Record<string, 1 | -1>; projection?: Document; limit?: number }>;

/** A cursor brings so many documents at a time, whatever the size of the collection. */
const CURSOR_BATCH = 1_000;
/** After so many documents, a minute or two of reading, a fresh moment is taken at the next chance. */
const OLD_AFTER = 1_000_000;
const SNAPSHOT_TOO_OLD = new Set([239, 246]);

export class Snapshot {
  private session: ClientSession;
  private read = 0;

  constructor(
    private readonly db: Db,
    private readonly oldAfter = OLD_AFTER,
  ) {
    this.session = db.client.startSession({ snapshot: true });
  }

  close(): Promise<void> {
    return this.session.endSession();
  }

  /** Takes a fresh moment where this one has served long. No stream of it may be open. */
  async renewIfOld(): Promise<void> {
    if (this.read < this.oldAfter) return;
    this.read = 0;
    await this.session.endSession();
    this.session = this.db.client.startSession({ snapshot: true });
  }

  /** In the order of `sort`, which an index must give. */
  async *stream<T extends Document = Document>(name: string, filter: Document, options: ReadOptions = {}): AsyncGenerator<T> {
    yield* this.counted(
      this.collection(name).find(filter, { ...options, session: this.session, batchSize: CURSOR_BATCH }) as AsyncIterable<T>,
    );
  }

  async all<T extends Document = Document>(name: string, filter: Document, options: ReadOptions = {}): Promise<T[]> {
    const out: T[] = [];
    for await (const doc of this.stream<T>(name, filter, options)) out.push(doc);
    return out;
  }

  /** Grouped on the server, spilling to its disk where it must. */
  async *aggregate<T extends Document = Document>(name: string, pipeline: Document[]): AsyncGenerator<T> {
    yield* this.counted(
      this.collection(name).aggregate<T>(pipeline, { session: this.session, allowDiskUse: true, batchSize: CURSOR_BATCH }),
    );
  }

  async count(name: string): Promise<number> {
    for await (const { n } of this.aggregate(name, [{ $count: 'n' }])) return n as number;
    return 0;
  }

  private collection(name: string) {
    return this.db.collection(name, { readConcern: { level: 'snapshot' } });
  }

  private async *counted<T>(cursor: AsyncIterable<T>): AsyncGenerator<T> {
    try {
      for await (const doc of cursor) {
        this.read += 1;
        yield doc;
      }
    } catch (error) {
      if (!(error instanceof MongoServerError) || !SNAPSHOT_TOO_OLD.has(Number(error.code))) throw error;
      throw new DulyError(
        'CHECK_TOO_LONG',
        'the check took longer than the server keeps one moment of the data: raise minSnapshotHistoryWindowInSeconds and run it again',
      );
    }
  }
}
