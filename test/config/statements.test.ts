import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { loadStatementMappings, readStatementMapping } from '../../config/statements.ts';
import { InvalidInput } from '../../src/domain/errors.ts';
import { mappedReader } from '../../src/statements/csv-mapping.ts';
import { bytesOf, readAll, refusalOf } from '../support/statements.ts';

const ICBC = readFileSync(new URL('../../config/statements/icbc-debit.yaml', import.meta.url), 'utf8');
const faults = (yaml: string): string[] => {
  try {
    readStatementMapping('mine.yaml', yaml);
  } catch (error) {
    if (error instanceof InvalidInput) return error.faults.map((fault) => fault.message);
    throw error;
  }
  return [];
};

/** A bank's plain file: no header row, days and times apart, cents with a comma, a sign behind, both balances around the rows. */
const PLAIN = `
format: plain-bank
title: A bank
source: made up
kind: account
encoding: utf-8
delimiter: ";"
quoted: true
comment: "%"
headerWithin: null
width: 7
none: []
zone: Europe/Berlin
currency: { column: 4 }
date: { column: 1, form: dd.MM.yyyy }
time: { column: 2, form: "HH:mm" }
amount: { column: 3, point: ",", group: "." }
side: sign
lineKind:
  rules:
    - { when: { "5": [REFUND, "RET*"] }, is: refund }
  otherwise: transfer
status: { otherwise: succeeded }
text: { outTradeNo: 6, rawCode: 5 }
rawText: [7]
facts:
  - '^% opening (?<opening>[0-9.,-]+)$'
  - '^% closing (?<closing>[0-9.,-]+) of (?<rows>[0-9]+)$'
totalsDiffer: refuse
`;
const FILE = `% opening 1.000,00
05.01.2026;09:30;1.100,16;EUR;PAY;D1;"one; two ""three"""
06.01.2026;10:00;100,00-;EUR;RETURN;D2;

% closing 2.000,16 of 2
`;

describe('statement mappings', () => {
  it('are all read, each under a name of its own', () => {
    const formats = loadStatementMappings().map(({ format }) => format);
    expect(formats).to.deep.equal(['alipay-account', 'alipay-gateway', 'icbc-debit', 'wechat-account']);
  });

  const broken: readonly [string, string, string, RegExp][] = [
    ['a date form that no date has', 'form: yyyy-MM-dd', 'form: dd/mm', /mine\.yaml: date\.form needs yyyy, MM once/],
    ['a pattern that is none', '[0-9*]+)"', '[0-9*]+"', /mine\.yaml: facts\[0\] is not a regular expression/],
    ['a fact that nobody knows', '(?<account>', '(?<owner>', /mine\.yaml: facts\[0\] must have groups named rows/],
    ['a currency that is none', '人民币: CNY', '人民币: RMB', /mine\.yaml: currency/],
    ['a key that nobody reads', 'quoted: true', 'quoted: true\nquotes: false', /mine\.yaml: quotes: no such key/],
    ['no encoding', 'encoding: detect', '', /mine\.yaml: encoding: it is missing/],
    ['two columns and one direction', 'side: columns', 'side: sign', /side: columns goes with an amount of two columns/],
    ['neither header row nor width', 'headerWithin: 20', 'headerWithin: null', /needs headerWithin .* or width/],
  ];
  for (const [what, from, to, says] of broken)
    it(`with ${what} stop the start, and say where`, () => {
      expect(ICBC).to.include(from);
      expect(faults(ICBC.replace(from, to)).join('\n')).to.match(says);
    });

  it('read a file without a header row, with a sign behind the amount and times in a column of their own', async () => {
    const reader = mappedReader(readStatementMapping('mine.yaml', PLAIN));
    const { lines, head } = await readAll(reader, bytesOf(FILE));
    expect(lines.map(({ line, kind, side, minor, outTradeNo, rawText }) => [line, kind, side, minor, outTradeNo, rawText])).to.deep.equal([
      [2, 'transfer', 'in', 110_016, 'D1', 'one; two "three"'],
      [3, 'refund', 'out', 10_000, 'D2', ''],
    ]);
    expect(lines[0]!.at!.toISOString()).to.equal('2026-01-05T08:30:00.000Z');
    expect(head).to.deep.include({ from: '2026-01-05', to: '2026-01-06', businessDate: null, warnings: [] });
    expect(head).to.deep.include({ opening: { minor: 100_000, currency: 'EUR' }, closing: { minor: 200_016, currency: 'EUR' } });
  });

  it('warn of a closing balance that opening balance and rows miss, and refuse a wrong number of rows', async () => {
    const reader = mappedReader(readStatementMapping('mine.yaml', PLAIN));
    const { head } = await readAll(reader, bytesOf(FILE.replace('2.000,16', '2.000,17')));
    expect(head.warnings).to.deep.equal(['the closing balance is 2000.17 EUR where the other balance and the rows come to 2000.16 EUR']);
    expect(await refusalOf(reader, bytesOf(FILE.replace('of 2', 'of 3')))).to.include({ code: 'TOTALS_DIFFER', line: 5 });
    expect(await refusalOf(reader, bytesOf(FILE.replace('% closing 2.000,16 of 2', '')))).to.include({ code: 'TOTALS_MISSING' });
    expect(await refusalOf(reader, bytesOf(FILE.replace('100,00-', '1,00,00-')))).to.include({ code: 'BAD_AMOUNT', line: 3, column: 3 });
    expect(await refusalOf(reader, bytesOf(FILE.replace('EUR;RETURN', 'EURO;RETURN')))).to.include({ code: 'BAD_VALUE', column: 4 });
  });
});
