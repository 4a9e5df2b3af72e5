import { expect } from 'chai';
import { businessDate } from '../../src/domain/clock.ts';
import type { StatementLine } from '../../src/domain/statement.ts';
import { nachaReader } from '../../src/statements/nacha.ts';
import { NACHA_CODES } from '../../src/statements/nacha-codes.ts';
import { ACH_DEBIT, achFile, achReturn, sample } from '../support/bank-files.ts';
import { bytesOf, readAll, refusalOf } from '../support/statements.ts';

const read = (records: readonly string[], end?: string) => readAll(nachaReader, bytesOf(achFile(records, end)));
const refused = (records: readonly string[]) => refusalOf(nachaReader, bytesOf(achFile(records)));
const brief = ({ kind, side, status, minor, rawCode, failure }: StatementLine) => [kind, side, status, minor, rawCode, failure];
/** Record `line` (from 1) with `text` put at position `column` (from 1). */
const put = (records: readonly string[], line: number, column: number, text: string): string[] =>
  records.map((record, i) => (i === line - 1 ? record.slice(0, column - 1) + text + record.slice(column - 1 + text.length) : record));

describe('Nacha files', () => {
  it('reads a returned debit by our number and the trace of the debit that came back', async () => {
    const { lines, head } = await read(achReturn());
    expect(lines.map(brief)).to.deep.equal([['return', 'out', 'succeeded', 12354, 'R01', 'insufficientFunds']]);
    expect(lines[0]).to.deep.include({
      line: 3,
      outTradeNo: 'L7K2M9Q4X0',
      channelTradeNo: '123456780000001',
      accountLast4: '8-99',
      counterparty: 'ANN EXAMPLE',
    });
    expect(lines[0]).to.include({ currency: 'USD', valueDate: '2026-11-24', rawText: 'insufficient funds' });
    expect(head).to.deep.include({ merchant: '1234567890', businessDate: '2026-11-23', sequence: 'A', warnings: [] });
    expect(head.declared).to.deep.equal([{ currency: 'USD', inCount: 0, inMinor: 0, outCount: 1, outMinor: 12354, feeMinor: 0 }]);
  });

  it('reads a debit as it was posted, with CRLF, with short lines and without line breaks', async () => {
    const file = achFile(ACH_DEBIT);
    const expected = await readAll(nachaReader, bytesOf(file));
    expect(expected.lines.map(brief)).to.deep.equal([['payment', 'in', 'succeeded', 12354, '27', null]]);
    expect(expected.lines[0]).to.include({ valueDate: '2026-11-24', channelTradeNo: '123456780000001' });
    const short = file
      .split('\n')
      .map((record) => record.trimEnd())
      .join('\n');
    for (const form of [achFile(ACH_DEBIT, '\r\n'), short, short.trimEnd(), file.replaceAll('\n', ''), `\ufeff${file}`])
      for (const chunk of [1, 50, 95, undefined]) expect(await readAll(nachaReader, bytesOf(form), {}, chunk)).to.deep.equal(expected);
  });

  it('lets a dishonoured return come in and a contested one go out again, with the history behind it', async () => {
    const dishonoured = await read(achReturn('R68'));
    expect(dishonoured.lines.map(brief)).to.deep.equal([['return', 'in', 'succeeded', 12354, 'R68', null]]);
    const before = ['R07', 'R68'].map((code) => achReturn(code).at(-3)!);
    const contested = await read(achReturn('R73', '26', before));
    expect(contested.lines.map(brief)).to.deep.equal([['return', 'out', 'succeeded', 12354, 'R73', null]]);
    expect(contested.lines[0]!.rawText).to.equal('contested: the original return was in time · after R07, R68');
    const credit = await read(achReturn('R03', '21'));
    expect(credit.lines[0]).to.include({ side: 'in', minor: 12354 });
  });

  it('has a class for each of the 70 return codes, and takes an unknown one for riskRefused', async () => {
    expect(Object.keys(NACHA_CODES.codes)).to.have.length(70);
    const classes = ['R01', 'R02', 'R07', 'R08', 'R10', 'R11', 'R14', 'R16', 'R17', 'R24', 'R51'];
    const found = await Promise.all(classes.map(async (code) => (await read(achReturn(code))).lines[0]!.failure));
    expect(found).to.deep.equal([
      'insufficientFunds',
      'accountInvalid',
      'mandateInvalid',
      'payerRefused',
      'mandateInvalid',
      'disputed',
      'accountBlocked',
      'accountBlocked',
      'badRequest',
      null,
      null,
    ]);
    const unknown = await read(achReturn('R97'));
    expect(unknown.lines[0]!.failure).to.equal('riskRefused');
    expect(unknown.head.warnings).to.deep.equal(['reason code R97 is in no table (1 row, taken as riskRefused): map it']);
  });

  it('reads a notification of change as a row that moved nothing and keeps the end of the new number', async () => {
    const { lines, head } = await readAll(nachaReader, sample('ach/cor-example.ach'));
    expect(lines.map(brief)).to.deep.equal([['other', 'in', 'pending', 0, 'C01', null]]);
    expect(lines[0]).to.include({ rawText: 'account number · …1614', channelTradeNo: '121042880000001', outTradeNo: 'location #23' });
    expect(head.counted[0]).to.include({ inCount: 0, inMinor: 0 });
  });

  it('refuses a change of one figure anywhere that counts, with line and column', async () => {
    const good = achReturn();
    const broken: readonly [string[], string, number, number][] = [
      [put(good, 3, 34, '1'), 'TOTALS_DIFFER', 5, 21],
      [put(good, 3, 4, '9'), 'TOTALS_DIFFER', 5, 11],
      [put(good, 5, 10, '3'), 'TOTALS_DIFFER', 5, 5],
      [put(good, 5, 44, '1'), 'TOTALS_DIFFER', 5, 33],
      [put(good, 6, 7, '2'), 'TOTALS_DIFFER', 6, 2],
      [put(good, 6, 13, '2'), 'TOTALS_DIFFER', 6, 8],
      [put(good, 6, 43, '5'), 'TOTALS_DIFFER', 6, 32],
      [put(good, 6, 21, '3'), 'TOTALS_DIFFER', 6, 14],
      [put(good, 5, 94, '2'), 'BAD_FIELD', 5, 88],
      [put(good, 5, 2, '220'), 'BAD_FIELD', 5, 2],
      [put(good, 3, 30, 'x'), 'BAD_FIELD', 3, 30],
      [put(good, 3, 2, '25'), 'BAD_FIELD', 3, 2],
      [put(good, 3, 79, '2'), 'BAD_FIELD', 3, 79],
      [put(good, 3, 79, '0'), 'BAD_ORDER', 4, 1],
      [put(good, 4, 4, 'X01'), 'BAD_FIELD', 4, 4],
      [put(good, 4, 94, '3'), 'BAD_FIELD', 4, 80],
      [put(good, 2, 70, '261324'), 'BAD_FIELD', 2, 70],
      [put(good, 2, 51, 'IAT'), 'BAD_FIELD', 2, 51],
      [put(good, 1, 35, '106'), 'BAD_HEADER', 1, 2],
      [put(good, 1, 24, '      '), 'BAD_HEADER', 1, 24],
      [good.map((record, i) => (i === 2 ? `${record}x` : record)), 'LINE_TOO_LONG', 3, 95],
    ];
    for (const [records, code, line, column] of broken) expect(await refused(records)).to.include({ code, line, column });
    expect((await refused(put(good, 3, 34, '1'))).says).to.include(
      'states 12354 cents of debits, its records come to 112354; fetch the file again',
    );
  });

  it('refuses a file that lost, doubled or swapped any of its records, or ends early', async () => {
    const good = achReturn();
    for (const [i] of good.entries()) {
      await refused(good.filter((_, at) => at !== i));
      await refused(good.flatMap((record, at) => (at === i ? [record, record] : [record])));
      if (i > 0) await refused(good.map((record, at) => (at === i ? good[i - 1]! : at === i - 1 ? good[i]! : record)));
      expect(await refusalOf(nachaReader, bytesOf(good.slice(0, i).join('\n')))).to.have.property('line');
    }
    expect(await refusalOf(nachaReader, bytesOf(`${achFile(good)}101`))).to.include({ code: 'AFTER_THE_END', line: 11 });
    expect(await refusalOf(nachaReader, bytesOf(''))).to.include({ code: 'CUT_OFF' });
  });

  it('refuses the file of another company or day', async () => {
    const file = bytesOf(achFile(achReturn()));
    await readAll(nachaReader, file, { expected: { merchant: '1234567890', businessDate: businessDate('2026-11-23') } });
    expect(await refusalOf(nachaReader, file, { expected: { merchant: '1234567891' } })).to.include({ code: 'OF_ANOTHER', line: 2 });
    expect(await refusalOf(nachaReader, file, { expected: { businessDate: businessDate('2026-11-24') } })).to.include({
      code: 'OF_ANOTHER',
      line: 1,
    });
  });

  it('reads the public samples to their own control totals', async () => {
    const totals = async (name: string) => {
      const { head } = await readAll(nachaReader, sample(`ach/${name}.ach`));
      expect(head.declared).to.deep.equal(head.counted);
      const [{ inCount, inMinor, outCount, outMinor } = { inCount: 0, inMinor: 0, outCount: 0, outMinor: 0 }] = head.counted;
      return [head.lines, inCount, inMinor, outCount, outMinor];
    };
    expect(await totals('ppd-debit')).to.deep.equal([1, 1, 100_000_000, 0, 0]);
    expect(await totals('ppd-mixedDebitCredit')).to.deep.equal([3, 1, 200_000_000, 2, 200_000_000]);
    expect(await totals('web-debit')).to.deep.equal([6, 1, 15_000, 5, 26_820]);
    expect(await totals('return-WEB')).to.deep.equal([2, 1, 4_565, 1, 12_354]);
    expect(await totals('return-PPD-custom-reason-code')).to.deep.equal([1, 1, 106_161, 0, 0]);
  });
});
