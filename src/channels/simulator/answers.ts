/** Book rows as the port's words. */
import type { Instant } from '../../domain/clock.ts';
import type { FailureClass } from '../../domain/failures.ts';
import type { Answer, Echo } from '../channel.ts';
import { type BankCode, CODES, WIRE } from './codes.ts';
import type { BookRow } from './types.ts';

const echoOf = (row: BookRow): Echo => ({ amount: row.amount, accountLast4: row.last4, at: row.at });

/** What one row says. */
export function answerOf(row: BookRow): Exclude<Answer, { kind: 'unknown' | 'notFound' }> {
  const said = { rawCode: row.rawCode, rawText: CODES[row.rawCode as BankCode].says };
  const channelTradeNo = row.channelTradeNo ?? '';
  switch (row.fact) {
    case 'taken':
      return { ...said, kind: 'succeeded', channelTradeNo, echo: echoOf(row) };
    case 'accepted':
      return { ...said, kind: 'accepted', channelTradeNo };
    case 'returned':
      return { ...said, kind: 'returned', channelTradeNo, echo: echoOf(row), at: row.at, failure: failureOf(row) };
    default:
      return { ...said, kind: 'failed', failure: failureOf(row), channelTradeNo: row.channelTradeNo };
  }
}

const failureOf = (row: BookRow): FailureClass => row.failure ?? 'badRequest';

/** What a query hears: the order's latest fact, or nothing while the bank's index lags behind a lost reply. */
export function queryAnswer(rows: readonly BookRow[], now: Instant): Answer {
  const told = rows.filter((row) => !row._id.endsWith('#again') && !(row.fact === 'returned' && row.hiddenUntil && now < row.hiddenUntil));
  const last = told.at(-1);
  const hidden = told.length === 1 && last?.hiddenUntil && now < last.hiddenUntil;
  return last && !hidden ? answerOf(last) : { kind: 'notFound', ...WIRE.notFound };
}
