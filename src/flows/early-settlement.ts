/** What a borrower would pay to settle a plan on a day. */
import type { BusinessDate } from '../domain/clock.ts';
import type { Lender } from '../domain/lender.ts';
import type { World } from './world.ts';

/** Minor units. */
export type SettlementQuote = Readonly<{
  planId: string;
  on: BusinessDate;
  currency: string;
  principal: number;
  interest: number;
  penalty: number;
  fee: number;
  total: number;
}>;

/** `feeShare`: decimal fraction in text of the principal paid early; '0' for none. */
export declare function quoteEarlySettlement(
  world: World,
  lender: Lender,
  planId: string,
  on: BusinessDate,
  feeShare: string,
): Promise<SettlementQuote>;
