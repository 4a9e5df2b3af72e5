/** Asks a channel about the number of a discrepancy. Its own word is what a file's row is held against before anything is denied or given back. */
import type { Answer } from '../../channels/channel.ts';
import type { Asked, Discrepancy } from '../../domain/discrepancy.ts';
import type { World } from '../world.ts';

/** What the channel said, and the same as it is kept on the discrepancy. */
export type Heard = Readonly<{ answer: Answer; asked: Asked }>;

/** Null where there is no number to ask about, or no such channel. A channel that cannot answer has answered 'unknown'. */
export async function askChannel(world: World, d: Discrepancy): Promise<Heard | null> {
  const channel = world.channels.get(d.channel ?? '');
  const refundNo = d.facts.refundNo as string | null | undefined;
  if (!channel || (!d.outTradeNo && !refundNo)) return null;
  if (refundNo && !channel.queryRefund) return null;
  const asking = refundNo ? channel.queryRefund?.(refundNo) : channel.query(d.outTradeNo as string);
  const answer = await asking?.catch((e: unknown): Answer => ({ kind: 'unknown', rawCode: '', rawText: `the query failed: ${String(e)}` }));
  if (!answer) return null;
  const asked: Asked = {
    kind: answer.kind,
    minor: 'echo' in answer ? answer.echo.amount.minor : null,
    channelTradeNo: 'channelTradeNo' in answer ? answer.channelTradeNo : null,
    rawCode: answer.rawCode,
    rawText: answer.rawText,
    at: world.clock.now(),
  };
  return { answer, asked };
}
