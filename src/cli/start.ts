/** `duly start`: API and worker in one process, on the embedded database unless MONGODB_URI names another. */
import type { Command } from 'commander';

export const startCommand = (program: Command): Command =>
  program
    .command('start')
    .description('API and worker in one process; with MONGODB_URI unset on a database of its own')
    .option('--json', 'print one line {"ready":true,"url":...} when ready')
    .addHelpText('after', '\nExample:\n  PORT=0 DULY_DATA_DIR=/var/lib/duly duly start --json')
    .action(async ({ json }: { json?: boolean }) => (await import('./serve.ts')).serve({ api: true, worker: true, claim: true, json }));
