import { expect } from 'chai';
import { businessDate, parseInstant } from '../../src/domain/clock.ts';
import { compareNumber, isDirty, type Ours, type Terms, type Theirs, type Verdict } from '../../src/domain/match.ts';
import { compareDay } from '../../src/domain/match-day.ts';
import { effectOf } from '../../src/domain/match-verdict.ts';
import { chance } from '../support/statement-day.ts';

const DAY = businessDate('2026-01-05');
const TERMS: Terms = { businessDate: DAY, carryFrom: parseInstant('2026-01-05T23:00:00+08:00'), feeInside: false };

const ours = (outTradeNo: string, minor: number, more: Partial<Ours> = {}): Ours => ({
  kind: 'payment',
  attemptId: `att_${outTradeNo}`,
  lenderId: 'lnd_1',
  outTradeNo,
  refundNo: null,
  channelTradeNo: null,
  mandateRef: null,
  accountLast4: null,
  minor,
  currency: 'CNY',
  state: 'succeeded',
  day: DAY,
  at: null,
  matchedIn: null,
  ...more,
});
let line = 0;
const row = (outTradeNo: string | null, minor: number, more: Partial<Theirs> = {}): Theirs => ({
  line: ++line,
  kind: 'payment',
  status: 'succeeded',
  side: 'in',
  outTradeNo,
  refundNo: null,
  channelTradeNo: null,
  mandateRef: null,
  accountLast4: null,
  minor,
  currency: 'CNY',
  feeMinor: 0,
  count: 1,
  valueDate: DAY,
  ...more,
});
const returned = (minor: number, more: Partial<Ours> = {}) => ours('D1', minor, { kind: 'return', state: 'returned', ...more });
const refunded = (refundNo: string, minor: number, more: Partial<Ours> = {}) => ours('D1', minor, { kind: 'refund', refundNo, ...more });
const back = (kind: 'return' | 'refund', minor: number, more: Partial<Theirs> = {}) => row('D1', minor, { kind, side: 'out', ...more });
const told = (verdicts: readonly Verdict[]) => verdicts.map((v) => `${v.result} ${v.differenceMinor}`).sort();

describe('matching', () => {
  it('gives the worked example of the handbook: -233.00 = -1.00 + 500.00 - 820.00 + 88.00', () => {
    const verdicts = compareDay(
      [
        ours('D1', 110016),
        ours('D2', 67600),
        ours('D3', 50000, { state: 'unknown', day: null }),
        ours('D4', 30000, { at: parseInstant('2026-01-05T23:20:00+08:00') }),
        ours('D5', 82000, { at: parseInstant('2026-01-05T09:10:00+08:00') }),
      ],
      [row('D1', 110016), row('D2', 67500), row('D3', 50000), row('X9', 8800)],
      TERMS,
    );
    const by = Object.fromEntries(verdicts.map((v) => [v.ours?.outTradeNo ?? v.theirs?.outTradeNo, `${v.result} ${v.differenceMinor}`]));
    expect(by).to.deep.equal({
      D1: 'matched 0',
      D2: 'amountMismatch -100',
      D3: 'surplus 50000',
      D4: 'carriedOver 0',
      D5: 'shortage -82000',
      X9: 'surplus 8800',
    });
    expect(verdicts.reduce((s, v) => s + v.differenceMinor, 0)).to.equal(-23300);
  });

  const table: readonly [string, readonly Ours[], readonly Theirs[], readonly string[]][] = [
    ['a debit and its row', [ours('D1', 500)], [row('D1', 500)], ['matched 0']],
    ['a doubled row', [ours('D1', 500)], [row('D1', 500), row('D1', 500)], ['duplicate 500', 'matched 0']],
    ['two rows that make one debit', [ours('D1', 500)], [row('D1', 300), row('D1', 200)], ['matched 0', 'matched 0']],
    ['two rows of one debit that do not', [ours('D1', 500)], [row('D1', 300), row('D1', 100)], ['amountMismatch -200', 'duplicate 100']],
    ['a row in another currency', [ours('D1', 500)], [row('D1', 500, { currency: 'USD' })], ['shortage -500', 'surplus 500']],
    ['a debit the file calls failed', [ours('D1', 500)], [row('D1', 500, { status: 'failed' })], ['statusMismatch -500']],
    ['a debit the file calls pending', [ours('D1', 500)], [row('D1', 500, { status: 'pending' })], ['statusMismatch -500']],
    [
      'a refused try before the success',
      [ours('D1', 500)],
      [row('D1', 500, { status: 'failed' }), row('D1', 500)],
      ['matched 0', 'matched 0'],
    ],
    [
      'a failed debit on both sides',
      [ours('D1', 500, { state: 'failed', day: null })],
      [row('D1', 500, { status: 'failed' })],
      ['matched 0'],
    ],
    ['a failed row of a number nobody knows', [], [row('X', 500, { status: 'failed' })], ['statusMismatch 0']],
    ['an unknown number twice', [], [row('X', 500), row('X', 500)], ['duplicate 500', 'surplus 500']],
    ['a debit we hold for failed', [ours('D1', 500, { state: 'failed', day: null })], [row('D1', 500)], ['surplus 500']],
    ['a record of the day before', [ours('D1', 500, { day: businessDate('2026-01-04') })], [row('D1', 500)], ['matched 500']],
    [
      'a record that an older file has',
      [ours('D1', 500, { day: businessDate('2026-01-04'), matchedIn: businessDate('2026-01-04') })],
      [row('D1', 500)],
      ['duplicate 500'],
    ],
    ['a record whose row came early', [ours('D1', 500, { matchedIn: businessDate('2026-01-04') })], [], ['matched -500']],
    ['one row for three debits', [ours('D1', 500), ours('D1', 600), ours('D1', 700)], [row('D1', 1800, { count: 3 })], ['matched 0']],
    ['one row for three debits, counted as four', [ours('D1', 1), ours('D1', 2)], [row('D1', 3, { count: 4 })], ['amountMismatch 0']],
    ['a return on both sides', [returned(500)], [back('return', 500)], ['matched 0']],
    ['a return only the file has', [ours('D1', 500)], [row('D1', 500), back('return', 500)], ['matched 0', 'statusMismatch -500']],
    ['a return only we have', [returned(500)], [], ['shortage 500']],
    ['a return twice', [returned(500)], [back('return', 500), back('return', 500)], ['duplicate -500', 'matched 0']],
    ['a refund by its number', [refunded('R1', 200)], [back('refund', 200, { refundNo: 'R1' })], ['matched 0']],
    [
      'two refunds, one in the file',
      [refunded('R1', 200), refunded('R2', 200)],
      [back('refund', 200, { refundNo: 'R2' })],
      ['matched 0', 'shortage 200'],
    ],
    [
      'a refund row without a number, by amount',
      [refunded('R1', 200), refunded('R2', 300)],
      [back('refund', 300)],
      ['matched 0', 'shortage 200'],
    ],
    [
      'a refund that is not ours',
      [ours('D1', 500)],
      [row('D1', 500), back('refund', 100, { refundNo: 'R9' })],
      ['matched 0', 'surplus -100'],
    ],
    [
      'a refund whose answer was lost',
      [refunded('R1', 200, { state: 'unknown', day: null })],
      [back('refund', 200, { refundNo: 'R1' })],
      ['surplus -200'],
    ],
    ['a fee on its own row', [ours('D1', 500)], [row('D1', 500), row('D1', 2, { kind: 'fee', side: 'out' })], ['matched 0', 'matched 0']],
    ['a row of an unknown kind', [], [row(null, 7, { kind: 'other' })], ['surplus 7']],
  ];
  for (const [name, left, right, result] of table)
    it(`says of ${name}: ${result.join(', ')}`, () => expect(told(compareNumber(left, right, TERMS))).to.deep.equal(result));

  it('takes the fee for the cause only when the file may hold it inside, and says so otherwise', () => {
    const inside = row('D1', 498, { feeMinor: 2 });
    expect(told(compareNumber([ours('D1', 500)], [inside], { ...TERMS, feeInside: true }))).to.deep.equal(['matched 0']);
    const [v] = compareNumber([ours('D1', 500)], [inside], TERMS);
    expect(v).to.include({ result: 'amountMismatch', differenceMinor: -2 });
    expect(v?.says).to.contain('fee');
  });

  it('hands news of an open debit on, and lets an agreed failure rest', () => {
    const failed = [row('D1', 500, { status: 'failed' })];
    expect(compareNumber([ours('D1', 500, { state: 'unknown', day: null })], failed, TERMS).map(isDirty)).to.deep.equal([true]);
    expect(compareNumber([ours('D1', 500, { state: 'failed', day: null })], failed, TERMS).map(isDirty)).to.deep.equal([false]);
  });

  it("matches by the channel's own number what no order number joins, and only suggests by mandate, amount and day", () => {
    const [joined] = compareDay([ours('D1', 500, { channelTradeNo: 'T1' })], [row(null, 500, { channelTradeNo: 'T1' })], TERMS);
    expect(joined).to.include({ result: 'matched', rule: 'channelNumber' });
    const batch = [ours('D1', 500, { channelTradeNo: 'B1' }), ours('D2', 700, { channelTradeNo: 'B1' })];
    expect(told(compareDay(batch, [row('B-1', 1200, { channelTradeNo: 'B1', count: 2 })], TERMS))).to.deep.equal(['matched 0']);
    const suggested = compareDay([ours('D1', 500, { mandateRef: 'M1' })], [row('X1', 500, { mandateRef: 'M1' })], TERMS);
    expect(told(suggested)).to.deep.equal(['shortage -500', 'surplus 500']);
    expect(suggested.find((v) => v.theirs)?.suggestion?.attemptId).to.equal('att_D1');
    const far = compareDay(
      [ours('D1', 500, { mandateRef: 'M1' })],
      [row('X1', 500, { mandateRef: 'M1', valueDate: businessDate('2026-01-20') })],
      TERMS,
    );
    expect(far.every((v) => v.suggestion === null)).to.equal(true);
  });

  for (const seed of [11, 12, 13, 14, 15, 16])
    it(`gives each line one verdict and loses no money, however the lines lie and repeat (seed ${seed})`, () => {
      const draw = chance(seed);
      const pick = <T>(some: readonly T[]): T => some[draw(some.length)] as T;
      const numbers = ['D1', 'D2', 'D3', 'D4', 'D5', 'D6', 'D7', 'D8'];
      for (let round = 0; round < 200; round++) {
        const mine = numbers
          .filter(() => draw(4) > 0)
          .flatMap((no): Ours[] => {
            const day = pick([DAY, DAY, DAY, null, businessDate('2026-01-04')]);
            const one = ours(no, 100 + draw(3), { day, state: day ? 'succeeded' : 'unknown', channelTradeNo: pick(['T1', 'T2', null]) });
            const givenBack = draw(5) === 0 && day ? [{ ...one, kind: 'return' as const, state: 'returned' as const, day: DAY }] : [];
            const refund = draw(5) === 0 ? [{ ...one, kind: 'refund' as const, refundNo: `R${no}`, day: DAY }] : [];
            return [one, ...givenBack, ...refund];
          });
        const theirs = Array.from({ length: draw(14) }, () => {
          const kind = pick(['payment', 'payment', 'payment', 'return', 'refund', 'fee', 'adjustment'] as const);
          return row(pick([...numbers, 'X1', null]), 100 + draw(3), {
            kind,
            side: kind === 'payment' ? 'in' : 'out',
            status: pick(['succeeded', 'succeeded', 'succeeded', 'failed', 'pending']),
            refundNo: kind === 'refund' ? pick(['RD1', 'RD2', null]) : null,
            channelTradeNo: pick(['T1', 'T2', 'T3', null]),
          });
        });
        const verdicts = compareDay(mine, theirs, TERMS);
        const lines = verdicts.flatMap((v) => (v.theirs ? [v.theirs.line] : [])).sort((a, b) => a - b);
        expect(lines, 'one verdict a line').to.deep.equal(theirs.map((t) => t.line).sort((a, b) => a - b));
        const alone = verdicts.filter((v) => v.result === 'shortage' || v.result === 'carriedOver').map((v) => v.ours);
        expect(new Set(alone).size, 'a record is missing once').to.equal(alone.length);
        const difference = verdicts.reduce((s, v) => s + v.differenceMinor, 0);
        const counted = mine.reduce((s, o) => s + (o.day === DAY ? effectOf(o) : 0), 0);
        expect(difference).to.equal(theirs.reduce((s, t) => s + effectOf(t), 0) - counted);
        const shuffled = [...theirs].sort(() => draw(3) - 1);
        expect(told(compareDay([...mine].reverse(), shuffled, TERMS)), 'the order of lines does not matter').to.deep.equal(told(verdicts));
      }
    });
});
