/**
 * Puts single rows into the book, many callers at once. Rows that arrive while an insert is under way go into the next one together, so a
 * busy bank pays one journal write for many verdicts. Each row still stands or falls alone: the unique indexes say which.
 *
 * It also remembers where each account's chain ends, to save reading it before every debit. A memory that is out of date does no harm:
 * the row made from it finds its place taken, and is made again from what was read.
 */
import { MongoBulkWriteError } from 'mongodb';
import { type Files, type Tail, tailOf } from './ledger.ts';
import type { BookRow } from './types.ts';

export type Filed = 'in' | 'numberTaken' | 'overtaken';
type Waiting = Readonly<{ row: BookRow; done: (filed: Filed) => void; failed: (error: unknown) => void }>;

const MOST_AT_ONCE = 500;
const MOST_REMEMBERED = 50_000;

export class BookWriter {
  private readonly tails = new Map<string, Tail>();
  private waiting: Waiting[] = [];
  private busy = false;

  constructor(private readonly files: Files) {}

  /** Where the account's chain ends: remembered, or read. */
  async tail(account: string): Promise<Tail> {
    return this.tails.get(account) ?? tailOf(this.files, account);
  }

  /** The next `tail` reads. For whoever writes to chains by another way. */
  forget(accounts: Iterable<string>): void {
    for (const account of accounts) this.tails.delete(account);
  }

  /** Inserts a row, or says which unique index refused it. @throws MongoError when it cannot be known whether the row is in */
  insert(row: BookRow): Promise<Filed> {
    const filed = new Promise<Filed>((done, failed) => this.waiting.push({ row, done, failed }));
    if (!this.busy) void this.drain();
    return filed;
  }

  private async drain(): Promise<void> {
    this.busy = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.slice(0, MOST_AT_ONCE);
      this.waiting = this.waiting.slice(MOST_AT_ONCE);
      try {
        const refused = await this.insertAll(batch.map((w) => w.row));
        for (const [k, w] of batch.entries()) w.done(this.learn(w.row, refused.get(k) ?? 'in'));
      } catch (error) {
        this.forget(batch.map((w) => w.row.account));
        for (const w of batch) w.failed(error);
      }
    }
    this.busy = false;
  }

  /** The rows that unique indexes refused, by their place. */
  private async insertAll(rows: readonly BookRow[]): Promise<Map<number, Filed>> {
    try {
      await this.files.book.insertMany(rows, { ordered: false });
      return new Map();
    } catch (error) {
      if (!(error instanceof MongoBulkWriteError)) throw error;
      const errors = [error.writeErrors].flat();
      if (errors.length === 0 || errors.some((e) => e.code !== 11000)) throw error;
      return new Map(errors.map((e) => [e.index, /index: _id_ /.test(e.errmsg ?? '') ? 'numberTaken' : 'overtaken']));
    }
  }

  private learn({ account, seq, state }: BookRow, filed: Filed): Filed {
    if (filed !== 'in') this.tails.delete(account);
    else if (seq !== null && state) {
      if (this.tails.size >= MOST_REMEMBERED) this.tails.clear();
      this.tails.set(account, { seq, state });
    }
    return filed;
  }
}

/** Whether the channel is switched off, read again when the bank's clock has moved on by a second. */
export class Switch {
  private known: { down: boolean; atMs: number } | null = null;

  constructor(
    private readonly files: Files,
    private readonly channel: string,
  ) {}

  async isDown(atMs: number): Promise<boolean> {
    if (this.known && Math.abs(atMs - this.known.atMs) < 1_000) return this.known.down;
    const row = await this.files.state.findOne({ _id: `channel:${this.channel}` });
    const down = row !== null && 'down' in row && row.down;
    this.known = { down, atMs };
    return down;
  }

  async turn(down: boolean): Promise<void> {
    await this.files.state.updateOne({ _id: `channel:${this.channel}` }, { $set: { down } }, { upsert: true });
    this.known = null;
  }
}
