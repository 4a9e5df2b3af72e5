/** One debit at the counter: one insert, which is claim, verdict and balance in one document. */
import { strict as assert } from 'node:assert';
import { type Instant, plusMinutes } from '../../domain/clock.ts';
import type { DebitRequest, Outcome } from '../channel.ts';
import { answerOf } from './answers.ts';
import { type Bank, orderId, payloadHashOf, refOfNumber, tradeNoOf } from './bank.ts';
import { bankDay } from './clockwork.ts';
import { type BankCode, CODES, WIRE } from './codes.ts';
import { asked, type DueItem, moneyRow, type Tail } from './ledger.ts';
import type { BookRow } from './types.ts';
import { decidedAt, judge, magicFor, plannedReturn, refusedAtTheDoor, wireOf } from './verdict.ts';

/** Answers as a bank would; a fault is an outcome. @throws AssertionError for a number that no bank could file */
export async function debit(bank: Bank, request: DebitRequest): Promise<Outcome> {
  assert(/^[^\s/#]{1,64}$/.test(request.outTradeNo), `not an order number: ${JSON.stringify(request.outTradeNo)}`);
  assert(Number.isSafeInteger(request.amount.minor), `not whole minor units: ${request.amount.minor}`);
  await bank.wait(bank.faults.latencyMs);
  const account = refOfNumber(bank, request.account);
  if (wireOf(bank, request.outTradeNo, magicFor(account.last4, null)) === 'neverArrives') return { kind: 'unknown', ...WIRE.lost };
  for (;;) {
    const at = bank.clock.now();
    const [tail, down] = await Promise.all([bank.writer.tail(account.key), bank.power.isDown(at.getTime())]);
    const { row, due } = verdictRow(bank, request, tail, down, at);
    if (due) await bank.writer.plan(due, at);
    const filed = await bank.writer.insert(row);
    if (filed === 'in') return reply(bank, row, tail);
    if (filed === 'numberTaken') return repeated(bank, row);
  }
}

/** The row this request leaves in the book, and what the bank will do later because of it. */
function verdictRow(bank: Bank, request: DebitRequest, tail: Tail, down: boolean, at: Instant): { row: BookRow; due: DueItem | null } {
  const account = refOfNumber(bank, request.account);
  const order = orderId(bank, request.outTradeNo);
  const magic = magicFor(account.last4, tail.state);
  const lost = wireOf(bank, request.outTradeNo, magic) === 'replyLost';
  const door = refusedAtTheDoor(bank, request, down, at);
  const decideAt = door ? null : decidedAt(bank, request.outTradeNo, magic, at);
  const rawCode: BankCode = door ?? (decideAt ? 'P1' : judge(bank, account, tail.state, request.amount.minor, at));
  const base = {
    _id: order,
    channel: bank.profile.name,
    orderNo: request.outTradeNo,
    arrival: true,
    account: account.key,
    last4: account.last4,
    amount: request.amount,
    rail: request.rail,
    memo: request.memo,
    payloadHash: payloadHashOf(bank, request),
    valueDate: request.valueDate,
    at,
    businessDate: bankDay(bank.profile, at),
    channelTradeNo: tradeNoOf(bank, request.outTradeNo),
    rawCode,
    failure: CODES[rawCode].failure,
    hiddenUntil: lost && bank.faults.queryLagMinutes > 0 ? plusMinutes(at, bank.faults.queryLagMinutes) : null,
    decideAt,
  };
  if (rawCode === '00') {
    const back = plannedReturn(bank, request.outTradeNo, magic, at);
    return { row: moneyRow('taken', tail, base, { asOrder: true }), due: back && returnItem(base.channel, order, back) };
  }
  const fact = rawCode === 'P1' ? 'accepted' : rawCode === 'EX' ? 'expired' : 'refused';
  const row: BookRow = { ...base, fact, seq: tail.seq + 1, state: asked(tail.state, request.amount) };
  return { row, due: decideAt && { _id: `${order}#result`, channel: base.channel, order, kind: 'result', at: decideAt, code: null } };
}

export const returnItem = (channel: string, order: string, back: Readonly<{ at: Instant; code: BankCode }>): DueItem => ({
  _id: `${order}#return`,
  channel,
  order,
  kind: 'return',
  ...back,
});

/** Every row comes with a reply, which the wire may lose or garble. */
function reply(bank: Bank, row: BookRow, tail: Tail): Outcome {
  const wire = wireOf(bank, row.orderNo, magicFor(row.last4, tail.state));
  if (wire === 'replyLost') return { kind: 'unknown', ...WIRE.lost };
  if (wire === 'unmapped') return { kind: 'unknown', ...WIRE.unmapped };
  const answer = answerOf(row);
  assert(answer.kind !== 'returned');
  return answer;
}

/** The number is known: nothing is taken, and the second request is filed as what it is, with its own bytes. */
async function repeated(bank: Bank, row: BookRow): Promise<Outcome> {
  for (let k = 1; ; k++) {
    const again: BookRow = {
      ...row,
      _id: `${row._id}#repeat${k}`,
      fact: 'repeat',
      seq: null,
      state: null,
      decideAt: null,
      ...WIRE_DUPLICATE,
    };
    if ((await bank.writer.insert(again)) === 'in') return { kind: 'duplicate', ...WIRE.duplicate };
  }
}

const WIRE_DUPLICATE = { rawCode: WIRE.duplicate.rawCode, failure: null, channelTradeNo: null, hiddenUntil: null } as const;
