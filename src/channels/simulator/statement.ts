/**
 * The bank's file of one bank day: a row for each debit taken, each return and each refund, nothing refused. Amounts are in minor units.
 *
 * `H,duly-simulator,1,<channel>,<merchant>,<bank day>,<zone>,<issue>`, a row of column names, the rows by bank time, and for each currency
 * `T,<currency>,<payments>,<their sum>,<returns>,<their sum>,<fees>,<refunds>,<their sum>` over the rows that moved money;
 * `T,,0,0,0,0,0,0,0` when there was nothing.
 */
import type { ChannelProfile } from '../../domain/channel-profile.ts';
import type { BusinessDate } from '../../domain/clock.ts';
import { DulyError } from '../../domain/errors.ts';
import type { Bank } from './bank.ts';
import { morningAfter } from './clockwork.ts';
import { run } from './due.ts';
import { MOVES } from './ledger.ts';
import type { BookRow } from './types.ts';

const COLUMNS = 'orderNo,channelTradeNo,kind,status,amount,fee,currency,bankTime,businessDate,refundNo';
const KINDS = { taken: 'payment', returned: 'return', refunded: 'refund' } as const;

/** One row as it is to be written: what the file says, which a fault may have changed. */
export type FileRow = Readonly<{
  orderNo: string;
  channelTradeNo: string;
  kind: 'payment' | 'return' | 'refund';
  /** 'succeeded', or a code of the bank's: on a payment, that it took nothing. */
  status: string;
  minor: number;
  feeMinor: number;
  currency: string;
  bankTime: string;
  businessDate: BusinessDate;
  refundNo: string;
}>;

/** @throws DulyError STATEMENT_NOT_READY before 06:00 of the next day, in the profile's zone */
export async function statement(bank: Bank, date: BusinessDate): Promise<{ name: string; text: string }> {
  const { profile } = bank;
  const now = bank.clock.now();
  const readyAt = morningAfter(date, profile.zone);
  if (now < readyAt) {
    throw new DulyError('STATEMENT_NOT_READY', `the statement of ${date} is ready at ${readyAt.toISOString()}; ask again then`, {
      date,
      readyAt,
    });
  }
  await run(bank, now);
  const filter = { channel: profile.name, businessDate: date, fact: { $in: [...MOVES] } };
  const rows = byTime(await bank.files.book.find(filter).toArray());
  return {
    name: `${profile.name}-${date}.csv`,
    text: layOut(
      profile,
      date,
      1,
      rows.map((row) => rowOf(profile, row)),
    ),
  };
}

export const byTime = (rows: readonly BookRow[]): BookRow[] =>
  [...rows].sort((a, b) => a.at.getTime() - b.at.getTime() || (a._id < b._id ? -1 : 1));

/** The true row of a fact that moved money. */
export const rowOf = (profile: ChannelProfile, row: BookRow): FileRow => ({
  orderNo: row.orderNo,
  channelTradeNo: row.channelTradeNo ?? '',
  kind: KINDS[row.fact as keyof typeof KINDS],
  status: row.fact === 'returned' ? row.rawCode : 'succeeded',
  minor: row.amount.minor,
  feeMinor: row.fact === 'taken' ? feeOf(profile, row.amount.minor) : 0,
  currency: row.amount.currency,
  bankTime: row.at.toISOString(),
  businessDate: row.businessDate,
  refundNo: row.refundNo ?? '',
});

/** The whole text. `offBy` makes the first trailer state a wrong sum. */
export function layOut(profile: ChannelProfile, date: BusinessDate, issue: number, rows: readonly FileRow[], offBy = 0): string {
  const head = ['H', 'duly-simulator', 1, profile.name, profile.merchant, date, profile.zone, issue].join(',');
  return `${[head, COLUMNS, ...rows.map(lineOf), ...trailers(rows, offBy)].join('\n')}\n`;
}

const lineOf = (r: FileRow): string =>
  [r.orderNo, r.channelTradeNo, r.kind, r.status, r.minor, r.feeMinor, r.currency, r.bankTime, r.businessDate, r.refundNo].join(',');

/** Share of the amount half up, at least `min`, plus `flat`; returns and refunds are free. */
export function feeOf({ fee }: ChannelProfile, minor: number): number {
  const [whole = '0', part = ''] = fee.share.split('.');
  const scale = 10n ** BigInt(part.length);
  const share = (BigInt(minor) * BigInt(whole + part) * 2n + scale) / (2n * scale);
  return Math.max(Number(share), fee.min) + fee.flat;
}

const moved = (row: FileRow): boolean => row.kind !== 'payment' || row.status === 'succeeded';

function trailers(rows: readonly FileRow[], offBy: number): string[] {
  const currencies = [...new Set(rows.filter(moved).map((row) => row.currency))].sort();
  if (currencies.length === 0) return [`T,,0,0,0,0,0,0,0`];
  return currencies.map((currency, k) => {
    const of = (kind: FileRow['kind']) => rows.filter((row) => row.kind === kind && row.currency === currency && moved(row));
    const sum = (some: readonly FileRow[]) => some.reduce((minor, row) => minor + row.minor, 0);
    const [paid, back, refunded] = [of('payment'), of('return'), of('refund')];
    const fees = paid.reduce((minor, row) => minor + row.feeMinor, 0);
    const paidMinor = sum(paid) + (k === 0 ? offBy : 0);
    return ['T', currency, paid.length, paidMinor, back.length, sum(back), fees, refunded.length, sum(refunded)].join(',');
  });
}

/** What the rows of a day come to for the payee, by currency: taken less returned, refunded and charged. */
export function netOf(profile: ChannelProfile, rows: readonly BookRow[]): Map<string, number> {
  const net = new Map<string, number>();
  for (const row of rows) {
    const { minor, currency } = row.amount;
    const change = row.fact === 'taken' ? minor - feeOf(profile, minor) : -minor;
    net.set(currency, (net.get(currency) ?? 0) + change);
  }
  return net;
}
