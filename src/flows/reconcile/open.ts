/** Puts what a comparison found on record: one discrepancy a thing, its difference in suspense; found again it is the same one. */

import { type Discrepancy, HOUSE, isSettled } from '../../domain/discrepancy.ts';
import { opened, type Step, walked } from '../../domain/discrepancy-step.ts';
import type { NewEvent } from '../../domain/event.ts';
import { entry, type LedgerLine, reverse } from '../../domain/ledger.ts';
import type { Verdict } from '../../domain/match.ts';
import type { LenderDay } from '../../domain/reconciliation.ts';
import { untilFresh } from '../stale.ts';
import type { World } from '../world.ts';
import { AFTER_ACT, beyondActs, leftBy } from './after-act.ts';
import { type Day, type Found, foundOf, thingOf } from './found.ts';
import { givenBackBy } from './give-back.ts';

/** Rows written in one transaction. */
const BATCH = 100;
const NO_DAY = { paidCount: 0, paidMinor: 0, returnedCount: 0, returnedMinor: 0, refundedCount: 0, refundedMinor: 0, feeMinor: 0 };
const GENERATION = /#\d+$/;

/** The discrepancies of one day while it is compared. */
export class DayDesk {
  /** The youngest of each thing. */
  private known = new Map<string, Discrepancy>();
  /** What acts on earlier ones of a thing have left on clearing; zero is left out. */
  private left = new Map<string, number>();
  private readonly seen = new Set<string>();
  private readonly times = new Map<string, number>();
  /** Those this comparison was the first to find. */
  readonly openedNow: Discrepancy[] = [];

  /** Refund rows of money that a discrepancy's lender gives back: by their number, the discrepancy. */
  private readonly givenBack = new Map<string, Discrepancy>();
  private readonly givenBackRows: Verdict[] = [];

  private constructor(
    private readonly world: World,
    readonly day: Day,
  ) {}

  static async open(world: World, day: Day): Promise<DayDesk> {
    const desk = new DayDesk(world, day);
    await desk.read();
    return desk;
  }

  private async read(): Promise<void> {
    this.known = new Map();
    this.left = new Map();
    for (const d of await this.world.store.discrepancies.ofDay(this.day.channel, this.day.businessDate)) {
      const thing = d.key.replace(GENERATION, '');
      const left = (this.left.get(thing) ?? 0) + leftBy(d);
      if (left === 0) this.left.delete(thing);
      else this.left.set(thing, left);
      const other = this.known.get(thing);
      if (!other || generationOf(other.key) < generationOf(d.key)) this.known.set(thing, d);
    }
  }

  /** Takes verdicts in the order of the file. */
  async take(verdicts: readonly Verdict[]): Promise<void> {
    const things = verdicts.map((v) => ({ v, key: this.keyOf(v) }));
    for (let from = 0; from < things.length; from += BATCH) await this.takeBatch(things.slice(from, from + BATCH));
  }

  /** After all verdicts: what staff have settled and neither the file nor our records differ in any more. */
  end(): Promise<void> {
    return this.takeBatch([], true);
  }

  private async takeBatch(things: readonly Readonly<{ v: Verdict; key: string }>[], last = false): Promise<void> {
    const { store, clock } = this.world;
    const ids = things.flatMap(({ v }) => v.ours?.attemptId ?? []);
    const attempts = new Map((await store.work.attempts([...new Set(ids)])).map((a) => [a.id, a]));
    for (const { v } of things) await this.knowGivenBack(v);
    const elsewhere = await this.elsewhere(things.map(({ v }) => v));
    let first = true;
    await untilFresh(5, async () => {
      if (!first) await this.read();
      first = false;
      const now = clock.now();
      const rows: Discrepancy[] = [];
      const newRows: Discrepancy[] = [];
      const events: NewEvent[] = [];
      const move = (d: Discrepancy, steps: readonly Omit<Step, 'at' | 'by'>[]) => {
        if (!steps.length) return;
        const step = walked(
          d,
          steps.map((s) => ({ ...s, at: now, by: 'duly' })),
        );
        rows.push(step.row);
        events.push(...step.events);
      };
      const open = (key: string, known: Discrepancy | undefined, found: Found) => {
        const d = { ...found, id: this.world.ids.next('dis'), key: known ? `${key}#${generationOf(known.key) + 1}` : key };
        const step = opened(d, { at: now, by: 'duly', why: found.says, evidence: { kind: 'statement', ref: this.day.statementId } });
        newRows.push(step.row);
        events.push(step.event);
      };
      const tell = (key: string, known: Discrepancy | undefined, found: Found) => {
        if (!known || reappears(known, found)) open(key, known, found);
        else if (!isSettled(known.state) && known.statementId !== this.day.statementId) move(known, [seenAgain(known, found)]);
      };
      for (const { v, key } of things) {
        this.seen.add(key);
        const counterpart = v.ours && elsewhere.get(`${v.ours.attemptId} ${v.ours.kind}`);
        if (counterpart && isRowOfAnotherDay(v, this.day) && !isSettled(counterpart.state))
          move(counterpart, [cameLate(counterpart, this.day)]);
        const late = v.result === 'matched' ? afterAct(v, this.day, counterpart) : null;
        if (v.result === 'matched' && !late) continue;
        const attempt = (v.ours && attempts.get(v.ours.attemptId)) ?? null;
        const fresh = this.ownedBy(v, foundOf(late ?? v, this.day, key, attempt, now));
        const known = this.known.get(key);
        const left = this.left.get(key) ?? 0;
        tell(key, known, known && left !== 0 ? beyondActs(known, left, fresh, this.day, now) : fresh);
      }
      if (last)
        for (const [key, left] of this.left) {
          const known = this.known.get(key);
          if (known && !this.seen.has(key)) tell(key, known, beyondActs(known, left, null, this.day, now));
        }
      if (events.length)
        await store.transact((tx) => tx.write({ events, rows: { discrepancies: rows }, newRows: { discrepancies: newRows } }, null));
      for (const row of [...rows, ...newRows])
        if (row.businessDate === this.day.businessDate) this.known.set(row.key.replace(GENERATION, ''), row);
      this.openedNow.push(...newRows);
    });
  }

  /** Those of this day that the comparison did not find again: theirs was an earlier issue of the file, or the two sides agree by now. */
  unseen(): Discrepancy[] {
    return [...this.known].flatMap(([key, d]) => (this.seen.has(key) || this.left.has(key) || isSettled(d.state) ? [] : [d]));
  }

  /** The day's sums by lender: rows of refunds out of suspense are those of the lender whose suspense it was, though no refund of ours has them. */
  regrouped(days: readonly LenderDay[]): LenderDay[] {
    const out = new Map(days.map((d) => [`${d.lenderId} ${d.currency}`, d]));
    const change = (lenderId: string, currency: string, count: number, minor: number) => {
      const was = out.get(`${lenderId} ${currency}`) ?? { ...NO_DAY, lenderId, currency };
      out.set(`${lenderId} ${currency}`, { ...was, refundedCount: was.refundedCount + count, refundedMinor: was.refundedMinor + minor });
    };
    for (const { theirs } of this.givenBackRows) {
      const owner = this.givenBack.get(theirs?.refundNo ?? '')?.lenderId ?? HOUSE;
      if (!theirs || owner === HOUSE) continue;
      change(HOUSE, theirs.currency, -1, -theirs.minor);
      change(owner, theirs.currency, 1, theirs.minor);
    }
    return [...out.values()].filter((d) => d.paidCount + d.returnedCount + d.refundedCount > 0 || d.feeMinor !== 0);
  }

  private async knowGivenBack(v: Verdict): Promise<void> {
    const id = v.ours ? null : givenBackBy(v.theirs?.refundNo ?? null);
    if (!id || v.theirs?.status !== 'succeeded') return;
    const original = await this.world.store.discrepancies.get(id);
    if (!original) return;
    this.givenBack.set(v.theirs.refundNo as string, original);
    this.givenBackRows.push(v);
  }

  private ownedBy(v: Verdict, found: Found): Found {
    const original = this.givenBack.get(v.theirs?.refundNo ?? '');
    return original ? { ...found, lenderId: original.lenderId, planId: original.planId, bucket: original.bucket } : found;
  }

  private keyOf(v: Verdict): string {
    const key = `${this.day.channel}:${this.day.businessDate}:${thingOf(v)}`;
    const n = (this.times.get(key) ?? 0) + 1;
    this.times.set(key, n);
    return n === 1 ? key : `${key}:${n}`;
  }

  /** What other days' files lacked of the records whose rows stand in this one, by attempt and movement. */
  private async elsewhere(verdicts: readonly Verdict[]): Promise<Map<string, Discrepancy>> {
    const ids = verdicts.flatMap((v) => (v.ours && isRowOfAnotherDay(v, this.day) ? [v.ours.attemptId] : []));
    const rows = await this.world.store.discrepancies.ofAttempts([...new Set(ids)]);
    const lacked = rows.filter((d) => d.channel === this.day.channel && d.businessDate !== this.day.businessDate && d.line === null);
    return new Map(lacked.map((d) => [`${d.attemptId} ${d.facts.movement}`, d]));
  }
}

const generationOf = (key: string): number => Number(GENERATION.exec(key)?.[0].slice(1) ?? 1);

/** A row that gives back is no late row of the debit beside which it stands. */
const isRowOfAnotherDay = ({ ours, theirs, result }: Verdict, day: Day): boolean =>
  theirs !== null &&
  ours !== null &&
  theirs.kind === ours.kind &&
  ours.day !== null &&
  ours.day !== day.businessDate &&
  result !== 'duplicate';

/** The row that a file lacked has come in this one: nothing is in suspense any more. */
const cameLate = (d: Discrepancy, { businessDate, statementId }: Day): Omit<Step, 'at' | 'by'> => ({
  type: 'explained',
  why: `its row stands in the file of ${businessDate}`,
  move: 'correct',
  posting: reverse(d.suspense),
  set: { cause: 'lateRow', ended: 'lateRow' },
  evidence: { kind: 'statement', ref: statementId },
  data: { foundOn: businessDate },
});

/** Staff had settled what the file lacked, and its row came after all: that much too much is booked now. */
function afterAct(v: Verdict, day: Day, counterpart: Discrepancy | null | undefined): Verdict | null {
  if (!counterpart || !isSettled(counterpart.state) || !counterpart.suspense.length || !isRowOfAnotherDay(v, day)) return null;
  return {
    ...v,
    ours: v.ours && { ...v.ours, day: null },
    result: 'duplicate',
    says: `its row came after ${counterpart.id} was settled without it`,
  };
}

/** A thing that was explained away, and differs again: a later issue of the file has lost it once more. What acts have left is taken off before. */
const reappears = (known: Discrepancy, found: Found): boolean => isSettled(known.state) && found.suspense.length > 0;

/** The corrected file has it still, perhaps as something else. */
function seenAgain(known: Discrepancy, found: Found): Omit<Step, 'at' | 'by'> {
  const { kind, says, facts, statementId, line, oursMinor, theirsMinor, lookAt } = found;
  const posting: LedgerLine[] = entry([...reverse(known.suspense), ...found.suspense]);
  const evidence = { kind: 'statement' as const, ref: statementId ?? '' };
  if (known.cause === AFTER_ACT && !found.suspense.length)
    return {
      type: 'explained',
      why: 'the corrected file has what was settled before',
      move: 'correct',
      posting,
      set: { ended: 'correctedFile' },
      evidence,
    };
  const move =
    known.state === 'carriedOver' && kind !== 'carriedOver' ? 'lapse' : known.state === 'open' && found.suspense.length ? 'suspend' : null;
  return {
    type: 'restated',
    why: `the corrected file: ${says}`,
    ...(move ? { move } : {}),
    posting,
    set: { kind, says, facts, statementId, line, oursMinor, theirsMinor, lookAt, asked: null },
    evidence,
  };
}
