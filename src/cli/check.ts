/** `duly check`: every invariant over the database, and over the simulated bank's book where there is one. */
import type { Command } from 'commander';
import type { House } from '../app.ts';
import { type CheckResult, checkAll, rulesOf } from '../check/index.ts';
import { withHouse } from './context.ts';
import { answer } from './output.ts';

export const checkCommand = (program: Command): Command =>
  program
    .command('check')
    .description('every invariant over the database; exit 1 and the first offending rows when one is broken')
    .option('--data <dir>', 'the data folder (DULY_DATA_DIR)')
    .option('--json', 'one JSON object {checked, violated, violations}')
    .addHelpText('after', '\nExample:\n  duly check --json | jq .violations')
    .action(async ({ json, data }: { json?: boolean; data?: string }) => {
      const report = await withHouse({ role: 'check', quiet: true, dataDir: data }, check);
      answer(json, report, inWords);
      if (report.violated) process.exitCode = 1;
    });

export const check = (house: House): Promise<CheckResult> => checkAll({ db: house.database.db, ...rulesOf(house.world) });

const inWords = (report: CheckResult): string =>
  [
    `${report.checked} invariants checked, ${report.violated} broken`,
    ...report.violations.flatMap((v) => [`${v.invariant}: ${v.says}`, ...v.rows.map((row) => `    ${JSON.stringify(row)}`)]),
  ].join('\n');
