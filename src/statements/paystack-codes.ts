/** What Paystack's `gateway_response` says in free text, in small letters. More wordings are added as they are seen. */
import type { ReasonCodes } from './codes.ts';

export const PAYSTACK_RESPONSES: ReasonCodes = {
  source: 'https://paystack.com/docs/payments/recurring-charges/, https://paystack.com/docs/payments/direct-debit/',
  asOf: '2026-11-23',
  codes: {
    'insufficient funds': ['insufficientFunds', 'insufficient funds'],
    'not sufficient funds': ['insufficientFunds', 'insufficient funds'],
    'exceeds withdrawal limit': ['limitExceeded', 'a limit was exceeded'],
    'expired card': ['accountInvalid', 'the card has expired'],
    'invalid account': ['accountInvalid', 'the account is not valid'],
    'account closed': ['accountInvalid', 'the account is closed'],
    'restricted card': ['accountBlocked', 'the card is restricted'],
    'mandate cancelled': ['mandateInvalid', 'the mandate was cancelled'],
    declined: ['riskRefused', 'declined without a reason'],
    'do not honor': ['riskRefused', 'declined without a reason'],
    'issuer or switch inoperative': ['channelDown', "the payer's bank is not available"],
  },
};
