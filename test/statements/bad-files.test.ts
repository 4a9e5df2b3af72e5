/** Files made to do harm (X22, X23 of the security list): refused quickly, in little memory, with nothing but a reason. */
import { expect } from 'chai';
import type { Reader } from '../../src/statements/reader.ts';
import { BadStatement } from '../../src/statements/reader.ts';
import { simulatorReader } from '../../src/statements/simulator.ts';
import { unionpayReader } from '../../src/statements/unionpay.ts';
import { SAMPLES, type Sample, unionpay } from '../support/statement-samples.ts';
import { refusalOf } from '../support/statements.ts';
import { type ZipEntry, zipOf } from '../support/zip.ts';

const of = (format: string): Sample => SAMPLES.find((sample) => sample.format === format)!;
const OPTIONS = of('unionpay').options;

/** What a stream is refused with, and how much of it was asked for. */
async function refusedStream(reader: Reader, input: AsyncIterable<Uint8Array>): Promise<BadStatement['refusal']> {
  try {
    for await (const _ of reader.read(input, OPTIONS));
  } catch (error) {
    if (error instanceof BadStatement) return error.refusal;
    throw error;
  }
  throw new Error('the file was taken');
}

describe('files made to do harm', () => {
  it('gives up a line of 200 MB near its beginning, in every format', async () => {
    for (const { format, reader } of SAMPLES) {
      let given = 0;
      const endless = async function* () {
        for (; given < 200 * 1024 * 1024; given += 65_536) yield Buffer.alloc(65_536, 'x');
      };
      const { code } = await refusedStream(reader, endless());
      if (format === 'simulator' || format.endsWith('-account')) expect(code, format).to.be.oneOf(['LINE_TOO_LONG', 'NOT_XML']);
      // JSON is taken whole, up to a size that no page of a settlement has.
      expect(given, format).to.be.below(['paystack', 'gocardless'].includes(format) ? 40 * 1024 * 1024 : 300_000);
    }
  });

  it('gives it up in one chunk as well, without making text of it', async () => {
    const before = process.memoryUsage().rss;
    const one = async function* () {
      yield Buffer.alloc(200 * 1024 * 1024, '1');
    };
    expect(await refusedStream(simulatorReader, one())).to.include({ code: 'LINE_TOO_LONG' });
    expect(process.memoryUsage().rss - before).to.be.below(300 * 1024 * 1024);
  });

  it('refuses a row of a million columns', async () => {
    for (const format of ['wechat-account', 'icbc-debit', 'wechat', 'simulator']) {
      const { reader, bytes } = of(format);
      const at = bytes.lastIndexOf('\n', bytes.length - 2) + 1;
      const wide = (columns: number) => Buffer.concat([bytes.subarray(0, at), Buffer.alloc(columns, ','), bytes.subarray(at)]);
      expect(await refusalOf(reader, wide(1_000_000)), format).to.include({ code: 'LINE_TOO_LONG' });
      expect((await refusalOf(reader, wide(60_000))).code, format).to.be.oneOf([
        'TOO_MANY_COLUMNS',
        'BAD_FIELDS',
        'AFTER_THE_END',
        'BAD_VALUE',
        'LINE_TOO_LONG',
        'BAD_TRAILER',
        'NO_PREFIX',
      ]);
    }
  });

  const spoilt: readonly [string, (sample: Sample) => Buffer, string, number][] = [
    ['a NUL', ({ bytes }) => Buffer.concat([bytes.subarray(0, 40), Buffer.from([0]), bytes.subarray(40)]), 'CONTROL_CHARACTER', 1],
    ['UTF-16 with a mark', ({ bytes }) => Buffer.from(`\ufeff${bytes.toString('utf8')}`, 'utf16le'), 'UTF16', 1],
    ['UTF-16 without one', ({ bytes }) => Buffer.from(bytes.toString('utf8'), 'utf16le'), 'CONTROL_CHARACTER', 1],
    ['bytes that are not UTF-8', ({ bytes }) => Buffer.concat([bytes, Buffer.from([0xff, 0x41])]), 'NOT_ENCODED', 29],
    ['a workbook', () => Buffer.from('PK\x03\x04 and so on'), 'NOT_TEXT', 1],
    ['nothing', () => Buffer.alloc(0), 'CUT_OFF', 0],
  ];
  for (const [what, spoil, code, line] of spoilt)
    it(`refuses ${what}, with its line`, async () => {
      expect(await refusalOf(simulatorReader, spoil(of('simulator')))).to.include({ code, line });
    });

  it('refuses a quote that is open at the end of its line', async () => {
    const { reader, bytes } = of('wechat-account');
    const open = Buffer.from(bytes.toString('utf8').replace('"商户消费","云膳', '"商户消费,"云膳'));
    expect((await refusalOf(reader, open)).code).to.be.oneOf(['OPEN_QUOTE', 'BAD_QUOTE']);
    const last = Buffer.concat([bytes, Buffer.from('\n2024-06-07 23:40:27,"a,b')]);
    expect(await refusalOf(reader, last)).to.include({ code: 'OPEN_QUOTE', line: 46, column: 2 });
  });

  const NAME = 'INN26010588ZM_777290058110048';
  const zipped = (...entries: ZipEntry[]) => refusalOf(unionpayReader, zipOf(entries), OPTIONS);
  const ok: ZipEntry = { name: NAME, bytes: unionpay() };

  it('refuses an archive that unpacks to far more than it is, honest about it or not', async () => {
    const bomb = Buffer.alloc(50 * 1024 * 1024);
    expect(await zipped({ name: NAME, bytes: bomb })).to.include({ code: 'ZIP_BOMB' });
    const before = process.memoryUsage().rss;
    expect((await zipped({ name: NAME, bytes: bomb, claims: 2_000 })).code).to.be.oneOf(['ZIP_BOMB', 'CONTROL_CHARACTER']);
    expect(process.memoryUsage().rss - before).to.be.below(100 * 1024 * 1024);
  });

  it('refuses names that lead out, links, archives within, encrypted entries, too many of them, and none that fits', async () => {
    for (const name of [`../${NAME}`, `a/../../${NAME}`, `/${NAME}`, `..\\${NAME}`, `C:${NAME}`])
      expect(await zipped({ ...ok, name }), name).to.include({ code: 'BAD_ZIP' });
    expect((await zipped({ ...ok, attributes: (0o120777 << 16) >>> 0 })).says).to.include('leads out');
    expect((await zipped(ok, { name: 'inner.zip', bytes: zipOf([ok]) })).says).to.include('is an archive itself');
    expect((await zipped({ ...ok, flags: 0x801 })).says).to.include('encrypted');
    expect(await zipped(...Array.from({ length: 101 }, (_, i) => ({ name: `f${i}`, bytes: Buffer.from('x') })))).to.include({
      code: 'ZIP_BOMB',
    });
    expect((await zipped({ ...ok, name: 'readme.txt' })).says).to.include('holds 0 files');
    expect((await zipped(ok, { ...ok, name: `${NAME}2` })).says).to.include('holds 2 files');
  });

  it('refuses an archive that is cut off or damaged', async () => {
    const whole = zipOf([ok]);
    for (let cut = 4; cut < whole.length; cut += 17) await refusalOf(unionpayReader, whole.subarray(0, cut), OPTIONS);
    const damaged = Buffer.from(whole);
    damaged[60] = damaged[60]! ^ 0xff;
    await refusalOf(unionpayReader, damaged, OPTIONS);
  });
});
