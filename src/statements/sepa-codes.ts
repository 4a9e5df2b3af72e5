/** SEPA direct debit: reason codes of ISO 20022's external code sets, as pain.002 (rejects) and camt.053/054 (returns, refunds) carry them. */
import type { ReasonCodes } from './codes.ts';

export const SEPA_CODES: ReasonCodes = {
  source:
    'https://www.europeanpaymentscouncil.eu (direct debit rulebooks), https://www.iso20022.org/catalogue-messages/additional-content-messages/external-code-sets',
  asOf: '2026-11-23',
  codes: {
    AC01: ['accountInvalid', 'the account number is wrong'],
    AC04: ['accountInvalid', 'the account is closed'],
    AC06: ['accountBlocked', 'the account is blocked'],
    AC13: ['accountInvalid', "the account is of a kind that is not debited, such as a consumer's under B2B"],
    AG01: ['payerRefused', 'debits are not allowed on this account'],
    AG02: ['badRequest', 'the bank operation code is wrong'],
    AM02: ['limitExceeded', 'the amount exceeds what is allowed'],
    AM04: ['insufficientFunds', 'the balance did not cover the amount'],
    AM05: ['badRequest', 'it is a duplicate: find the twin, never send it again'],
    BE01: ['badRequest', 'name and account do not belong together'],
    BE05: ['badRequest', 'the creditor identifier is not known'],
    CNOR: ['badRequest', "the creditor's bank is not registered"],
    DNOR: ['badRequest', "the debtor's bank is not registered"],
    DT01: ['badRequest', 'the date is not valid'],
    FF01: ['badRequest', 'the file format is not valid'],
    FF05: ['badRequest', 'the local instrument or product code is wrong'],
    MD01: ['mandateInvalid', 'there is no valid mandate'],
    MD02: ['mandateInvalid', 'mandate data are missing or wrong'],
    MD05: ['ours', 'we should not have collected: our own reversal'],
    MD06: ['disputed', 'the payer asked for the money back within eight weeks'],
    MD07: ['accountBlocked', 'the payer has died'],
    MS02: ['payerRefused', 'the payer refused, no reason given'],
    MS03: ['insufficientFunds', 'the bank gives no reason: often no funds, sometimes a closed account'],
    RC01: ['badRequest', 'the bank code is wrong'],
    RR01: ['badRequest', "the debtor's account or identification is missing (regulatory)"],
    RR02: ['badRequest', "the debtor's name or address is missing (regulatory)"],
    RR03: ['badRequest', "the creditor's name or address is missing (regulatory)"],
    RR04: ['badRequest', 'regulatory reason'],
    SL01: ['payerRefused', "the payer's own block list or limit stopped it"],
  },
};
