/** The bank's promise never to take an order. */
import { money } from '../../domain/money.ts';
import { type Bank, blankRow, orderId } from './bank.ts';
import { CODES } from './codes.ts';
import { followUp } from './due.ts';
import { orderRows } from './ledger.ts';
import type { BookRow } from './types.ts';

/** True: acknowledged, it never will be taken. A number that has not come yet is refused should it come later. False: too late. */
export async function cancel(bank: Bank, outTradeNo: string): Promise<boolean> {
  const order = orderId(bank, outTradeNo);
  for (;;) {
    const rows = await orderRows(bank.files, order);
    const last = rows.at(-1);
    if (last && last.fact !== 'accepted') return last.fact !== 'taken' && last.fact !== 'returned';
    const row = last ? await withdrawn(bank, last) : tombstone(bank, outTradeNo);
    if ((await bank.writer.insert(row)) === 'in') return true;
  }
}

/** An accepted order is decided here and now. */
async function withdrawn(bank: Bank, accepted: BookRow): Promise<BookRow> {
  const tail = await bank.writer.tail(accepted.account);
  const row = followUp(bank, accepted, '#result', 'CN', bank.clock.now());
  return { ...row, fact: 'cancelled', seq: tail.seq + 1, state: tail.state };
}

function tombstone(bank: Bank, outTradeNo: string): BookRow {
  const blank = blankRow(bank, orderId(bank, outTradeNo), money(0, bank.profile.currencies[0] ?? ''), bank.clock.now());
  return { ...blank, orderNo: outTradeNo, fact: 'cancelled', rawCode: 'CN', failure: CODES.CN.failure };
}
