/** `duly plans import FILE` and `duly plans template`. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { DulyError } from '../domain/errors.ts';
import { lenderFor, withHouse } from './context.ts';
import { whole } from './flags.ts';
import { answer, progress, say } from './output.ts';

type ImportFlags = Readonly<{ lender?: string; json?: boolean }>;

export function plansCommand(program: Command): Command {
  const plans = program.command('plans').description('repayment plans from files');
  plans
    .command('import')
    .argument('<file>', 'CSV, or NDJSON with one POST /v1/plans body a line; - for standard input (CSV)')
    .description('registers good rows, names bad ones by line and reason; safe to run again')
    .option('--lender <id>', 'the lender (lnd_...); the only one by default')
    .option('--json', 'one JSON object {rows, imported, unchanged, rejected}')
    .addHelpText('after', '\nExample:\n  duly plans template --rows 3 > plans.csv && duly plans import plans.csv')
    .action(importFile);
  plans
    .command('template')
    .description('a valid sample CSV, one plan a row; the same seed gives the same file')
    .option('--rows <n>', 'how many plans', '3')
    .option('--seed <n>', 'which sample', '1')
    .addHelpText('after', '\nExample:\n  duly plans template --rows 100 --seed 7 > plans.csv')
    .action(async ({ rows, seed }: { rows: string; seed: string }) => {
      const { template } = await import('../flows/import-plans.ts');
      for (const line of template(whole('--rows', rows), whole('--seed', seed))) say(line);
    });
  return plans;
}

async function importFile(file: string, { lender: id, json }: ImportFlags): Promise<void> {
  await readable(file);
  const { importPlans } = await import('../flows/import-plans.ts');
  await withHouse({ role: 'import', quiet: true }, async (house) => {
    const lender = await lenderFor(house, id);
    const stream = file === '-' ? process.stdin : createReadStream(file);
    const report = await importPlans(house.world, lender, stream, {
      format: /\.(ndjson|jsonl)$/.test(file) ? 'ndjson' : 'csv',
      actor: { by: 'duly plans import', why: file === '-' ? 'standard input' : file },
      onProgress: ({ rows, imported }) => progress(`${rows} rows read, ${imported} imported`),
    });
    progress('');
    answer(json, report, (r) =>
      [
        `${r.rows} rows: ${r.imported} imported, ${r.unchanged} unchanged, ${r.rejected.length} rejected`,
        ...r.rejected.map((x) => `line ${x.line}: ${x.message} [${x.code}]`),
      ].join('\n'),
    );
  });
}

/** Before the house is opened, so that a mistyped name costs nothing. */
async function readable(file: string): Promise<void> {
  if (file === '-') return;
  const what = await stat(file).catch(() => null);
  if (!what) throw new DulyError('NO_FILE', `there is no file ${file}: give the path of a CSV or NDJSON file, or - for standard input`);
  if (what.isDirectory()) throw new DulyError('NO_FILE', `${file} is a folder: give the path of a file in it`);
}
