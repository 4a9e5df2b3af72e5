/** A borrower (借款人), as one lender knows them. Two lenders' borrowers are two records, whoever the person is. */
import type { Instant } from './clock.ts';

export type Borrower = Readonly<{
  id: string;
  lenderId: string;
  externalId: string;
  name: string;
  /** E.164. */
  phone: string;
  language: string;
  /** No message of any kind goes out when set. */
  optedOutAt: Instant | null;
  bucket: number;
  version: number;
  createdAt: Instant;
}>;

/** Buckets a borrower can hash into: the grain of leasing and, later, of sharding. */
export const BUCKETS = 256;
