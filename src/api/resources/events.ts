/** The feed: everything that happened to a lender's plans, in one order that never skips and never changes. Webhooks read the same. */
import Joi from 'joi';
import { field } from '../../flows/input.ts';
import { pageSize } from '../query.ts';
import { READS, route } from '../route.ts';
import { listOf } from '../shape.ts';
import { eventShape } from '../shapes-done.ts';
import { eventView } from '../views.ts';

export const EVENTS = [
  route<Readonly<{ limit: number; after: number }>>({
    id: 'listEvents',
    method: 'get',
    path: '/v1/events',
    tag: 'Events',
    summary: 'Reads the feed from a place onwards',
    says: 'Keep the `number` of the last event you worked through and send it as `after`. Numbers only grow; an event is never inserted before one you have seen.',
    scopes: READS,
    tenancy: 'lender',
    money: false,
    query: Joi.object({
      limit: pageSize(),
      after: field.count(0, Number.MAX_SAFE_INTEGER).default(0).description('the number of the last event seen; 0 from the start'),
    }),
    reply: { status: 200, shape: listOf(eventShape), says: 'Events in the order of the feed.' },
    example: { query: 'after=0&limit=5' },
    async handle({ store, query }) {
      const rows = await store.feed(query.after, query.limit + 1);
      return {
        body: {
          data: rows.slice(0, query.limit).map(({ number, event }) => ({ number, ...eventView(event) })),
          hasMore: rows.length > query.limit,
        },
      };
    },
  }),
];
