/**
 * Lines that stand in another day's file than our record is of: a row that came late or early, a result we had not heard of. Kept so that no
 * second file's line is put together with the same record.
 */
import type { Collection, Document } from 'mongodb';
import { addDays, type BusinessDate } from '../../domain/clock.ts';
import type { Ours, Theirs, Verdict } from '../../domain/match.ts';
import { effectOf } from '../../domain/match-verdict.ts';
import type { KeptLine } from '../../flows/statement-store.ts';
import { numberKey } from '../day-keys.ts';
import { lineId } from '../statement-lines.ts';

/** Files further apart than this do not hold each other's rows. */
const REACH_DAYS = 62;

type Thing = Pick<Ours, 'kind' | 'outTradeNo' | 'refundNo'>;
const thingOf = ({ kind, outTradeNo, refundNo }: Thing): string => `${kind} ${refundNo ?? outTradeNo}`;

export type Crossings = Readonly<{
  /** Numbers, as keys, of which some other file has a line: never matched plainly. */
  numbers: ReadonlySet<string>;
  /** The day of the file that has it. */
  fileOf(thing: Thing): BusinessDate | null;
  /** Reads also what files out of reach have of these. */
  know(things: readonly Thing[]): Promise<void>;
}>;

export async function crossingsAround(rows: Collection<Document>, channel: string, day: BusinessDate): Promise<Crossings> {
  const around = { $gte: addDays(day, -REACH_DAYS), $lte: addDays(day, REACH_DAYS) };
  const files = new Map<string, BusinessDate>();
  const numbers = new Set<string>();
  for await (const doc of rows.find({ channel, fileDay: { ...around, $ne: day } }, { projection: { thing: 1, number: 1, fileDay: 1 } })) {
    files.set(doc.thing as string, doc.fileDay as BusinessDate);
    numbers.add(numberKey(doc.number as string));
  }
  return {
    numbers,
    fileOf: (thing) => files.get(thingOf(thing)) ?? null,
    async know(things) {
      const unknown = [...new Set(things.map(thingOf))].filter((thing) => !files.has(thing));
      if (!unknown.length) return;
      for await (const doc of rows.find(
        { channel, thing: { $in: unknown }, fileDay: { $ne: day } },
        { projection: { thing: 1, fileDay: 1 } },
      ))
        files.set(doc.thing as string, doc.fileDay as BusinessDate);
    },
  };
}

/** The record that a row claims: a row that gives back claims the return, though the debit is all that is known of it. */
const claimed = (one: Ours, row: Theirs): Ours => (one.kind === row.kind ? one : { ...one, kind: 'return', day: null });

function crosses({ ours, theirs, result }: Verdict, day: BusinessDate): boolean {
  if (!ours || !theirs || result === 'duplicate' || ours.currency !== theirs.currency) return false;
  return claimed(ours, theirs).day !== day && effectOf(theirs) !== 0;
}

/** Keeps those of one file anew. */
export class CrossingKeeper {
  private readonly kept: Document[] = [];

  constructor(
    private readonly rows: Collection<Document>,
    private readonly of: Readonly<{ channel: string; businessDate: BusinessDate; statementId: string }>,
  ) {}

  take(v: Verdict): void {
    const { channel, businessDate: fileDay, statementId } = this.of;
    if (!crosses(v, fileDay)) return;
    for (const one of [v.ours as Ours, ...v.more].map((o) => claimed(o, v.theirs as Theirs)))
      this.kept.push({
        _id: lineId(statementId, (v.theirs as KeptLine).n) + (v.more.length ? `:${one.outTradeNo}` : ''),
        channel,
        fileDay,
        statementId,
        number: one.outTradeNo,
        thing: thingOf(one),
        day: one.day,
      });
  }

  /** A unique key on channel and thing says when two files claim one record at once: then the later one has to look again. */
  async write(): Promise<void> {
    const { channel, businessDate: fileDay } = this.of;
    const ids = this.kept.map((d) => d._id);
    await this.rows.deleteMany({ channel, fileDay, _id: { $nin: ids } } as Document);
    if (this.kept.length)
      await this.rows.bulkWrite(
        this.kept.map(({ _id, ...set }) => ({ updateOne: { filter: { _id }, update: { $set: set }, upsert: true } })),
        { ordered: false },
      );
  }
}
