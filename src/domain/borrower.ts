/** A borrower (借款人), as one lender knows them. Two lenders' borrowers are two records, whoever the person is. */
import { createHash } from 'node:crypto';
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
export const BUCKETS = 64;

/** The bucket of a borrower's id, 0..BUCKETS-1. It never changes, so neither may this hash. */
export const bucketOf = (borrowerId: string): number => createHash('sha256').update(borrowerId).digest().readUInt32BE(0) % BUCKETS;

/** Languages in which every message template exists. */
export const LANGUAGES = ['zh', 'en', 'th'] as const;
