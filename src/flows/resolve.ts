/**
 * A person's case for an attempt that nothing else could resolve.
 *
 * A verdict moves money, so whoever holds the plan's partition applies it, under the lease, like any other evidence: it is put into the inbox
 * and answered 202. That the verdict fits the attempt's state is checked here for a quick answer, and again there for good.
 */
import { ATTEMPT, type Attempt, type AttemptEvent } from '../domain/attempt.ts';
import type { Instant } from '../domain/clock.ts';
import { NotFound } from '../domain/errors.ts';
import type { Lender } from '../domain/lender.ts';
import { next } from '../domain/machine.ts';
import type { InboxItem } from '../domain/records.ts';
import type { Actor } from './actor.ts';
import type { World } from './world.ts';

export type Verdict = Readonly<{
  verdict: 'succeeded' | 'failed' | 'voided' | 'returned';
  /** What the verdict rests on: the bank's letter, a statement page. */
  evidence: string;
  channelTradeNo: string | null;
}>;

/** Throws NotFound for an attempt that this lender does not have, IllegalTransition where its state does not take the verdict. */
export async function resolveAttempt(
  world: World,
  lender: Lender,
  attemptId: string,
  verdict: Verdict,
  actor: Actor,
): Promise<Readonly<{ inboxId: string }>> {
  const attempt = await world.store.of(lender.id).attempts.get(attemptId);
  if (!attempt) throw new NotFound('attempt', attemptId);
  next(ATTEMPT, attempt.state, eventFor(attempt, verdict.verdict));
  const now = world.clock.now();
  const id = world.ids.next('box');
  const item: InboxItem = {
    id,
    bucket: attempt.bucket,
    attemptId,
    kind: 'person',
    answer: answerOf(attempt, verdict, now),
    ref: id,
    by: actor.by,
    why: actor.why,
    at: now,
  };
  await world.store.work.putInbox([item]);
  return { inboxId: id };
}

function eventFor(attempt: Attempt, verdict: Verdict['verdict']): AttemptEvent {
  if (verdict === 'failed') return attempt.state === 'succeeded' ? 'deny' : 'fail';
  return ({ succeeded: 'succeed', voided: 'void', returned: 'return' } as const)[verdict];
}

/** In the channel port's words; 'voided' is a person's alone. The echo repeats the intent: a person vouches for this very debit. */
function answerOf(attempt: Attempt, { verdict, evidence, channelTradeNo }: Verdict, now: Instant): InboxItem['answer'] {
  const said = { rawCode: 'person', rawText: evidence };
  const echo = { amount: attempt.amount, accountLast4: attempt.accountLast4, at: attempt.createdAt };
  const tradeNo = channelTradeNo ?? attempt.channelTradeNo ?? attempt.outTradeNo;
  switch (verdict) {
    case 'succeeded':
      return { kind: 'succeeded', ...said, channelTradeNo: tradeNo, echo };
    case 'returned':
      return { kind: 'returned', ...said, channelTradeNo: tradeNo, echo, at: now, failure: 'disputed' };
    case 'failed':
      return { kind: 'failed', ...said, failure: 'riskRefused', channelTradeNo };
    case 'voided':
      return { kind: 'voided', ...said };
  }
}
