/** Books what the statements of our own accounts show. It follows the import and the comparison of files, and costs two look-ups where neither did anything. */
import type { Job } from '../src/flows/advance.ts';
import { bookDeposits } from '../src/flows/deposits.ts';

export const bookDepositsJob: Job = {
  name: 'book-deposits',
  cron: '30 * * * * *',
  run: bookDeposits,
  after: ['import-statements', 'reconcile'],
};
