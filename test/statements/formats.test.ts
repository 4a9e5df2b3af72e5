import { expect } from 'chai';
import { businessDate } from '../../src/domain/clock.ts';
import { BadStatement } from '../../src/statements/reader.ts';
import { unionpayReader } from '../../src/statements/unionpay.ts';
import { gb18030 } from '../support/gb18030.ts';
import { SAMPLES, type Sample, unionpay } from '../support/statement-samples.ts';
import { readAll, refusalOf } from '../support/statements.ts';
import { zipOf } from '../support/zip.ts';

const of = (format: string, n = 0): Sample => SAMPLES.filter((sample) => sample.format === format)[n]!;
const changed = ({ bytes }: Sample, from: string, to: string): Buffer => Buffer.from(bytes.toString('utf8').replace(from, to));

describe('statement formats', () => {
  for (const sample of SAMPLES)
    it(`${sample.format}: is read the same however its bytes are cut`, async () => {
      const whole = await readAll(sample.reader, sample.bytes, sample.options);
      expect(whole.lines.length).to.be.above(0);
      for (const size of [1, 7, 100]) expect(await readAll(sample.reader, sample.bytes, sample.options, size)).to.deep.equal(whole);
    });

  it('WeChat, both versions: payments and refunds with their own numbers, and the totals that the file states', async () => {
    for (const n of [0, 1]) {
      const { reader, bytes } = of('wechat', n);
      const { lines, head } = await readAll(reader, bytes);
      expect(lines[0]).to.include({
        kind: 'payment',
        side: 'in',
        minor: 1000,
        feeMinor: 6,
        outTradeNo: 'S0',
        channelTradeNo: '420000',
        refundNo: null,
      });
      expect(lines[3]).to.include({
        kind: 'refund',
        side: 'out',
        minor: 1039,
        feeMinor: -9,
        outTradeNo: 'S3',
        refundNo: 'R3',
        channelTradeNo: '50300003',
      });
      expect(head).to.deep.include({ merchant: '1601959334', businessDate: '2026-01-05', lines: 20, warnings: [] });
      expect(head.declared).to.deep.equal([{ currency: 'CNY', inCount: 15, inMinor: 16_755, outCount: 5, outMinor: 5_715, feeMinor: 140 }]);
    }
  });

  it('WeChat: refuses totals that its rows do not come to, a value without its backquote and what follows the totals', async () => {
    const sample = of('wechat');
    expect((await refusalOf(sample.reader, changed(sample, '`10.00,`0.00', '`10.01,`0.00'))).says).to.match(
      /line 23, column 2: the file states 16755 as the amount settled, its rows come to 16756/,
    );
    expect((await refusalOf(sample.reader, changed(sample, '`ORIGINAL,`SUCCESS', '`ORIGINAL,`constructor'))).says).to.contain(
      'neither done',
    );
    expect(await refusalOf(sample.reader, changed(sample, '`CNY', 'CNY'))).to.include({ code: 'NO_PREFIX', line: 2, column: 12 });
    expect(await refusalOf(sample.reader, Buffer.concat([sample.bytes, Buffer.from('x\n')]))).to.include({
      code: 'AFTER_THE_END',
      line: 24,
    });
    expect(await refusalOf(sample.reader, sample.bytes, { expected: { merchant: 'another' } })).to.include({ code: 'OF_ANOTHER', line: 2 });
  });

  it('lets go of a file that it refuses on the way, in every format', async () => {
    const part = Buffer.alloc(65_536, '\n\u0000\n');
    for (const { format, reader, options } of SAMPLES) {
      let open = true;
      const endless = async function* () {
        try {
          for (;;) yield part;
        } finally {
          open = false;
        }
      };
      const error = await reader
        .read(endless(), options)
        .next()
        .catch((e: unknown) => e);
      expect(error, format).to.be.instanceOf(BadStatement);
      expect(open, format).to.equal(false);
    }
  });

  it('Alipay: a refund is its own row with its number, fees either way, and both lines of totals must hold', async () => {
    const { reader, bytes } = of('alipay');
    const { lines, head } = await readAll(reader, bytes);
    expect(lines[0]).to.include({ kind: 'payment', minor: 2000, feeMinor: 12, outTradeNo: 'D1000', refundNo: null, rawText: '还款 第0期' });
    expect(lines[3]).to.include({ kind: 'refund', side: 'out', minor: 2051, feeMinor: -12, outTradeNo: 'D1003', refundNo: 'F3' });
    expect(head).to.deep.include({ account: '20880211096256330156', businessDate: '2026-01-05', lines: 20 });
    expect(head.merchant).to.equal('2088021109625633');
    expect(await refusalOf(reader, bytes, { expected: { merchant: '2088999999999999' } })).to.include({ code: 'OF_ANOTHER', line: 2 });
    const text = new TextDecoder('gb18030').decode(bytes);
    const lastSecond = await readAll(reader, gb18030(text.replace('01月06日 00:00:00]', '01月05日 23:59:59]')));
    expect(lastSecond.head).to.include({ businessDate: '2026-01-05', to: '2026-01-05' });
    const refusal = await refusalOf(reader, gb18030(text.replace('交易合计：15笔', '交易合计：16笔')));
    expect(refusal).to.include({ code: 'TOTALS_DIFFER', line: 27 });
    expect(await refusalOf(reader, gb18030(text.slice(0, text.indexOf('#退款合计'))))).to.include({ code: 'CUT_OFF' });
    expect(await refusalOf(reader, Buffer.from(text, 'utf8'))).to.include({ line: 1 });
  });

  it('UnionPay: amount less fee is what is settled, and the year is the one next to the day of the file', async () => {
    const { reader, bytes, options } = of('unionpay');
    const { lines, head } = await readAll(reader, bytes, options);
    expect(lines).to.have.length(16);
    expect(lines[0]).to.include({
      kind: 'payment',
      side: 'in',
      minor: 110_016,
      feeMinor: 220,
      accountLast4: '0000',
      valueDate: '2026-01-05',
    });
    expect(lines[0]!.at!.toISOString()).to.equal('2026-01-04T16:11:00.000Z');
    expect(lines[4]).to.include({ kind: 'refund', side: 'out', outTradeNo: null, refundNo: 'D00000000000000000000004', feeMinor: 0 });
    expect(lines[4]!.channelTradeNo).to.equal(lines[3]!.channelTradeNo);
    expect(head).to.include({ merchant: '777290058110048', businessDate: '2026-01-05', declared: null });
    expect(await refusalOf(reader, changed(of('unionpay'), digits(110_016), digits(110_017)), options)).to.include({
      code: 'BAD_VALUE',
      line: 1,
    });
    expect(await refusalOf(reader, bytes)).to.include({ code: 'NO_DAY' });
    const newYear = Buffer.from(bytes.toString('latin1').replaceAll(' 0105', ' 1231'));
    const late = await readAll(reader, newYear, { businessDate: businessDate('2027-01-01') });
    expect(late.lines[0]!.at!.toISOString()).to.equal('2026-12-30T16:11:00.000Z');
  });

  it('Alipay: the same out of the archive in which it comes, beside its summary', async () => {
    const { reader, bytes } = of('alipay');
    const archive = zipOf([
      { name: '20880211096256330156_20260105_业务明细.csv', bytes },
      { name: '20880211096256330156_20260105_业务明细(汇总).csv', bytes: Buffer.from('other') },
    ]);
    expect(await readAll(reader, archive, {}, 999)).to.deep.equal(await readAll(reader, bytes));
  });

  it('UnionPay: the same out of an archive', async () => {
    const options = of('unionpay').options;
    const archive = zipOf([
      { name: 'INN26010588ZM_777290058110048', bytes: unionpay() },
      { name: 'INN26010588ZME_777290058110048', bytes: Buffer.from('other') },
    ]);
    expect(await readAll(unionpayReader, archive, options, 1000)).to.deep.equal(await readAll(unionpayReader, unionpay(), options));
  });
});

const digits = (minor: number): string => String(minor).padStart(12, '0');
