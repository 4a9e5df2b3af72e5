import { channelContract } from '../contracts/channel.ts';
import { card, collect, openBank } from './simulator-support.ts';

channelContract('simulator', async () => {
  const bank = await openBank({ faults: { queryLagMinutes: 30 } });
  return {
    ...bank,
    rail: 'simulator',
    currency: 'CNY',
    accounts: {
      pays: card('0019'),
      noFunds: card('0027'),
      lostReply: card('0035'),
      lostRequest: card('0142'),
      late: card('0126'),
      returned: card('0043'),
    },
    lagMinutes: 30,
    lateMinutes: 3,
    returnMinutes: 24 * 60,
    takenTimes: async (outTradeNo) => (await collect(bank.book.orders())).find((o) => o.orderNo === outTradeNo)?.takenTimes ?? 0,
  };
});
