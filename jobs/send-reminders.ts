/** Follows messages up: delivery reports, the one later try, and senders that died half way. New messages are sent by `present-due`, whose decider asks for them. */
import type { Job } from '../src/flows/advance.ts';
import { fetchDeliveries, markUnsure, retryNotices } from '../src/flows/remind.ts';
import { add } from '../src/flows/sweep.ts';

const BATCH = 500;

export const sendReminders: Job = {
  name: 'send-reminders',
  cron: '*/15 * * * * *',
  run: async (world) => add(add(await fetchDeliveries(world, BATCH), await retryNotices(world, BATCH)), await markUnsure(world, BATCH)),
};
