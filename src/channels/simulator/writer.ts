/**
 * Puts single rows into the book, many callers at once: a busy bank pays one journal write for many verdicts, and never needs more than a
 * few connections. Each row still stands or falls alone: the unique indexes say which.
 *
 * It also remembers where each account's chain ends, to save reading it before every debit. A memory that is out of date does no harm:
 * the row made from it finds its place taken, and is made again from what was read.
 */
import { MongoBulkWriteError } from 'mongodb';
import type { Instant } from '../../domain/clock.ts';
import { Grouped } from '../../grouped.ts';
import { type DueItem, type Files, type Tail, tailsOf } from './ledger.ts';
import type { BookRow } from './types.ts';

export type Filed = 'in' | 'numberTaken' | 'overtaken';

const MOST_REMEMBERED = 50_000;

export class BookWriter {
  private readonly tails = new Map<string, Tail>();
  private readonly rows: Grouped<BookRow, Filed>;
  private readonly reads: Grouped<string, Tail>;
  private readonly plans: Grouped<Readonly<{ item: DueItem; now: Instant }>, true>;

  constructor(private readonly files: Files) {
    this.rows = new Grouped((rows) => this.insertAll(rows));
    this.reads = new Grouped(async (accounts) => {
      const tails = await tailsOf(files, [...new Set(accounts)]);
      return accounts.map((account) => tails.get(account)!);
    });
    this.plans = new Grouped((plans) => this.planAll(plans));
  }

  /** Where the account's chain ends: remembered, or read. */
  async tail(account: string): Promise<Tail> {
    return this.tails.get(account) ?? this.reads.do(account);
  }

  /** The next `tail` reads. For whoever writes to chains by another way. */
  forget(accounts: Iterable<string>): void {
    for (const account of accounts) this.tails.delete(account);
  }

  /** Inserts a row, or says which unique index refused it. @throws MongoError when it cannot be known whether the row is in */
  insert(row: BookRow): Promise<Filed> {
    return this.rows.do(row);
  }

  /** Puts a plan down before the row that it follows from: a crash in between leaves a plan for nothing, never a fact without its plan. */
  async plan(item: DueItem, now: Instant): Promise<void> {
    await this.plans.do({ item, now });
  }

  private async insertAll(rows: readonly BookRow[]): Promise<Filed[]> {
    const refused = await duplicates(() => this.files.book.insertMany(rows, { ordered: false })).catch((error) => {
      this.forget(rows.map((row) => row.account));
      throw error;
    });
    return rows.map((row, k) => this.learn(row, refused.get(k)));
  }

  private learn({ account, seq, state }: BookRow, refusedBy: string | undefined): Filed {
    if (refusedBy !== undefined) {
      this.tails.delete(account);
      return /index: _id_ /.test(refusedBy) ? 'numberTaken' : 'overtaken';
    }
    if (seq !== null && state) {
      if (this.tails.size >= MOST_REMEMBERED) this.tails.clear();
      this.tails.set(account, { seq, state });
    }
    return 'in';
  }

  /** A plan that is there already stays, unless its time is past: left over from a crash, it must not fire before the row. */
  private async planAll(plans: readonly Readonly<{ item: DueItem; now: Instant }>[]): Promise<true[]> {
    const there = await duplicates(() =>
      this.files.due.insertMany(
        plans.map((p) => p.item),
        { ordered: false },
      ),
    );
    for (const k of there.keys()) {
      const { item, now } = plans[k]!;
      await this.files.due.updateOne({ _id: item._id, at: { $lte: now } }, { $set: { at: item.at } });
    }
    return plans.map(() => true);
  }
}

/** The documents of an unordered insert that a unique index refused: their place, and what the server said. */
async function duplicates(insert: () => Promise<unknown>): Promise<Map<number, string>> {
  try {
    await insert();
    return new Map();
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) throw error;
    const errors = [error.writeErrors].flat();
    if (errors.length === 0 || errors.some((e) => e.code !== 11000)) throw error;
    return new Map(errors.map((e) => [e.index, e.errmsg ?? '']));
  }
}

/** Whether the channel is switched off, read again when the bank's clock has moved on by a second. */
export class Switch {
  private known: Readonly<{ atMs: number; down: Promise<boolean> }> | null = null;

  constructor(
    private readonly files: Files,
    private readonly channel: string,
  ) {}

  isDown(atMs: number): Promise<boolean> {
    if (!this.known || Math.abs(atMs - this.known.atMs) >= 1_000) this.known = { atMs, down: this.read() };
    return this.known.down;
  }

  async turn(down: boolean): Promise<void> {
    await this.files.state.updateOne({ _id: `channel:${this.channel}` }, { $set: { down } }, { upsert: true });
    this.known = null;
  }

  private async read(): Promise<boolean> {
    try {
      const row = await this.files.state.findOne({ _id: `channel:${this.channel}` });
      return row !== null && 'down' in row && row.down;
    } catch (error) {
      this.known = null;
      throw error;
    }
  }
}
