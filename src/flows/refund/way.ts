/** Which way money goes back: through the channel it came by where that channel gives back, else as a transfer through a payout port. */
import type { Attempt } from '../../domain/attempt.ts';
import type { NumberGrammar } from '../../domain/channel-profile.ts';
import { Conflict } from '../../domain/errors.ts';
import { clearingAccount, IN_TRANSIT } from '../../domain/ledger.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Refund } from '../../domain/refund.ts';
import { PAYOUT_NUMBER } from '../../domain/refund-number.ts';
import type { World } from '../world.ts';

export type RefundWay = Pick<Refund, 'way' | 'channel' | 'outTradeNo' | 'channelTradeNo' | 'beneficiary'> &
  Readonly<{ grammar: NumberGrammar }>;

/** The account that the money leaves. */
export const cashAccountOf = ({ way, channel }: Pick<Refund, 'way' | 'channel'>): string =>
  way === 'channel' ? clearingAccount(channel) : IN_TRANSIT;

const closed = (says: string): Conflict => new Conflict('REFUND_WAY_CLOSED', says);

/** `attempt` null: a self-payment, which did not come through a channel. Throws Conflict REFUND_WAY_CLOSED where the way asked for does not exist. */
export function wayOf(world: World, ask: Readonly<{ way: Refund['way'] | null }>, attempt: Attempt | null, plan: Plan): RefundWay {
  const back = attempt && throughChannel(world, attempt);
  if (back && ask.way !== 'transfer') return back;
  if (ask.way === 'channel')
    throw closed(
      attempt
        ? `channel ${attempt.channel} gives nothing back: ask for a transfer`
        : 'this did not come through a channel: ask for a transfer',
    );
  const mandateId = attempt?.mandateId ?? plan.mandateIds[0];
  const [port] = world.payouts.values();
  if (!port || mandateId === undefined) throw closed('no payout port is set up here, so nothing can be transferred');
  return {
    way: 'transfer',
    channel: port.name,
    outTradeNo: null,
    channelTradeNo: null,
    beneficiary: `mandate:${mandateId}`,
    grammar: PAYOUT_NUMBER,
  };
}

/** Null where the channel has no refund, or never gave the debit a number of its own. */
function throughChannel(world: World, attempt: Attempt): RefundWay | null {
  const channel = world.channels.get(attempt.channel);
  if (!channel?.refund || !channel.queryRefund || attempt.channelTradeNo === null) return null;
  return {
    way: 'channel',
    channel: attempt.channel,
    outTradeNo: attempt.outTradeNo,
    channelTradeNo: null,
    beneficiary: null,
    grammar: channel.profile.number,
  };
}
