/** A lender (放款机构): the tenant. Every document of theirs carries `lenderId`. */
import type { Instant } from './clock.ts';

export type Lender = Readonly<{
  id: string;
  name: string;
  /** Goes into order numbers, so it never changes: derived from the id. */
  code: string;
  timeZone: string;
  currency: string;
  /** Picks the rule pack: 'bank', 'consumerFinance', 'highCost' ... */
  lenderType: string;
  country: string | null;
  state: 'active' | 'closed';
  metadata: Readonly<Record<string, string>>;
  createdAt: Instant;
}>;

export const SCOPES = ['lender', 'ops:read', 'ops:write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** A key as stored: the secret itself is shown once and kept only as a hash. */
export type ApiKey = Readonly<{
  id: string;
  /** Null for operations and admin keys: they name the lender in X-Lender. */
  lenderId: string | null;
  name: string;
  scopes: readonly Scope[];
  hash: string;
  /** First characters, so that a person can tell keys apart. */
  prefix: string;
  expiresAt: Instant | null;
  revokedAt: Instant | null;
  createdAt: Instant;
}>;
