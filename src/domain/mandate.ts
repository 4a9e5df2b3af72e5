/** A mandate (授权, 协议): the payer's agreement that one payee may debit one account on one rail, within its caps. */
import type { BusinessDate, Instant } from './clock.ts';
import type { Machine } from './machine.ts';

export type MandateState = 'draft' | 'pending' | 'active' | 'suspended' | 'revoked' | 'expired' | 'cancelled' | 'rejected';
export type MandateEvent = 'send' | 'activate' | 'reject' | 'suspend' | 'resume' | 'revoke' | 'expire' | 'cancel';

const ENDS = { revoke: 'revoked', expire: 'expired', cancel: 'cancelled' } as const;

export const MANDATE: Machine<MandateState, MandateEvent> = {
  name: 'mandate',
  initial: ['draft'],
  table: {
    draft: { send: 'pending', cancel: 'cancelled' },
    pending: { activate: 'active', reject: 'rejected', cancel: 'cancelled' },
    active: { suspend: 'suspended', ...ENDS },
    suspended: { resume: 'active', ...ENDS },
    revoked: {},
    expired: {},
    cancelled: {},
    rejected: {},
  },
};

export type Mandate = Readonly<{
  id: string;
  lenderId: string;
  borrowerId: string;
  externalId: string | null;
  rail: string;
  /** Channels this agreement can be debited through; empty: any channel of the rail. */
  channels: readonly string[];
  agreementNo: string | null;
  accountKey: string;
  accountLast4: string;
  isSalaryAccount: boolean;
  /** Caps in minor units of `currency`; null: none. */
  currency: string;
  perDebitCap: number | null;
  dailyCap: number | null;
  monthlyCap: number | null;
  /** Most debits that may succeed over the mandate's life; null: any number. */
  periodCount: number | null;
  /** Whether the agreed amount is exact or a ceiling. A fixed one is never stepped down. */
  amountKind: 'maximum' | 'fixed';
  validFrom: BusinessDate | null;
  validTo: BusinessDate | null;
  /** How consent was given, in the lender's words: document id, time, channel. */
  evidence: string | null;
  state: MandateState;
  /** Lower first: the account tried before the borrower's others. */
  rank: number;
  version: number;
  eventN: number;
  bucket: number;
  createdAt: Instant;
}>;
