/** Reads what the banks tell unasked (late results, returns) and records what waits in the inbox. */
import type { Job } from '../src/flows/advance.ts';
import { fetchNews, takeInbox } from '../src/flows/evidence.ts';
import { add } from '../src/flows/sweep.ts';

export const fetchNewsJob: Job = {
  name: 'fetch-news',
  cron: '*/10 * * * * *',
  run: async (world) => add(await fetchNews(world), await takeInbox(world)),
  due: async ({ store, simulated }) => (await store.work.nextDue('inbox')) ?? simulated.bankDue(),
};
