/** What others learned about attempts: the bank's news, and persons' verdicts. It waits in the inbox for whoever holds the partition. */
import type { Attempt } from '../domain/attempt.ts';
import type { InboxItem, TickReport } from '../domain/records.ts';
import { NO_WORK } from '../domain/records.ts';
import type { Result, Said } from './moves.ts';
import { record } from './record.ts';
import { sweep } from './sweep.ts';
import type { World } from './world.ts';

const BATCH = 200;

/** Reads what each bank tells unasked and puts it into the inbox; the bank's own id keeps a repeat out. */
export async function fetchNews(world: World): Promise<TickReport> {
  let sum = NO_WORK;
  for (const [name, channel] of world.channels) {
    if (!channel.news) continue;
    for (;;) {
      const from = await world.store.admin.cursor.get(`news:${name}`);
      const { items, cursor } = await channel.news(from, BATCH);
      if (!items.length || cursor === null) break;
      const known = new Map(
        (
          await world.store.work.attemptsByNumber(
            name,
            items.map((i) => i.outTradeNo),
          )
        ).map((a) => [a.outTradeNo, a]),
      );
      const inbox = items.flatMap((item): InboxItem[] => {
        const attempt: Attempt | undefined = known.get(item.outTradeNo);
        if (!attempt) {
          world.log.warn({ channel: name, news: item.id }, 'the bank speaks of an order number that we do not know');
          return [];
        }
        const { id: attemptId, bucket } = attempt;
        return [
          {
            id: `${name}:${item.id}`,
            bucket,
            attemptId,
            kind: 'news',
            answer: item.answer,
            ref: item.id,
            by: 'duly',
            why: `the bank reports: ${item.answer.rawText || item.answer.kind}`,
            at: world.clock.now(),
          },
        ];
      });
      await world.store.work.putInbox(inbox);
      await world.store.admin.cursor.set(`news:${name}`, cursor);
      sum = {
        ...sum,
        lookedAt: sum.lookedAt + items.length,
        did: sum.did + inbox.length,
        failed: sum.failed + items.length - inbox.length,
      };
      if (items.length < BATCH) break;
    }
  }
  return sum;
}

/** Records what waits in the inbox, oldest first. */
export const takeInbox = (world: World): Promise<TickReport> =>
  sweep(world, 'inbox', async (held) => {
    const items = await world.store.work.inbox(held.lease, BATCH);
    if (!items.length) return { ...NO_WORK, more: false };
    const results = items.map(
      (item): Result => ({
        attemptId: item.attemptId,
        said: item.answer as unknown as Said,
        evidence: { kind: item.kind, ref: item.ref },
        by: item.by,
        why: item.why,
      }),
    );
    const { moved } = await record(
      world,
      held.lease,
      results,
      items.map((i) => i.id),
    );
    return { ...NO_WORK, lookedAt: items.length, did: moved, more: items.length === BATCH };
  });
