/** Whether each line of a day has one verdict, and each record at most one payment row and one return row: looked at from what is stored. */
import type { Db, Document } from 'mongodb';
import type { Day } from '../../flows/matching-store.ts';
import { numberOf } from '../day-keys.ts';
import { keptCodes, keptTogether, PLAIN } from './kept.ts';
import { numberedLines } from './streams.ts';

const MOST = 20;

export async function faultsOf(db: Db, { statementId }: Pick<Day, 'statementId'>): Promise<string[]> {
  const faults: string[] = [];
  const say = (text: string) => faults.length < MOST && faults.push(text);
  const statement = await db.collection<Document>('statements').findOne({ _id: statementId as never });
  const lines = (statement?.lines as number | undefined) ?? 0;
  const codes = new Uint8Array(lines);
  let at = 0;
  for await (const chunk of keptCodes(db, statementId)) {
    if (at + chunk.length > lines) say(`verdicts are kept of more than the ${lines} lines of ${statementId}`);
    codes.set(chunk.subarray(0, Math.max(0, lines - at)), at);
    at += chunk.length;
  }
  const without = codes.indexOf(0);
  if (without >= 0) say(`line ${without + 1} of ${statementId} has no verdict`);
  for await (const [first, second, number] of pairs(db, statementId, codes))
    say(`order ${number} is matched with lines ${first} and ${second} of ${statementId}`);
  const seen = new Map<string, number>();
  for await (const row of keptTogether(db, statementId)) {
    if (row.result !== 'matched' || !MOVES.has(row.kind as string) || row.theirsMinor !== row.oursMinor) continue;
    const key = `${row.kind} ${row.refundNo ?? row.attemptId}`;
    const other = seen.get(key);
    if (other !== undefined) say(`${key} is matched with lines ${other} and ${row.n} of ${statementId}`);
    seen.set(key, row.n as number);
  }
  return faults;
}
const MOVES: ReadonlySet<string> = new Set(['payment', 'return', 'refund']);

/** Two plainly matched lines of one number and kind. */
async function* pairs(db: Db, statementId: string, codes: Uint8Array): AsyncGenerator<readonly [number, number, string]> {
  let last: { number: string; words: Map<string, number> } = { number: '', words: new Map() };
  const told = new Set<number>();
  for await (const row of keptTogether(db, statementId)) told.add(row.n as number);
  for await (const batch of numberedLines(db, statementId))
    for (const line of batch) {
      if (line.number !== last.number) last = { number: line.number, words: new Map() };
      const [word = '', , , , n = ''] = line.rest.split(' ');
      const place = Number(n);
      if (codes[place - 1] !== PLAIN || told.has(place)) continue;
      const before = last.words.get(word);
      if (before !== undefined) yield [before, place, numberOf(line.number)];
      last.words.set(word, place);
    }
}
