/** `duly demo`: a whole portfolio's life in a minute, on the test clock, with the simulated bank and every fault it knows. */
import { type Command, Option } from 'commander';
import { DulyError } from '../domain/errors.ts';
import { whole } from './flags.ts';
import { answer } from './output.ts';

type Flags = Readonly<{
  borrowers: string;
  days: string;
  seed: string;
  accounts?: string;
  loans?: string;
  instalment: string;
  keep?: string;
  workers?: string;
  statementFaults: string;
  join?: string;
  json?: boolean;
}>;

export const demoCommand = (program: Command): Command =>
  program
    .command('demo')
    .description("a portfolio's life on the test clock: plans in, messages, debits, step-down, overdue, collections, books")
    .option('--borrowers <n>', 'how many invented borrowers', '200')
    .option('--days <n>', 'how many days from 2026-01-05', '45')
    .option('--seed <n>', 'which portfolio and which faults; the same seed gives the same figures', '1')
    .option('--accounts <file>', "real account histories as the bank's truth (with --loans); the bank lays out no statements then")
    .option('--loans <file>', 'the loans on these accounts; each becomes a plan')
    .option('--instalment <size>', "with --accounts: 'loan' or a multiple of the median monthly inflow such as 1.0x-inflow", 'loan')
    .option('--keep <dir>', 'leave the data there for check and explain (--data DIR)')
    .option('--workers <n>', 'worker processes beside the one that moves the clock', '0')
    .addOption(
      new Option('--statement-faults <on|off>', "whether the bank's files have faults, which it puts right within three days")
        .choices(['on', 'off'])
        .default('off'),
    )
    .addOption(new Option('--join <dir>', 'be a worker of the demo that runs there').hideHelp())
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  duly demo --borrowers 1000 --days 60 --seed 7 --keep /tmp/demo && duly check --data /tmp/demo')
    .action(async (flags: Flags) => {
      if (Boolean(flags.accounts) !== Boolean(flags.loans))
        throw new DulyError('BAD_FLAG', '--accounts and --loans go together: give both files');
      if (flags.accounts && flags.statementFaults === 'on')
        throw new DulyError('BAD_FLAG', '--statement-faults on does not go with --accounts: there are no statements then');
      const options = {
        borrowers: whole('--borrowers', flags.borrowers),
        days: whole('--days', flags.days),
        seed: whole('--seed', flags.seed),
        histories: flags.accounts && flags.loans ? { accounts: flags.accounts, loans: flags.loans, instalment: flags.instalment } : null,
        keep: flags.keep ?? null,
        workers: whole('--workers', flags.workers ?? '0'),
        statementFaults: flags.statementFaults === 'on',
      };
      const { joinDemo, runDemo } = await import('./demo/run.ts');
      const { inWords } = await import('./demo/figures.ts');
      if (flags.join) return joinDemo(options, flags.join);
      const figures = await runDemo(options);
      answer(flags.json, figures, inWords);
      if (figures.invariants.violated || figures.bank.doubleDebits) process.exitCode = 1;
    });
