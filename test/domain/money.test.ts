import { expect } from 'chai';
import fc from 'fast-check';
import { digitsOf } from '../../src/domain/currencies.ts';
import { decimal } from '../../src/domain/decimal.ts';
import { InvalidInput } from '../../src/domain/errors.ts';
import { add, floorFraction, isCurrency, money, percentOf, roundHalfUp, splitByWeights, subtract, sum } from '../../src/domain/money.ts';

describe('money', () => {
  it('adds, subtracts and sums within one currency', () => {
    const [a, b] = [money(110_016, 'CNY'), money(16, 'CNY')];
    expect(add(a, b)).to.deep.equal(money(110_032, 'CNY'));
    expect(subtract(a, b)).to.deep.equal(money(110_000, 'CNY'));
    expect(sum([a, b, b], 'CNY')).to.deep.equal(money(110_048, 'CNY'));
    expect(sum([], 'CNY')).to.deep.equal(money(0, 'CNY'));
  });

  it('refuses to add two currencies', () => {
    expect(() => add(money(1, 'CNY'), money(1, 'USD'))).to.throw('two currencies');
    expect(() => subtract(money(1, 'CNY'), money(1, 'USD'))).to.throw('two currencies');
    expect(() => sum([money(1, 'USD')], 'CNY')).to.throw('two currencies');
  });

  it('refuses what is not whole minor units', () => {
    for (const minor of [0.5, Number.NaN, 2 ** 53]) expect(() => money(minor, 'CNY')).to.throw('not whole minor units');
  });

  it('rounds a fraction down: 60 % of 1,127.06 is 676.23', () => {
    expect(percentOf(money(112_706, 'CNY'), '0.6')).to.deep.equal(money(67_623, 'CNY'));
    expect(floorFraction(100, { num: 2n, den: 3n })).to.equal(66);
    expect(floorFraction(29, '1.0')).to.equal(29);
  });

  it('takes decimal text of 0.29 exactly, where a float would lose a unit', () => {
    expect(Math.floor(100 * 0.29)).to.equal(28);
    expect(floorFraction(100, '0.29')).to.equal(29);
  });

  it('rounds half up once, in small numbers and in large ones alike', () => {
    expect(roundHalfUp('0.00075', 92_016, 10)).to.equal(690);
    expect(roundHalfUp('0.5', 1)).to.equal(1);
    expect(roundHalfUp('0.499', 1)).to.equal(0);
    fc.assert(
      fc.property(fc.nat(10 ** 12), fc.nat(10 ** 14), fc.nat(4000), (rate, minor, days) => {
        const text = `0.${String(rate).padStart(12, '0')}`.slice(0, 14);
        const { num, den } = decimal(text);
        const exact = (2n * num * BigInt(minor) * BigInt(days) + den) / (2n * den);
        expect(roundHalfUp(text, minor, days)).to.equal(Number(exact));
      }),
    );
  });

  it('reads decimal text only', () => {
    expect(decimal('0.015')).to.deep.equal({ num: 15n, den: 1000n });
    for (const text of ['', '-0.1', '1e-3', '0,1', ' 1', '.5', '1.', 'NaN', '0x1'])
      expect(() => decimal(text), text).to.throw(InvalidInput);
  });

  it('splits so that the parts are the whole and each is within one unit of its share', () => {
    fc.assert(
      fc.property(fc.nat(10 ** 12), fc.array(fc.nat(1000), { minLength: 1, maxLength: 9 }), (minor, weights) => {
        fc.pre(weights.some((w) => w > 0));
        const parts = splitByWeights(minor, weights);
        const all = weights.reduce((s, w) => s + w, 0);
        expect(parts.reduce((s, p) => s + p, 0)).to.equal(minor);
        parts.forEach((part, at) => {
          expect(Math.abs(part * all - minor * (weights[at] ?? 0)) < all, `part ${at}`).to.equal(true);
        });
      }),
    );
    expect(splitByWeights(100, [1, 1, 1])).to.deep.equal([34, 33, 33]);
    expect(splitByWeights(10, [5, 3, 1])).to.deep.equal([6, 3, 1]);
    expect(() => splitByWeights(1, [0, 0])).to.throw('weight above zero');
  });

  it('knows the currencies of ISO 4217 and their digits', () => {
    for (const code of ['CNY', 'USD', 'EUR', 'GBP', 'INR', 'NGN', 'THB', 'JPY', 'KWD', 'CZK'])
      expect(isCurrency(code), code).to.equal(true);
    for (const code of ['ZZZ', 'XX', 'cny', 'CNY$', 'cny$', '', 'XXX', 'constructor']) expect(isCurrency(code), code).to.equal(false);
    expect([digitsOf('CNY'), digitsOf('JPY'), digitsOf('KWD')]).to.deep.equal([2, 0, 3]);
    expect(() => digitsOf('ZZZ')).to.throw(RangeError);
  });
});
