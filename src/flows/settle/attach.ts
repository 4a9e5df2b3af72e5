/**
 * What goes into a batch: movements that the bank's file has confirmed, and whatever has gone back. Attached a slice at a time to the open
 * batch of lender and currency; each slice also moves the batch's version, so that two makers never share one out.
 *
 * A debit is confirmed once its channel's day is reconciled and nothing about it is unexplained. One that is set aside waits for a later batch.
 * In settle-first mode what is not confirmed is advanced, oldest first, until the next would pass the reserve. A debit that is back before it
 * was settled is taken together with its way back.
 */
import { agreementFor } from '../../domain/agreement.ts';
import {
  addParts,
  type Clearing,
  clear,
  dueTo,
  NO_PARCEL,
  NO_PARTS,
  type Parcel,
  type Parts,
  sumOf,
  together,
} from '../../domain/clearing.ts';
import { type BusinessDate, dateIn } from '../../domain/clock.ts';
import { payDayOf } from '../../domain/cycle.ts';
import type { Lender } from '../../domain/lender.ts';
import { floorFraction } from '../../domain/money.ts';
import type { Reconciliation } from '../../domain/reconciliation.ts';
import { feeOf } from '../../domain/route.ts';
import type { Agreement, Settlement } from '../../domain/settlement.ts';
import type { Actor } from '../actor.ts';
import type { World } from '../world.ts';
import { newBatch, openedEvent } from './batch.ts';
import type { Place } from './store.ts';
import { calendarOf } from './terms.ts';

const SLICE = 500;
/** Where the lender's reserve deposit stands in its books. */
const RESERVE = '2241.04';

/** `through`: the last statement day to take, on top of what the cycle allows; null: what the cycle allows by `payOn`. */
export type Filling = Readonly<{
  lender: Lender;
  currency: string;
  agreement: Agreement;
  payOn: BusinessDate;
  through: BusinessDate | null;
  actor: Actor;
}>;

const runIdOf = ({ channel, day }: Pick<Place, 'channel' | 'day'>): string => `rec_${channel}_${day}`;

/** Attaches everything that may go into the batch and answers it; null where there is neither a batch nor anything for one. */
export async function fill(world: World, filling: Filling): Promise<Settlement | null> {
  const { settling } = world.store;
  const { lender, currency, agreement } = filling;
  const places = (await settling.places(lender.id)).filter((p) => p.currency === currency);
  const runs = await matchedRuns(world, places);
  const filler = new Filler(world, filling, runs, await settling.openBatch(lender.id, currency));
  await filler.takeBacks({ currency, channel: null, day: null });
  await filler.trueUp();
  const due = places
    .filter((p) => p.day !== null && inCycle(world, filling, p.day))
    .sort((a, b) => (String(a.day) < String(b.day) ? -1 : 1));
  for (const place of due) if (runs.has(runIdOf(place))) await filler.takeConfirmed(place);
  if (agreement.mode === 'settleFirst') await filler.advance(due.filter((place) => !runs.has(runIdOf(place))));
  return filler.batch;
}

const inCycle = (world: World, { agreement, payOn, through }: Filling, day: BusinessDate): boolean =>
  through === null ? payDayOf(agreement.cycle, day, calendarOf(world, agreement)) <= payOn : day <= through;

/** The runs of these places that are matched: what they say is confirmed. */
async function matchedRuns(world: World, places: readonly Pick<Place, 'channel' | 'day'>[]): Promise<ReadonlyMap<string, Reconciliation>> {
  const ids = [...new Set(places.map(runIdOf))];
  const runs = await world.store.settling.runs(ids);
  return new Map(runs.filter(({ state }) => state === 'matched' || state === 'closed').map((r) => [r.id, r]));
}

/** What a receipt came to by the movements cleared so far, and the day it was debited on; null where it never was. */
type Held = Readonly<{ parcel: Parcel; parts: Parts; feeMinor: number; debitedOn: BusinessDate | null }>;
const NOTHING_HELD: Held = { parcel: NO_PARCEL, parts: NO_PARTS, feeMinor: 0, debitedOn: null };
const holding = (was: Held, { parcel, parts, channelFeeMinor }: Clearing): Held => ({
  ...was,
  parcel: together(was.parcel, parcel),
  parts: addParts(was.parts, parts ?? NO_PARTS),
  feeMinor: was.feeMinor + channelFeeMinor,
});

class Filler {
  constructor(
    private readonly world: World,
    private readonly filling: Filling,
    private readonly runs: ReadonlyMap<string, Reconciliation>,
    public batch: Settlement | null,
  ) {}

  /** Debits of a place whose file is matched, but for those that something is still unexplained about. */
  async takeConfirmed(place: Place): Promise<void> {
    for await (const rows of this.slices(place)) await this.store(await this.cleared(await this.undisputed(rows)));
  }

  /** What has gone back, with the debit it came from where that waits still, whatever it waits for: together they are nothing. */
  async takeBacks(place: Place): Promise<void> {
    for await (const rows of this.slices(place)) {
      const backs = rows.filter((r) => r.kind !== 'payment');
      await this.store(await this.cleared(await this.withTheirDebits(backs)));
    }
  }

  /** Settle-first: what no file has confirmed yet, oldest first, until the next would pass what the reserve covers. */
  async advance(places: readonly Place[]): Promise<void> {
    const { lender, currency, agreement } = this.filling;
    const reserve = -(await this.world.store.settling.balance(lender.id, currency, RESERVE));
    const out = (await this.world.store.settling.advanced(lender.id, currency)).reduce((sum, row) => sum + paidOut(row), 0);
    let room = floorFraction(Math.max(reserve, 0), agreement.coverage) - out;
    for (const place of places)
      for await (const rows of this.slices(place)) {
        const cleared = await this.cleared(await this.undisputed(rows));
        const fits: Clearing[] = [];
        for (const row of cleared) {
          if (paidOut(row) > room) break;
          room -= paidOut(row);
          fits.push({ ...row, advanced: true });
        }
        await this.store(fits);
        if (fits.length < cleared.length) return;
      }
  }

  /** Advances whose file is there now: the fee as the file states it, the difference on a row of its own. */
  async trueUp(): Promise<void> {
    const { lender, currency } = this.filling;
    const advanced = await this.world.store.settling.advanced(lender.id, currency);
    if (!advanced.length) return;
    const runs = await matchedRuns(this.world, advanced);
    const held = await this.heldOf(advanced);
    const clear = new Set((await this.undisputed(advanced)).map((r) => r.id));
    const isBack = ({ receiptId }: Clearing): boolean => sumOf(held.get(receiptId)?.parcel ?? NO_PARCEL) === 0;
    const known = advanced.filter((row) => isBack(row) || (clear.has(row.id) && runs.has(runIdOf(row))));
    for (let at = 0; at < known.length; at += SLICE) {
      const part = known.slice(at, at + SLICE);
      const fees = await this.statedFees(part, runs);
      const corrections = part.flatMap((row): Clearing[] => {
        const diff = (fees.get(row.outTradeNo ?? '') ?? row.channelFeeMinor) - row.channelFeeMinor;
        return diff === 0 ? [] : [correctionOf(row, diff, this.world.clock.now())];
      });
      const trued = part.map((row) => ({ ...row, advanced: false, version: row.version + 1 }));
      await this.store(corrections, trued, true);
    }
  }

  /** A place's movements of no batch, in the order of the feed. */
  private async *slices(place: Place): AsyncGenerator<Clearing[]> {
    for (let after = 0; ; ) {
      const rows = await this.world.store.settling.waiting(this.filling.lender.id, place, after, SLICE);
      const last = rows.at(-1);
      if (!last) return;
      after = last.number;
      yield rows;
    }
  }

  private async undisputed(rows: readonly Clearing[]): Promise<Clearing[]> {
    const disputed = await this.world.store.settling.disputed([...new Set(rows.map((r) => r.receiptId))]);
    return rows.filter((r) => !disputed.has(r.receiptId));
  }

  private async withTheirDebits(backs: readonly Clearing[]): Promise<Clearing[]> {
    const ends = backs.filter((r) => r.kind === 'return' || r.kind === 'denial');
    const all = await this.world.store.settling.ofReceipts(this.filling.lender.id, [...new Set(ends.map((r) => r.receiptId))]);
    const debits = all.filter(
      (r) => r.kind === 'payment' && r.settlementId === null && ends.some((e) => e.receiptId === r.receiptId && e.number > r.number),
    );
    return [...debits, ...backs].sort((a, b) => a.number - b.number);
  }

  /** The rows with their parts and fees, in the order of the feed. */
  private async cleared(rows: readonly Clearing[]): Promise<Clearing[]> {
    if (!rows.length) return [];
    const held = await this.heldOf(rows);
    const fees = await this.statedFees(rows, this.runs);
    return rows.map((row) => {
      const was = held.get(row.receiptId) ?? NOTHING_HELD;
      const terms = this.termsOn(was.debitedOn ?? dateIn(row.at, this.filling.lender.timeZone));
      const parts = row.kind === 'adjustment' ? { ...NO_PARTS, lender: row.minor } : clear(terms, row.parcel, was.parcel, was.parts);
      const channelFeeMinor = this.feeOf(row, was, fees);
      const cleared = { ...row, parts, channelFeeMinor, bearer: terms.channelFee, agreement: terms.name };
      held.set(row.receiptId, holding(was, cleared));
      return cleared;
    });
  }

  /**
   * Who shares in a receipt, and bears its fee, is what was agreed on the day of its debit, whenever it is cleared or goes back: otherwise a new
   * agreement would split anew what an old one has settled. What the channel pays the lender itself is split by nobody.
   */
  private termsOn(day: BusinessDate): Agreement {
    const { lender, agreement } = this.filling;
    return agreement.mode === 'passThrough' ? agreement : agreementFor(this.world.agreements, lender, day);
  }

  /** What the file states, else what the channel's tariff says; a debit that was never taken gives its fee back. */
  private feeOf(row: Clearing, was: Held, fees: ReadonlyMap<string, number>): number {
    if (row.kind === 'denial') return -was.feeMinor;
    if (row.kind !== 'payment') return 0;
    const profile = this.world.channels.get(row.channel ?? '')?.profile;
    return fees.get(row.outTradeNo ?? '') ?? (profile ? feeOf(profile, row.minor) : 0);
  }

  private async statedFees(rows: readonly Clearing[], runs: ReadonlyMap<string, Reconciliation>): Promise<Map<string, number>> {
    const fees = new Map<string, number>();
    const byRun = new Map<Reconciliation, string[]>();
    for (const row of rows) {
      const run = runs.get(runIdOf(row));
      if (run && row.outTradeNo) byRun.set(run, [...(byRun.get(run) ?? []), row.outTradeNo]);
    }
    for (const [{ statementId }, numbers] of byRun) {
      const lines = statementId ? await this.world.store.statements.linesOf([statementId], numbers) : [];
      // Of a row that stands twice the first counts: the second is a discrepancy of its own.
      for (const line of lines.sort((a, b) => b.n - a.n))
        if (line.kind === 'payment' && line.status === 'succeeded') fees.set(line.outTradeNo as string, line.feeMinor);
    }
    return fees;
  }

  private async heldOf(rows: readonly Clearing[]): Promise<Map<string, Held>> {
    const held = new Map<string, Held>();
    const all = await this.world.store.settling.ofReceipts(this.filling.lender.id, [...new Set(rows.map((r) => r.receiptId))]);
    for (const row of all) {
      const was = held.get(row.receiptId) ?? NOTHING_HELD;
      const known = was.debitedOn === null && row.kind === 'payment' ? { ...was, debitedOn: row.day } : was;
      held.set(row.receiptId, row.settlementId === null ? known : holding(known, row));
    }
    return held;
  }

  /** One slice into the batch, which is opened by the first. `others` are changed beside it; `fresh` rows are not stored yet. */
  private async store(rows: readonly Clearing[], others: readonly Clearing[] = [], fresh = false): Promise<void> {
    if (!rows.length && !others.length) return;
    const { lender, currency, agreement, payOn, actor } = this.filling;
    const was = this.batch;
    const born = was ?? newBatch(this.world, lender, currency, agreement, payOn);
    const batch = was ? { ...was, version: was.version + 1 } : born;
    const mine = rows.map((row) => ({ ...row, settlementId: batch.id, version: fresh ? row.version : row.version + 1 }));
    await this.world.store.transact((tx) =>
      tx.write(
        {
          events: was ? [] : [openedEvent(batch, actor)],
          newRows: { ...(was ? {} : { settlements: [batch] }), ...(fresh ? { clearings: mine } : {}) },
          rows: { ...(was ? { settlements: [batch] } : {}), clearings: [...others, ...(fresh ? [] : mine)] },
        },
        null,
      ),
    );
    this.batch = batch;
  }
}

/** What leaves the house for a movement: everybody's part but ours. */
const paidOut = (row: Clearing): number => dueTo('lender', row) + dueTo('funder', row) + dueTo('guarantor', row);

const correctionOf = (row: Clearing, diff: number, at: Date): Clearing => ({
  ...row,
  id: `${row.id}.trueUp`,
  kind: 'trueUp',
  minor: 0,
  parcel: NO_PARCEL,
  parts: NO_PARTS,
  channelFeeMinor: diff,
  advanced: false,
  at,
  version: 1,
});
