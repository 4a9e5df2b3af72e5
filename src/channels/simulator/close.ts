/**
 * The morning after a bank day: at 05:00 the bank closes it, pays in what it comes to, and decides which files it will lay out and when.
 * One transaction a day, so that whoever closes it, once or at several places, it is closed once.
 */
import type { ClientSession } from 'mongodb';
import { addDays, atLocal, type BusinessDate, daysBetween, type Instant } from '../../domain/clock.ts';
import { money } from '../../domain/money.ts';
import { type Bank, orderId } from './bank.ts';
import { chance } from './chance.ts';
import { morningAfter } from './clockwork.ts';
import {
  correctedAt,
  type DayFault,
  faultOf,
  hasSilentReturn,
  lateUntil,
  NO_EDITS,
  ROW_FAULTS,
  type StatementFault,
  silentReturnAt,
  soonAfter,
} from './file-faults.ts';
import type { LaidFile, PutIn } from './files.ts';
import { MOVES } from './ledger.ts';
import { netOf } from './statement.ts';
import { accountOf, deposit } from './treasury.ts';
import type { BookRow } from './types.ts';

const CLOSING = '05:00';
const ACCOUNT_READY = '07:00';
/** After so many days without a movement an account has no statement until the next. */
const ACCOUNT_RESTS_DAYS = 7;
/** A return of which nothing is told is of an order so many days old: past every correction of its own day's file. */
const SILENT_AGE_DAYS = { from: 4, to: 16 } as const;

type OfDays = Pick<Bank, 'files' | 'profile' | 'openedOn'>;
const stateId = ({ profile }: OfDays): `closed:${string}` => `closed:${profile.name}`;

/** A day and when it is closed. */
export type Closing = Readonly<{ day: BusinessDate; at: Instant }>;

/** Which day is closed next. It is remembered while its time has not come: another process can only have gone further. */
export class Closings {
  private known: Closing | null = null;

  constructor(private readonly bank: OfDays) {}

  /** Null where the channel has no statements. */
  async next(now: Instant): Promise<Closing | null> {
    if (!this.bank.profile.statement) return null;
    if (!this.known || this.known.at <= now) this.known = await this.read();
    return this.known;
  }

  private async read(): Promise<Closing> {
    const { files, profile, openedOn } = this.bank;
    const found = await files.state.findOne({ _id: stateId(this.bank) });
    const day = found && 'carried' in found ? addDays(found.day, 1) : openedOn;
    return { day, at: atLocal(addDays(day, 1), CLOSING, profile.zone) };
  }
}

/** Closes the day, unless somebody else has. Inside a transaction. */
export async function closeDay(bank: Bank, { day, at }: Closing, session: ClientSession): Promise<boolean> {
  const { book, state, putIn, box } = bank.files;
  const before = await state.findOne({ _id: stateId(bank) }, { session });
  const last = before && 'carried' in before ? before : null;
  if (last && last.day >= day) return false;
  const carriedIn = last?.carried ?? [];
  const own = await book.find({ channel: bank.profile.name, businessDate: day, fact: { $in: [...MOVES] } }, { session }).toArray();
  const fault = await faultOfDay(bank, day, own, carriedIn.length > 0, session);
  const carried = fault?.carried ?? [];
  await state.updateOne({ _id: stateId(bank) }, { $set: { day, carried } }, { session, upsert: true });
  const late = carriedIn.length ? await book.find({ _id: { $in: [...carriedIn] } }, { session }).toArray() : [];
  const rows = [...own.filter((row) => !carried.includes(row._id)), ...late];
  for (const [currency, minor] of [...netOf(bank.profile, rows)].sort())
    if (minor !== 0) await deposit(bank, day, money(minor, currency), at, session);
  const files = [...channelFiles(bank, day, fault, { carriedIn, carriedOut: carried })];
  if (await wasUsed(bank, day, session)) files.push(accountFile(bank, day));
  await box.insertMany(files, { session });
  if (fault) await putIn.insertMany(notes(bank, fault.kind, day, fault.what), { session });
  await planSilentReturn(bank, addDays(day, 1), session);
  return true;
}

export const notes = (bank: Bank, kind: StatementFault, day: BusinessDate, what: readonly string[]): PutIn[] =>
  what.map((of) => ({ _id: `${bank.profile.name}/${kind}/${day}/${of}`, channel: bank.profile.name, kind, day, of }));

async function faultOfDay(
  bank: Bank,
  day: BusinessDate,
  own: readonly BookRow[],
  carriedIn: boolean,
  session: ClientSession,
): Promise<DayFault | null> {
  if (!bank.faultsUntil || day > bank.faultsUntil) return null;
  const steady = await steadyOf(
    bank,
    own.filter((row) => row.fact === 'taken'),
    session,
  );
  const n = daysBetween(bank.openedOn, day);
  return faultOf({ seed: bank.seed, profile: bank.profile, day, n, steady, carriedIn, soFar: await soFarOf(bank, session) });
}

async function soFarOf(bank: Bank, session: ClientSession): Promise<Map<StatementFault, number>> {
  const days = bank.files.putIn.aggregate<{ _id: StatementFault; days: string[] }>(
    [{ $match: { channel: bank.profile.name } }, { $group: { _id: '$kind', days: { $addToSet: '$day' } } }],
    { session },
  );
  const soFar = new Map<StatementFault, number>();
  for await (const { _id, days: on } of days) soFar.set(_id, on.length);
  return soFar;
}

/** Debits taken once, of which nothing went back and nothing is planned to. */
async function steadyOf(bank: Bank, taken: readonly BookRow[], session: ClientSession): Promise<BookRow[]> {
  const orders = taken.map((row) => orderId(bank, row.orderNo));
  const planned = await bank.files.due.find({ _id: { $in: orders.map((order) => `${order}#return`) } }, { session }).toArray();
  const ids = orders.flatMap((order) => [`${order}#return`, `${order}#again`]);
  const moved = await bank.files.book.find({ _id: { $in: ids } }, { session, projection: { orderNo: 1 } }).toArray();
  const channel = bank.profile.name;
  const numbers = taken.map((row) => row.orderNo);
  const refunded = await bank.files.book
    .find({ channel, refundNo: { $gt: '' }, orderNo: { $in: numbers } }, { session, projection: { orderNo: 1 } })
    .toArray();
  const restless = new Set([...planned.map((item) => item.order), ...[...moved, ...refunded].map((row) => orderId(bank, row.orderNo))]);
  return taken.filter((row) => row._id !== `${orderId(bank, row.orderNo)}#again` && !restless.has(orderId(bank, row.orderNo)));
}

type Carried = Pick<LaidFile, 'carriedIn' | 'carriedOut'>;

/** The files of the day as they will be laid out: one, or two where the first is wrong or is laid out twice. */
function channelFiles(bank: Bank, day: BusinessDate, fault: DayFault | null, carried: Carried): LaidFile[] {
  const { profile, seed } = bank;
  const readyAt = morningAfter(day, profile.zone);
  const file = (tail: string, at: Instant, issue = 1, edits = NO_EDITS): LaidFile => {
    const name = `${profile.name}-${day}${tail}.csv`;
    return { _id: name, channel: profile.name, kind: 'channel', name, day, issue, readyAt: at, edits, ...carried };
  };
  if (fault?.kind === 'lateFile') return [file('', lateUntil(seed, profile, readyAt, day))];
  if (fault?.kind === 'renamedFile') return [file('', readyAt), file('-copy', soonAfter(seed, readyAt, day))];
  if (fault?.kind === 'badTrailer') return [file('', readyAt, 1, fault.edits), file('-right', soonAfter(seed, readyAt, day))];
  const wrong = ROW_FAULTS.some((kind) => kind === fault?.kind);
  if (!fault || !wrong) return [file('', readyAt)];
  return [file('', readyAt, 1, fault.edits), file('-2', correctedAt(seed, profile, day), 2)];
}

/** An account has statements from the first day on that anything moved on it, until nothing has for a week. */
const wasUsed = async (bank: Bank, by: BusinessDate, session: ClientSession): Promise<boolean> => {
  const date = { $gt: addDays(by, -ACCOUNT_RESTS_DAYS), $lte: by };
  return (await bank.files.account.findOne({ account: accountOf(bank), date, n: { $gt: 0 } }, { session })) !== null;
};

/** The account's own statement of the calendar day that the bank day is named after. */
function accountFile(bank: Bank, day: BusinessDate): LaidFile {
  const name = `${accountOf(bank)}-account-${day}.csv`;
  const readyAt = atLocal(addDays(day, 1), ACCOUNT_READY, bank.profile.zone);
  const none = { carriedIn: [], carriedOut: [], edits: NO_EDITS };
  return { _id: name, channel: bank.profile.name, kind: 'account', name, day, issue: 1, readyAt, ...none };
}

/** Plans for `day` that the bank gives a debit of some days ago back and tells of it in the day's file alone. */
async function planSilentReturn(bank: Bank, day: BusinessDate, session: ClientSession): Promise<void> {
  const n = daysBetween(bank.openedOn, day);
  if (!bank.faultsUntil || day > bank.faultsUntil) return;
  const none = !(await bank.files.putIn.findOne({ channel: bank.profile.name, kind: 'lateReturn' }, { session }));
  if (!hasSilentReturn(n, none)) return;
  const age = { $gte: addDays(day, -SILENT_AGE_DAYS.to), $lte: addDays(day, -SILENT_AGE_DAYS.from) };
  const taken = await bank.files.book.find({ channel: bank.profile.name, fact: 'taken', businessDate: age }, { session }).toArray();
  const steady = await steadyOf(bank, taken, session);
  const [first] = steady
    .map((row) => ({ row, draw: chance(bank.seed, 'silent return', day, row.orderNo) }))
    .sort((a, b) => a.draw - b.draw);
  if (!first) return;
  const order = orderId(bank, first.row.orderNo);
  await bank.files.due.insertOne(
    {
      _id: `${order}#return`,
      channel: bank.profile.name,
      order,
      kind: 'return',
      at: silentReturnAt(bank.seed, bank.profile, day),
      code: chance(bank.seed, 'silent return code', first.row.orderNo) < 0.8 ? 'R1' : 'D1',
      silentUntil: morningAfter(day, bank.profile.zone),
    },
    { session },
  );
}
