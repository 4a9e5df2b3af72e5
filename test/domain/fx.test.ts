/** Conversions book the bank's own two amounts; what lenders share of them is exact to the unit. */
import { expect } from 'chai';
import fc from 'fast-check';
import { conversionPostings, sharesOf } from '../../src/domain/fx.ts';
import { money } from '../../src/domain/money.ts';

describe('a conversion', () => {
  it('is shared by what each gave, rounded so that the whole comes to what was got', () => {
    expect(sharesOf(71_235, 10_000, [5_000, 5_000])).to.deep.equal([35_618, 35_617]);
    expect(sharesOf(100, 300, [100, 100, 100])).to.deep.equal([33, 34, 33]);
    expect(sharesOf(15_135, 10_000, [12_000, -2_000]), 'one lender gave more back than came in').to.deep.equal([18_162, -3_027]);
    expect(sharesOf(100, 300, [-100, -100, -100]), 'a day on which all went back').to.deep.equal([-33, -34, -33]);
    expect(sharesOf(7, 10_000, [0, 10_000])).to.deep.equal([0, 7]);
    expect(sharesOf(0, 10, [4, 6]), 'dust').to.deep.equal([0, 0]);
    expect(sharesOf(9_007_199_254_740_991, 9_007_199_254_740_990, [9_007_199_254_740_990])).to.deep.equal([9_007_199_254_740_991]);
    for (const [got, gave] of [
      [1, 0],
      [-1, 1],
    ] as const)
      expect(() => sharesOf(got, gave, [1])).to.throw('amounts above zero');
  });

  it('loses no unit, and gives nobody a unit more or less than its part, whatever the shares', () => {
    const share = fc.integer({ min: -1e9, max: 1e9 });
    fc.assert(
      fc.property(fc.array(share, { minLength: 1, maxLength: 12 }), fc.integer({ min: 0, max: 1e12 }), (shares, got) => {
        const gave = shares.reduce((s, n) => s + n, 0);
        fc.pre(gave > 0 && got <= gave * 1_000);
        const parts = sharesOf(got, gave, shares);
        expect(parts.reduce((s, n) => s + n, 0)).to.equal(got);
        for (const [k, part] of parts.entries()) {
          const error = BigInt(part) * BigInt(gave) - BigInt(shares[k] as number) * BigInt(got);
          expect(error <= BigInt(gave) && error >= -BigInt(gave), `${part} of ${shares[k]}`).to.equal(true);
        }
      }),
    );
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
