import { expect } from 'chai';
import { businessDate, parseInstant } from '../../src/domain/clock.ts';
import type { StatementLine } from '../../src/domain/statement.ts';
import { camtAccountReader, camtReader } from '../../src/statements/camt.ts';
import { balance, camt053, camt054, detail, entry, RETURN_054, sample, txAmount } from '../support/bank-files.ts';
import { bytesOf, readAll, refusalOf } from '../support/statements.ts';

const read = (text: string) => readAll(camtReader, bytesOf(text));
const refused = (text: string) => refusalOf(camtReader, bytesOf(text));
const brief = ({ kind, side, status, minor, feeMinor, outTradeNo, count }: StatementLine) => [
  kind,
  side,
  status,
  minor,
  feeMinor,
  outTradeNo,
  count,
];
const instructed = (amount: string, currency = 'EUR') => `<AmtDtls><InstdAmt><Amt Ccy="${currency}">${amount}</Amt></InstdAmt></AmtDtls>`;

describe('camt statements and notifications', () => {
  it('reads a returned debit: our sum, the other bank’s charge, and why', async () => {
    const { lines, head } = await read(RETURN_054);
    expect(lines.map(brief)).to.deep.equal([['return', 'out', 'succeeded', 12354, 300, 'L7K2M9Q4X0', 1]]);
    expect(lines[0]).to.deep.include({ mandateRef: 'M-1001', rawCode: 'AM04', failure: 'insufficientFunds', valueDate: '2026-11-27' });
    expect(lines[0]!.rawText).to.include('the balance did not cover the amount');
    expect(head.counted).to.deep.equal([{ currency: 'EUR', inCount: 0, inMinor: 0, outCount: 1, outMinor: 12354, feeMinor: 300 }]);
    expect(head).to.deep.include({ format: 'camt', account: '2051', sequence: '7', businessDate: '2026-11-27', warnings: [] });
  });

  it('reads the versions 2 to 13, the state inside or outside Cd, names inside or outside Pty, charges in records or not', async () => {
    const amount = '<Amt Ccy="EUR">123.54</Amt><CdtDbtInd>CRDT</CdtDbtInd>';
    const charges = '<Chrgs><Rcrd><Amt Ccy="EUR">0.50</Amt><ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs>';
    const newer = detail('D1', amount, '')
      .replace('<Nm>Ann Example</Nm>', '<Pty><Nm>Ann Example</Nm></Pty>')
      .replace('</TxDtls>', `${charges}</TxDtls>`);
    for (const version of ['08', '10', '13']) {
      const { lines } = await read(camt054(entry('123.54', 'CRDT', newer, { status: '<Cd>BOOK</Cd>' }), version));
      expect(lines.map(brief)).to.deep.equal([['payment', 'in', 'succeeded', 12404, 50, 'D1', 1]]);
      expect(lines[0]).to.include({ counterparty: 'Ann Example', accountLast4: '3000' });
    }
    const { lines } = await read(camt054(entry('123.54', 'CRDT', detail('D1'))));
    expect(lines.map(brief)).to.deep.equal([['payment', 'in', 'succeeded', 12354, 0, 'D1', 1]]);
    expect(await refused(camt054(entry('1.00', 'CRDT', detail('D1')), '14'))).to.include({ code: 'BAD_VERSION', line: 3 });
  });

  it('makes a line a debit where the details of a batch add up, whatever says their amounts', async () => {
    const batch = '<Btch><PmtInfId>B-7</PmtInfId><NbOfTxs>2</NbOfTxs></Btch>';
    const ways = [
      detail('D1', txAmount('1.10')) + detail('D2', txAmount('2.20')),
      detail('D1', '<Amt Ccy="EUR">1.10</Amt>') + detail('D2', '<Amt Ccy="EUR">2.20</Amt>'),
      detail('D1', instructed('1.10')) + detail('D2', instructed('2.20')),
    ];
    for (const details of ways) {
      const { lines, head } = await read(camt054(entry('3.30', 'CRDT', batch + details)));
      expect(lines.map(brief)).to.deep.equal([
        ['payment', 'in', 'succeeded', 110, 0, 'D1', 1],
        ['payment', 'in', 'succeeded', 220, 0, 'D2', 1],
      ]);
      expect(lines.map(({ line }) => line)).to.deep.equal([1, 2]);
      expect(head.warnings).to.deep.equal([]);
    }
  });

  it('keeps a batch as one line that stands for its debits when the details say no amounts or others', async () => {
    const batch = (n: number) => `<Btch><PmtInfId>B-7</PmtInfId><NbOfTxs>${n}</NbOfTxs></Btch>`;
    const alone = await read(camt054(entry('3.30', 'CRDT', batch(1500))));
    expect(alone.lines.map(brief)).to.deep.equal([['payment', 'in', 'succeeded', 330, 0, 'B-7', 1500]]);
    expect(alone.head.counted[0]).to.include({ inCount: 1500, inMinor: 330 });
    const silent = await read(camt054(entry('3.30', 'CRDT', batch(2) + detail('D1') + detail('D2'))));
    expect(silent.lines.map(brief)).to.deep.equal([['payment', 'in', 'succeeded', 330, 0, 'B-7', 2]]);
    const other = await read(camt054(entry('3.30', 'CRDT', batch(2) + detail('D1', txAmount('1.10')) + detail('D2', txAmount('2.21')))));
    expect(other.lines.map(brief)).to.deep.equal([['payment', 'in', 'succeeded', 330, 0, 'B-7', 2]]);
    expect(other.head.warnings).to.deep.equal(['entry 1: its 2 details do not add up to 3.30 EUR; it is kept as one line']);
    const some = await read(camt054(entry('3.30', 'CRDT', batch(3) + detail('D1', txAmount('1.10')) + detail('D2', txAmount('2.20')))));
    expect(some.lines[0]!.count).to.equal(3);
    expect(some.head.warnings).to.deep.equal(['entry 1: its batch names 3 debits and details 2']);
  });

  it('takes charges of a whole batch off as a fee of their own', async () => {
    const charges = '<Chrgs><Rcrd><Amt Ccy="EUR">0.30</Amt><ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs>';
    const details = detail('D1', txAmount('1.10')) + detail('D2', txAmount('2.20'));
    const { lines, head } = await read(camt054(entry('3.00', 'CRDT', details, { more: charges })));
    expect(lines.map(brief).at(-1)).to.deep.equal(['fee', 'out', 'succeeded', 0, 30, null, 1]);
    expect(head.counted[0]).to.include({ inMinor: 330, feeMinor: 30 });
  });

  it('passes a batch of thousands on as it comes, and refuses it when the sum is wrong', async () => {
    const details = Array.from({ length: 2_500 }, (_, i) => detail(`D${i}`, txAmount('1.00'))).join('\n');
    const { lines } = await read(camt054(entry('2500.00', 'CRDT', details)));
    expect(lines).to.have.length(2_500);
    expect(lines.at(-1)).to.deep.include({ line: 2_500, outTradeNo: 'D2499', minor: 100 });
    const refusal = await refused(camt054(entry('2499.99', 'CRDT', details)));
    expect(refusal).to.include({ code: 'TOTALS_DIFFER', line: 5 });
    expect(refusal.says).to.include('2500.00 EUR').and.include('2499.99 EUR');
  });

  it('tells payments, returns, refunds, charges, transfers and the rest apart, and which moved nothing yet', async () => {
    const rows: readonly [string, 'CRDT' | 'DBIT', string, Parameters<typeof entry>[3]][] = [
      ['1.00', 'CRDT', 'payment', { code: 'IDDT/BBDD' }],
      ['1.00', 'DBIT', 'return', { code: 'IDDT/UPDD' }],
      ['1.00', 'DBIT', 'return', { code: 'IDDT/RCDD' }],
      ['1.00', 'DBIT', 'refund', { code: 'IDDT/PRDD' }],
      ['1.00', 'CRDT', 'return', { code: 'IDDT/UPDD', more: '<RvslInd>true</RvslInd>' }],
      ['1.00', 'DBIT', 'fee', { code: 'MDOP/CHRG' }],
      ['1.00', 'CRDT', 'transfer', { code: 'RCDT/ESCT' }],
      ['1.00', 'DBIT', 'transfer', { code: 'ICDT/ESCT' }],
      ['1.00', 'CRDT', 'other', { code: 'LBOX/DPST' }],
    ];
    const { lines } = await read(camt054(rows.map(([amount, side, , how], i) => entry(amount, side, detail(`D${i}`), how)).join('\n')));
    expect(lines.map(({ kind }) => kind)).to.deep.equal(rows.map(([, , kind]) => kind));
    expect(lines[4]!.side).to.equal('in');
    expect(lines[5]).to.include({ minor: 0, feeMinor: 100 });
    const states = await read(camt054(['PDNG', 'INFO', 'FUTR'].map((status) => entry('1.00', 'CRDT', detail('D'), { status })).join('')));
    expect(states.lines.map(({ status }) => status)).to.deep.equal(['pending', 'pending', 'pending']);
    expect(states.head.counted[0]).to.include({ inCount: 0, inMinor: 0 });
  });

  it('maps every return reason to its class, an unknown one to riskRefused with a warning', async () => {
    const reasons = ['AM04', 'MS02', 'AC04', 'AC06', 'MD01', 'MD06', 'FF01', 'AM02', 'MD05', 'ZZ99'];
    const entries = reasons.map((code) => entry('1.00', 'DBIT', detail('D', '', `<RtrInf><Rsn><Cd>${code}</Cd></Rsn></RtrInf>`)));
    const { lines, head } = await read(camt054(entries.join('')));
    expect(lines.map(({ failure }) => failure)).to.deep.equal([
      'insufficientFunds',
      'payerRefused',
      'accountInvalid',
      'accountBlocked',
      'mandateInvalid',
      'disputed',
      'badRequest',
      'limitExceeded',
      null,
      'riskRefused',
    ]);
    expect(head.warnings).to.deep.equal(['reason code ZZ99 is in no table (1 row, taken as riskRefused): map it']);
    const known = await readAll(camtReader, bytesOf(camt054(entries.at(-1)!)), {
      failureOf: (code) => (code === 'ZZ99' ? 'disputed' : null),
    });
    expect(known.lines[0]!.failure).to.equal('disputed');
    expect(known.head.warnings).to.deep.equal([]);
  });

  it('keeps the other side of a conversion with the rate as it is written', async () => {
    const amounts =
      '<AmtDtls><InstdAmt><Amt Ccy="USD">110.00</Amt></InstdAmt><TxAmt><Amt Ccy="EUR">100.00</Amt>' +
      '<CcyXchg><SrcCcy>USD</SrcCcy><TrgtCcy>EUR</TrgtCcy><XchgRate>1.10000</XchgRate></CcyXchg></TxAmt></AmtDtls>';
    const { lines } = await read(camt054(entry('100.00', 'CRDT', detail('D1', amounts))));
    expect(lines[0]).to.deep.include({
      minor: 10000,
      currency: 'EUR',
      feeMinor: 0,
      fx: { currency: 'USD', minor: 11000, rate: '1.10000' },
    });
  });

  it('takes zeros beyond the cents and refuses anything else there, with its place', async () => {
    expect((await read(camt054(entry('8.85000', 'CRDT', detail('D1'))))).lines[0]!.minor).to.equal(885);
    const refusal = await refused(camt054(`\n  ${entry('8.85001', 'CRDT', detail('D1'))}`));
    expect(refusal).to.include({ code: 'BAD_AMOUNT', line: 6, column: 9 });
    expect(refusal.says).to.include('8.85001').and.include('fetch the file again');
    for (const amount of ['', '1,00', '-1.00', '1e2', '１.00', '99999999999999999.00'])
      expect((await refused(camt054(entry(amount, 'CRDT', detail('D1'))))).code).to.be.oneOf(['BAD_AMOUNT']);
    expect((await read(camt054(entry('100', 'CRDT', detail('D1'), { currency: 'JPY' })))).lines[0]).to.include({
      minor: 100,
      currency: 'JPY',
    });
  });

  it('takes the fee from what the account moved beyond or short of our debit, and none while the entry is pending', async () => {
    const charges = (included: string) => `<Chrgs><Rcrd><Amt Ccy="EUR">0.50</Amt>${included}</Rcrd></Chrgs>`;
    const details = detail('D1', instructed('100.00'));
    const short = await read(camt054(entry('99.50', 'CRDT', details)));
    expect(short.lines.map(brief)).to.deep.equal([['payment', 'in', 'succeeded', 10000, 50, 'D1', 1]]);
    const pending = await read(camt054(entry('99.50', 'CRDT', details, { status: 'PDNG' })));
    expect(pending.lines.map(brief)).to.deep.equal([['payment', 'in', 'pending', 9950, 0, 'D1', 1]]);
    for (const told of ['', '<ChrgInclInd>false</ChrgInclInd>']) {
      const apart = await read(camt054(entry('100.00', 'CRDT', detail('D1', '', charges(told))), '08'));
      expect(apart.lines.map(brief)).to.deep.equal([['payment', 'in', 'succeeded', 10000, 0, 'D1', 1]]);
    }
  });

  it('refuses an entry, a detail or a balance that strayed to where it would be passed over', async () => {
    const good = camt054(entry('1.00', 'CRDT', detail('D1')));
    const row = entry('2.00', 'CRDT', detail('D2'));
    const strayed: readonly [string, number][] = [
      [good.replace('<Ntfctn>', `${row}<Ntfctn>`), 4],
      [good.replace('<NtryDtls>', `${row}<NtryDtls>`), 5],
      [good.replace('<NtryDtls>', detail('D2')), 5],
      [good.replace('<Acct>', `<Acct>${balance('CLBD', '1.00')}`), 4],
      [good.replace('<GrpHdr>', '<GrpHdr><Ntfctn></Ntfctn>'), 3],
    ];
    for (const [text, line] of strayed)
      expect(await refused(text.replace(/<NtryDtls>(?![\s\S]*<\/NtryDtls>)/, ''))).to.have.property('line', line);
    expect((await refused(strayed[0]![0])).says).to.include('<Ntry> stands in Document/BkToCstmrDbtCdtNtfctn, where it does not belong');
  });

  it('names line and column of a missing or impossible field', async () => {
    const good = entry('1.00', 'CRDT', detail('D1'));
    const broken: readonly [string, string][] = [
      [good.replace('<Amt Ccy="EUR">1.00</Amt>', ''), 'MISSING_FIELD'],
      [good.replace(' Ccy="EUR"', ''), 'MISSING_FIELD'],
      [good.replace('Ccy="EUR"', 'Ccy="EUX"'), 'BAD_CURRENCY'],
      [good.replace('<CdtDbtInd>CRDT</CdtDbtInd>', ''), 'MISSING_FIELD'],
      [good.replace('CRDT', 'CREDIT'), 'BAD_VALUE'],
      [good.replace('<Sts>BOOK</Sts>', ''), 'BAD_VALUE'],
      [good.replace('BOOK', 'constructor'), 'BAD_VALUE'],
      [good.replace('<ValDt><Dt>2026-11-28', '<ValDt><Dt>2026-11-31'), 'BAD_DATE'],
      [good.replace('<ValDt><Dt>2026-11-28', '<ValDt><Dt>28.11.2026'), 'BAD_DATE'],
    ];
    for (const [text, code] of broken) expect(await refused(camt054(text))).to.include({ code, line: 5 });
    expect(await refused('<Document><CstmrPmtStsRpt/></Document>')).to.include({ code: 'NOT_CAMT', line: 1, column: 11 });
    expect(await refused('<Other/>')).to.include({ code: 'NOT_CAMT' });
    expect(await refused(camt054('').replace(/<Ntfctn>.*<\/Ntfctn>/s, ''))).to.include({ code: 'NO_STATEMENT' });
    expect(await refused(camt054('').replace('camt.054', 'camt.053'))).to.include({ code: 'NOT_CAMT' });
  });

  it('says when opening balance and entries miss the closing balance, and keeps the file', async () => {
    const entries =
      entry('10.00', 'CRDT', detail('D1')) +
      entry('2.50', 'DBIT', detail('D2'), { code: 'IDDT/UPDD' }) +
      entry('9.00', 'CRDT', detail('D3'), { status: 'PDNG' });
    const right = await read(camt053(balance('OPBD', '5.00') + balance('CLBD', '12.50'), entries));
    expect(right.head).to.deep.include({
      opening: { minor: 500, currency: 'EUR' },
      closing: { minor: 1250, currency: 'EUR' },
      warnings: [],
      sequence: '12',
    });
    const wrong = await read(camt053(balance('PRCD', '5.00', { side: 'DBIT' }) + balance('CLBD', '12.50'), entries));
    expect(wrong.head.warnings).to.deep.equal([
      'statement 1: opening balance -5.00 EUR and entries 7.50 EUR miss the closing balance 12.50 EUR',
    ]);
    expect(wrong.lines).to.have.length(3);
    const mixed = await read(camt053(balance('OPBD', '5.00') + balance('CLBD', '12.50', { currency: 'SEK' }), entries));
    expect(mixed.head.warnings[0]).to.include('cannot be added up');
  });

  it('holds the totals of the entries, of all of them or of the booked ones', async () => {
    const entries =
      entry('10.00', 'CRDT', detail('D1')) + entry('2.50', 'DBIT', detail('D2')) + entry('9.00', 'CRDT', detail('D3'), { status: 'PDNG' });
    const totals = (n: string, sum: string, credits: string) =>
      `<TxsSummry><TtlNtries><NbOfNtries>${n}</NbOfNtries><Sum>${sum}</Sum></TtlNtries><TtlCdtNtries><NbOfNtries>${credits}</NbOfNtries></TtlCdtNtries></TxsSummry>`;
    for (const right of [totals('3', '21.50', '2'), totals('2', '12.50', '1')]) {
      const { head } = await read(camt053(right, entries));
      expect(head.declared).to.deep.equal(head.counted);
    }
    for (const wrong of [totals('4', '21.50', '2'), totals('3', '21.51', '2'), totals('3', '21.50', '3'), totals('2', '21.50', '1')]) {
      const refusal = await refused(camt053(wrong, entries));
      expect(refusal).to.include({ code: 'TOTALS_DIFFER', line: 5 });
      expect(refusal.says).to.include('states').and.include('ask the bank for a corrected one');
    }
  });

  it('reads several statements of one account as one, of several accounts for a channel alone', async () => {
    const stmt = (from: string, to: string) => `${balance('OPBD', from)}${balance('CLBD', to)}`;
    const one = camt053(stmt('0.00', '1.00'), entry('1.00', 'CRDT', detail('D1')));
    const body = (text: string) => text.slice(text.indexOf('<Stmt>'), text.indexOf('</BkToCstmrStmt>'));
    const second = body(camt053(stmt('1.00', '3.00'), entry('2.00', 'CRDT', detail('D2'))));
    const two = one.replace('</BkToCstmrStmt>', `${second}</BkToCstmrStmt>`);
    const { head, lines } = await readAll(camtAccountReader, bytesOf(two));
    expect(lines.map(({ outTradeNo }) => outTradeNo)).to.deep.equal(['D1', 'D2']);
    expect(head).to.deep.include({
      opening: { minor: 0, currency: 'EUR' },
      closing: { minor: 300, currency: 'EUR' },
      account: '2051',
      series: { first: 12, last: 12 },
      warnings: [],
    });
    const left = (await read(two.replace(/12(?=<\/LglSeqNb>(?!.*LglSeqNb))/s, '14'))).head;
    expect(left).to.deep.include({ series: { first: 12, last: 14 } });
    expect(left.warnings).to.deep.equal(['statement 2 is number 14, the one before it 12: some may be missing']);
    const others = one.replace('</BkToCstmrStmt>', `${second.replace('202051', '202052')}</BkToCstmrStmt>`);
    expect(await refusalOf(camtAccountReader, bytesOf(others))).to.include({ code: 'SEVERAL_ACCOUNTS' });
    expect((await read(others)).head).to.deep.include({ account: null, opening: null, closing: null });
  });

  it('refuses the file of another account or day, and says how a page is not the last', async () => {
    const file = bytesOf(camt053(balance('CLBD', '1.00'), ''));
    await readAll(camtReader, file, { expected: { merchant: 'DE02 1203 0000 0000 2020 51', businessDate: businessDate('2026-11-27') } });
    expect(await refusalOf(camtReader, file, { expected: { merchant: 'DE89370400440532013000' } })).to.include({
      code: 'OF_ANOTHER',
      line: 4,
    });
    expect(await refusalOf(camtReader, file, { expected: { merchant: '202052' } })).to.include({ code: 'OF_ANOTHER', line: 4 });
    for (const merchant of ['202051', 'DE98ZZZ09999999999']) await readAll(camtReader, file, { expected: { merchant } });
    expect(await refusalOf(camtReader, file, { expected: { businessDate: businessDate('2026-11-26') } })).to.include({
      code: 'OF_ANOTHER',
    });
    const paged = camt053('<StmtPgntn><PgNb>1</PgNb><LastPgInd>false</LastPgInd></StmtPgntn>', '');
    expect((await read(paged)).head.warnings).to.deep.equal(['page 1 is not the last: the rest comes in other files']);
  });

  it('reads the public samples to the cent', async () => {
    const balances = await readAll(camtReader, sample('camt/camt053.v2.all-balance-types.xml'));
    expect(balances.lines.map(({ minor, side, outTradeNo }) => [minor, side, outTradeNo])).to.deep.equal([[885, 'in', '000000001']]);
    expect(balances.head.warnings).to.deep.equal([
      'statement 1: opening balance 1.01 EUR and entries 8.85 EUR miss the closing balance 4.04 EUR',
    ]);
    const several = await readAll(camtReader, sample('camt/camt053.v2.multi.statement.xml'));
    expect(several.head).to.deep.include({
      opening: { minor: 1815, currency: 'EUR' },
      closing: { minor: 2000, currency: 'EUR' },
      warnings: [],
    });
    expect(several.head.counted).to.deep.equal([{ currency: 'EUR', inCount: 1, inMinor: 885, outCount: 1, outMinor: 700, feeMinor: 0 }]);
    const notification = await readAll(camtReader, sample('camt/camt054.v2.xml'));
    expect(notification.lines).to.have.length(1);
    expect(notification.lines[0]).to.deep.include({ minor: 20_000_000, currency: 'SEK', count: 3, side: 'out' });
    expect(notification.lines[0]!.at).to.deep.equal(parseInstant('2007-10-18T12:15:00Z'));
  });
});
