/**
 * The bank's file of one bank day: a row for each debit taken and each return, nothing refused. Amounts are in minor units.
 *
 * `H,duly-simulator,1,<channel>,<merchant>,<bank day>,<zone>`, a row of column names, the rows by bank time, and for each currency
 * `T,<currency>,<payments>,<their sum>,<returns>,<their sum>,<fees>`; `T,,0,0,0,0,0` when there was nothing.
 */
import type { ChannelProfile } from '../../domain/channel-profile.ts';
import type { BusinessDate } from '../../domain/clock.ts';
import { DulyError } from '../../domain/errors.ts';
import type { Bank } from './bank.ts';
import { morningAfter } from './clockwork.ts';
import { run } from './due.ts';
import type { BookRow } from './types.ts';

const COLUMNS = ['orderNo', 'channelTradeNo', 'kind', 'status', 'amount', 'fee', 'currency', 'bankTime', 'businessDate'] as const;

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
  const filter = { channel: profile.name, businessDate: date, fact: { $in: ['taken' as const, 'returned' as const] } };
  const rows = (await bank.files.book.find(filter).toArray()).sort((a, b) => a.at.getTime() - b.at.getTime() || (a._id < b._id ? -1 : 1));
  const head = ['H', 'duly-simulator', 1, profile.name, profile.merchant, date, profile.zone].join(',');
  const lines = [head, COLUMNS.join(','), ...rows.map((row) => lineOf(profile, row)), ...trailers(profile, rows)];
  return { name: `${profile.name}-${date}.csv`, text: `${lines.join('\n')}\n` };
}

const lineOf = (profile: ChannelProfile, row: BookRow): string =>
  [
    row.orderNo,
    row.channelTradeNo,
    row.fact === 'taken' ? 'payment' : 'return',
    row.fact === 'taken' ? 'succeeded' : row.rawCode,
    row.amount.minor,
    feeOf(profile, row),
    row.amount.currency,
    row.at.toISOString(),
    row.businessDate,
  ].join(',');

/** Share of the amount half up, at least `min`, plus `flat`; nothing for a return. */
function feeOf({ fee }: ChannelProfile, row: BookRow): number {
  if (row.fact !== 'taken') return 0;
  const [whole = '0', part = ''] = fee.share.split('.');
  const scale = 10n ** BigInt(part.length);
  const share = (BigInt(row.amount.minor) * BigInt(whole + part) * 2n + scale) / (2n * scale);
  return Math.max(Number(share), fee.min) + fee.flat;
}

function trailers(profile: ChannelProfile, rows: readonly BookRow[]): string[] {
  const currencies = [...new Set(rows.map((row) => row.amount.currency))].sort();
  if (currencies.length === 0) return ['T,,0,0,0,0,0'];
  return currencies.map((currency) => {
    const of = (fact: BookRow['fact']) => rows.filter((row) => row.fact === fact && row.amount.currency === currency);
    const sum = (some: readonly BookRow[]) => some.reduce((minor, row) => minor + row.amount.minor, 0);
    const [paid, back] = [of('taken'), of('returned')];
    return [
      'T',
      currency,
      paid.length,
      sum(paid),
      back.length,
      sum(back),
      paid.reduce((minor, row) => minor + feeOf(profile, row), 0),
    ].join(',');
  });
}
