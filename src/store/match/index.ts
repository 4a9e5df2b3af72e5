/**
 * A day's file against our records: two covered scans merged by number, a thousand of the numbers that are not plainly equal at a time read in
 * full and compared with care. Memory is flat but for one byte a line and what is left over for the fall-backs, which has a bound.
 */
import type { Db, Document } from 'mongodb';
import { NotFound } from '../../domain/errors.ts';
import { compareNumber, isDirty, type Ours, type Terms, type Verdict } from '../../domain/match.ts';
import { isMissing, isStray, settleLeftovers } from '../../domain/match-day.ts';
import { mergeByNumber } from '../../domain/merge.ts';
import type { Refund } from '../../domain/refund.ts';
import type { Day, MatchedDay, MatchingStore } from '../../flows/matching-store.ts';
import type { KeptLine, StatementStore } from '../../flows/statement-store.ts';
import { fromDoc } from '../codec.ts';
import { CrossingKeeper, crossingsAround } from './crossings.ts';
import { faultsOf } from './faults.ts';
import { Keeper, keptVerdicts, PLAIN } from './kept.ts';
import { Records } from './records.ts';
import { type LineText, numberedLines, type OursText, oursOfDay, type Pair, placeOf, samePair, unnumberedLines } from './streams.ts';
import { Tally } from './tally.ts';

/** Numbers read in full at once, and verdicts handed over at once. */
const BATCH = 1_000;
/** Rows and records kept for the fall-backs; what is beyond keeps the verdict it has. */
const LEFTOVERS = 20_000;

/** `keep: false` compares without keeping anything: for measuring. */
export function matchingStore(db: Db, statements: StatementStore, { keep = true } = {}): MatchingStore {
  return {
    matchDay: async (day, onDirty) => {
      const run = await DayMatch.open(db, statements, day, onDirty, keep);
      return run.all();
    },
    verdicts: (statementId, from, to) => keptVerdicts(db, statementId, from, to),
    faults: (day) => faultsOf(db, day),
  };
}

type Asked = Day & Readonly<{ terms: Terms; cutOff: Date }>;
type OnDirty = (verdicts: readonly Verdict[]) => Promise<void>;

class DayMatch {
  private readonly tally = new Tally();
  private dirty: Verdict[] = [];
  private leftovers: Verdict[] = [];

  private constructor(
    private readonly db: Db,
    private readonly day: Asked,
    private readonly onDirty: OnDirty,
    private readonly keeper: Keeper,
    private readonly crossed: ReadonlySet<string>,
    private readonly keptCrossings: CrossingKeeper,
    private readonly records: Records,
    private readonly refunds: Refund[],
    private readonly keep: boolean,
  ) {}

  static async open(db: Db, statements: StatementStore, day: Asked, onDirty: OnDirty, keep: boolean): Promise<DayMatch> {
    const statement = await statements.get(day.statementId);
    if (statement?.state !== 'accepted') throw new NotFound('accepted statement', day.statementId);
    const rows = db.collection<Document>('statementCrossings');
    const crossings = await crossingsAround(rows, day.channel, day.businessDate);
    const refunds = (await db.collection<Document>('refunds').find({ channel: day.channel, paidOn: day.businessDate }).toArray())
      .map((d) => fromDoc<Refund>(d))
      .filter((r) => r.outTradeNo !== null);
    const byOrder = new Map<string, Refund[]>();
    for (const r of refunds) byOrder.set(r.outTradeNo as string, [...(byOrder.get(r.outTradeNo as string) ?? []), r]);
    const records = new Records(db, statements, day, crossings, byOrder);
    const keeper = await Keeper.open(db, day.statementId, statement.lines);
    return new DayMatch(db, day, onDirty, keeper, crossings.numbers, new CrossingKeeper(rows, day), records, refunds, keep);
  }

  async all(): Promise<MatchedDay> {
    const claimed = new Set<string>();
    for await (const places of unnumberedLines(this.db, this.day.statementId))
      for (let at = 0; at < places.length; at += BATCH) await this.unnumbered(places.slice(at, at + BATCH), claimed);
    await this.numbered(claimed);
    await this.settle();
    if (this.keep) {
      await this.keptCrossings.write();
      await this.keeper.close();
    }
    return this.tally.result();
  }

  private async numbered(claimed: ReadonlySet<string>): Promise<void> {
    const { channel, businessDate, statementId, terms } = this.day;
    const pair: Pair = { minor: 0, lender: '', feeMinor: 0, n: 0 };
    const { tally, crossed } = this;
    const { codes } = this.keeper;
    const equal = (o: OursText, t: LineText): boolean => {
      if (!samePair(o, t, pair) || (crossed.size > 0 && crossed.has(o.number)) || (terms.feeInside && pair.feeMinor !== 0)) return false;
      codes[pair.n - 1] = PLAIN;
      tally.pair(pair, o.kind);
      return true;
    };
    const ours = oursOfDay(
      this.db,
      channel,
      businessDate,
      this.refunds.filter((r) => !claimed.has(r.refundNo)),
    );
    let keys: string[] = [];
    let places: number[] = [];
    const resolve = async () => {
      const theirs = await this.records.lines(places);
      await this.groups(keys, theirs);
      keys = [];
      places = [];
    };
    for await (const group of mergeByNumber({ ours, theirs: numberedLines(this.db, statementId), equal })) {
      keys.push(group.number);
      for (const t of group.theirs) places.push(placeOf(t));
      if (keys.length >= BATCH || places.length >= 5 * BATCH) await resolve();
    }
    if (keys.length) await resolve();
  }

  private async groups(keys: readonly string[], lines: readonly KeptLine[]): Promise<void> {
    for (const { ours, theirs } of (await this.records.groups(keys, lines)).values()) await this.compare(ours, theirs);
  }

  /** Rows of a refund's number alone stand with that refund; all others by themselves. */
  private async unnumbered(places: readonly number[], claimed: Set<string>): Promise<void> {
    const lines = await this.records.lines(places);
    const refunds = new Map(
      (await this.records.refunds(lines.flatMap((l) => (l.kind === 'refund' && l.refundNo !== null ? [l.refundNo] : [])))).map((r) => [
        r.refundNo,
        r,
      ]),
    );
    await this.records.knowElsewhere([...refunds.values()]);
    const named = new Map<string, KeptLine[]>();
    for (const line of lines.sort((a, b) => a.n - b.n)) {
      const refund = line.kind === 'refund' && line.refundNo !== null ? refunds.get(line.refundNo) : undefined;
      if (refund?.outTradeNo) named.set(refund.refundNo, [...(named.get(refund.refundNo) ?? []), line]);
      else await this.compare([], [line]);
    }
    for (const [refundNo, rows] of named) {
      const again = claimed.has(refundNo);
      claimed.add(refundNo);
      const one = this.records.refundOf(refunds.get(refundNo) as Refund);
      // Rows of one refund may lie a batch apart: those after the first batch repeat it.
      await this.compare([again ? { ...one, matchedIn: this.day.businessDate, day: null } : one], rows);
    }
  }

  private async compare(ours: readonly Ours[], theirs: readonly KeptLine[]): Promise<void> {
    this.tally.counted(ours.filter((o) => o.day === this.day.businessDate));
    for (const v of compareNumber(ours, theirs, this.day.terms)) {
      if ((isStray(v) || (isMissing(v) && v.ours?.kind === 'payment')) && this.leftovers.length < LEFTOVERS) this.leftovers.push(v);
      else await this.take(v);
    }
  }

  private async settle(): Promise<void> {
    const strays = this.leftovers.filter(isStray);
    const left = strays.some((v) => v.theirs?.mandateRef) ? await this.withMandates(this.leftovers) : this.leftovers;
    const others = strays.some((v) => v.theirs?.mandateRef || v.theirs?.accountLast4) ? await this.records.open(LEFTOVERS) : [];
    for (const v of settleLeftovers(left, this.day.terms, others)) await this.take(v);
    await this.tell();
  }

  private async withMandates(verdicts: readonly Verdict[]): Promise<Verdict[]> {
    const ids = [...new Set(verdicts.flatMap((v) => (v.ours ? [this.records.mandateOf.get(v.ours.attemptId) ?? ''] : [])))];
    const docs = await this.db
      .collection<Document>('mandates')
      .find({ _id: { $in: ids as never[] } }, { projection: { agreementNo: 1 } })
      .toArray();
    const refs = new Map(docs.map((d) => [String(d._id), d.agreementNo as string | null]));
    const named = (o: Ours): Ours => ({ ...o, mandateRef: refs.get(this.records.mandateOf.get(o.attemptId) ?? '') ?? null });
    return verdicts.map((v) => (v.ours ? { ...v, ours: named(v.ours) } : v));
  }

  private async take(v: Verdict): Promise<void> {
    this.tally.verdict(v);
    if (this.keep) {
      this.keptCrossings.take(v);
      await this.keeper.keep(v);
    }
    if (isDirty(v) && this.dirty.push(v) >= BATCH) await this.tell();
  }

  private async tell(): Promise<void> {
    const verdicts = this.dirty;
    this.dirty = [];
    if (verdicts.length) await this.onDirty(verdicts);
  }
}
