/** Worked example 6 of the domain handbook, to the cent, without a database: what is found of a day, and what lies in suspense for it. */
import { expect } from 'chai';
import type { AttemptState } from '../../../src/domain/attempt.ts';
import { addDays, atLocal, type BusinessDate, parseInstant, plusMinutes } from '../../../src/domain/clock.ts';
import type { Ours, Terms, Theirs } from '../../../src/domain/match.ts';
import { isDirty } from '../../../src/domain/match.ts';
import { compareDay } from '../../../src/domain/match-day.ts';
import { type Day, type Found, foundOf, thingOf } from '../../../src/flows/reconcile/found.ts';

const DATE = '2026-01-05' as BusinessDate;
const DAY: Day = { channel: 'simulator', businessDate: DATE, statementId: 'stm_1' };
const CUT_OFF = atLocal(DATE, '23:00', 'Asia/Shanghai');
const TERMS: Terms = { businessDate: DATE, carryFrom: plusMinutes(CUT_OFF, -240), feeInside: false };
const NOW = parseInstant('2026-01-06T00:00:00Z');

const ours = (number: string, minor: number, state: AttemptState = 'succeeded', time = '09:10'): Ours => ({
  kind: 'payment',
  attemptId: `att_${number}`,
  lenderId: 'lnd_1',
  outTradeNo: number,
  refundNo: null,
  channelTradeNo: `T${number}`,
  mandateRef: null,
  accountLast4: '0019',
  minor,
  currency: 'CNY',
  state,
  day: state === 'succeeded' ? DATE : null,
  at: atLocal(DATE, time, 'Asia/Shanghai'),
  matchedIn: null,
});
const theirs = (number: string, minor: number, line: number): Theirs => ({
  line,
  kind: 'payment',
  status: 'succeeded',
  side: 'in',
  outTradeNo: number,
  refundNo: null,
  channelTradeNo: `T${number}`,
  mandateRef: null,
  accountLast4: '0019',
  minor,
  currency: 'CNY',
  feeMinor: 0,
  count: 1,
  valueDate: addDays(DATE, 0),
});

/** Everything of the day, matched or not, by order number. */
const VERDICTS = compareDay(
  [ours('D1', 110_016), ours('D2', 67_600), ours('D5', 82_000), ours('D3', 50_000, 'unknown'), ours('D4', 30_000, 'succeeded', '23:20')],
  [theirs('D1', 110_016, 1), theirs('D2', 67_500, 2), theirs('D3', 50_000, 3), theirs('X9', 8_800, 4)],
  TERMS,
);

describe('worked example 6', () => {
  const of = (number: string) => VERDICTS.find((v) => (v.theirs ?? v.ours)?.outTradeNo === number)!;
  const found = (number: string): Found => foundOf(of(number), DAY, thingOf(of(number)), null, NOW);
  const held = (number: string) => Object.fromEntries(found(number).suspense.map((l) => [l.account, l.minor]));

  it('finds D1 matched, D2 of another amount, D3 and X9 with the bank alone, D4 carried over, D5 with us alone', () => {
    expect(Object.fromEntries(VERDICTS.map((v) => [(v.theirs ?? v.ours)?.outTradeNo, v.result]))).to.deep.equal({
      D1: 'matched',
      D2: 'amountMismatch',
      D3: 'surplus',
      D4: 'carriedOver',
      D5: 'shortage',
      X9: 'surplus',
    });
    expect(VERDICTS.filter(isDirty)).to.have.length(5);
  });

  it('splits the difference of -233.00 as the handbook does, with ours at 2,596.16 and theirs at 2,363.16', () => {
    const difference = VERDICTS.reduce((sum, v) => sum + v.differenceMinor, 0);
    expect(difference).to.equal(-23_300);
    expect(['D2', 'D3', 'D5', 'X9', 'D4'].map((n) => of(n).differenceMinor)).to.deep.equal([-100, 50_000, -82_000, 8_800, 0]);
    const theirSum = VERDICTS.reduce((sum, v) => sum + (v.theirs?.minor ?? 0), 0);
    expect([theirSum, theirSum - difference]).to.deep.equal([236_316, 259_616]);
  });

  it('puts each difference into suspense on its own side, what is carried over too, so that the day’s clearing is the file’s', () => {
    expect(held('D2')).to.deep.equal({ '1012.01:simulator': -100, '1221.01': 100 });
    expect(held('D3')).to.deep.equal({ '1012.01:simulator': 50_000, '2241.01': -50_000 });
    expect(held('D5')).to.deep.equal({ '1012.01:simulator': -82_000, '1221.01': 82_000 });
    expect(held('X9')).to.deep.equal({ '1012.01:simulator': 8_800, '2241.01': -8_800 });
    expect(held('D4')).to.deep.equal({ '1012.01:simulator': -30_000, '1221.01': 30_000 });
    const booked = 110_016 + 67_600 + 82_000 + 30_000;
    const held6 = ['D2', 'D3', 'D4', 'D5', 'X9'].reduce((sum, n) => sum + (held(n)['1012.01:simulator'] ?? 0), 0);
    expect(booked + held6).to.equal(236_316);
  });

  it('gives what is of nobody to the house, and waits with what is carried over', () => {
    expect(found('X9')).to.include({ lenderId: 'house', attemptId: null, state: 'suspense', kind: 'surplus' });
    expect(found('D4')).to.include({ lenderId: 'lnd_1', state: 'carriedOver' });
  });
});
