/**
 * Every format, its files changed in seeded ways: refused with line and cause, or read right; never half, never a crash.
 * `DULY_MUTATIONS=10000 npx mocha test/statements/mutations.test.ts` does as many per file; the counts are printed.
 */
import { expect } from 'chai';
import { mutateSample } from '../support/mutation-run.ts';
import { SAMPLES } from '../support/statement-samples.ts';

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
});
