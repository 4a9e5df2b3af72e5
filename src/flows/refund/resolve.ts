/** A person's case for a refund that nothing else could resolve, or that bounced: what the bank's letter or the account's own pages say. */
import type { Answer } from '../../channels/channel.ts';
import { IllegalTransition, NotFound } from '../../domain/errors.ts';
import type { Lender } from '../../domain/lender.ts';
import { next } from '../../domain/machine.ts';
import { isSent, REFUND, type Refund } from '../../domain/refund.ts';
import type { Actor } from '../actor.ts';
import type { World } from '../world.ts';
import { refundAnswered } from './answer.ts';

export type RefundVerdict = Readonly<{
  /** `returned`: it went out and came back. */
  verdict: 'succeeded' | 'failed' | 'returned';
  /** What the verdict rests on. */
  evidence: string;
  channelTradeNo: string | null;
}>;

const MOVES = { succeeded: 'succeed', failed: 'fail', returned: 'return' } as const;

/** Throws NotFound for a refund that this lender does not have, IllegalTransition where its state does not take the verdict. */
export async function resolveRefund(world: World, lender: Lender, id: string, verdict: RefundVerdict, actor: Actor): Promise<Refund> {
  const refund = await world.store.of(lender.id).refunds.get(id);
  if (!refund) throw new NotFound('refund', id);
  if (refund.state === 'requested') throw new IllegalTransition('refund', refund.state, MOVES[verdict.verdict]);
  if (!(verdict.verdict === 'returned' && isSent(refund.state))) next(REFUND, refund.state, MOVES[verdict.verdict]);
  const evidence = { kind: 'person' as const, ref: `${id}:${refund.eventN + 1}` };
  return refundAnswered(world, { refundId: id, said: answerOf(world, refund, verdict), evidence, actor });
}

/** The echo repeats the refund: a person vouches for this very one. */
function answerOf(world: World, refund: Refund, { verdict, evidence, channelTradeNo }: RefundVerdict): Answer {
  const said = { rawCode: 'person', rawText: evidence };
  const now = world.clock.now();
  const tradeNo = channelTradeNo ?? refund.channelTradeNo ?? refund.refundNo;
  if (verdict === 'failed') return { kind: 'failed', ...said, failure: 'riskRefused', channelTradeNo };
  const echo = { amount: refund.amount, accountLast4: '', at: refund.sentAt ?? now };
  if (verdict === 'succeeded') return { kind: 'succeeded', ...said, channelTradeNo: tradeNo, echo };
  return { kind: 'returned', ...said, channelTradeNo: tradeNo, echo, at: now, failure: 'accountInvalid' };
}
