/**
 * Made-up account histories and loans in the columns of the real files, for machines that do not have those: salaried people with rent,
 * cash and interest, pensioners, and some who earn irregularly. The same seed gives the same bytes.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chance, pick } from '../../src/channels/simulator/chance.ts';
import { addDays, type BusinessDate, businessDate, dayOfMonth, daysBetween } from '../../src/domain/clock.ts';

export type SyntheticFiles = Readonly<{ accountsCsv: string; loansCsv: string }>;

const HEADER = 'trans_id;account_id;date;type;operation;amount;balance;k_symbol;bank;account';
const LOAN_HEADER = 'loan_id;account_id;date;amount;duration;payments;status';

/** Both files as text: `accounts` borrowers with 14 to 26 months of history each, one loan an account. */
function syntheticHistories(seed: string, accounts: number): Readonly<{ transactions: string; loans: string }> {
  const people = Array.from({ length: accounts }, (_, k) => personOf(seed, k));
  return {
    transactions: [HEADER, ...people.flatMap((p) => p.lines), ''].join('\n'),
    loans: [LOAN_HEADER, ...people.map((p) => p.loan), ''].join('\n'),
  };
}

/** Writes both files into `dir` and answers their paths. */
export function writeSyntheticHistories(dir: string, seed: string, accounts: number): SyntheticFiles {
  const { transactions, loans } = syntheticHistories(seed, accounts);
  const files = { accountsCsv: join(dir, 'transactions.csv'), loansCsv: join(dir, 'loans.csv') };
  mkdirSync(dir, { recursive: true });
  writeFileSync(files.accountsCsv, transactions);
  writeFileSync(files.loansCsv, loans);
  return files;
}

type Move = Readonly<{ type: string; operation: string; minor: number; kind: string }>;

function personOf(seed: string, k: number): Readonly<{ lines: string[]; loan: string }> {
  const accountId = 10 + k * 7;
  const between = (from: number, to: number, ...about: string[]) => pick(from, to, seed, String(accountId), ...about);
  const first = addDays(businessDate('1995-02-01'), between(0, 700, 'first'));
  const last = addDays(first, between(430, 800, 'last'));
  const [payday, salary] = [between(3, 27, 'payday'), between(8_000, 40_000, 'salary') * 100];
  const irregular = chance(seed, String(accountId), 'irregular') < 0.2;
  const lines: string[] = [];
  let balance = 0;
  for (let date = first; date <= last; date = addDays(date, 1)) {
    for (const move of movesOn(date, date === first || date === last, { payday, salary, irregular, balance, between })) {
      balance += move.type === 'credit' ? move.minor : -move.minor;
      const id = accountId * 100_000 + lines.length;
      lines.push(
        [id, accountId, short(date), move.type, move.operation, decimal(move.minor), decimal(balance), move.kind, '', ''].join(';'),
      );
    }
  }
  const payment = Math.max(500, Math.floor((salary / 100) * 0.2));
  const months = 12 * between(1, 5, 'duration');
  const loan = [900_000 + k, accountId, short(last), payment * months, months, payment, ''].join(';');
  return { lines, loan };
}

type Ways = Readonly<{
  payday: number;
  salary: number;
  irregular: boolean;
  balance: number;
  between: (from: number, to: number, ...about: string[]) => number;
}>;

/** What happens on one day. A first and a last row are forced, so that the history is as long as it was drawn. */
function movesOn(date: BusinessDate, forced: boolean, { payday, salary, irregular, balance, between }: Ways): Move[] {
  const moves: Move[] = [];
  const day = dayOfMonth(date);
  if (forced) moves.push({ type: 'credit', operation: 'credit in cash', minor: 90_000, kind: '' });
  const paid = irregular ? between(1, 30, 'luck', date) === 1 : day === payday;
  if (paid)
    moves.push({
      type: 'credit',
      operation: 'collection from another bank',
      minor: irregular ? between(salary / 4, salary, 'sum', date) : salary,
      kind: '',
    });
  if (daysBetween(businessDate('1995-01-01'), date) % 30 === 29 && balance > 0) {
    moves.push({ type: 'credit', operation: '', minor: Math.ceil(balance / 500), kind: 'interest credited' });
  }
  const spend = between(0, Math.max(0, Math.floor(balance / 6)), 'spend', date);
  if (between(1, 4, 'shop', date) === 1 && spend > 10_000)
    moves.push({ type: 'withdrawal in cash', operation: 'withdrawal in cash', minor: spend, kind: '' });
  if (day === 12 && balance > salary / 3)
    moves.push({ type: 'withdrawal', operation: 'remittance to another bank', minor: Math.floor(salary / 4), kind: 'household' });
  return moves;
}

const short = (date: BusinessDate): string => date.slice(2).replaceAll('-', '');
const decimal = (minor: number): string =>
  `${minor < 0 ? '-' : ''}${Math.floor(Math.abs(minor) / 100)}.${String(Math.abs(minor) % 100).padStart(2, '0')}`;
