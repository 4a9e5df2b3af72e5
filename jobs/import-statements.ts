/** Fetches the banks' files, opens a run for each day that should have one, and tells of files that are late. */
import type { Job } from '../src/flows/advance.ts';
import { fetchStatements, nextFile } from '../src/flows/fetch-statements.ts';

export const importStatementsJob: Job = {
  name: 'import-statements',
  cron: '0 */5 * * * *',
  run: fetchStatements,
  due: nextFile,
  dueAfter: ['fetch-news', 'ask-unknown'],
};
