import { expect } from 'chai';
import { businessDate, parseInstant } from '../../src/domain/clock.ts';
import { simulatorReader } from '../../src/statements/simulator.ts';
import { simulatorAccountReader } from '../../src/statements/simulator-account.ts';
import { bytesOf, readAll, refusalOf } from '../support/statements.ts';

const CHANNEL = `H,duly-simulator,1,simulator,duly-sim,2026-01-05,Asia/Shanghai,1
orderNo,channelTradeNo,kind,status,amount,fee,currency,bankTime,businessDate,refundNo
D1,S1,payment,succeeded,110016,220,CNY,2026-01-05T01:10:00.000Z,2026-01-05,
D2,S2,return,R1,67600,0,CNY,2026-01-05T01:11:00.000Z,2026-01-05,
D3,S3,payment,51,50000,0,CNY,2026-01-05T01:12:00.000Z,2026-01-05,
D1,S4,refund,succeeded,1000,0,CNY,2026-01-05T01:13:00.000Z,2026-01-05,F1
D5,S5,payment,succeeded,500,0,JPY,2026-01-05T01:14:00.000Z,2026-01-04,
T,CNY,1,110016,1,67600,220,1,1000
T,JPY,1,500,0,0,0
`;

const ACCOUNT = `H,duly-simulator-account,1,simulator,2026-01-06,Asia/Shanghai,1
ref,kind,amount,currency,bankTime,text,balance
O,CNY,100000
dep_1,deposit,41196,CNY,2026-01-06T00:30:00.000Z,simulator 2026-01-05,141196
po_1,payout,-40000,CNY,2026-01-06T03:00:00.000Z,settlement,101196
C,CNY,101196,2
`;

const without = (text: string, line: number) =>
  text
    .split('\n')
    .filter((_, i) => i !== line - 1)
    .join('\n');

describe('the simulated bank’s statements', () => {
  it('gives each row as a line and the totals of what moved', async () => {
    const { lines, head } = await readAll(simulatorReader, bytesOf(CHANNEL), {}, 7);
    expect(
      lines.map(({ outTradeNo, kind, side, status, minor, failure }) => [outTradeNo, kind, side, status, minor, failure]),
    ).to.deep.equal([
      ['D1', 'payment', 'in', 'succeeded', 110016, null],
      ['D2', 'return', 'out', 'succeeded', 67600, 'insufficientFunds'],
      ['D3', 'payment', 'in', 'failed', 50000, 'insufficientFunds'],
      ['D1', 'refund', 'out', 'succeeded', 1000, null],
      ['D5', 'payment', 'in', 'succeeded', 500, null],
    ]);
    expect(lines[0]).to.include({ line: 3, channelTradeNo: 'S1', feeMinor: 220, currency: 'CNY', valueDate: '2026-01-05', refundNo: null });
    expect(lines[0]!.at).to.deep.equal(parseInstant('2026-01-05T01:10:00Z'));
    expect(lines[3]!.refundNo).to.equal('F1');
    expect(head).to.deep.include({ format: 'simulator', merchant: 'duly-sim', businessDate: '2026-01-05', sequence: '1', lines: 5 });
    expect(head.counted).to.deep.equal([
      { currency: 'CNY', inCount: 1, inMinor: 110016, outCount: 2, outMinor: 68600, feeMinor: 220 },
      { currency: 'JPY', inCount: 1, inMinor: 500, outCount: 0, outMinor: 0, feeMinor: 0 },
    ]);
    expect(head.declared).to.deep.equal(head.counted);
  });

  it('reads the older form, without issue and refund numbers, and a day on which nothing moved', async () => {
    const old = CHANNEL.replace(',Asia/Shanghai,1', ',Asia/Shanghai').split('\n');
    const cut = [old[0], old[1]!.replace(',refundNo', ''), old[2]!.slice(0, -1), 'T,CNY,1,110016,0,0,220'].join('\n');
    expect((await readAll(simulatorReader, bytesOf(cut))).lines).to.have.length(1);
    const empty = [old[0], old[1], 'T,,0,0,0,0,0', ''].join('\n');
    expect((await readAll(simulatorReader, bytesOf(empty))).head.counted).to.deep.equal([]);
  });

  it('takes a code that it does not know for a refusal of no known class', async () => {
    for (const code of ['97', 'constructor'])
      expect((await readAll(simulatorReader, bytesOf(CHANNEL.replace('D3,S3,payment,51', `D3,S3,payment,${code}`)))).lines[2]).to.include({
        status: 'failed',
        rawCode: code,
        failure: null,
      });
  });

  it('says what the trailer states and what the rows come to', async () => {
    const refusal = await refusalOf(
      simulatorReader,
      bytesOf(CHANNEL.replace('D1,S1,payment,succeeded,110016', 'D1,S1,payment,succeeded,110017')),
    );
    expect(refusal).to.include({ code: 'TOTALS_DIFFER' });
    expect(refusal.says).to.include('CNY: the file states 110016 as the minor units that came in, its rows come to 110017');
  });

  it('refuses a file that lost a line, whichever but one that moved nothing', async () => {
    for (const line of [1, 2, 3, 4, 6, 7, 8, 9]) await refusalOf(simulatorReader, bytesOf(without(CHANNEL, line)));
  });

  it('refuses the file of another channel, merchant or day', async () => {
    const expected = { source: 'simulator', merchant: 'duly-sim', businessDate: businessDate('2026-01-05') };
    await readAll(simulatorReader, bytesOf(CHANNEL), { expected });
    const other = { source: 'china-agreement', merchant: 'm-2', businessDate: businessDate('2026-01-06') };
    for (const what of ['source', 'merchant', 'businessDate'] as const)
      expect(await refusalOf(simulatorReader, bytesOf(CHANNEL), { expected: { ...expected, [what]: other[what] } })).to.include({
        code: 'OF_ANOTHER',
      });
  });

  it('gives an account’s moves with both balances', async () => {
    const { lines, head } = await readAll(simulatorAccountReader, bytesOf(ACCOUNT), {}, 3);
    expect(
      lines.map(({ kind, side, minor, outTradeNo, channelTradeNo, rawText }) => [kind, side, minor, outTradeNo, channelTradeNo, rawText]),
    ).to.deep.equal([
      ['transfer', 'in', 41196, null, 'dep_1', 'simulator 2026-01-05'],
      ['transfer', 'out', 40000, 'po_1', null, 'settlement'],
    ]);
    expect(head).to.deep.include({
      account: 'simulator',
      opening: { minor: 100000, currency: 'CNY' },
      closing: { minor: 101196, currency: 'CNY' },
      warnings: [],
    });
  });

  it('reads what stands for nothing: rows that moved nothing, and an account on which nothing ever moved', async () => {
    const [header, columns] = CHANNEL.split('\n');
    const rows = [header, columns, 'D1,S1,payment,51,110016,220,CNY,2026-01-05T01:10:00.000Z,2026-01-05,', 'T,,0,0,0,0,0,0,0', ''].join(
      '\n',
    );
    const { lines, head } = await readAll(simulatorReader, bytesOf(rows));
    expect(lines[0]).to.include({ status: 'failed', minor: 110016, feeMinor: 0 });
    expect(head).to.deep.include({ declared: [], lines: 1 });
    const [first, second] = ACCOUNT.split('\n');
    const nothing = await readAll(simulatorAccountReader, bytesOf([first, second, 'O,,0', 'C,,0,0', ''].join('\n')));
    expect(nothing.head).to.deep.include({ opening: null, closing: null, lines: 0 });
  });

  it('warns of a balance that jumps and of a closing one that the rows miss, and refuses a wrong number of rows', async () => {
    const jump = await readAll(simulatorAccountReader, bytesOf(ACCOUNT.replace('141196', '141195')));
    expect(jump.head.warnings).to.deep.equal([
      'line 4: the balance is 1411.95 CNY where the rows come to 1411.96 CNY',
      'line 5: the balance is 1011.96 CNY where the rows come to 1011.95 CNY',
    ]);
    const closing = await readAll(simulatorAccountReader, bytesOf(ACCOUNT.replace('C,CNY,101196', 'C,CNY,101195')));
    expect(closing.head.warnings[0]).to.equal(
      'the closing balance is 1011.95 CNY where the other balance and the rows come to 1011.96 CNY',
    );
    for (let line = 1; line <= 6; line += 1) await refusalOf(simulatorAccountReader, bytesOf(without(ACCOUNT, line)));
  });
});
