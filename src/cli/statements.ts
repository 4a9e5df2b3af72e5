/** `duly statements import FILE` and `duly statements list`. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { statementView } from '../api/statement-views.ts';
import { businessDate, isBusinessDate } from '../domain/clock.ts';
import { DulyError } from '../domain/errors.ts';
import { STATEMENT, type Statement } from '../domain/statement.ts';
import { importStatement } from '../flows/import-statement.ts';
import type { Paged } from '../flows/store.ts';
import type { World } from '../flows/world.ts';
import { withHouse } from './context.ts';
import { whole } from './flags.ts';
import { answer } from './output.ts';

type ImportFlags = Readonly<{ channel?: string; account?: string; format?: string; date?: string; data?: string; json?: boolean }>;
type ListFlags = Readonly<{ channel?: string; account?: string; state?: string; limit: string; data?: string; json?: boolean }>;
type View = ReturnType<typeof statementView>;

export function statementsCommand(program: Command): Command {
  const statements = program.command('statements').description("the banks' files");
  statements
    .command('import')
    .argument('<file>', "a channel's statement, or that of an account of ours")
    .description('takes a file in, whole or not at all; exit 1 when it is refused; the same file again changes nothing')
    .option('--channel <name>', 'the channel it is of')
    .option('--account <name>', 'the account of ours it is of, in place of --channel')
    .option('--format <name>', "left out: the channel's own")
    .option('--date <date>', 'the day it must be of (YYYY-MM-DD), for files that do not say')
    .option('--data <dir>', 'the data folder (DULY_DATA_DIR)')
    .option('--json', 'the statement as one JSON object')
    .addHelpText('after', '\nExample:\n  duly statements import simulator-2026-01-25.csv --channel simulator')
    .action(importFile);
  statements
    .command('list')
    .description('files as they came, the latest first; refused ones too')
    .option('--channel <name>', 'of one channel')
    .option('--account <name>', 'of one account of ours')
    .option('--state <state>', 'loading, accepted, refused or superseded')
    .option('--limit <n>', 'how many', '20')
    .option('--data <dir>', 'the data folder (DULY_DATA_DIR)')
    .option('--json', 'one JSON object {data, hasMore}')
    .addHelpText('after', '\nExample:\n  duly statements list --state refused')
    .action(list);
  return statements;
}

const AFTER_ALL = 'stm_ZZZZZZZZZZZZZZZZZZZZZZZZZZ';

async function importFile(file: string, { channel, account, format, date, data, json }: ImportFlags): Promise<void> {
  if ((channel === undefined) === (account === undefined))
    throw new DulyError('BAD_FLAG', 'say whose file it is: --channel NAME, or --account NAME for a statement of an account of ours');
  if (date !== undefined && !isBusinessDate(date))
    throw new DulyError('BAD_FLAG', `--date is '${date}': give a day of the calendar as YYYY-MM-DD`);
  const what = await stat(file).catch(() => null);
  if (!what?.isFile()) throw new DulyError('NO_FILE', `there is no file ${file}: give the path of a statement`);
  await withHouse({ role: 'import', quiet: true, dataDir: data }, async ({ world }) => {
    const { statement, fresh } = await importStatement(
      world,
      {
        kind: channel === undefined ? 'account' : 'channel',
        source: channel ?? account ?? '',
        name: basename(file),
        format: format ?? null,
        bytes: () => createReadStream(file),
        ...(date === undefined ? {} : { businessDate: businessDate(date) }),
      },
      { by: 'duly statements import', why: file },
    );
    answer(json, statementView(statement), (s) => (fresh ? inWords(s) : `${inWords(s)}\nit was here before: nothing is changed`));
    if (statement.state === 'refused') process.exitCode = 1;
  });
}

async function list({ data: dataDir, json, ...flags }: ListFlags): Promise<void> {
  const { data, hasMore } = await withHouse({ role: 'import', quiet: true, dataDir }, ({ world }) => filesOf(world, flags));
  answer(json, { data: data.map(statementView).reverse(), hasMore }, (page) =>
    page.data.length ? page.data.map(inWords).join('\n') : 'no such file has come yet',
  );
}

/** What `statements list` shows, oldest first. Throws DulyError BAD_FLAG for a channel, account or state that does not exist: no list is empty by a slip. */
export async function filesOf(world: World, flags: Omit<ListFlags, 'data' | 'json'>): Promise<Paged<Statement>> {
  const { channel, account, state, limit } = flags;
  const profiles = [...world.channels.values()].map((c) => c.profile);
  const one = (flag: string, value: string | undefined, known: readonly (string | undefined)[]) => {
    const there = [...new Set(known)].filter((k) => k !== undefined).sort();
    if (value !== undefined && !there.includes(value))
      throw new DulyError('BAD_FLAG', `${flag} is '${value}': it is one of ${there.join(', ')}`);
  };
  if (channel !== undefined && account !== undefined)
    throw new DulyError('BAD_FLAG', 'a file is of a channel or of an account: give --channel or --account, not both');
  one('--state', state, Object.keys(STATEMENT.table));
  one(
    '--channel',
    channel,
    profiles.map((p) => p.name),
  );
  one(
    '--account',
    account,
    profiles.map((p) => p.statement?.account),
  );
  const where = {
    ...(channel === undefined ? {} : { kind: 'channel', source: channel }),
    ...(account === undefined ? {} : { kind: 'account', source: account }),
    ...(state === undefined ? {} : { state }),
  };
  return world.store.statements.list(where, { limit: Math.min(Math.max(whole('--limit', limit), 1), 1000), before: AFTER_ALL });
}

function inWords(s: View): string {
  const head = `${s.id}  ${s.source} ${s.businessDate}  ${s.state}  ${s.name}`;
  if (s.refusal) return `${head}\n    ${s.refusal.says} [${s.refusal.code}]`;
  const sums = s.counted.map((t) => `${t.currency} in ${t.inMinor}, out ${t.outMinor}, fees ${t.feeMinor} minor units`);
  return [
    `${head}  issue ${s.issue}, ${s.lines} lines${sums.length ? `: ${sums.join('; ')}` : ''}`,
    ...s.warnings.map((w) => `    ${w}`),
  ].join('\n');
}
