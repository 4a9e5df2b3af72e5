/**
 * Paying money out: settlements to lenders and their partners, refunds by transfer. One port, whatever does the paying.
 * Like a channel it never throws for what the bank did, and the same `payoutNo` is never paid twice: a silent answer is asked about.
 */
import type { Money } from '../domain/money.ts';
import type { Answer, Outcome } from './channel.ts';

/** `beneficiary`: as the bank knows it, 'lender:lnd_…' or a sealed account's token; `memo` stands on both statements. */
export type PayoutRequest = Readonly<{ payoutNo: string; amount: Money; beneficiary: string; memo: string }>;

export interface PayoutPort {
  readonly name: string;
  /** Our account that the money leaves: '1002:NAME' in the books. */
  readonly account: string;
  pay(request: PayoutRequest): Promise<Outcome>;
  query(payoutNo: string): Promise<Answer>;
}
