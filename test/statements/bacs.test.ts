import { expect } from 'chai';
import { businessDate } from '../../src/domain/clock.ts';
import type { StatementLine } from '../../src/domain/statement.ts';
import { bacsReader } from '../../src/statements/bacs.ts';
import { bytesOf, readAll, refusalOf } from '../support/statements.ts';

const read = (text: string) => readAll(bacsReader, bytesOf(text));
const refused = (text: string) => refusalOf(bacsReader, bytesOf(text));
const report = (body: string, root = 'BACSDocument') =>
  `<?xml version="1.0" encoding="ISO-8859-1"?>\n<${root}>\n<Data>\n${body}\n</Data>\n<SignatureMethod>Vanilla</SignatureMethod>\n</${root}>\n`;
const item = (ref: string, code: string, amount: string, says = 'REFER TO PAYER') =>
  `<ReturnedDebitItem ref="${ref}" transCode="17" returnCode="${code}" returnDescription="${says}" originalProcessingDate="2026-11-24" valueOf="${amount}" currency="GBP">` +
  '<PayerAccount number="55779911" ref="X" name="ANN EXAMPLE" sortCode="20-00-00"></PayerAccount></ReturnedDebitItem>\n';
const arudd = (items: string, totals: string) =>
  report(
    `<ARUDD><Header reportType="REFT1019" adviceNumber="012" currentProcessingDate="2026-11-26"></Header>
<ServiceLicenseInformation userName="SAMPLE LENDER" userNumber="123456"></ServiceLicenseInformation>
<Advice><OriginatingAccountRecords><OriginatingAccountRecord><OriginatingAccount name="SAMPLE LENDER" number="12345678" sortCode="30-11-22"/>
${items}<Totals ${totals}></Totals></OriginatingAccountRecord></OriginatingAccountRecords></Advice></ARUDD>`,
  );
const advice = (attributes: string) => `<MessagingAdvice user-number="123456" ${attributes}></MessagingAdvice>`;
const advices = (rows: string) =>
  report(`<MessagingAdvices><MessagingHeader user-number="123456" report-date="2026-11-26"/>${rows}</MessagingAdvices>`);
const brief = ({ kind, status, side, minor, rawCode, failure }: StatementLine) => [kind, status, side, minor, rawCode, failure];

describe('Bacs reports', () => {
  it('reads unpaid debits and holds their number and sum', async () => {
    const { lines, head } = await read(
      arudd(
        item('L7K2M9Q4X0', '0128', '123.54') + item('D2', 'B', '1,000.00', 'ACCOUNT CLOSED'),
        'numberOf="2" valueOf="1,123.54" currency="GBP"',
      ),
    );
    expect(lines.map(brief)).to.deep.equal([
      ['return', 'succeeded', 'out', 12354, '0128', 'insufficientFunds'],
      ['return', 'succeeded', 'out', 100000, 'B', 'accountInvalid'],
    ]);
    expect(lines[0]).to.deep.include({
      outTradeNo: 'L7K2M9Q4X0',
      accountLast4: '9911',
      counterparty: 'ANN EXAMPLE',
      valueDate: '2026-11-26',
      currency: 'GBP',
    });
    expect(lines[0]!.rawText).to.equal('REFER TO PAYER · code 17 · debited 2026-11-24');
    expect(head).to.deep.include({ merchant: '123456', businessDate: '2026-11-26', sequence: '012', warnings: [] });
    expect(head.declared).to.deep.equal([{ currency: 'GBP', inCount: 0, inMinor: 0, outCount: 2, outMinor: 112354, feeMinor: 0 }]);
  });

  it('knows every code of unpaid debits', async () => {
    const codes = ['0', '1012', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'Z'];
    const { lines, head } = await read(arudd(codes.map((code) => item('D', code, '1.00')).join(''), 'numberOf="13" valueOf="13.00"'));
    expect(lines.map(({ failure }) => failure)).to.deep.equal([
      'insufficientFunds',
      'mandateInvalid',
      'accountBlocked',
      'accountInvalid',
      'disputed',
      'accountInvalid',
      'mandateInvalid',
      'badRequest',
      'badRequest',
      'badRequest',
      'badRequest',
      'accountInvalid',
      'riskRefused',
    ]);
    expect(head.warnings).to.deep.equal(['reason code Z is in no table (1 row, taken as riskRefused): map it']);
  });

  it('reads changes and refusals of instructions as rows that moved nothing, and counts of files as warnings', async () => {
    const { lines, head } = await read(
      advices(
        advice(
          'record-type="A" reason-code="1" reference="M-1001 " payer-account-number="55779911" effective-date="2026-11-25" payer-name="ANN EXAMPLE"',
        ) +
          advice('record-type="A" reason-code="3" reference="M-1002" payer-account-number="55779911" payer-new-account-number="11223344"') +
          advice('record-type="A" reason-code="R" reference="M-1003"') +
          advice('record-type="N" reason-code="5" reference="M-1004"') +
          advice('record-type="V" originator-file-number="001" accepted-ddi="9" rejected-ddi="1"'),
      ),
    );
    expect(lines.map(brief)).to.deep.equal([
      ['other', 'pending', 'in', 0, 'ADDACS-1', 'mandateInvalid'],
      ['other', 'pending', 'in', 0, 'ADDACS-3', 'accountInvalid'],
      ['other', 'pending', 'in', 0, 'ADDACS-R', null],
      ['other', 'pending', 'in', 0, 'AUDDIS-5', 'accountInvalid'],
    ]);
    expect(lines.map(({ mandateRef, accountLast4, valueDate }) => [mandateRef, accountLast4, valueDate])).to.deep.equal([
      ['M-1001', '9911', '2026-11-25'],
      ['M-1002', '3344', '2026-11-26'],
      ['M-1003', null, '2026-11-26'],
      ['M-1004', null, '2026-11-26'],
    ]);
    expect(head.warnings).to.deep.equal(['instructions file 001: 9 accepted, 1 rejected']);
    expect(head.merchant).to.equal('123456');
  });

  it('reads what Bacs refused at input as failed, what it amended as open', async () => {
    const error = (ref: string, type: string) =>
      `<Error><ErrorItem reference="${ref}" valueOf="5.00"/><ErrorMessage type="${type}" line1="INVALID SORT CODE"/></Error>`;
    const { lines } = await read(
      report(
        '<InputReport><Header><ProcessingDate date="2026-11-24"/></Header><Submission><UserFile><InputUserFile>' +
          `<UserFileInformation userNumber="123456"/><Errors>${error('D1', 'REJECTED')}${error('D2', 'AMENDED')}</Errors></InputUserFile></UserFile></Submission></InputReport>`,
      ),
    );
    expect(lines.map(brief)).to.deep.equal([
      ['payment', 'failed', 'in', 500, 'REJECTED', 'badRequest'],
      ['payment', 'pending', 'in', 500, 'AMENDED', null],
    ]);
    expect(lines[0]).to.include({ outTradeNo: 'D1', rawText: 'INVALID SORT CODE', valueDate: '2026-11-24' });
  });

  it('reads indemnity claims on the day the money is taken back', async () => {
    const claims = (total: string) =>
      report(
        `<Document><ServiceUserNumber>123456</ServiceUserNumber><NewAdvices><TotalValueOfDebits>${total}</TotalValueOfDebits><DateOfDebit>2026-12-14</DateOfDebit>` +
          '<DDICAdvice><SeqNo>1</SeqNo><PayingBankReference>P1</PayingBankReference><SUReference>D1</SUReference><ReasonCode>5</ReasonCode>' +
          '<ReasonCodeMeaning>No instruction</ReasonCodeMeaning><TotalAmount>1,100.16</TotalAmount></DDICAdvice></NewAdvices></Document>',
        'VocaDocument',
      );
    const { lines, head } = await read(claims('1,100.16'));
    expect(lines.map(brief)).to.deep.equal([['return', 'succeeded', 'out', 110016, 'DDIC-5', 'disputed']]);
    expect(lines[0]).to.include({ outTradeNo: 'D1', channelTradeNo: 'P1', valueDate: '2026-12-14', rawText: 'No instruction' });
    expect(head).to.deep.include({ businessDate: '2026-12-14', merchant: '123456' });
    expect(await refused(claims('1,100.17'))).to.include({ code: 'TOTALS_DIFFER', line: 4 });
  });

  it('names the place of what it cannot take', async () => {
    const good = item('D1', '0', '1.00');
    const totals = 'numberOf="1" valueOf="1.00"';
    const broken: readonly [string, string, number][] = [
      [arudd(good, 'numberOf="2" valueOf="1.00"'), 'TOTALS_DIFFER', 8],
      [arudd(good, 'numberOf="1" valueOf="1.01"'), 'TOTALS_DIFFER', 8],
      [arudd(good.replace(' valueOf="1.00"', ''), totals), 'MISSING_FIELD', 7],
      [arudd(good.replace('ref="D1"', ''), totals), 'MISSING_FIELD', 7],
      [arudd(good.replace('returnCode="0"', ''), totals), 'MISSING_FIELD', 7],
      [arudd(good.replace('1.00', '1.005'), totals), 'BAD_AMOUNT', 7],
      [arudd(good.replace('1.00', '-1.00'), totals), 'BAD_AMOUNT', 7],
      [arudd(good, totals).replace('2026-11-26', '2026-11-31'), 'BAD_DATE', 4],
      [advices(advice('record-type="X"')), 'BAD_VALUE', 4],
      [advices(advice('record-type="A" reference="M"')), 'MISSING_FIELD', 4],
      [report('<WithdrawalReport/>'), 'NOT_BACS', 4],
      ['<Document/>', 'NOT_BACS', 1],
      [report(''), 'NO_STATEMENT', 1],
      [report('<InputReport/><InputReport/>'), 'AFTER_THE_END', 4],
    ];
    for (const [text, code, line] of broken) expect(await refused(text)).to.include({ code, line });
    const stray = item('D2', '0', '1.00');
    expect(await refused(arudd(good, totals).replace('</ARUDD>', `${stray}</ARUDD>`))).to.include({ code: 'BAD_ORDER' });
    expect(await refused(arudd(good, totals).replace('</OriginatingAccountRecord>', `${stray}</OriginatingAccountRecord>`))).to.include({
      code: 'AFTER_THE_END',
    });
    expect(await refused(arudd(good, totals).replace(/<Totals [^>]*><.Totals>/, ''))).to.include({ code: 'MISSING_FIELD' });
    expect(await refused(advices('').replace('<Data>', `<Data>${advice('record-type="A"')}`))).to.include({ code: 'BAD_ORDER', line: 3 });
    const file = bytesOf(arudd(good, totals));
    expect(await refusalOf(bacsReader, file, { expected: { merchant: '654321' } })).to.include({ code: 'OF_ANOTHER' });
    expect(await refusalOf(bacsReader, file, { expected: { businessDate: businessDate('2026-11-25') } })).to.include({
      code: 'OF_ANOTHER',
    });
  });
});
