/** The ask ladder: what a dead sender left behind becomes `unknown`, and every attempt without a final answer is asked about until evidence ends it. */
import type { Attempt } from '../domain/attempt.ts';
import { NO_WORK, type TickReport } from '../domain/records.ts';
import type { Result } from './moves.ts';
import { record } from './record.ts';
import { add, type Held, inParallel, sweep } from './sweep.ts';
import type { World } from './world.ts';

const BATCH = 200;

export const askUnknown = (world: World): Promise<TickReport> =>
  sweep(world, 'asks', async (held) => {
    const [orphans, due] = await Promise.all([
      world.store.work.orphans(held.lease, BATCH),
      world.store.work.dueAsks(held.lease, world.clock.now(), BATCH),
    ]);
    const lost = await loseOrphans(world, held, orphans);
    const asked = await askBatch(world, held, due);
    return { ...add(lost, asked), more: orphans.length === BATCH || due.length === BATCH };
  });

/** Intents under a dead epoch: the call may have begun, so they are `unknown`, never `failed` and never sent again. */
async function loseOrphans(world: World, held: Held, orphans: readonly Attempt[]): Promise<TickReport> {
  if (!orphans.length) return NO_WORK;
  const results = orphans.map(
    (a): Result => ({
      attemptId: a.id,
      said: { kind: 'unknown', rawCode: '', rawText: 'its sender died before an answer was recorded' },
      evidence: { kind: 'self', ref: a.claim.token },
      by: 'duly',
      why: `its sender's claim (${a.claim.partition}, epoch ${a.claim.epoch}) is dead`,
      unknownBy: 'sender',
    }),
  );
  const { moved } = await record(world, held.lease, results);
  return { ...NO_WORK, lookedAt: orphans.length, did: moved };
}

async function askBatch(world: World, held: Held, due: readonly Attempt[]): Promise<TickReport> {
  if (!due.length) return NO_WORK;
  const results: Result[] = [];
  let failed = 0;
  await inParallel(due, 16, async (attempt) => {
    const result = await ask(world, attempt);
    if (result.said.kind === 'unknown') failed++;
    results.push(result);
  });
  // In the order of the questions, whatever order the answers came in: the same run records the same events.
  const order = new Map(due.map((a, k) => [a.id, k]));
  results.sort((a, b) => (order.get(a.attemptId) as number) - (order.get(b.attemptId) as number));
  const { moved } = await record(world, held.lease, results);
  return { lookedAt: due.length, did: moved, refused: 0, failed, oldestDue: due[0]?.ask?.at ?? null };
}

async function ask(world: World, attempt: Attempt): Promise<Result> {
  const said = await world.channels
    .get(attempt.channel)
    ?.query(attempt.outTradeNo)
    .catch((error: unknown) => ({ kind: 'unknown' as const, rawCode: '', rawText: `the query failed: ${String(error)}` }));
  return {
    attemptId: attempt.id,
    said: said ?? { kind: 'unknown', rawCode: '', rawText: `channel ${attempt.channel} is not set up` },
    evidence: { kind: 'query', ref: `${attempt.outTradeNo}?${(attempt.ask?.n ?? 0) + 1}` },
    by: 'duly',
    why: said ? `asked the bank: ${said.rawText || said.kind}` : 'the bank cannot be asked',
  };
}
