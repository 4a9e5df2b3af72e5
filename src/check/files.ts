/** The bank's files as they are kept: whole, with their own totals, one accepted a source and day (I16); each line with one verdict and each record with at most one line (I15). */
import type { Document } from 'mongodb';
import type { Statement, StatementTotals } from '../domain/statement.ts';
import { fromDoc } from '../store/codec.ts';
import type { Findings } from './findings.ts';
import type { Snapshot } from './snapshot.ts';

/** A line's byte in what matching keeps (src/store/match/kept.ts): 1 and the place of its result, 16 more with a record of ours. */
const TOGETHER = 16;
const PLAIN = 1 + TOGETHER;
const WITHOUT_LINES: ReadonlySet<string> = new Set(['refused']);

export async function checkFiles(db: Snapshot, out: Findings): Promise<void> {
  for (const id of ['I15', 'I16']) out.looked(id, 0);
  const days = new Map<string, string>();
  for await (const doc of db.stream('statements', {}, { sort: { _id: 1 } })) {
    const statement = fromDoc<Statement>(doc);
    out.looked('I16');
    await wholeFile(db, out, statement);
    if (statement.state !== 'accepted') continue;
    const day = `${statement.kind} ${statement.source} ${statement.businessDate}`;
    const other = days.get(day);
    if (other) out.report('I16', 'two files of one source and day are accepted', statement.id, { day, other });
    days.set(day, statement.id);
    if (statement.kind === 'channel') await eachLineOnce(db, out, statement);
  }
  await strayLines(db, out);
}

/** Counts and sums of the lines stored are those that were counted when it was read, and those that the file states. */
async function wholeFile(db: Snapshot, out: Findings, statement: Statement): Promise<void> {
  const { id, state, lines, head } = statement;
  if (state === 'loading') return;
  const moved = { $eq: ['$u', 'succeeded'] };
  const way = (side: string, what: unknown) => ({ $sum: { $cond: [{ $and: [moved, { $eq: ['$d', side] }] }, what, 0] } });
  const times = { $ifNull: ['$c', 1] };
  const sums = {
    rows: { $sum: 1 },
    inCount: way('in', times),
    inMinor: way('in', '$m'),
    outCount: way('out', times),
    outMinor: way('out', '$m'),
    feeMinor: { $sum: { $cond: [moved, { $ifNull: ['$f', 0] }, 0] } },
  };
  const stored = new Map<string, Document>();
  for await (const { _id, ...of } of db.aggregate('statementLines', [{ $match: { s: id } }, { $group: { _id: '$y', ...sums } }]))
    stored.set(String(_id), of);
  const rows = [...stored.values()].reduce((s, r) => s + Number(r.rows), 0);
  if (WITHOUT_LINES.has(state)) {
    if (rows) out.report('I16', 'a refused file has lines', id, { rows });
    return;
  }
  if (rows !== lines) out.report('I16', 'a file has not the lines that were read from it', id, { lines, stored: rows });
  for (const told of head?.counted ?? []) compare(out, id, 'what was counted', told, stored.get(told.currency));
  for (const told of head?.declared ?? []) compare(out, id, 'what the file states', told, stored.get(told.currency));
}

function compare(out: Findings, id: string, whose: string, told: StatementTotals, stored: Document = {}): void {
  for (const name of ['inCount', 'inMinor', 'outCount', 'outMinor', 'feeMinor'] as const)
    if (Number(stored[name] ?? 0) !== told[name])
      out.report('I16', 'the sums of a file’s lines are not its totals', id, {
        whose,
        currency: told.currency,
        [name]: told[name],
        stored: Number(stored[name] ?? 0),
      });
}

/** Lines of files that are not there. */
async function strayLines(db: Snapshot, out: Findings): Promise<void> {
  const ids = new Set((await db.all('statements', {}, { projection: { _id: 1 } })).map((s) => String(s._id)));
  for await (const { _id, rows } of db.aggregate('statementLines', [{ $group: { _id: '$s', rows: { $sum: 1 } } }]))
    if (!ids.has(String(_id))) out.report('I16', 'lines are kept of a file that does not exist', String(_id), { rows: Number(rows) });
}

async function eachLineOnce(db: Snapshot, out: Findings, { id, source, businessDate, lines }: Statement): Promise<void> {
  const [run] = await db.all('reconciliations', { _id: `rec_${source}_${businessDate}` });
  if (!run || run.comparedId !== id || (run.state !== 'matched' && run.state !== 'closed')) return;
  out.looked('I15', lines);
  const [first] = await db.all('verdictChunks', { s: id, from: 1 }, { sort: { run: -1 }, limit: 1 });
  const codes = Buffer.concat(
    (await db.all('verdictChunks', { s: id, run: first?.run ?? 0 }, { sort: { from: 1 } })).map((c) => Buffer.from(c.codes.buffer)),
  );
  if (codes.length !== lines && lines > 0) out.report('I15', 'a file has not one verdict a line', id, { lines, verdicts: codes.length });
  const without = codes.indexOf(0);
  if (without >= 0 && lines > 0) out.report('I15', 'a line has no verdict', `${id}:${without + 1}`);
  const rows = await db.all('verdicts', { s: id, run: first?.run ?? 0 });
  await oneLineARecord(db, out, id, codes, rows);
  await restInSuspense(db, out, { id, source, businessDate }, rows);
}

/** Each debit has at most one payment row and one return row, each refund one of its own. */
async function oneLineARecord(db: Snapshot, out: Findings, id: string, codes: Buffer, rows: readonly Document[]): Promise<void> {
  const seen = new Map<string, number>();
  const told = new Set<number>();
  for (const row of rows) {
    if (row.n === null) continue;
    told.add(Number(row.n));
    const whole =
      row.result === 'matched' && row.attemptId !== null && row.theirsMinor !== null && Number(row.theirsMinor) === Number(row.oursMinor);
    if (!whole || !['payment', 'return', 'refund'].includes(row.kind)) continue;
    const record = `${row.kind} ${row.refundNo ?? row.attemptId}`;
    const other = seen.get(record);
    if (other !== undefined) out.report('I15', 'a record is matched with two lines', `${id}:${row.n}`, { record, other });
    seen.set(record, Number(row.n));
  }
  let last = { number: '', words: new Map<string, number>() };
  for await (const { j } of db.stream('statementLines', { s: id }, { sort: { s: 1, j: 1 }, projection: { _id: 0, j: 1 } })) {
    const [number = '', word = '', , , , n = ''] = String(j).split(' ');
    const place = Number(n);
    if (codes[place - 1] !== PLAIN || told.has(place)) continue;
    if (number !== last.number) last = { number, words: new Map() };
    const other = last.words.get(word);
    if (other !== undefined) out.report('I15', 'a record is matched with two lines', `${id}:${place}`, { record: number, other });
    last.words.set(word, place);
  }
}

/** A line that did not match stands as a discrepancy, whatever has become of it since. */
async function restInSuspense(
  db: Snapshot,
  out: Findings,
  { id, source, businessDate }: Pick<Statement, 'id' | 'source' | 'businessDate'>,
  rows: readonly Document[],
): Promise<void> {
  const rest = rows.filter((r) => r.result !== 'matched');
  if (!rest.length) return;
  const found = await db.all('discrepancies', { channel: source, businessDate }, { projection: { outTradeNo: 1, attemptId: 1, line: 1 } });
  const known = new Set(found.flatMap((d) => [`number ${d.outTradeNo}`, `attempt ${d.attemptId}`]));
  const lines = new Set(found.map((d) => d.line));
  for (const row of rest) {
    if (row.attemptId !== null ? known.has(`attempt ${row.attemptId}`) : row.outTradeNo !== null && known.has(`number ${row.outTradeNo}`))
      continue;
    const [line] =
      row.n === null
        ? []
        : await db.all('statementLines', { _id: `${id}:${String(row.n).padStart(9, '0')}` }, { projection: { l: 1, o: 1 } });
    if (line && (lines.has(line.l) || (line.o && known.has(`number ${line.o}`)))) continue;
    out.report('I15', 'a line that did not match stands nowhere', `${id}:${row.n ?? row.attemptId}`, { result: row.result });
  }
}
