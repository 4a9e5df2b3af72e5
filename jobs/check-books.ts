/** Once a day, after the morning's files and payouts: do vouchers, ledgers and the bank agree? One row a day is the report. */
import type { Job } from '../src/flows/advance.ts';
import { checkBooksDaily, nextCheck } from '../src/flows/check-books.ts';

export const checkBooksJob: Job = {
  name: 'check-books',
  cron: '*/5 * * * *',
  run: checkBooksDaily,
  due: nextCheck,
  dueAfter: [],
};
