/**
 * Money back on our word: never more than was taken under the order less what went back already, and once a refund number. The row stands in
 * the payer's chain like any other, so two refunds at once cannot both see the same rest.
 */
import { plusMinutes } from '../../domain/clock.ts';
import { money } from '../../domain/money.ts';
import type { Answer, Outcome, RefundRequest } from '../channel.ts';
import { type Bank, blankRow, orderId, tradeNoOf } from './bank.ts';
import { chance } from './chance.ts';
import { CODES, WIRE } from './codes.ts';
import { moneyRow, orderRows } from './ledger.ts';
import type { BookRow } from './types.ts';

const SUCCEEDED = { rawCode: '00', rawText: CODES['00'].says } as const;

export async function refund(bank: Bank, request: RefundRequest): Promise<Outcome> {
  await bank.wait(bank.faults.latencyMs);
  const { refundNo, amount } = request;
  const rolls = (share: number, what: string) => share > 0 && chance(bank.seed, what, refundNo) < share;
  if (rolls(bank.faults.lostRequest, 'lost refund')) return { kind: 'unknown', ...WIRE.lost };
  const lost = rolls(bank.faults.lostReply, 'lost refund reply');
  const order = orderId(bank, request.outTradeNo);
  for (;;) {
    if (await rowOf(bank, refundNo)) return { kind: 'duplicate', ...WIRE.duplicate };
    const rows = await orderRows(bank.files, order);
    const taken = rows.find((row) => row.fact === 'taken');
    if (!taken) return refused('there is no such order, or nothing was taken under it');
    const tail = await bank.writer.tail(taken.account);
    const before = await bank.files.book.find({ _id: { $gte: `${order}#refund/`, $lt: `${order}#refund0` } }).toArray();
    const again = await orderRows(bank.files, order);
    const sum = (facts: readonly BookRow[], fact: BookRow['fact']) =>
      facts.filter((row) => row.fact === fact).reduce((minor, row) => minor + row.amount.minor, 0);
    const rest = sum(again, 'taken') - sum(again, 'returned') - sum(before, 'refunded');
    if (amount.currency !== taken.amount.currency) return refused('the order was taken in another currency');
    if (amount.minor <= 0 || amount.minor > rest) return refused(`of this order ${rest} can be given back`);
    const at = bank.clock.now();
    const row = moneyRow(
      'refunded',
      tail,
      {
        ...blankRow(bank, `${order}#refund/${refundNo}`, money(amount.minor, amount.currency), at),
        orderNo: taken.orderNo,
        account: taken.account,
        last4: taken.last4,
        rail: taken.rail,
        channelTradeNo: tradeNoOf(bank, `refund ${refundNo}`),
        hiddenUntil: lost && bank.faults.queryLagMinutes > 0 ? plusMinutes(at, bank.faults.queryLagMinutes) : null,
        refundNo,
      },
      { asOrder: false },
    );
    if ((await bank.writer.insert(row)) !== 'in') continue;
    return lost ? { kind: 'unknown', ...WIRE.lost } : succeeded(row);
  }
}

export async function queryRefund(bank: Bank, refundNo: string): Promise<Answer> {
  const row = await rowOf(bank, refundNo);
  if (!row || (row.hiddenUntil && bank.clock.now() < row.hiddenUntil)) return { kind: 'notFound', ...WIRE.notFound };
  return succeeded(row);
}

const rowOf = (bank: Bank, refundNo: string): Promise<BookRow | null> =>
  bank.files.book.findOne({ channel: bank.profile.name, refundNo: { $eq: refundNo, $gt: '' } });

const succeeded = (row: BookRow) => ({
  ...SUCCEEDED,
  kind: 'succeeded' as const,
  channelTradeNo: row.channelTradeNo ?? '',
  echo: { amount: row.amount, accountLast4: row.last4, at: row.at },
});

/** A refusal leaves no row: what is allowed may change, and the number may come again. */
const refused = (why: string): Outcome => ({ kind: 'failed', rawCode: 'F4', rawText: why, failure: 'badRequest', channelTradeNo: null });
