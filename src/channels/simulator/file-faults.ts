/**
 * What the bank puts wrong into its files, when it is told to: a pure function of seed, day and rows. Every second day has one kind of fault at
 * most, so that each can be told from the others, and what is wrong is put right within three days. The kind that came up least is next.
 *
 * A file with wrong rows is consistent in itself: its totals are those of the wrong rows. Wrong totals are a kind of their own. The money that
 * the bank pays in is always that of the true rows.
 */
import type { ChannelProfile } from '../../domain/channel-profile.ts';
import { addDays, atLocal, type BusinessDate, type Instant, plusMinutes } from '../../domain/clock.ts';
import { chance, keyedHash, pick } from './chance.ts';
import { type FileRow, feeOf } from './statement.ts';
import type { BookRow } from './types.ts';

export const ROW_FAULTS = ['missingRow', 'unknownRow', 'changedAmount', 'changedStatus', 'doubledRow'] as const;
const FILE_FAULTS = ['lateFile', 'renamedFile', 'badTrailer'] as const;
/** `lateRow`: a row of the evening stands in the next day's file. `lateReturn`: money given back of which the file alone tells. */
export const STATEMENT_FAULTS = [...ROW_FAULTS, 'lateRow', 'lateReturn', ...FILE_FAULTS] as const;
export type StatementFault = (typeof STATEMENT_FAULTS)[number];

/** What is wrong in one laying-out of a file, by the rows' ids in the book. */
export type Edits = Readonly<{
  leftOut: readonly string[];
  doubled: readonly string[];
  refused: readonly string[];
  amounts: readonly Readonly<{ id: string; minor: number }>[];
  invented: readonly FileRow[];
  /** Added to the first total. */
  offBy: number;
}>;
export const NO_EDITS: Edits = { leftOut: [], doubled: [], refused: [], amounts: [], invented: [], offBy: 0 };

/** `what`: order numbers, or the day where the file as a whole is at fault. */
export type DayFault = Readonly<{ kind: StatementFault; edits: Edits; carried: readonly string[]; what: readonly string[] }>;

export type DayOfRows = Readonly<{
  seed: string;
  profile: ChannelProfile;
  day: BusinessDate;
  /** Days since the bank opened. */
  n: number;
  /** Debits taken on the day of which nothing went back or is about to. */
  steady: readonly BookRow[];
  /** Whether rows of the day before stand in this day's file. */
  carriedIn: boolean;
  /** On how many days each kind was put in so far. */
  soFar: ReadonlyMap<StatementFault, number>;
}>;

const EVERY_DAYS = 2;
const SILENT_RETURN_EVERY_DAYS = 4;
/** A file that brings rows of the day before comes once and in time, and none of its own rows is late. */
const NOT_AFTER_LATE_ROWS: readonly StatementFault[] = ['lateRow', ...FILE_FAULTS];
/** One more row is at fault for so many that could be, up to three. */
const ROWS_A_FAULT = 20;
const MOST_ROWS = 3;

/** Whether a return of which nothing is told falls on this day: never one on which the file has another fault. */
export const hasSilentReturn = (n: number, none: boolean): boolean =>
  n > 3 && n % EVERY_DAYS === 1 && (none || n % SILENT_RETURN_EVERY_DAYS === 1);

/** The fault of the day's file, if it has one. */
export function faultOf(d: DayOfRows): DayFault | null {
  if (d.n < EVERY_DAYS) return null;
  // Debits of the evening can be rare: the first chance of a late row is taken, also on a day between.
  if (d.n % EVERY_DAYS !== 0) return d.soFar.has('lateRow') || hasSilentReturn(d.n, !d.soFar.has('lateReturn')) ? null : make('lateRow', d);
  const kinds = STATEMENT_FAULTS.filter((kind) => kind !== 'lateReturn' && !(d.carriedIn && NOT_AFTER_LATE_ROWS.includes(kind)))
    .map((kind) => ({ kind, days: d.soFar.get(kind) ?? 0, draw: chance(d.seed, 'file fault', d.day, kind) }))
    .sort((a, b) => a.days - b.days || a.draw - b.draw);
  for (const { kind } of kinds) {
    const fault = make(kind, d);
    if (fault) return fault;
  }
  return null;
}

function make(kind: StatementFault, d: DayOfRows): DayFault | null {
  const orders = (rows: readonly BookRow[]) => rows.map((row) => row.orderNo);
  const ids = (rows: readonly BookRow[]) => rows.map((row) => row._id);
  const fault = (edits: Partial<Edits>, what: readonly string[], carried: readonly string[] = []): DayFault | null =>
    what.length ? { kind, edits: { ...NO_EDITS, ...edits }, carried, what } : null;
  const chosen = drawn(kind, d);
  switch (kind) {
    case 'missingRow':
      return fault({ leftOut: ids(chosen) }, orders(chosen));
    case 'doubledRow':
      return fault({ doubled: ids(chosen) }, orders(chosen));
    case 'changedStatus':
      return fault({ refused: ids(chosen) }, orders(chosen));
    case 'changedAmount':
      return fault({ amounts: chosen.map((row) => ({ id: row._id, minor: otherAmount(d.seed, row) })) }, orders(chosen));
    case 'lateRow':
      return fault({}, orders(chosen), ids(chosen));
    case 'unknownRow': {
      const invented = chosen.map((row) => stranger(d, row));
      return fault(
        { invented },
        invented.map((row) => row.orderNo),
      );
    }
    case 'badTrailer':
      return d.steady.length ? fault({ offBy: pick(1, 99_999, d.seed, 'off by', d.day) }, [d.day]) : null;
    default:
      return fault({}, [d.day]);
  }
}

/** The rows at fault: those of the evening for `lateRow`, which might rightly come a day later, and none of them for the others. */
function drawn(kind: StatementFault, { seed, profile, day, steady }: DayOfRows): BookRow[] {
  const minutes = profile.statement?.carryOverMinutes ?? 0;
  const from = plusMinutes(atLocal(day, profile.cutOff, profile.zone), -minutes);
  const fitting = steady.filter((row) => (kind === 'lateRow' ? row.at >= from : row.at < from));
  const most = Math.min(MOST_ROWS, fitting.length, 1 + Math.floor(fitting.length / ROWS_A_FAULT));
  return fitting
    .map((row) => ({ row, draw: chance(seed, 'row at fault', day, row.orderNo) }))
    .sort((a, b) => a.draw - b.draw)
    .slice(0, most)
    .map(({ row }) => row);
}

/** Less by some, more by some; never what it was, never nothing. */
function otherAmount(seed: string, { orderNo, amount }: BookRow): number {
  const by = pick(1, 5_000, seed, 'changed by', orderNo);
  return chance(seed, 'changed to less', orderNo) < 0.5 && by < amount.minor ? amount.minor - by : amount.minor + by;
}

/** A row under a number that nobody ever sent, beside a true one. */
function stranger({ seed, profile, day }: DayOfRows, row: BookRow): FileRow {
  const minor = pick(5_000, 80_000, seed, 'unknown amount', row.orderNo);
  return {
    orderNo: `X${keyedHash(seed, `unknown ${row.orderNo}`, 20).toUpperCase()}`,
    channelTradeNo: `SB${keyedHash(seed, `unknown trade ${row.orderNo}`, 18).toUpperCase()}`,
    kind: 'payment',
    status: 'succeeded',
    minor,
    feeMinor: feeOf(profile, minor),
    currency: row.amount.currency,
    bankTime: row.at.toISOString(),
    businessDate: day,
    refundNo: '',
  };
}

/** When the bank puts it right: in the afternoon, the next day or the one after that. Before the third day is over in any case. */
export function correctedAt(seed: string, { zone }: ChannelProfile, day: BusinessDate): Instant {
  const after = pick(1, 3, seed, 'corrected after', day);
  const hour = ['15:00', '11:00', '09:00'][after - 1] ?? '15:00';
  return plusMinutes(atLocal(addDays(day, after), hour, zone), pick(0, 59, seed, 'corrected at', day));
}

/** A file that is late comes two to eight hours after it counts as such. */
export const lateUntil = (seed: string, profile: ChannelProfile, readyAt: Instant, day: BusinessDate): Instant =>
  plusMinutes(readyAt, (profile.statement?.lateAfterMinutes ?? 0) + pick(120, 480, seed, 'late by', day));

/** The same again, or the right one after a wrong total: before it would count as late. */
export const soonAfter = (seed: string, readyAt: Instant, day: BusinessDate): Instant =>
  plusMinutes(readyAt, pick(60, 200, seed, 'again after', day));

/** 14:00 to 18:00, well before the cut-off. */
export const silentReturnAt = (seed: string, { zone }: ChannelProfile, day: BusinessDate): Instant =>
  plusMinutes(atLocal(day, '14:00', zone), pick(0, 239, seed, 'silent return', day));
