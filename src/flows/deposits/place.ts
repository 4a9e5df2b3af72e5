/** What a row of an account's statement is: told from its references alone, never guessed. */
import type { Answer } from '../../channels/channel.ts';
import {
  type AccountMove,
  type AccountRow,
  type AccountRowKind,
  type Booking,
  beforeConversion,
  depositBookings,
  transitBookings,
} from '../../domain/account-row.ts';
import { atLocal, type BusinessDate, dateIn, type Instant } from '../../domain/clock.ts';
import { Conflict } from '../../domain/errors.ts';
import type { Moved } from '../../domain/fx.ts';
import type { Reconciliation } from '../../domain/reconciliation.ts';
import type { Refund } from '../../domain/refund.ts';
import { refundAnswered } from '../refund/answer.ts';
import { answered, isOpen } from '../settle/pay.ts';
import type { KeptLine } from '../statement-store.ts';
import type { World } from '../world.ts';

export type Placed = Readonly<{
  kind: AccountRowKind;
  channel: string | null;
  day: BusinessDate | null;
  ref: string | null;
  bookings: readonly Booking[];
  /** What of the row the bookings do not explain, and why. */
  unexplainedMinor: number;
  says: string;
  runAt: Instant | null;
}>;

const NOWHERE = { channel: null, day: null, ref: null, bookings: [], runAt: null } as const;

const unplaced = (row: AccountMove, says: string): Placed => ({ ...NOWHERE, kind: 'unplaced', unexplainedMinor: row.minor, says });

/** Where a row belongs as things are now; `line` is the bank's own. Evidence that it gives about payouts and refunds of ours is passed on first. */
export async function place(world: World, row: AccountRow, line: KeptLine): Promise<Placed> {
  const texts = [line.channelTradeNo, line.outTradeNo, line.refundNo, line.rawText].filter((t): t is string => t !== null);
  const named = channelDay(world, row.account, texts);
  if (named) return deposit(world, row, named);
  const payout = line.outTradeNo === null ? null : await placePayout(world, row, line, line.outTradeNo);
  if (payout) return payout;
  // A bank need not know that what it paid out for us was a refund: our number is enough.
  const ref = line.refundNo ?? line.outTradeNo;
  const refund = ref === null ? null : await placeRefund(world, row, line, ref);
  return refund ?? unplaced(row, 'a row that names nothing of ours');
}

/** The channel's day that a deposit is for, as in 'simulator:2026-01-05', among the channels that pay onto this account. */
function channelDay(world: World, account: string, texts: readonly string[]): Readonly<{ channel: string; day: BusinessDate }> | null {
  for (const { profile } of world.channels.values()) {
    if (profile.statement?.account !== account) continue;
    const pattern = new RegExp(`(?:^|[^\\w-])${profile.name}[:/ _](\\d{4}-\\d{2}-\\d{2})(?!\\d)`);
    const day = texts.map((text) => pattern.exec(text)?.[1]).find((found) => found !== undefined);
    if (day) return { channel: profile.name, day: day as BusinessDate };
  }
  return null;
}

/** A deposit by the shares of the day's file, as it stands; nobody's where another row is the deposit already. */
export async function deposit(
  world: World,
  row: AccountMove & Pick<AccountRow, 'id'>,
  { channel, day }: Readonly<{ channel: string; day: BusinessDate }>,
): Promise<Placed> {
  const [run = null] = await world.store.settling.runs([`rec_${channel}_${day}`]);
  const { bookings, paid, minor: ours } = depositBookings(run as Reconciliation | null, row);
  const ref = `${channel}:${day}:${paid}`;
  const holder = await world.store.accountRows.byRef(row.account, 'deposit', ref);
  if (holder && holder.id !== row.id) return unplaced(row, `a second row for ${ref}`);
  const says = `the deposit of ${channel} for ${day} is ${row.minor}, its file comes to ${ours} ${row.currency}`;
  return {
    ...NOWHERE,
    kind: 'deposit',
    channel,
    day,
    ref,
    bookings,
    unexplainedMinor: row.minor - ours,
    says,
    runAt: run?.ranAt ?? null,
  };
}

async function placePayout(world: World, row: AccountRow, line: KeptLine, ref: string): Promise<Placed | null> {
  const [batch] = await world.store.settling.byPayoutNo([ref]);
  const transfer = batch?.transfers.find((t) => t.payoutNo === ref);
  if (!batch || !transfer) return null;
  const left = beforeConversion(row);
  const fits =
    left.minor === -transfer.minor &&
    left.currency === batch.currency &&
    !(await world.store.accountRows.byRef(row.account, 'payout', ref));
  const owed = isOpen(transfer) || transfer.state === 'failed';
  if (fits && owed) await answered(world, batch, ref, said(line, left, line.at as Instant), evidence(row), actor);
  if (!fits || !(owed || transfer.state === 'paid')) return unplaced(row, `payout ${ref} stands there otherwise than it was made`);
  return inTransit('payout', batch.lenderId, row, ref);
}

async function placeRefund(world: World, row: AccountRow, line: KeptLine, number: string): Promise<Placed | null> {
  const port = [...world.payouts.values()].filter((p) => p.account === row.account).map((p) => p.name);
  const found = (await Promise.all(port.map((name) => world.store.refunds.byNumbers(name, [number])))).flat();
  const refund = found.find((r) => r.way === 'transfer');
  if (!refund) return null;
  const left = beforeConversion(row);
  const ref = `${line.side} ${number}`;
  const fits = Math.abs(left.minor) === refund.amount.minor && left.currency === refund.amount.currency;
  if (!fits || (await world.store.accountRows.byRef(row.account, 'refund', ref)))
    return unplaced(row, `refund ${number} stands there otherwise than it was made`);
  const at = momentOf(world, row, line, refund);
  const told = said(line, left, at);
  const back = line.side === 'in';
  const answer: Answer = back ? { ...told, kind: 'returned', at, failure: 'accountInvalid' } : told;
  const { state } = await refundAnswered(world, { refundId: refund.id, said: answer, evidence: evidence(row), actor }).catch(
    unlessSpent(refund),
  );
  const borneOut = state === 'returned' || (state === 'succeeded' && !back);
  if (!borneOut) return unplaced(row, `refund ${number} stands there, and is ${state} with us`);
  return inTransit('refund', refund.lenderId, row, ref);
}

/** What we sent has left the account, or is back on it; what the bank charged for that is for a person to book. */
const inTransit = (kind: 'payout' | 'refund', lenderId: string, row: AccountMove, ref: string): Placed => ({
  ...NOWHERE,
  ...{ kind, ref, bookings: transitBookings(lenderId, row), unexplainedMinor: -row.feeMinor },
  says: `the bank charged ${row.feeMinor} ${row.currency} for ${kind} ${ref}`,
});

const SAYS_SO = 'it stands on the statement of our account';
const actor = { by: 'duly', why: SAYS_SO };

/** It was given back another way since, on the word that this one had failed: as it stands, for a person to look at. */
const unlessSpent =
  (refund: Refund) =>
  (error: unknown): Refund => {
    if (error instanceof Conflict && error.code === 'REFUND_TOO_LARGE') return refund;
    throw error;
  };

/** When it moved by the bank's row, never before it was sent on the same day: a bank may write the day alone, and its clock is not ours. */
function momentOf(world: World, { account }: AccountRow, { at, valueDate }: KeptLine, { sentAt }: Refund): Instant {
  const bank = [...world.channels.values()].find(({ profile }) => profile.statement?.account === account);
  const zone = bank?.profile.zone ?? 'UTC';
  const ofThatDay = sentAt !== null && (at ? dateIn(at, zone) : valueDate) === dateIn(sentAt, zone);
  if (ofThatDay && (!at || at < sentAt)) return sentAt;
  return at ?? atLocal(valueDate, '12:00', zone);
}

const evidence = (row: AccountRow) => ({ kind: 'statement' as const, ref: row.id });
const said = (line: KeptLine, { minor, currency }: Moved, at: Instant) => ({
  kind: 'succeeded' as const,
  channelTradeNo: line.channelTradeNo ?? line.outTradeNo ?? line.refundNo ?? '',
  rawCode: line.rawCode,
  rawText: line.rawText,
  echo: { amount: { minor: Math.abs(minor), currency }, accountLast4: '', at },
});
