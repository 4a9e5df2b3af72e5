import { expect } from 'chai';
import fc from 'fast-check';
import { loadChannelProfiles } from '../../config/channels.ts';
import type { NumberGrammar } from '../../src/domain/channel-profile.ts';
import { InvalidInput } from '../../src/domain/errors.ts';
import { checks, faultOfGrammar, freeBits, orderNumber, orderNumberFromCounter } from '../../src/domain/order-number.ts';

const SIMULATOR = loadChannelProfiles().get('simulator')!.number;
const grammar = (over: Partial<NumberGrammar> = {}): NumberGrammar => ({ ...SIMULATOR, ...over });
const number = (planExternalId: string, n: number, g = SIMULATOR): string =>
  orderNumber({ lenderCode: 'ab12', planExternalId, n, grammar: g });
const CHARACTERS = {
  digits: '0123456789',
  base32: '0123456789ABCDEFGHJKMNPQRSTVWXYZ',
  upperAlnum: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  lowerAlnum: '0123456789abcdefghijklmnopqrstuvwxyz',
};

describe('order numbers', () => {
  it('have the form of the simulator: D, 24 characters, base 32, a right check character', () => {
    expect(number('L-1', 1)).to.match(/^D[0-9A-HJKMNP-TV-Z]{23}$/);
    expect(checks(number('L-1', 1), SIMULATOR)).to.equal(true);
  });
  it('are the same for ever: a change of this text doubles debits after a restore', () => {
    expect(number('L-1', 1)).to.equal('D9NDZ4220KERP6XRD1JVN8YC');
    expect(number('L-1', 2)).to.equal('DS6BJ6F2EF74W9QRF7JBR42S');
  });
  it('depend on lender, plan and n, and do not run them together', () => {
    const of = (lenderCode: string, planExternalId: string, n: number) =>
      orderNumber({ lenderCode, planExternalId, n, grammar: SIMULATOR });
    const all = [of('a', 'b', 1), of('a', 'b', 11), of('a', 'b1', 1), of('ab', '', 1), of('', 'ab', 1), of('a"', 'b', 1), of('a', '"b', 1)];
    expect(new Set(all).size).to.equal(all.length);
  });
  it('do not collide in a hundred thousand', () => {
    const seen = new Set<string>();
    for (let plan = 0; plan < 10_000; plan++) for (let n = 1; n <= 10; n++) seen.add(number(`L-${plan}`, n));
    expect(seen.size).to.equal(100_000);
  });
  it('fit every alphabet and length that leaves 80 bits', () => {
    const grammars = fc.record({
      alphabet: fc.constantFrom('digits', 'base32', 'upperAlnum', 'lowerAlnum') as fc.Arbitrary<NumberGrammar['alphabet']>,
      length: fc.integer({ min: 27, max: 64 }),
      check: fc.constantFrom('none', 'mod') as fc.Arbitrary<NumberGrammar['check']>,
    });
    fc.assert(
      fc.property(grammars, fc.string(), fc.integer({ min: 1, max: 1e6 }), (over, plan, n) => {
        const g = grammar({ ...over, prefix: '7' });
        const made = number(plan, n, g);
        expect(made).to.equal(number(plan, n, g));
        expect(made).to.have.length(g.length);
        expect(made.startsWith('7')).to.equal(true);
        expect([...made].every((ch) => CHARACTERS[g.alphabet].includes(ch))).to.equal(true);
        expect(checks(made, g)).to.equal(true);
      }),
      { numRuns: 300, seed: 7 },
    );
  });
  it('show every wrong character', () => {
    for (const [alphabet, characters] of Object.entries(CHARACTERS) as [NumberGrammar['alphabet'], string][]) {
      const g = grammar({ alphabet, length: 30, prefix: '7' });
      for (const n of [1, 2, 3]) {
        const right = number('L-1', n, g);
        for (let k = 0; k < right.length; k++)
          for (const ch of characters)
            if (ch !== right[k]) expect(checks(right.slice(0, k) + ch + right.slice(k + 1), g), `${right} at ${k}: ${ch}`).to.equal(false);
      }
    }
  });
  it('show a lost, an added and a foreign character', () => {
    const right = number('L-1', 1);
    for (const wrong of [right.slice(1), `${right}0`, right.toLowerCase(), '', `E${right.slice(1)}`])
      expect(checks(wrong, SIMULATOR)).to.equal(false);
  });
  it('count the free bits of a grammar', () => {
    expect(freeBits(SIMULATOR)).to.equal(110);
    expect(freeBits(grammar({ length: 18 }))).to.equal(80);
    expect(freeBits(grammar({ alphabet: 'digits', prefix: '', length: 31, check: 'none' }))).to.equal(102);
    expect(freeBits(grammar({ length: 64 }))).to.equal(256);
  });
  it('want a durable counter where a hash does not fit', () => {
    expect(number('L-1', 1, grammar({ length: 18 }))).to.have.length(18);
    expect(() => number('L-1', 1, grammar({ length: 17 }))).to.throw(/75 free bits are too few.*durable counter/);
  });
  it('come from a counter in order, checked, until it outgrows the form', () => {
    const g = grammar({ alphabet: 'digits', prefix: '', length: 6 });
    expect(orderNumberFromCounter(42, g).slice(0, 5)).to.equal('00042');
    expect(checks(orderNumberFromCounter(99_999, g), g)).to.equal(true);
    expect(() => orderNumberFromCounter(100_000, g)).to.throw(/outgrown 5 characters/);
    expect(() => orderNumberFromCounter(-1, g)).to.throw(/whole number/);
  });
  it('refuse an n that is no attempt', () => expect(() => number('L-1', 0)).to.throw(/numbered 1, 2, 3/));
});

describe("a lender's own reference", () => {
  const own = grammar({ mode: 'lenders', prefix: '', length: 20, lendersMax: 16, alphabet: 'upperAlnum', check: 'none' });
  const of = (lenderReference: string | null, n: number, g = own, lenderCode = 'AB') =>
    orderNumber({ lenderCode, planExternalId: 'L-1', n, grammar: g, lenderReference });
  it('gets n appended in three digits, so that no two run together', () => {
    expect(of('LOAN7', 1)).to.equal('LOAN7001');
    expect(of('L1', 11)).to.not.equal(of('L11', 1));
  });
  it('is checked like our own', () => {
    const g = { ...own, check: 'mod' } as const;
    expect(checks(of('LOAN7', 1, g), g)).to.equal(true);
    expect(checks(of('LOAN7', 1, g).replace('7', '8'), g)).to.equal(false);
  });
  it("stands behind the lender's code, and codes do not run into references", () => {
    const g = { ...own, mode: 'lenderId+lenders' } as const;
    expect(of('LOAN7', 1, g)).to.equal('2ABLOAN7001');
    expect(of('CD', 1, g, 'AB')).to.not.equal(of('D', 1, g, 'ABC'));
  });
  it('is refused by name where it does not fit', () => {
    expect(() => of(null, 1)).to.throw(InvalidInput, /orderReference is missing/);
    expect(() => of('', 1)).to.throw(InvalidInput, /takes 1 to 16/);
    expect(of('A'.repeat(16), 1)).to.have.length(19);
    expect(() => of('A'.repeat(17), 1)).to.throw(InvalidInput, /17 characters, this channel takes 1 to 16/);
    expect(() => of('loan', 1)).to.throw(InvalidInput, /character 'l'/);
    expect(() => of('L-1', 1)).to.throw(InvalidInput, /character '-'/);
    expect(() => of('L1', 1000)).to.throw(InvalidInput, /at most 999 attempts/);
    expect(() => of('A'.repeat(16), 1, { ...own, mode: 'lenderId+lenders' })).to.throw(InvalidInput, /does not fit 20 characters/);
  });
});

describe('a grammar', () => {
  it('is refused with its cure', () => {
    expect(faultOfGrammar(SIMULATOR)).to.equal(null);
    expect(faultOfGrammar(grammar({ alphabet: 'digits' }))).to.match(/prefix D has characters outside digits/);
    expect(faultOfGrammar(grammar({ length: 2 }))).to.match(/make it longer/);
    expect(faultOfGrammar(grammar({ mode: 'lenders', lendersMax: 20 }))).to.match(/make lendersMax smaller/);
  });
});
