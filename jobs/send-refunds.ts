/** Gives money back: what was overpaid and left for its days, what a second key approved; asks about refunds without an answer. */
import type { Job } from '../src/flows/advance.ts';
import { nextRefund, sendRefunds } from '../src/flows/refund/send.ts';

export const sendRefundsJob: Job = {
  name: 'send-refunds',
  cron: '*/30 * * * * *',
  run: sendRefunds,
  due: nextRefund,
  dueAfter: ['fetch-news', 'reconcile', 'import-statements', 'ask-unknown'],
};
