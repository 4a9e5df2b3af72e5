/**
 * The bank's drop box: files in the order in which they were laid out. What stands in one is written when it is read, from the book and from
 * what `close.ts` decided, so that a file reads the same for ever and costs nothing until somebody wants it.
 */
import { type BusinessDate, type Instant, isInstant, parseInstant } from '../../domain/clock.ts';
import type { BankFile } from '../channel.ts';
import type { Bank } from './bank.ts';
import { run } from './due.ts';
import type { Edits, StatementFault } from './file-faults.ts';
import { MOVES } from './ledger.ts';
import { byTime, type FileRow, layOut, rowOf } from './statement.ts';
import { accountStatement } from './treasury.ts';
import type { BookRow } from './types.ts';

/** A file that lies at the bank from `readyAt` on. `_id` is its name: the bank uses none twice. */
export type LaidFile = Readonly<{
  _id: string;
  channel: string;
  kind: 'channel' | 'account';
  name: string;
  day: BusinessDate;
  issue: number;
  readyAt: Instant;
  /** Rows of the day before that stand here, and rows of this day that stand in the next one's file. */
  carriedIn: readonly string[];
  carriedOut: readonly string[];
  edits: Edits;
}>;

/** One fault that the bank put in: the bank's own list, which nothing but figures about it may read. */
export type PutIn = Readonly<{ _id: string; channel: string; kind: StatementFault; day: BusinessDate; of: string }>;

const cursorOf = (file: LaidFile): string => `${file.readyAt.toISOString()} ${file._id}`;

function after(bank: Bank, cursor: string | null) {
  const channel = bank.profile.name;
  if (cursor === null) return { channel };
  const [at = '', id = ''] = cursor.split(' ');
  if (!isInstant(at) || !id) throw new RangeError(`not a cursor of this bank: ${cursor}`);
  const readyAt = parseInstant(at);
  return { channel, $or: [{ readyAt: { $gt: readyAt } }, { readyAt, _id: { $gt: id } }] };
}

/** Files laid out after the cursor. Makes what is due happen first, so asking is enough to find them. */
export async function files(bank: Bank, cursor: string | null, limit: number): Promise<{ items: BankFile[]; cursor: string | null }> {
  const now = bank.clock.now();
  await run(bank, now);
  const found = await bank.files.box
    .find({ $and: [after(bank, cursor), { readyAt: { $lte: now } }] }, { sort: { readyAt: 1, _id: 1 }, limit })
    .toArray();
  const last = found.at(-1);
  return { items: found.map((file) => bankFile(bank, file)), cursor: last ? cursorOf(last) : cursor };
}

/** When the first file after the cursor is or was ready; null where none is planned: then the bank's next closing brings the next. */
export async function filesDue(bank: Bank, cursor: string | null): Promise<Instant | null> {
  const first = await bank.files.box.findOne(after(bank, cursor), { sort: { readyAt: 1, _id: 1 } });
  return first?.readyAt ?? null;
}

const bankFile = (bank: Bank, file: LaidFile): BankFile => ({
  id: file._id,
  name: file.name,
  kind: file.kind,
  bytes: async function* () {
    yield new TextEncoder().encode(await textOf(bank, file));
  },
});

async function textOf(bank: Bank, file: LaidFile): Promise<string> {
  if (file.kind === 'account') return accountStatement(bank, file.day, file.issue);
  const { profile } = bank;
  const { book } = bank.files;
  const own = await book.find({ channel: file.channel, businessDate: file.day, fact: { $in: [...MOVES] } }).toArray();
  const carriedIn = file.carriedIn.length ? await book.find({ _id: { $in: [...file.carriedIn] } }).toArray() : [];
  const out = new Set(file.carriedOut);
  const rows = byTime([...own.filter((row) => !out.has(row._id)), ...carriedIn]);
  const lines = [...rows.flatMap((row) => edited(rowOf(profile, row), row, file.edits)), ...file.edits.invented];
  return layOut(profile, file.day, file.issue, lines, file.edits.offBy);
}

/** The row as this laying-out has it: once, twice or not at all. */
function edited(line: FileRow, { _id }: BookRow, edits: Edits): FileRow[] {
  if (edits.leftOut.includes(_id)) return [];
  if (edits.doubled.includes(_id)) return [line, line];
  if (edits.refused.includes(_id)) return [{ ...line, status: '51', feeMinor: 0 }];
  const minor = edits.amounts.find(({ id }) => id === _id)?.minor;
  return [minor === undefined ? line : { ...line, minor }];
}

/** How many of each kind the bank has put in, by its own list. */
export async function putIn(bank: Bank): Promise<Readonly<Record<string, number>>> {
  const counts = await bank.files.putIn
    .aggregate<{ _id: string; n: number }>([
      { $match: { channel: bank.profile.name } },
      { $group: { _id: '$kind', n: { $sum: 1 } } },
      { $sort: { _id: 1 } },
    ])
    .toArray();
  return Object.fromEntries(counts.map(({ _id, n }) => [_id, n]));
}
