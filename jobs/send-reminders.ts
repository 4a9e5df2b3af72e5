/** Follows messages up: delivery reports, the one later try, and senders that died half way. New messages are sent by `present-due`, whose decider asks for them. */
import { earliest, type Instant, instant } from '../src/domain/clock.ts';
import type { Job } from '../src/flows/advance.ts';
import { fetchDeliveries, markUnsure, retryNotices } from '../src/flows/remind.ts';
import { add } from '../src/flows/sweep.ts';

const BATCH = 500;
const HOUR_MS = 3_600_000;

/** Reports come message by message; the test clock looks at them on the hour. */
const nextHour = (at: Instant | null): Instant | null => at && instant(Math.ceil(at.getTime() / HOUR_MS) * HOUR_MS);

export const sendReminders: Job = {
  name: 'send-reminders',
  cron: '*/15 * * * * *',
  run: async (world) => add(add(await fetchDeliveries(world, BATCH), await retryNotices(world, BATCH)), await markUnsure(world, BATCH)),
  due: async ({ store, simulated }) => {
    const [report, retry] = await Promise.all([simulated.smsDue().then(nextHour), store.notices.nextRetry()]);
    return report && retry ? earliest(report, retry) : (report ?? retry);
  },
  dueAfter: ['present-due'],
};
