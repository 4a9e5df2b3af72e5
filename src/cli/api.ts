/** `duly api`: the HTTP API alone. */
import type { Command } from 'commander';

export const apiCommand = (program: Command): Command =>
  program
    .command('api')
    .description('the HTTP API alone; any number of them may run')
    .option('--json', 'print one line {"ready":true,"url":...} when ready')
    .addHelpText('after', '\nExample:\n  MONGODB_URI=mongodb://db1,db2,db3/duly?replicaSet=rs0 PORT=8080 duly api')
    .action(async ({ json }: { json?: boolean }) => (await import('./serve.ts')).serve({ api: true, worker: false, claim: false, json }));
