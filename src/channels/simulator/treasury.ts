/**
 * Our settlement account as the simulated bank keeps it: rows are only ever added, each with the balance it leaves. Amounts are signed minor
 * units, above zero what came in.
 *
 * Each morning the bank pays in what a bank day comes to (`close.ts`); payouts are ours. The account's own statement of a day is
 * `H,duly-simulator-account,1,<account>,<date>,<zone>,<issue>`, a row of column names, `O,<currency>,<opening minor>`, the rows, and
 * `C,<currency>,<closing minor>,<rows>`.
 */
import type { ClientSession } from 'mongodb';
import { type BusinessDate, dateIn, type Instant, plusMinutes } from '../../domain/clock.ts';
import { type Money, money } from '../../domain/money.ts';
import type { Answer, Outcome } from '../channel.ts';
import type { PayoutPort, PayoutRequest } from '../payout.ts';
import type { Bank } from './bank.ts';
import { chance, keyedHash } from './chance.ts';
import { CODES, WIRE } from './codes.ts';
import { isDuplicate } from './ledger.ts';

export type AccountKind = 'deposit' | 'payout' | 'refund' | 'other';

export type AccountRow = Readonly<{
  /** '<account>/<ref>/<currency>' of a deposit, '<account>/<payout number>' of a payout: nothing is booked twice. */
  _id: string;
  account: string;
  currency: string;
  /** 1, 2, 3 ... of account and currency. Null: a payout that was refused, which no statement shows. */
  n: number | null;
  ref: string;
  kind: AccountKind;
  minor: number;
  balance: number;
  at: Instant;
  /** The day by the wall clock, on whose statement it stands. */
  date: BusinessDate;
  text: string;
  /** Until then a query does not find it. */
  hiddenUntil: Instant | null;
}>;

export const accountOf = (bank: Bank): string => bank.profile.statement?.account ?? 'settlement';

const COLUMNS = 'ref,kind,amount,currency,bankTime,text,balance';
const plain = (text: string): string => text.replace(/[,\s]+/g, ' ').trim();

async function lastRow(bank: Bank, account: string, currency: string, session?: ClientSession): Promise<{ n: number; balance: number }> {
  const last = await bank.files.account.findOne({ account, currency, n: { $gt: 0 } }, { sort: { n: -1 }, session });
  return { n: last?.n ?? 0, balance: last?.balance ?? 0 };
}

/** Pays in (or, below zero, takes back) what a bank day comes to. Inside the transaction that closes the day. */
export async function deposit(bank: Bank, day: BusinessDate, amount: Money, at: Instant, session: ClientSession): Promise<void> {
  const account = accountOf(bank);
  const ref = `${bank.profile.name}:${day}`;
  const { n, balance } = await lastRow(bank, account, amount.currency, session);
  const row: AccountRow = {
    _id: `${account}/${ref}/${amount.currency}`,
    account,
    currency: amount.currency,
    n: n + 1,
    ref,
    kind: 'deposit',
    minor: amount.minor,
    balance: balance + amount.minor,
    at,
    date: dateIn(at, bank.profile.zone),
    text: plain(`${bank.profile.title} ${day}`),
    hiddenUntil: null,
  };
  await bank.files.account.insertOne(row, { session });
}

/** Pays out of the account: never below what is on it, and once a number. Replies get lost as often as those of debits. */
export const payoutsOf = (bank: Bank): PayoutPort => ({
  name: bank.profile.name,
  account: accountOf(bank),
  pay: (request) => pay(bank, request),
  query: (payoutNo) => query(bank, payoutNo),
});

async function pay(bank: Bank, request: PayoutRequest): Promise<Outcome> {
  await bank.wait(bank.faults.latencyMs);
  const { payoutNo, amount } = request;
  const rolls = (share: number, what: string) => share > 0 && chance(bank.seed, what, payoutNo) < share;
  if (rolls(bank.faults.lostRequest, 'lost payout')) return { kind: 'unknown', ...WIRE.lost };
  if (rolls(bank.faults.channelDown, 'payout down')) return { kind: 'unsent', rawCode: '91', rawText: CODES['91'].says };
  const lost = rolls(bank.faults.lostReply, 'lost payout reply');
  const account = accountOf(bank);
  for (;;) {
    const at = bank.clock.now();
    const { n, balance } = await lastRow(bank, account, amount.currency);
    const refused = amount.minor <= 0 || amount.minor > balance;
    const row: AccountRow = {
      _id: `${account}/${payoutNo}`,
      account,
      currency: amount.currency,
      n: refused ? null : n + 1,
      ref: payoutNo,
      kind: 'payout',
      minor: -amount.minor,
      balance: refused ? balance : balance - amount.minor,
      at,
      date: dateIn(at, bank.profile.zone),
      text: plain(`${request.beneficiary} ${request.memo}`),
      hiddenUntil: lost && bank.faults.queryLagMinutes > 0 ? plusMinutes(at, bank.faults.queryLagMinutes) : null,
    };
    try {
      await bank.files.account.insertOne(row);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      if (error.keyPattern?._id) return { kind: 'duplicate', ...WIRE.duplicate };
      continue;
    }
    if (lost) return { kind: 'unknown', ...WIRE.lost };
    const answer = answerOf(bank, row);
    return answer.kind === 'notFound' || answer.kind === 'returned' ? { kind: 'unknown', ...WIRE.lost } : answer;
  }
}

async function query(bank: Bank, payoutNo: string): Promise<Answer> {
  const row = await bank.files.account.findOne({ _id: `${accountOf(bank)}/${payoutNo}` });
  if (!row || (row.hiddenUntil && bank.clock.now() < row.hiddenUntil)) return { kind: 'notFound', ...WIRE.notFound };
  return answerOf(bank, row);
}

function answerOf(bank: Bank, row: AccountRow): Answer {
  const channelTradeNo = `SP${keyedHash(bank.seed, `payout ${row.ref}`, 18).toUpperCase()}`;
  if (row.n === null) return { kind: 'failed', rawCode: '51', rawText: CODES['51'].says, failure: 'insufficientFunds', channelTradeNo };
  const echo = { amount: money(-row.minor, row.currency), accountLast4: '', at: row.at };
  return { kind: 'succeeded', rawCode: '00', rawText: CODES['00'].says, channelTradeNo, echo };
}

/** The statement of one day by the wall clock, every currency that was ever on the account. */
export async function accountStatement(bank: Bank, date: BusinessDate, issue: number): Promise<string> {
  const { zone } = bank.profile;
  const account = accountOf(bank);
  const rows = await bank.files.account.find({ account, date, n: { $gt: 0 } }, { sort: { at: 1, currency: 1, n: 1 } }).toArray();
  const opening = await bank.files.account
    .aggregate<{ _id: string; balance: number }>([
      { $match: { account, date: { $lt: date }, n: { $gt: 0 } } },
      { $sort: { n: -1 } },
      { $group: { _id: '$currency', balance: { $first: '$balance' } } },
    ])
    .toArray();
  const balances = new Map(opening.map((o) => [o._id, o.balance]));
  const currencies = [...new Set([...balances.keys(), ...rows.map((r) => r.currency)])].sort();
  const closing = (currency: string) =>
    rows.filter((r) => r.currency === currency).reduce((minor, r) => minor + r.minor, balances.get(currency) ?? 0);
  const count = (currency: string) => rows.filter((r) => r.currency === currency).length;
  const lines = [
    ['H', 'duly-simulator-account', 1, account, date, zone, issue].join(','),
    COLUMNS,
    ...currencies.map((c) => `O,${c},${balances.get(c) ?? 0}`),
    ...rows.map((r) => [r.ref, r.kind, r.minor, r.currency, r.at.toISOString(), r.text, r.balance].join(',')),
    ...currencies.map((c) => `C,${c},${closing(c)},${count(c)}`),
  ];
  return `${lines.join('\n')}\n`;
}
