/**
 * Verdicts as they are kept: one byte a line in documents of a thousand, and a row of its own for whatever is more than a plain match. A run
 * writes its own beside those of the run before and counts from its first document on, which it writes last; then the older ones go.
 */
import { Binary, type Collection, type Db, type Document } from 'mongodb';
import { RESULTS } from '../../domain/discrepancy.ts';
import type { Verdict } from '../../domain/match.ts';
import type { KeptVerdict } from '../../flows/matching-store.ts';
import type { KeptLine } from '../../flows/statement-store.ts';
import { toStored } from '../codec.ts';

const CHUNK = 1_000;
const ROWS = 1_000;
/** A line's byte: 1 and the place of its result among RESULTS; this much more where a record of ours stands with it. */
const TOGETHER = 16;
const codeOf = (v: Verdict): number => 1 + RESULTS.indexOf(v.result) + (v.ours ? TOGETHER : 0);
/** A plain match: 'matched', with the record of the line's own number. */
export const PLAIN = 1 + TOGETHER;

const pad = (n: number): string => String(n).padStart(9, '0');

type Collections = Readonly<{ chunks: Collection<Document>; rows: Collection<Document> }>;
const of = (db: Db): Collections => ({ chunks: db.collection('verdictChunks'), rows: db.collection('verdicts') });

/** The number of the run that counts; 0 where none does. */
async function standing({ chunks }: Collections, statementId: string): Promise<number> {
  const first = await chunks.findOne({ s: statementId, from: 1 }, { sort: { run: -1 }, projection: { run: 1 } });
  return (first?.run as number | undefined) ?? 0;
}

export class Keeper {
  private told: Document[] = [];
  private alone = 0;

  private constructor(
    private readonly to: Collections,
    private readonly statementId: string,
    private readonly run: number,
    /** By place, from 0. */
    readonly codes: Uint8Array,
  ) {}

  static async open(db: Db, statementId: string, lines: number): Promise<Keeper> {
    const to = of(db);
    const run = (await standing(to, statementId)) + 1;
    // What a run that died on the way left under this number.
    await to.rows.deleteMany({ s: statementId, run });
    await to.chunks.deleteMany({ s: statementId, run });
    return new Keeper(to, statementId, run, new Uint8Array(lines));
  }

  async keep(v: Verdict): Promise<void> {
    const n = v.theirs ? (v.theirs as KeptLine).n : null;
    if (n !== null) this.codes[n - 1] = codeOf(v);
    this.told.push({
      _id: `${this.statementId}:${this.run}:${n === null ? `a${pad(++this.alone)}` : pad(n)}`,
      ...(toStored({
        s: this.statementId,
        run: this.run,
        n,
        result: v.result,
        kind: v.theirs?.kind ?? v.ours?.kind ?? null,
        attemptId: v.ours?.attemptId ?? null,
        outTradeNo: v.ours?.outTradeNo ?? null,
        refundNo: v.ours?.refundNo ?? null,
        oursMinor: v.ours?.minor ?? null,
        theirsMinor: v.theirs?.minor ?? null,
        rule: v.rule,
        more: v.more.map((o) => o.attemptId),
        suggestion: v.suggestion,
        says: v.says,
      }) as Document),
    });
    if (this.told.length >= ROWS) await this.flush();
  }

  private async flush(): Promise<void> {
    const rows = this.told;
    this.told = [];
    if (rows.length) await this.to.rows.insertMany(rows, { ordered: false });
  }

  /** Makes this run the one that counts. */
  async close(): Promise<void> {
    await this.flush();
    const { run, statementId: s, codes } = this;
    const chunks: Document[] = [];
    for (let from = 0; from === 0 || from < codes.length; from += CHUNK)
      chunks.push({
        _id: `${s}:${run}:${pad(from + 1)}`,
        s,
        run,
        from: from + 1,
        codes: new Binary(Buffer.from(codes.subarray(from, from + CHUNK))),
      });
    const [first, ...others] = chunks as [Document, ...Document[]];
    if (others.length) await this.to.chunks.insertMany(others, { ordered: false });
    await this.to.chunks.insertOne(first);
    await this.to.rows.deleteMany({ s, run: { $lt: run } });
    await this.to.chunks.deleteMany({ s, run: { $lt: run } });
  }
}

/** What is kept of lines `from` to `to`, by place, and of records that stand alone when the last line is among them. */
export async function keptVerdicts(db: Db, statementId: string, from: number, to: number): Promise<KeptVerdict[]> {
  const at = of(db);
  const run = await standing(at, statementId);
  const first = from - ((from - 1) % CHUNK);
  const chunks = await at.chunks.find({ s: statementId, run, from: { $gte: first, $lte: to } }, { sort: { from: 1 } }).toArray();
  const told = new Map((await at.rows.find({ s: statementId, run, n: { $gte: from, $lte: to } }).toArray()).map((d) => [d.n as number, d]));
  const out: KeptVerdict[] = [];
  for (const chunk of chunks)
    (chunk.codes as Binary).buffer.forEach((code, k) => {
      const n = (chunk.from as number) + k;
      if (n < from || n > to || code === 0) return;
      const row = told.get(n);
      out.push(
        row
          ? { n, result: row.result, attemptId: row.attemptId, says: row.says }
          : { n, result: RESULTS[(code % TOGETHER) - 1] as KeptVerdict['result'], attemptId: null, says: '' },
      );
    });
  return out;
}

/** Every line's byte, in the order of the file, a thousand at a time. */
export async function* keptCodes(db: Db, statementId: string): AsyncGenerator<Uint8Array> {
  const at = of(db);
  const run = await standing(at, statementId);
  for await (const chunk of at.chunks.find({ s: statementId, run }, { sort: { from: 1 } })) yield (chunk.codes as Binary).buffer;
}

/** Rows of the run that counts that put a line together with a record, by record. */
export async function* keptTogether(db: Db, statementId: string): AsyncGenerator<Document> {
  const at = of(db);
  const run = await standing(at, statementId);
  yield* at.rows.find({ s: statementId, run, n: { $type: 'number' }, attemptId: { $type: 'string' } });
}
