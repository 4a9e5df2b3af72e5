/** What a tester may make the bank do to an existing order or account: `POST /v1/test/scenarios/{name}/run`. */
import type { Money } from '../../domain/money.ts';

export type ScenarioName =
  | 'attempt-returned'
  | 'attempt-disputed'
  | 'attempt-late-success'
  | 'duplicate-at-bank'
  | 'account-funds'
  | 'account-empty'
  | 'salary-arrives'
  | 'mandate-revoked-at-bank'
  | 'channel-down'
  | 'channel-up';

/** The order number of an attempt, or the clear number of an account. `amount`: the sum to set, pay in or take. */
export type ScenarioTarget = Readonly<{ outTradeNo?: string; account?: string; amount?: Money; memo?: string; rail?: string }>;

/** `needs`: what the target must name. */
export type Scenario = Readonly<{ name: ScenarioName; needs: 'order' | 'account' | 'nothing'; does: string }>;

export const SCENARIOS: readonly Scenario[] = [
  { name: 'attempt-returned', needs: 'order', does: 'The bank gives the money of a paid attempt back: missing cover.' },
  { name: 'attempt-disputed', needs: 'order', does: 'The payer disputes a paid attempt; the bank gives the money back.' },
  {
    name: 'attempt-late-success',
    needs: 'order',
    does: 'The bank takes the money of an attempt it had refused, cancelled or (with `amount` and `account`) never seen.',
  },
  { name: 'duplicate-at-bank', needs: 'order', does: "The bank's own bug: the money of a paid attempt is taken a second time." },
  { name: 'account-funds', needs: 'account', does: 'Sets what the account holds now to `amount`; from then on its balance decides.' },
  { name: 'account-empty', needs: 'account', does: 'Sets what the account holds now to 0.00; its own income goes on.' },
  { name: 'salary-arrives', needs: 'account', does: 'Pays `amount` (default 5000.00) into the account.' },
  { name: 'mandate-revoked-at-bank', needs: 'account', does: 'The payer withdraws the agreement at the bank: further debits are refused.' },
  { name: 'channel-down', needs: 'nothing', does: 'Every debit is answered 91 until channel-up.' },
  { name: 'channel-up', needs: 'nothing', does: 'Ends channel-down.' },
];
