/** Asks the banks about every attempt without a final answer, each on its own ladder, and takes over what a dead sender left behind. */
import type { Job } from '../src/flows/advance.ts';
import { askUnknown } from '../src/flows/ask.ts';

export const askUnknownJob: Job = {
  name: 'ask-unknown',
  cron: '*/10 * * * * *',
  run: askUnknown,
  due: ({ store }) => store.work.nextDue('asks'),
  dueAfter: ['fetch-news', 'reconcile', 'present-due'],
};
