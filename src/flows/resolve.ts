/** A person's case for an attempt that nothing else could resolve. */
import type { Lender } from '../domain/lender.ts';
import type { Actor } from './actor.ts';
import type { World } from './world.ts';

export type Verdict = Readonly<{
  verdict: 'succeeded' | 'failed' | 'voided' | 'returned';
  /** What the verdict rests on: the bank's letter, a statement page. */
  evidence: string;
  channelTradeNo: string | null;
}>;

/** Puts the case into the inbox of whoever holds the partition; it is applied within a tick (202). */
export declare function resolveAttempt(
  world: World,
  lender: Lender,
  attemptId: string,
  verdict: Verdict,
  actor: Actor,
): Promise<Readonly<{ inboxId: string }>>;
