/** `duly books check|balance|close|open`: the books from the command line. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { nameOf } from '../domain/account-tree.ts';
import type { TrialBalance } from '../domain/books.ts';
import { type BusinessDate, businessDate, isBusinessDate } from '../domain/clock.ts';
import { HOUSE } from '../domain/discrepancy.ts';
import { DulyError, InvalidInput, NotFound } from '../domain/errors.ts';
import { trialBalance } from '../flows/books.ts';
import { type BooksCheck, checkBooks, verdictInWords } from '../flows/check-books.ts';
import { closePeriod } from '../flows/close-period.ts';
import { openBooks } from '../flows/open-books.ts';
import type { World } from '../flows/world.ts';
import { withHouse } from './context.ts';
import { answer } from './output.ts';

type Flags = Readonly<{ lender?: string; date?: string; period?: string; by?: string; why?: string; data?: string; json?: boolean }>;

export function booksCommand(program: Command): Command {
  const books = program.command('books').description('the books: checks, trial balance, closing a month, opening balances');
  books
    .command('check')
    .description('vouchers, ledgers, cash and closed periods; exit 1 and the first offending rows when one is wrong')
    .option('--data <dir>', 'the data folder (DULY_DATA_DIR)')
    .option('--json', 'one JSON object {ok, voucherCheck, ledgerCheck, cashCheck, closedPeriods}')
    .addHelpText('after', '\nExample:\n  duly books check --json | jq .ledgerCheck')
    .action(async ({ data, json }: Flags) => {
      const check = await withHouse({ role: 'books', quiet: true, dataDir: data }, ({ world }) => checkBooks(world));
      answer(json, check, checkInWords);
      if (!check.ok) process.exitCode = 1;
    });
  books
    .command('balance')
    .description('the trial balance, a lender and currency at a time')
    .option('--lender <id>', 'one lender (lnd_..., or house)')
    .option('--date <day>', 'as of the end of a day; now by default')
    .option('--data <dir>', 'the data folder (DULY_DATA_DIR)')
    .option('--json', 'one JSON object {balances: [{lenderId, currency, rows, dr, cr, difference}]}')
    .addHelpText('after', '\nExample:\n  duly books balance --date 2026-01-31')
    .action(async ({ lender, date, data, json }: Flags) => {
      if (date !== undefined && !isBusinessDate(date))
        throw new DulyError('BAD_FLAG', `--date is '${date}': give a day such as 2026-01-31`);
      const balances = await withHouse({ role: 'books', quiet: true, dataDir: data }, ({ world }) =>
        balanceOf(world, lender, date ? businessDate(date) : null),
      );
      answer(json, { balances }, ({ balances: all }) => (all.length ? all.map(balanceInWords).join('\n\n') : 'nothing is posted yet'));
    });
  books
    .command('close')
    .description('closes a month: its balances stand for good, corrections go to the open period; safe to run again')
    .option('--period <month>', 'such as 2026-01')
    .option('--lender <id>', 'one lender (lnd_..., or house); everybody by default')
    .option('--by <who>', 'who does it')
    .option('--why <reason>', 'why')
    .option('--data <dir>', 'the data folder (DULY_DATA_DIR)')
    .option('--json', 'one JSON object {closed: [{lenderId, period, hash, entries, repeated}]}')
    .addHelpText('after', '\nExample:\n  duly books close --period 2026-01 --by "Li Na" --why "month end"')
    .action(async ({ period, lender, data, json, ...who }: Flags) => {
      if (period === undefined) throw new DulyError('BAD_FLAG', 'which month? give --period 2026-01');
      const actor = actorOf(who);
      const done = await withHouse({ role: 'books', quiet: true, dataDir: data }, ({ world }) =>
        closePeriod(world, period, lender ?? null, actor),
      );
      const closed = done.map(({ period: p, repeated }) => ({
        lenderId: p.lenderId,
        period: p.period,
        hash: p.hash,
        entries: p.entries,
        repeated,
      }));
      answer(json, { closed }, () =>
        closed.length
          ? closed
              .map((c) => `${c.lenderId} ${c.period}: ${c.repeated ? 'was closed already' : `closed, ${c.entries} entries`} (${c.hash})`)
              .join('\n')
          : 'nobody has books to close',
      );
    });
  books
    .command('open')
    .argument('<file>', 'CSV: account,lender,currency,minor; dr above zero; each lender sums to zero in each currency')
    .description('posts opening balances brought along from other books, once a lender; safe to run again')
    .option('--by <who>', 'who does it')
    .option('--why <reason>', 'why')
    .option('--data <dir>', 'the data folder (DULY_DATA_DIR)')
    .option('--json', 'one JSON object {opened: [{lenderId, rows, hash, repeated}]}')
    .addHelpText('after', '\nExample:\n  duly books open opening.csv --by "Li Na" --why "migration from the old system"')
    .action(async (file: string, { data, json, ...who }: Flags) => {
      const actor = actorOf(who);
      if (!(await stat(file).catch(() => null))?.isFile())
        throw new DulyError('NO_FILE', `there is no file ${file}: give the path of a CSV file`);
      const opened = await withHouse({ role: 'books', quiet: true, dataDir: data }, async ({ world }) =>
        openBooks(world, createReadStream(file), actor).then((opened) => ({ opened }), asRejected),
      );
      if ('faults' in opened) {
        answer(json, opened, ({ faults }) => faults.map((f) => `${f.message} [${f.code}]`).join('\n'));
        process.exitCode = 1;
        return;
      }
      answer(json, opened, ({ opened: all }) =>
        all.map((o) => `${o.lenderId}: ${o.repeated ? 'was opened already' : `opened with ${o.rows} balances`} (${o.hash})`).join('\n'),
      );
    });
  return books;
}

function actorOf({ by, why }: Pick<Flags, 'by' | 'why'>): Readonly<{ by: string; why: string }> {
  if (!by || !why) throw new DulyError('WHO_AND_WHY', 'say who does it and why: --by NAME --why REASON');
  return { by, why };
}

/** Throws NotFound for a lender that does not exist: no balance is empty by a slip. */
export async function balanceOf(world: World, lender: string | undefined, date: BusinessDate | null): Promise<TrialBalance[]> {
  if (lender !== undefined && lender !== HOUSE && !(await world.store.admin.lenders.get(lender))) throw new NotFound('lender', lender);
  return trialBalance(world, lender === undefined ? {} : { lenderIds: [lender] }, date);
}

const asRejected = (error: unknown) => {
  if (error instanceof InvalidInput) return { opened: [], faults: error.faults };
  throw error;
};

const checkInWords = ({ at: _, ok, ...verdicts }: BooksCheck): string =>
  [
    ok ? 'the books are right' : 'the books are wrong',
    ...Object.entries(verdicts).flatMap(([name, v]) => [
      `${name}: ${verdictInWords(v)}`,
      ...v.rows.slice(1).map((r) => `    ${r.says}: ${r.id} ${JSON.stringify(r.facts)}`),
    ]),
  ].join('\n');

const balanceInWords = ({ lenderId, currency, rows, dr, cr }: TrialBalance): string => {
  const figure = (minor: number) => (minor === 0 ? '' : String(minor)).padStart(16);
  return [
    `${lenderId} ${currency}, minor units`,
    ...rows.map((r) => `${r.account.padEnd(28)}${figure(r.dr)}${figure(r.cr)}  ${nameOf(r.account).en}`),
    `${''.padEnd(28)}${String(dr).padStart(16)}${String(cr).padStart(16)}`,
  ].join('\n');
};
