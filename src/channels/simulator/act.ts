/** Runs the scenarios of scenarios.ts: each is a fact in the book like any other, so audits see it too. */
import type { ClientSession } from 'mongodb';
import { DulyError } from '../../domain/errors.ts';
import { money } from '../../domain/money.ts';
import { type Bank, blankRow, orderId, refOfNumber, tradeNoOf } from './bank.ts';
import type { BankCode } from './codes.ts';
import { file, followUp, inTransaction, returnRow } from './due.ts';
import { moneyRow, orderRows, tailsOf } from './ledger.ts';
import { SCENARIOS, type ScenarioName, type ScenarioTarget } from './scenarios.ts';
import type { AccountState, BookRow } from './types.ts';
import { held } from './verdict.ts';

/** @throws DulyError SCENARIO_NOT_POSSIBLE, with what is missing and the cure */
export async function runScenario(bank: Bank, name: ScenarioName, target: ScenarioTarget): Promise<{ did: string }> {
  switch (name) {
    case 'attempt-returned':
      return onOrder(bank, name, target, (rows, session) => giveBack(bank, rows, 'R1', session));
    case 'attempt-disputed':
      return onOrder(bank, name, target, (rows, session) => giveBack(bank, rows, 'D1', session));
    case 'attempt-late-success':
      return onOrder(bank, name, target, (rows, session) => takeLate(bank, target, rows, session));
    case 'duplicate-at-bank':
      return onOrder(bank, name, target, (rows, session) => takeAgain(bank, rows, session));
    case 'account-funds':
      return adjust(bank, name, target, (state, now) => ({
        out: state.out + now - need(name, target.amount, 'amount').minor,
        byBalance: true,
      }));
    case 'account-empty':
      return adjust(bank, name, target, (state, now) => ({ out: state.out + now, byBalance: true }));
    case 'salary-arrives':
      return adjust(bank, name, target, (state) => ({ out: state.out - (target.amount?.minor ?? 500_000), byBalance: true }));
    case 'mandate-revoked-at-bank':
      return adjust(bank, name, target, () => ({ revoked: true }));
    case 'channel-down':
    case 'channel-up':
      return turn(bank, name === 'channel-down');
    default:
      return refuse(name satisfies never, `there is no scenario ${name}; there are: ${SCENARIOS.map((s) => s.name).join(', ')}`);
  }
}

function refuse(scenario: string, why: string): never {
  throw new DulyError('SCENARIO_NOT_POSSIBLE', why, { scenario });
}

function need<T>(scenario: ScenarioName, value: T | undefined, name: string): T {
  return value ?? refuse(scenario, `${scenario} needs ${name}: name it in the target`);
}

type OnRows = (rows: readonly BookRow[], session: ClientSession) => Promise<string>;

async function onOrder(bank: Bank, name: ScenarioName, target: ScenarioTarget, body: OnRows): Promise<{ did: string }> {
  const outTradeNo = need(name, target.outTradeNo, 'outTradeNo');
  const act = async (session: ClientSession) => body(await orderRows(bank.files, orderId(bank, outTradeNo), session), session);
  return { did: `${outTradeNo}: ${await inTransaction(bank, act)}` };
}

const tailIn = async (bank: Bank, account: string, session: ClientSession) => (await tailsOf(bank.files, [account], session)).get(account)!;
const takenIn = (rows: readonly BookRow[]): BookRow | undefined => rows.find((row) => row.fact === 'taken');
const wasReturned = (rows: readonly BookRow[]): boolean => rows.some((row) => row.fact === 'returned');

async function giveBack(bank: Bank, rows: readonly BookRow[], code: BankCode, session: ClientSession): Promise<string> {
  const taken = takenIn(rows);
  if (!taken) return refuse('attempt-returned', 'the bank has taken nothing under this number; choose a paid attempt');
  if (wasReturned(rows)) return refuse('attempt-returned', 'this attempt was returned already; choose another');
  const tail = await tailIn(bank, taken.account, session);
  await file(bank, [returnRow(bank, taken, tail, code, bank.clock.now())], session);
  return `${taken.amount.minor} ${taken.amount.currency} given back`;
}

async function takeLate(bank: Bank, target: ScenarioTarget, rows: readonly BookRow[], session: ClientSession): Promise<string> {
  if (takenIn(rows)) return refuse('attempt-late-success', 'the bank has taken this attempt already; choose a refused or lost one');
  const arrived = rows.find((row) => row.account !== '');
  const first = arrived ?? strangerRow(bank, target, rows[0]);
  const tail = await tailIn(bank, first.account, session);
  const row = followUp(bank, first, '#late', '00', bank.clock.now());
  await file(bank, [moneyRow('taken', tail, { ...row, channelTradeNo: tradeNoOf(bank, row.orderNo) }, { asOrder: false })], session);
  return `${row.amount.minor} ${row.amount.currency} taken late`;
}

/** An order the bank never saw, from what the tester says of it. */
function strangerRow(bank: Bank, target: ScenarioTarget, tombstone: BookRow | undefined): BookRow {
  const name = 'attempt-late-success';
  const account = refOfNumber(bank, need(name, target.account, 'account, since the request never reached the bank'));
  const amount = need(name, target.amount, 'amount, since the request never reached the bank');
  const outTradeNo = need(name, target.outTradeNo, 'outTradeNo');
  const at = bank.clock.now();
  const blank = tombstone ?? blankRow(bank, orderId(bank, outTradeNo), amount, at);
  return {
    ...blank,
    orderNo: outTradeNo,
    account: account.key,
    last4: account.last4,
    amount,
    memo: target.memo ?? '',
    rail: target.rail ?? '',
  };
}

async function takeAgain(bank: Bank, rows: readonly BookRow[], session: ClientSession): Promise<string> {
  const taken = takenIn(rows);
  if (!taken) return refuse('duplicate-at-bank', 'the bank has taken nothing under this number; choose a paid attempt');
  if (rows.some((row) => row._id.endsWith('#again')))
    return refuse('duplicate-at-bank', 'the bank has doubled this attempt already; choose another');
  const tail = await tailIn(bank, taken.account, session);
  const row = followUp(bank, taken, '#again', '00', bank.clock.now());
  const channelTradeNo = tradeNoOf(bank, `${row.orderNo} again`);
  await bank.files.book.insertOne(moneyRow('taken', tail, { ...row, channelTradeNo }, { asOrder: false }), { session });
  bank.writer.forget([row.account]);
  return `${row.amount.minor} ${row.amount.currency} taken a second time`;
}

type Change = (state: AccountState, held: number) => Partial<AccountState>;

/** A row that changes what the account's chain leaves behind, without an order. */
async function adjust(bank: Bank, name: ScenarioName, target: ScenarioTarget, change: Change): Promise<{ did: string }> {
  const account = await accountIn(bank, name, target);
  for (;;) {
    const at = bank.clock.now();
    const tail = await bank.writer.tail(account.key);
    const before = held(bank, account, tail.state, at);
    const state = { ...tail.state, ...change(tail.state, before) };
    const seq = tail.seq + 1;
    const amount = money(tail.state.out - state.out, target.amount?.currency ?? bank.profile.currencies[0] ?? '');
    const blank = blankRow(bank, `${bank.profile.name}/~account/${account.key}/${seq}`, amount, at);
    const row: BookRow = { ...blank, fact: 'adjusted', account: account.key, last4: account.last4, seq, state, memo: name };
    if ((await bank.writer.insert(row)) === 'in')
      return { did: `account …${account.last4}: ${name}, holds ${held(bank, account, state, at)} now` };
  }
}

/** The account itself, or that of an order the bank has. */
async function accountIn(bank: Bank, name: ScenarioName, target: ScenarioTarget) {
  if (target.account) return refOfNumber(bank, target.account);
  const order = need(name, target.outTradeNo, 'account, or outTradeNo of a debit on it');
  const [first] = await orderRows(bank.files, orderId(bank, order));
  if (!first?.account) return refuse(name, `the bank has no account under ${order}; name the account`);
  return { key: first.account, last4: first.last4 };
}

async function turn(bank: Bank, down: boolean): Promise<{ did: string }> {
  await bank.power.turn(down);
  return { did: `${bank.profile.name} is ${down ? 'down: every debit is answered 91' : 'up again'}` };
}
