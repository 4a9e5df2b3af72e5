/** Whom a refund is sent to and asked of: the debit's channel, or the payout port that transfers it. */
import type { Answer, Outcome } from '../../channels/channel.ts';
import { addDays, dateIn, type Instant, plusMinutes } from '../../domain/clock.ts';
import type { Refund } from '../../domain/refund.ts';
import type { World } from '../world.ts';

export type OtherSide = Readonly<{
  send(): Promise<Outcome>;
  query(): Promise<Answer>;
  /** It has had its time to find the number, and would still know a repeat for one. */
  mayRepeat(sentAt: Instant, now: Instant): boolean;
}>;

/** A payout port never pays a number twice, however late it comes again; it is given this long to find one. */
const PAYOUT_HORIZON_MINUTES = 60;

/** Null where the channel or the port is not set up here. */
export function otherSideOf(world: World, refund: Refund): OtherSide | null {
  return refund.way === 'channel' ? channelOf(world, refund) : portOf(world, refund);
}

function channelOf(world: World, { refundNo, receiptId, outTradeNo, amount, channel: name }: Refund): OtherSide | null {
  const channel = world.channels.get(name);
  if (!channel?.refund || !channel.queryRefund || outTradeNo === null) return null;
  const { queryHorizonMinutes, dedupeDays, zone } = channel.profile;
  return {
    async send() {
      const [attempt] = await world.store.work.attempts([receiptId]);
      const request = { refundNo, outTradeNo, channelTradeNo: attempt?.channelTradeNo ?? outTradeNo, amount };
      return channel.refund?.(request) as Promise<Outcome>;
    },
    query: () => channel.queryRefund?.(refundNo) as Promise<Answer>,
    mayRepeat: (sentAt, now) =>
      now >= plusMinutes(sentAt, queryHorizonMinutes) && dateIn(now, zone) < addDays(dateIn(sentAt, zone), dedupeDays),
  };
}

function portOf(world: World, { refundNo, amount, beneficiary, receiptId, channel: name }: Refund): OtherSide | null {
  const port = world.payouts.get(name);
  if (!port || beneficiary === null) return null;
  return {
    send: () => port.pay({ payoutNo: refundNo, amount, beneficiary, memo: `refund ${refundNo} of ${receiptId}` }),
    query: () => port.query(refundNo),
    mayRepeat: (sentAt, now) => now >= plusMinutes(sentAt, PAYOUT_HORIZON_MINUTES),
  };
}
