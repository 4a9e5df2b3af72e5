/**
 * Every format, its files changed in seeded ways: refused with line and cause, or read right; never half, never a crash.
 * `DULY_MUTATIONS=10000 npx mocha test/statements/mutations.test.ts` does as many per file; the counts are printed.
 */
import { expect } from 'chai';
import { BadStatement, NEW_HEAD, type Reader } from '../../src/statements/reader.ts';
import { mutateSample } from '../support/mutation-run.ts';
import { SAMPLES, type Sample } from '../support/statement-samples.ts';

const COUNT = Number(process.env.DULY_MUTATIONS ?? 150);

describe('changed statement files', function () {
  this.timeout(Math.max(20_000, COUNT * 60));

  SAMPLES.forEach((sample, i) => {
    it(`${sample.format} (file ${i + 1}): ${COUNT} changes, each refused or read right`, async () => {
      const counts = await mutateSample(sample, COUNT, 1 + i * 100_000);
      if (process.env.DULY_MUTATIONS) console.log(JSON.stringify(counts));
      expect(counts.refused + counts.readSame + counts.readOther).to.equal(counts.mutated);
      expect(counts.refused).to.be.above(0);
      expect(counts.readSame).to.be.above(0);
    });
  });

  const spoilt = (sample: Sample, read: Reader['read']) => mutateSample({ ...sample, reader: { ...sample.reader, read } }, 100);
  const failureOf = async (run: Promise<unknown>): Promise<string> =>
    run.then(
      () => 'nothing was found',
      (error: Error) => error.message,
    );

  it('would see a reader that keeps what came before a fault', async () => {
    for (const format of ['simulator', 'wechat-account']) {
      const sample = SAMPLES.find((one) => one.format === format)!;
      const half: Reader['read'] = async function* (input, options) {
        let lines = 0;
        try {
          const reading = sample.reader.read(input, options);
          for (let step = await reading.next(); ; step = await reading.next()) {
            if (step.done) return step.value;
            lines += step.value.length;
            yield step.value;
          }
        } catch (error) {
          if (!(error instanceof BadStatement)) throw error;
          return { ...NEW_HEAD, format, counted: [], lines };
        }
      };
      expect(await failureOf(spoilt(sample, half))).to.match(/sums|was read as|are gone/);
    }
  });

  it('would see a reader that stumbles', async () => {
    const sample = SAMPLES[0]!;
    const stumbling: Reader['read'] = async function* (input, options) {
      const parts: Uint8Array[] = [];
      for await (const part of input) parts.push(part);
      const bytes = Buffer.concat(parts);
      if (bytes[0] !== 0x48) throw new TypeError('x is not a function');
      const reading = sample.reader.read(
        (async function* () {
          yield bytes;
        })(),
        options,
      );
      return yield* reading;
    };
    expect(await failureOf(spoilt(sample, stumbling))).to.include('TypeError: x is not a function');
  });
});
