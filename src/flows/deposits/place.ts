/** What a row of an account's statement is: told from its references alone, never guessed. */
import type { Answer } from '../../channels/channel.ts';
import { type AccountRowKind, type Booking, depositBookings, transitBooking } from '../../domain/account-row.ts';
import type { BusinessDate, Instant } from '../../domain/clock.ts';
import type { Reconciliation } from '../../domain/reconciliation.ts';
import type { Statement } from '../../domain/statement.ts';
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

export const signed = ({ side, minor }: Pick<KeptLine, 'side' | 'minor'>): number => (side === 'in' ? minor : -minor);

/** Where a row belongs as things are now. Evidence that it gives about payouts and refunds of ours is passed on first. */
export async function place(world: World, { source: account, id: statementId }: Statement, row: KeptLine): Promise<Placed> {
  const minor = signed(row);
  const texts = [row.channelTradeNo, row.outTradeNo, row.refundNo, row.rawText].filter((t): t is string => t !== null);
  const named = channelDay(world, account, texts);
  if (named) {
    const ref = depositRef(named, row.currency);
    if (!(await world.store.accountRows.byRef(account, 'deposit', ref))) return deposit(world, account, row.currency, minor, named);
    return { ...NOWHERE, kind: 'unplaced', unexplainedMinor: minor, says: `a second row for ${ref}` };
  }
  const payout = row.outTradeNo === null ? null : await placePayout(world, account, row, statementId);
  if (payout) return payout;
  // A bank need not know that what it paid out for us was a refund: our number is enough.
  const ref = row.refundNo ?? row.outTradeNo;
  const refund = ref === null ? null : await placeRefund(world, account, row, ref, statementId);
  return refund ?? { ...NOWHERE, kind: 'unplaced', unexplainedMinor: minor, says: 'a row that names nothing of ours' };
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

const depositRef = ({ channel, day }: Readonly<{ channel: string; day: BusinessDate }>, currency: string): string =>
  `${channel}:${day}:${currency}`;

/** A deposit by the shares of the day's file, as it stands. */
export async function deposit(
  world: World,
  account: string,
  currency: string,
  minor: number,
  { channel, day }: Readonly<{ channel: string; day: BusinessDate }>,
): Promise<Placed> {
  const [run = null] = await world.store.settling.runs([`rec_${channel}_${day}`]);
  const { bookings, minor: ours } = depositBookings(run as Reconciliation | null, account, currency);
  const says = `the deposit of ${channel} for ${day} is ${minor}, its file comes to ${ours} ${currency}`;
  return {
    ...NOWHERE,
    kind: 'deposit',
    channel,
    day,
    ref: depositRef({ channel, day }, currency),
    bookings,
    unexplainedMinor: minor - ours,
    says,
    runAt: run?.ranAt ?? null,
  };
}

async function placePayout(world: World, account: string, row: KeptLine, statementId: string): Promise<Placed | null> {
  const ref = row.outTradeNo as string;
  const [batch] = await world.store.settling.byPayoutNo([ref]);
  const transfer = batch?.transfers.find((t) => t.payoutNo === ref);
  if (!batch || !transfer) return null;
  const minor = signed(row);
  const fits =
    minor === -transfer.minor && row.currency === batch.currency && !(await world.store.accountRows.byRef(account, 'payout', ref));
  if (fits && isOpen(transfer)) await answered(world, batch, ref, said(row), evidence(statementId, row), { by: 'duly', why: SAYS_SO });
  const paid = fits && (isOpen(transfer) || transfer.state === 'paid');
  if (!paid)
    return { ...NOWHERE, kind: 'unplaced', unexplainedMinor: minor, says: `payout ${ref} stands there otherwise than it was made` };
  return { ...NOWHERE, kind: 'payout', ref, bookings: [transitBooking(batch.lenderId, account, minor)], unexplainedMinor: 0, says: '' };
}

async function placeRefund(world: World, account: string, row: KeptLine, ref: string, statementId: string): Promise<Placed | null> {
  const port = [...world.payouts.values()].filter((p) => p.account === account).map((p) => p.name);
  const found = (await Promise.all(port.map((name) => world.store.refunds.byNumbers(name, [ref])))).flat();
  const refund = found.find((r) => r.way === 'transfer');
  if (!refund) return null;
  const minor = signed(row);
  const fits = Math.abs(minor) === refund.amount.minor && row.currency === refund.amount.currency;
  const doubled = await world.store.accountRows.byRef(account, 'refund', `${row.side} ${ref}`);
  if (!fits || doubled)
    return { ...NOWHERE, kind: 'unplaced', unexplainedMinor: minor, says: `refund ${ref} stands there otherwise than it was made` };
  const back = minor > 0;
  const answer: Answer = back ? { ...said(row), kind: 'returned', at: row.at ?? world.clock.now(), failure: 'accountInvalid' } : said(row);
  await refundAnswered(world, {
    refundId: refund.id,
    said: answer,
    evidence: evidence(statementId, row),
    actor: { by: 'duly', why: SAYS_SO },
  });
  const bookings = [transitBooking(refund.lenderId, account, minor)];
  return { ...NOWHERE, kind: 'refund', ref: `${row.side} ${ref}`, bookings, unexplainedMinor: 0, says: '' };
}

const SAYS_SO = 'it stands on the statement of our account';
const evidence = (statementId: string, row: KeptLine) => ({ kind: 'statement' as const, ref: `${statementId}/${row.n}` });
const said = (row: KeptLine) => ({
  kind: 'succeeded' as const,
  channelTradeNo: row.channelTradeNo ?? row.outTradeNo ?? row.refundNo ?? '',
  rawCode: row.rawCode,
  rawText: row.rawText,
  echo: { amount: { minor: row.minor, currency: row.currency }, accountLast4: '', at: row.at as Instant },
});
