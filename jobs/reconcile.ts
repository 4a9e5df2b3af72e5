/** Holds each file that has come against our records, and looks at what is unexplained until it is explained. */
import type { Job } from '../src/flows/advance.ts';
import { nextReconciliation, reconcileDue } from '../src/flows/reconcile.ts';

export const reconcileJob: Job = {
  name: 'reconcile',
  cron: '30 * * * * *',
  run: reconcileDue,
  due: nextReconciliation,
  dueAfter: ['fetch-news', 'import-statements', 'ask-unknown'],
};
