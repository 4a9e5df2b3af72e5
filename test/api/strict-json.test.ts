/** What the JSON reader takes and what it refuses, beside JSON.parse. */
import { expect } from 'chai';
import fc from 'fast-check';
import { parseJson } from '../../src/api/strict-json.ts';
import { InvalidInput } from '../../src/domain/errors.ts';

const thrown = (text: string): unknown => {
  try {
    return parseJson(text);
  } catch (error) {
    return error;
  }
};

describe('the JSON reader', () => {
  it('reads what JSON.parse reads, where numbers are whole and keys are plain', () => {
    const whole = fc.integer({ min: -(2 ** 53 - 1), max: 2 ** 53 - 1 }).filter((n) => !Object.is(n, -0));
    const text = fc.string({ unit: 'grapheme' }).filter((s) => !s.includes('\u0000'));
    const key = text.filter((k) => !['__proto__', 'constructor', 'prototype'].includes(k));
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(null, true, false),
        whole,
        text,
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(value, fc.constantFrom(0, 2), (it, indent) => {
        expect(parseJson(JSON.stringify(it, null, indent))).to.deep.equal(it);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it('never takes what JSON.parse refuses', () => {
    const pieces = fc.array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"',
        '"a"',
        '1',
        '-',
        '0',
        '01',
        '.5',
        'e3',
        'true',
        'nul',
        ' ',
        '\n',
        '\t',
        '\\',
        '\u00a0',
        '//',
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        const source = parts.join('');
        let fine = true;
        try {
          JSON.parse(source);
        } catch {
          fine = false;
        }
        if (!fine) expect(thrown(source), source).to.be.instanceOf(Error);
      }),
      { seed: 7, numRuns: 2000 },
    );
  });

  it('points at what it refuses', () => {
    const pointer = (text: string) => (thrown(text) as InvalidInput).faults[0]?.pointer;
    expect(thrown('{"a":{"b":[1,0.5]}}')).to.be.instanceOf(InvalidInput);
    expect(pointer('{"a":{"b":[1,0.5]}}')).to.equal('/a/b/1');
    expect(pointer('{"a~/":{"x":1,"x":2}}')).to.equal('/a~0~1/x');
    expect(pointer(`{"${'k'.repeat(5000)}":-0}`)).to.have.length(61);
  });

  it('refuses the names that would reach a prototype, however they are written', () => {
    for (const name of ['__proto__', 'constructor', 'prototype', '\\u005f_proto__'])
      expect(thrown(`{"a":{"${name}":{"x":1}}}`), name).to.be.instanceOf(InvalidInput);
  });

  it('stops at its depth, whatever comes after', () => {
    for (const open of ['[', '{"a":']) {
      const began = performance.now();
      expect(thrown(open.repeat(1_000_000))).to.include({ code: 'MALFORMED_JSON' });
      expect(performance.now() - began).to.be.below(200);
    }
    expect(parseJson('['.repeat(32) + ']'.repeat(32))).to.be.an('array');
    expect(thrown('['.repeat(33) + ']'.repeat(33))).to.include({ code: 'MALFORMED_JSON' });
  });
});
