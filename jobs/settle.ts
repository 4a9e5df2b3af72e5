/** Makes the settlement batches whose pay day has come, pays those that are approved, and asks about payments without an answer. */
import type { Job } from '../src/flows/advance.ts';
import { nextSettlement, settleDue } from '../src/flows/settle.ts';

export const settleJob: Job = {
  name: 'settle',
  cron: '0 */5 * * * *',
  run: settleDue,
  due: nextSettlement,
  dueAfter: ['import-statements', 'reconcile'],
};
