/** The `duly` command: one file a subcommand; answers on stdout, progress and logs on stderr, exit codes that mean something. */
import { Command } from 'commander';
import { apiCommand } from './api.ts';
import { benchCommand } from './bench.ts';
import { booksCommand } from './books.ts';
import { checkCommand } from './check.ts';
import { demoCommand } from './demo.ts';
import { doctorCommand } from './doctor.ts';
import { explainCommand } from './explain.ts';
import { fail } from './output.ts';
import { plansCommand } from './plans.ts';
import { reconcileCommand } from './reconcile.ts';
import { refundCommand } from './refund.ts';
import { settleCommand } from './settle.ts';
import { startCommand } from './start.ts';
import { statementsCommand } from './statements.ts';
import { stopCommand } from './stop.ts';
import { workerCommand } from './worker.ts';

const program = new Command('duly')
  .description('Collects loan repayments by direct debit when they are duly due, and can prove every attempt.')
  .showHelpAfterError('(duly --help shows the commands, duly COMMAND --help an example)')
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 something is wrong with the data (a broken invariant, rejected rows of a strict command), 2 the call or the configuration is wrong.',
  );

// Commands take this over as they are made: set before the first of them, so that a wrong flag ends any of them with 2.
program.exitOverride();
for (const add of [
  startCommand,
  apiCommand,
  workerCommand,
  demoCommand,
  plansCommand,
  explainCommand,
  statementsCommand,
  reconcileCommand,
  refundCommand,
  checkCommand,
  settleCommand,
  booksCommand,
  stopCommand,
  doctorCommand,
  benchCommand,
])
  add(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = fail(error);
}
