/** Conversions are exact: half up once, whatever the digits of either currency. */
import { expect } from 'chai';
import fc from 'fast-check';
import { conversionPostings, convert } from '../../src/domain/fx.ts';
import { money } from '../../src/domain/money.ts';

describe('a conversion', () => {
  it('rounds half up to the other currency’s minor unit', () => {
    const to = (minor: number, from: string, rate: string, other: string) => convert(money(minor, from), { from, to: other, rate }).minor;
    expect(to(10_000, 'USD', '7.1234', 'CNY')).to.equal(71_234);
    expect(to(1, 'USD', '7.5', 'CNY'), '7.5 fen').to.equal(8);
    expect(to(1, 'USD', '7.4999999', 'CNY')).to.equal(7);
    expect(to(10_000, 'USD', '151.35', 'JPY'), 'JPY has no minor unit').to.equal(15_135);
    expect(to(100, 'JPY', '0.006607', 'USD'), '0.6607 USD').to.equal(66);
    expect(to(1_234, 'KWD', '3.254', 'USD'), '1.234 KWD, three digits').to.equal(402);
    expect(to(0, 'USD', '7.1', 'CNY')).to.equal(0);
  });

  it('stays exact where a float would not', () => {
    const rate = '1.000000000000000001';
    expect(convert(money(9_007_199_254_740_990, 'USD'), { from: 'USD', to: 'EUR', rate }).minor).to.equal(9_007_199_254_740_990);
    expect(convert(money(1_005, 'USD'), { from: 'USD', to: 'EUR', rate: '0.1' }).minor, '100.5').to.equal(101);
  });

  it('is within half a unit of the true product, for any amount and rate', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e9 }),
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 0, max: 6 }),
        (minor, digits, places) => {
          const text = String(digits).padStart(places + 1, '0');
          const rate = places ? `${text.slice(0, -places)}.${text.slice(-places)}` : text;
          const got = BigInt(convert(money(minor, 'USD'), { from: 'USD', to: 'EUR', rate }).minor);
          const error = 2n * (got * 10n ** BigInt(places) - BigInt(minor) * BigInt(digits));
          expect(error <= 10n ** BigInt(places) && error > -(10n ** BigInt(places))).to.equal(true);
        },
      ),
    );
  });

  it('refuses an amount in another currency, one below zero, and a rate that is no decimal text', () => {
    const rate = { from: 'USD', to: 'CNY', rate: '7.1' };
    expect(() => convert(money(1, 'EUR'), rate)).to.throw('the rate is from USD');
    expect(() => convert(money(-1, 'USD'), rate)).to.throw('zero or above');
    for (const bad of ['7,1', '-7.1', '7.1e3', '', ' 7.1'])
      expect(() => convert(money(1, 'USD'), { ...rate, rate: bad }), bad).to.throw('not a decimal');
  });

  it('is two postings, each of one currency and summing to zero through 2998', () => {
    const [gave, got] = conversionPostings('1012.01:cards', money(10_000, 'USD'), '1002:settlement', money(71_234, 'CNY'));
    expect(gave.map((l) => [l.account, l.minor])).to.deep.equal([
      ['2998', 10_000],
      ['1012.01:cards', -10_000],
    ]);
    expect(got.map((l) => [l.account, l.minor])).to.deep.equal([
      ['1002:settlement', 71_234],
      ['2998', -71_234],
    ]);
    expect(() => conversionPostings('1002', money(1, 'USD'), '1002', money(1, 'USD'))).to.throw('nothing is converted');
  });
});
