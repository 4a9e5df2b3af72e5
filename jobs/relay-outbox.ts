/** Numbers new events per lender: what /v1/events and, later, webhooks read. */
import { NO_WORK } from '../src/domain/records.ts';
import type { Job } from '../src/flows/advance.ts';
import { relayAll } from '../src/flows/settle/movements.ts';

export const relayOutbox: Job = {
  name: 'relay-outbox',
  cron: '*/5 * * * * *',
  run: async (world) => {
    const did = await relayAll(world);
    return { ...NO_WORK, lookedAt: did, did };
  },
  // Nobody reads the feed while the test clock moves but settlement, which brings it up to its events itself.
  after: [],
};
