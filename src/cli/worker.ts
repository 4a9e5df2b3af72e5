/** `duly worker`: the jobs alone. */
import type { Command } from 'commander';

export const workerCommand = (program: Command): Command =>
  program
    .command('worker')
    .description('the jobs alone: reminders, debits, questions to banks; any number of them may run')
    .option('--json', 'print one line {"ready":true,"url":null} when ready')
    .addHelpText('after', '\nExample:\n  MONGODB_URI=mongodb://db1,db2,db3/duly?replicaSet=rs0 duly worker')
    .action(async ({ json }: { json?: boolean }) => (await import('./serve.ts')).serve({ api: false, worker: true, claim: false, json }));
