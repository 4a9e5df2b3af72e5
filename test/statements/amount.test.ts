import { expect } from 'chai';
import fc from 'fast-check';
import { digitsOf } from '../../src/domain/currencies.ts';
import { type AmountForm, minorOf, shownMinor, signedMinor, wholeMinor } from '../../src/statements/amount.ts';
import { BadStatement } from '../../src/statements/reader.ts';

const PLACE = { line: 3, column: 5 };
const read = (text: string, form: AmountForm = {}, currency = 'CNY') => minorOf(text, currency, PLACE, form);
const refused = (act: () => unknown): BadStatement['refusal'] => {
  try {
    act();
  } catch (error) {
    if (error instanceof BadStatement) return error.refusal;
    throw error;
  }
  throw new Error('it was taken');
};

describe('amounts of statements', () => {
  const good: readonly [string, AmountForm, string, number][] = [
    ['1100.16', {}, 'CNY', 110_016],
    ['1100.1600', {}, 'CNY', 110_016],
    ['0.00000', {}, 'CNY', 0],
    ['1,100.16', { group: ',' }, 'CNY', 110_016],
    ['1,234,567.8', { group: ',' }, 'CNY', 123_456_780],
    ['1.100,16', { group: '.', point: ',' }, 'EUR', 110_016],
    ["1'100.16", { group: "'" }, 'CHF', 110_016],
    ['1 100,16', { group: ' ', point: ',' }, 'SEK', 110_016],
    ['¥1.00', { symbols: ['¥'] }, 'CNY', 100],
    ['-¥1.00', { symbols: ['¥'] }, 'CNY', -100],
    ['¥-1.00', { symbols: ['¥'] }, 'CNY', -100],
    ['-5.00', {}, 'CNY', -500],
    ['+5.00', {}, 'CNY', 500],
    ['5.00-', {}, 'CNY', -500],
    ['(5.00)', {}, 'CNY', -500],
    ['5.00CR', {}, 'CNY', 500],
    ['5.00 DR', {}, 'CNY', -500],
    ['-0.00', {}, 'CNY', 0],
    [' 12.30\t', {}, 'CNY', 1_230],
    ['500', {}, 'JPY', 500],
    ['500.00', {}, 'JPY', 500],
    ['1.234', {}, 'KWD', 1_234],
    ['90071992547409.91', {}, 'CNY', 9_007_199_254_740_991],
  ];
  for (const [text, form, currency, minor] of good)
    it(`reads ${JSON.stringify(text)} in ${currency} as ${minor}`, () => expect(read(text, form, currency)).to.equal(minor));

  const bad: readonly [string, AmountForm, string][] = [
    ['', {}, 'CNY'],
    ['-', {}, 'CNY'],
    ['.', {}, 'CNY'],
    ['.5', {}, 'CNY'],
    ['1.', {}, 'CNY'],
    ['1e3', {}, 'CNY'],
    ['0x10', {}, 'CNY'],
    ['NaN', {}, 'CNY'],
    ['Infinity', {}, 'CNY'],
    ['１２', {}, 'CNY'],
    ['12．30', {}, 'CNY'],
    ['1.001', {}, 'CNY'],
    ['500.5', {}, 'JPY'],
    ['1,100.16', {}, 'CNY'],
    ['1,00.16', { group: ',' }, 'CNY'],
    ['1,1000', { group: ',' }, 'CNY'],
    [',100', { group: ',' }, 'CNY'],
    ['1.2.3', {}, 'CNY'],
    ['--5', {}, 'CNY'],
    ['-5-', {}, 'CNY'],
    ['(-5)', {}, 'CNY'],
    ['-5DR', {}, 'CNY'],
    ['¥1.00', {}, 'CNY'],
    ['1 2', {}, 'CNY'],
    ['90071992547409.92', {}, 'CNY'],
    ['1.00', {}, 'XXX'],
  ];
  for (const [text, form, currency] of bad)
    it(`refuses ${JSON.stringify(text)} in ${currency}`, () => {
      const refusal = refused(() => read(text, form, currency));
      expect(refusal).to.include({ code: currency === 'XXX' ? 'BAD_CURRENCY' : 'BAD_AMOUNT', line: 3, column: 5 });
    });

  it('gives every amount back as it was written, in any currency', () => {
    const minor = fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(minor, fc.constantFrom('CNY', 'JPY', 'KWD'), fc.integer({ min: 0, max: 4 }), (given, currency, zeros) => {
        const text = shownMinor(given, currency).replace(` ${currency}`, '');
        const longer = zeros === 0 ? text : `${text}${digitsOf(currency) === 0 ? '.' : ''}${'0'.repeat(zeros)}`;
        expect(read(longer, {}, currency)).to.equal(given || 0);
      }),
    );
  });

  it('takes whole minor units as digits alone', () => {
    expect(wholeMinor('110016', PLACE)).to.equal(110_016);
    expect(signedMinor('-40', PLACE)).to.equal(-40);
    expect(Object.is(signedMinor('-0', PLACE), 0)).to.equal(true);
    for (const text of ['', '01', '-1', '1.0', '1e3', '1,000', ' 1', '9007199254740993'])
      expect(refused(() => wholeMinor(text, PLACE))).to.include({ code: 'BAD_AMOUNT' });
  });
});
