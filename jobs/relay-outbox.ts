/** Numbers new events per lender: what /v1/events and, later, webhooks read. */
import { NO_WORK } from '../src/domain/records.ts';
import type { Job } from '../src/flows/advance.ts';

const BATCH = 1_000;

export const relayOutbox: Job = {
  name: 'relay-outbox',
  cron: '*/5 * * * * *',
  run: async ({ store }) => {
    const did = await store.relay(BATCH);
    return { ...NO_WORK, lookedAt: did, did };
  },
};
