/** The simulated bank's reply codes, close to what bank-card networks use, and the failure class each maps to (domain.md section 4). */
import type { FailureClass } from '../../domain/failures.ts';

export type BankCode = keyof typeof CODES;

export const CODES = {
  '00': { failure: null, says: 'done' },
  P1: { failure: null, says: 'accepted, the result follows' },
  '05': { failure: 'riskRefused', says: 'do not honour' },
  '14': { failure: 'accountInvalid', says: 'the account is closed' },
  '51': { failure: 'insufficientFunds', says: 'insufficient funds' },
  '61': { failure: 'limitExceeded', says: 'the amount exceeds a limit' },
  '62': { failure: 'accountBlocked', says: 'the account is blocked' },
  '91': { failure: 'channelDown', says: 'the issuing bank is not available' },
  '93': { failure: 'payerRefused', says: 'the payer refused the debit' },
  M1: { failure: 'mandateInvalid', says: 'the payer withdrew the agreement' },
  D1: { failure: 'disputed', says: 'the payer disputes the debit' },
  R1: { failure: 'insufficientFunds', says: 'returned: the cover was missing' },
  CN: { failure: 'channelDown', says: 'cancelled by the payee before anything was taken' },
  EX: { failure: 'channelDown', says: 'the request came after its expiry and was not taken' },
  T1: { failure: 'channelDown', says: 'outside the hours in which the bank takes debits' },
  T2: { failure: 'channelDown', says: 'after the cut-off of the bank day' },
  T3: { failure: 'channelDown', says: 'the bank is closed for maintenance' },
  F1: { failure: 'badRequest', says: 'this bank does not know the currency' },
  F2: { failure: 'badRequest', says: 'this bank does not serve the rail' },
  F3: { failure: 'badRequest', says: 'the amount must be above zero' },
} as const satisfies Record<string, Readonly<{ failure: FailureClass | null; says: string }>>;

/** Codes that only our side of the wire sees. */
export const WIRE = {
  lost: { rawCode: 'TIMEOUT', rawText: 'no answer within the time allowed' },
  duplicate: { rawCode: '94', rawText: 'duplicate order number' },
  unmapped: { rawCode: 'ZZ7', rawText: 'unmapped reply' },
  notFound: { rawCode: '25', rawText: 'no such order number' },
} as const;
