/** Payouts that a person makes at the bank: nothing leaves the house, and only that person or the account's statement says that it was paid. */
import type { PayoutPort } from '../payout.ts';

/** `account`: our account that the person pays from. */
export const manualPayouts = (account: string): PayoutPort => {
  const waiting = async (payoutNo: string) => ({
    kind: 'accepted' as const,
    channelTradeNo: payoutNo,
    rawCode: '',
    rawText: 'to be paid by hand: say so when it is done',
  });
  return { name: 'manual', account, pay: ({ payoutNo }) => waiting(payoutNo), query: waiting };
};
