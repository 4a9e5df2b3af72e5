/** Short forms for tests of the gate: a case changed in one way, and what the gate says to it. */
import { expect } from 'chai';
import type { Instant } from '../../src/domain/clock.ts';
import { permit } from '../../src/domain/gate.ts';
import type { Permit, Refusal } from '../../src/domain/permit.ts';
import { at, type Change, debit } from './gate-case.ts';

export const ask = (change: Change = {}): Permit | Refusal => {
  const { ask, facts } = debit(change);
  return permit(ask, facts);
};
export const refusal = (change: Change): Refusal => {
  const answer = ask(change);
  expect(answer.kind).to.equal('refusal');
  return answer as Refusal;
};
export const granted = (change: Change): Permit => {
  const answer = ask(change);
  expect(answer.kind === 'permit' ? 'permit' : `${answer.rule}: ${answer.says}`).to.equal('permit');
  return answer as Permit;
};
export const rule = (change: Change): string => {
  const answer = ask(change);
  return answer.kind === 'permit' ? 'permit' : answer.rule;
};
export const retry = (change: Change): Instant | null => refusal(change).retryAt;
export const counter = (change: Change, code: string) => {
  const found = granted(change).rules.find((r) => r.code === code);
  return found && [found.before, found.after, found.limit];
};
export const stop = (scope: 'all' | `lender:${string}` | `channel:${string}`) => ({
  scope,
  by: 'ann',
  why: 'drill',
  at: at('2026-03-01 09:00'),
});
