import { expect } from 'chai';
import { businessDate } from '../../src/domain/clock.ts';
import { pain002Reader } from '../../src/statements/pain002.ts';
import { ORIGINAL, pain002, REJECT_002 } from '../support/bank-files.ts';
import { bytesOf, readAll, refusalOf } from '../support/statements.ts';

const read = (text: string) => readAll(pain002Reader, bytesOf(text));
const refused = (text: string) => refusalOf(pain002Reader, bytesOf(text));
const transaction = (id: string, status: string, more = '') =>
  `<TxInfAndSts><OrgnlEndToEndId>${id}</OrgnlEndToEndId>${status && `<TxSts>${status}</TxSts>`}${more}` +
  '<OrgnlTxRef><Amt><InstdAmt Ccy="EUR">1.50</InstdAmt></Amt><ReqdColltnDt>2026-11-30</ReqdColltnDt>' +
  '<MndtRltdInf><MndtId>M-1</MndtId></MndtRltdInf><Dbtr><Nm>Ann Example</Nm></Dbtr><DbtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></DbtrAcct>' +
  '</OrgnlTxRef></TxInfAndSts>';
const batch = (rows: string, more = '') => `<OrgnlPmtInfAndSts><OrgnlPmtInfId>B-1</OrgnlPmtInfId>${more}${rows}</OrgnlPmtInfAndSts>`;

describe('pain.002 status reports', () => {
  it('reads a rejected debit as a row that failed and moved nothing', async () => {
    const { lines, head } = await read(REJECT_002);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.deep.include({
      kind: 'payment',
      status: 'failed',
      side: 'in',
      outTradeNo: 'L7K2M9Q4X0',
      minor: 12354,
      currency: 'EUR',
    });
    expect(lines[0]).to.deep.include({ rawCode: 'AM04', failure: 'insufficientFunds', channelTradeNo: 'R1', valueDate: '2026-11-24' });
    expect(head.counted[0]).to.include({ inCount: 0, inMinor: 0 });
    expect(head).to.deep.include({ businessDate: '2026-11-24', sequence: 'S1', warnings: [] });
  });

  it('keeps every other state open, settled ones too: settlement is the statement’s word', async () => {
    const states = ['ACTC', 'ACCP', 'ACSP', 'ACSC', 'ACWC', 'PDNG', 'RCVD'];
    const { lines, head } = await read(pain002(ORIGINAL + batch(states.map((state, i) => transaction(`D${i}`, state)).join('')), '10'));
    expect(lines.map(({ status, rawCode }) => [status, rawCode])).to.deep.equal(states.map((state) => ['pending', state]));
    expect(lines[0]).to.deep.include({
      mandateRef: 'M-1',
      accountLast4: '3000',
      counterparty: 'Ann Example',
      valueDate: '2026-11-30',
      failure: null,
    });
    expect(head.counted[0]).to.include({ inCount: 0, inMinor: 0 });
  });

  it('lets a debit without a state of its own take that of its batch or file', async () => {
    const rejected = '<PmtInfSts>RJCT</PmtInfSts><StsRsnInf><Rsn><Cd>AC01</Cd></Rsn></StsRsnInf>';
    const { lines, head } = await read(pain002(ORIGINAL + batch(transaction('D1', ''), rejected)));
    expect(lines[0]).to.include({ status: 'failed', failure: 'riskRefused' });
    expect(head.warnings).to.have.length(1);
  });

  it('says of a whole file or batch that was rejected without naming its debits', async () => {
    const file = ORIGINAL.replace(
      '</OrgnlMsgNmId>',
      '</OrgnlMsgNmId><OrgnlNbOfTxs>12</OrgnlNbOfTxs><GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>AM05</Cd></Rsn></StsRsnInf>',
    );
    const whole = await read(pain002(file));
    expect(whole.lines).to.deep.equal([]);
    expect(whole.head.warnings).to.deep.equal([
      'the whole file B20261124-1 was rejected (AM05, it is a duplicate: find the twin, never send it again): all 12 of its debits failed',
    ]);
    const part = await read(
      pain002(
        ORIGINAL +
          batch('', '<PmtInfSts>RJCT</PmtInfSts>') +
          batch(transaction('D1', 'RJCT', '<StsRsnInf><Rsn><Prtry>X1</Prtry></Rsn></StsRsnInf>')),
      ),
    );
    expect(part.lines).to.have.length(1);
    expect(part.head.warnings).to.deep.equal([
      'batch B-1 was rejected: each of its debits failed',
      'reason code X1 is in no table (1 row, taken as riskRefused): map it',
    ]);
  });

  it('names the place of what it cannot take', async () => {
    const broken: readonly [string, string, number][] = [
      [pain002(ORIGINAL + batch(transaction('D1', 'XXXX'))), 'BAD_VALUE', 4],
      [pain002(ORIGINAL + batch(transaction('D1', 'RJCT').replace('1.50', '1.505'))), 'BAD_AMOUNT', 4],
      [pain002(ORIGINAL + batch(transaction('D1', 'RJCT').replace('2026-11-30', '2026-11-32'))), 'BAD_DATE', 4],
      [pain002(''), 'NO_STATEMENT', 1],
      [REJECT_002.replace('pain.002', 'pain.008'), 'NOT_PAIN002', 3],
      [REJECT_002.replaceAll('CstmrPmtStsRpt', 'Other'), 'NOT_PAIN002', 3],
    ];
    const stray = pain002(ORIGINAL + transaction('D1', 'RJCT'));
    expect(await refused(stray)).to.include({ code: 'BAD_ORDER', line: 4 });
    for (const [text, code, line] of broken) expect(await refused(text)).to.include({ code, line });
    expect(await refusalOf(pain002Reader, bytesOf(REJECT_002), { expected: { businessDate: businessDate('2026-11-25') } })).to.include({
      code: 'OF_ANOTHER',
    });
  });
});
