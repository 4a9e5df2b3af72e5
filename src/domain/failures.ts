/** Why a debit did not go through, and what follows from it (domain.md section 4). Every channel maps each of its codes to one class. */

export type FailureClass =
  | 'insufficientFunds'
  | 'limitExceeded'
  | 'accountInvalid'
  | 'accountBlocked'
  | 'mandateInvalid'
  | 'payerRefused'
  | 'disputed'
  | 'riskRefused'
  | 'channelDown'
  | 'badRequest';

/**
 * `retry`: `whenMoney` waits for the next planned day (full or step-down); `elsewhere` splits, takes another channel or the next day;
 * `soon` is re-routed or tried again in minutes; `once` allows one later try; `none` never.
 * `stops`: what a refusal of this class ends.
 */
export type FailureRule = Readonly<{
  retry: 'whenMoney' | 'elsewhere' | 'soon' | 'once' | 'none';
  stops: 'nothing' | 'mandate' | 'borrower' | 'channel';
  says: string;
}>;

export const FAILURES: Readonly<Record<FailureClass, FailureRule>> = {
  insufficientFunds: { retry: 'whenMoney', stops: 'nothing', says: 'the balance did not cover the amount' },
  limitExceeded: { retry: 'elsewhere', stops: 'nothing', says: 'a limit of the account or the bank was exceeded' },
  accountInvalid: { retry: 'none', stops: 'mandate', says: 'the account does not exist or is closed' },
  accountBlocked: { retry: 'none', stops: 'mandate', says: 'the account is blocked' },
  mandateInvalid: { retry: 'none', stops: 'mandate', says: 'the agreement is missing, withdrawn or expired' },
  payerRefused: { retry: 'none', stops: 'borrower', says: 'the payer refused the debit' },
  disputed: { retry: 'none', stops: 'borrower', says: 'the payer disputes the debit' },
  riskRefused: { retry: 'once', stops: 'nothing', says: "the bank's risk control refused the debit" },
  channelDown: { retry: 'soon', stops: 'nothing', says: 'the channel or the bank was out of order' },
  badRequest: { retry: 'none', stops: 'channel', says: 'the channel did not understand the request' },
};
