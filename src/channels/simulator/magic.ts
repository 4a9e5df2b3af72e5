/**
 * Outcome by account number: the last four digits decide, whatever stands before them. All begin with 0, so that a number
 * ending otherwise is judged by its balance. A scenario that sets the balance (`account-funds`) switches the magic off for that account.
 */
import type { BankCode } from './codes.ts';

export type Magic = Readonly<{
  last4: string;
  title: string;
  /** `balance` judges as for any other account. */
  verdict: BankCode | 'balance';
  reply?: 'lost' | 'unmapped' | 'neverArrives';
  /** Accepted at once, decided this many minutes later; `nextMorning` at 06:00 of the next day. */
  decideAfter?: number | 'nextMorning';
  /** Taken, and given back a day later. */
  returns?: BankCode;
  /** The account's first debit meets another verdict. */
  first?: BankCode;
  /** Pays only amounts below the first one asked. */
  onlyLess?: true;
}>;

export const MAGIC: readonly Magic[] = [
  { last4: '0019', title: 'pays', verdict: '00' },
  { last4: '0027', title: 'has insufficient funds', verdict: '51' },
  { last4: '0035', title: 'pays, but the reply is lost: unknown, then found paid', verdict: '00', reply: 'lost' },
  { last4: '0043', title: 'pays, and is returned for missing cover a day later', verdict: '00', returns: 'R1' },
  { last4: '0050', title: 'pays, and is disputed by the payer a day later', verdict: '00', returns: 'D1' },
  { last4: '0068', title: 'is closed', verdict: '14' },
  { last4: '0076', title: 'is blocked', verdict: '62' },
  { last4: '0084', title: 'has withdrawn the agreement', verdict: 'M1' },
  { last4: '0092', title: 'refuses every amount as above its limit', verdict: '61' },
  { last4: '0100', title: "is refused by the bank's risk control", verdict: '05' },
  { last4: '0118', title: 'finds the channel down the first time, then pays', verdict: '00', first: '91' },
  { last4: '0126', title: 'is accepted, and paid 3 minutes later', verdict: '00', decideAfter: 3 },
  { last4: '0134', title: 'is accepted, and refused for insufficient funds 3 minutes later', verdict: '51', decideAfter: 3 },
  { last4: '0142', title: 'the request is lost and never taken', verdict: '00', reply: 'neverArrives' },
  { last4: '0159', title: 'pays, with a reply code nobody has mapped', verdict: '00', reply: 'unmapped' },
  { last4: '0167', title: 'is refused by the payer', verdict: '93' },
  { last4: '0175', title: 'is accepted, and paid at 06:00 of the next day', verdict: '00', decideAfter: 'nextMorning' },
  { last4: '0183', title: 'refuses the first amount ever asked, pays any smaller one (step-down)', verdict: '00', onlyLess: true },
  { last4: '0191', title: 'loses the reply of a refusal for insufficient funds', verdict: '51', reply: 'lost' },
];

const BY_LAST4 = new Map(MAGIC.map((m) => [m.last4, m]));
export const magicOf = (last4: string): Magic | undefined => BY_LAST4.get(last4);
