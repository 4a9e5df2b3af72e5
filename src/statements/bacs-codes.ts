/** Reason codes of Bacs reports: unpaid debits (ARUDD), changes of instructions (ADDACS), refused instructions (AUDDIS), indemnity claims. */
import type { ReasonCodes } from './codes.ts';

const asOf = '2026-11-23';

/** Unpaid debits. In the files the code leads a number of four digits. */
export const ARUDD_CODES: ReasonCodes = {
  source: 'https://www.bacs.co.uk, https://docs.numeral.io (reason codes)',
  asOf,
  codes: {
    0: ['insufficientFunds', 'refer to payer'],
    1: ['mandateInvalid', 'instruction cancelled'],
    2: ['accountBlocked', 'payer deceased'],
    3: ['accountInvalid', 'account transferred; the new one comes in ADDACS'],
    4: ['disputed', 'advance notice disputed'],
    5: ['accountInvalid', 'no account, or of the wrong type'],
    6: ['mandateInvalid', 'no instruction'],
    7: ['badRequest', 'the amount differs'],
    8: ['badRequest', 'the amount is not yet due'],
    9: ['badRequest', 'the presentation is overdue'],
    A: ['badRequest', 'the service user differs'],
    B: ['accountInvalid', 'account closed'],
  },
};

/** What the payer's bank did to an instruction. C and E let it live on with new data; R brings it back. */
export const ADDACS_CODES: ReasonCodes = {
  source: 'https://www.bacs.co.uk, https://modulr.readme.io (inbound messages)',
  asOf,
  codes: {
    0: ['mandateInvalid', 'cancelled by the bank: refer to payer'],
    1: ['mandateInvalid', 'cancelled by the payer'],
    2: ['accountBlocked', 'payer deceased'],
    3: ['accountInvalid', 'transferred to another bank'],
    B: ['accountInvalid', 'account closed'],
    C: ['staff', 'transferred to another branch: use the new account'],
    D: ['disputed', 'advance notice disputed'],
    E: ['staff', 'instruction amended'],
    R: ['staff', 'instruction reinstated'],
  },
};

/** Why a new instruction was not taken. */
export const AUDDIS_CODES: ReasonCodes = {
  source: 'https://www.bacs.co.uk, https://docs.numeral.io (reason codes)',
  asOf,
  codes: {
    1: ['mandateInvalid', 'cancelled by the payer'],
    2: ['accountBlocked', 'payer deceased'],
    3: ['accountInvalid', 'account transferred'],
    5: ['accountInvalid', 'no account'],
    6: ['mandateInvalid', 'no instruction'],
    7: ['badRequest', 'the amount of the instruction is not zero'],
    B: ['accountInvalid', 'account closed'],
    C: ['accountInvalid', 'account transferred to another branch'],
    F: ['accountInvalid', 'the account type is not valid'],
    G: ['payerRefused', 'the bank takes no direct debits on this account'],
    H: ['mandateInvalid', 'instruction expired'],
    I: ['badRequest', "the payer's reference is not unique"],
    K: ['mandateInvalid', 'instruction cancelled by the bank'],
    L: ['badRequest', "the payer's account details are wrong"],
    M: ['badRequest', 'the transaction code does not fit the status of the service user'],
    N: ['payerRefused', "not allowed at the payer's branch"],
    O: ['badRequest', 'the reference is not valid'],
    P: ['badRequest', "the payer's name is missing"],
    Q: ['badRequest', "the service user's name is missing"],
  },
};

/** Claims under the guarantee: whatever the reason, the payer says that the debit was not right. */
export const DDIC_CODES: ReasonCodes = {
  source: 'https://www.bacs.co.uk (direct debit indemnity claims, reasons 1 to 8)',
  asOf,
  codes: Object.fromEntries(['1', '2', '3', '4', '5', '6', '7', '8'].map((code) => [code, ['disputed', 'indemnity claim'] as const])),
};
