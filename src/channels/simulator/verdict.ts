/** The bank's judgement of one request: pure, from what the account's chain, its world, the digits and the dice say. */
import type { Instant } from '../../domain/clock.ts';
import { plusHours, plusMinutes } from '../../domain/clock.ts';
import type { DebitRequest } from '../channel.ts';
import type { Bank } from './bank.ts';
import { chance } from './chance.ts';
import { bankDay, closedBecause, decisionTime, morningAfter, returnTime } from './clockwork.ts';
import type { BankCode } from './codes.ts';
import { type Magic, magicOf } from './magic.ts';
import type { AccountRef, AccountState } from './types.ts';

/** What happens on the wire, whatever the bank decides. */
export type Wire = 'fine' | 'neverArrives' | 'replyLost' | 'unmapped';

const rolls = (bank: Bank, share: number, what: string, orderNo: string): boolean => share > 0 && chance(bank.seed, what, orderNo) < share;

/** The digits decide until a scenario has set the balance. */
export const magicFor = (last4: string, state: AccountState | null): Magic | undefined => (state?.byBalance ? undefined : magicOf(last4));

export function wireOf(bank: Bank, orderNo: string, magic: Magic | undefined): Wire {
  if (magic?.reply === 'neverArrives' || rolls(bank, bank.faults.lostRequest, 'lost request', orderNo)) return 'neverArrives';
  if (magic?.reply === 'lost' || rolls(bank, bank.faults.lostReply, 'lost reply', orderNo)) return 'replyLost';
  if (magic?.reply === 'unmapped' || rolls(bank, bank.faults.unmappedCode, 'unmapped code', orderNo)) return 'unmapped';
  return 'fine';
}

/** Why the bank does not even look at the account; null when it does. Order number and bytes are settled by the book's index. */
export function refusedAtTheDoor(bank: Bank, request: DebitRequest, down: boolean, at: Instant): BankCode | null {
  const { profile } = bank;
  if (down || rolls(bank, bank.faults.channelDown, 'channel down', request.outTradeNo)) return '91';
  if (!profile.rails.includes(request.rail)) return 'F2';
  if (!profile.currencies.some((c) => c === '*' || c === request.amount.currency)) return 'F1';
  if (request.amount.minor <= 0) return 'F3';
  if (request.validUntil && at > request.validUntil) return 'EX';
  const closed = closedBecause(profile, at);
  if (closed) return closed;
  return profile.perDebitLimit !== null && request.amount.minor > profile.perDebitLimit ? '61' : null;
}

/** Takes the money or says why not. `state` is the account before this request; `at` the moment of judgement. */
export function judge(bank: Bank, account: AccountRef, state: AccountState, minor: number, at: Instant): BankCode {
  const limit = bank.profile.dailyLimitPerAccount;
  const today = state.day === bankDay(bank.profile, at) ? state.dayMinor : 0;
  if (state.revoked) return 'M1';
  if (limit !== null && today + minor > limit) return '61';
  const magic = magicFor(account.last4, state);
  if (magic?.first && state.orders === 0) return magic.first;
  if (magic?.onlyLess) return state.firstMinor === 0 || minor >= state.firstMinor ? '51' : '00';
  if (magic && magic.verdict !== 'balance') return magic.verdict;
  return held(bank, account, state, at) >= minor ? '00' : '51';
}

/** What the account holds: its world's sum less what was taken and not returned. */
export const held = (bank: Bank, account: AccountRef, state: AccountState, at: Instant): number => bank.balances(account, at) - state.out;

/** When an accepted order is decided; null where the reply is the result. */
export function decidedAt(bank: Bank, orderNo: string, magic: Magic | undefined, at: Instant): Instant | null {
  if (magic?.decideAfter === 'nextMorning') return morningAfter(bankDay(bank.profile, at), bank.profile.zone);
  if (magic?.decideAfter) return plusMinutes(at, magic.decideAfter);
  const late = bank.style === 'instant' && rolls(bank, bank.faults.delayed, 'delayed', orderNo);
  return decisionTime(late ? 'delayed' : bank.style, bank.profile, at, bank.seed, orderNo);
}

/** Whether, when and why a debit taken at `takenAt` is given back. */
export function plannedReturn(
  bank: Bank,
  orderNo: string,
  magic: Magic | undefined,
  takenAt: Instant,
): Readonly<{ at: Instant; code: BankCode }> | null {
  if (magic?.returns) return { at: plusHours(takenAt, 24), code: magic.returns };
  if (!rolls(bank, bank.faults.lateReturn, 'late return', orderNo)) return null;
  return { at: returnTime(bank.profile, takenAt, bank.seed, orderNo), code: chance(bank.seed, 'return code', orderNo) < 0.8 ? 'R1' : 'D1' };
}
