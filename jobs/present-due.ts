/** Decides on every plan whose time has come: reminds, debits, hands over. Agenda hands a job out again when its lock grows old, so running twice is normal: the intent on disk guards the payer. */
import type { Job } from '../src/flows/advance.ts';
import { collect } from '../src/flows/collect.ts';

export const presentDue: Job = {
  name: 'present-due',
  cron: '*/5 * * * * *',
  run: collect,
  due: ({ store }) => store.work.nextDue('plans'),
};
