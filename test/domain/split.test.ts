import { expect } from 'chai';
import fc from 'fast-check';
import { split } from '../../src/domain/split.ts';

const limits = { perDebitLimit: 500_000, dailyLimit: 1_000_000, usedToday: 0, minPart: 1000 };

describe('splitting one amount', () => {
  it('follows the worked example: 5,000.00 twice today, 2,500.00 tomorrow', () =>
    expect(split(1_250_000, limits)).to.deep.equal({ today: [500_000, 500_000], later: [[250_000]] }));
  it('keeps one amount whole where it fits, equal included', () => {
    expect(split(500_000, limits)).to.deep.equal({ today: [500_000], later: [] });
    expect(split(500_001, limits)!.today).to.deep.equal([499_001, 1000]);
    expect(split(123, { ...limits, perDebitLimit: null, dailyLimit: null })).to.deep.equal({ today: [123], later: [] });
  });
  it('leaves for tomorrow what the day has no room for', () => {
    expect(split(500_000, { ...limits, usedToday: 1_000_000 })).to.deep.equal({ today: [], later: [[500_000]] });
    expect(split(500_000, { ...limits, usedToday: 800_000 })).to.deep.equal({ today: [200_000], later: [[300_000]] });
    expect(split(500_000, { ...limits, usedToday: 999_001 })).to.deep.equal({ today: [], later: [[500_000]] });
    expect(split(500_000, { ...limits, usedToday: 2_000_000 })).to.deep.equal({ today: [], later: [[500_000]] });
  });
  it('makes the parts before smaller rather than one below the smallest', () =>
    expect(split(320_000, { perDebitLimit: 150_000, dailyLimit: null, usedToday: 0, minPart: 100_000 })!.today).to.deep.equal([
      120_000, 100_000, 100_000,
    ]));
  it('sends a whole below the smallest part as it is', () => expect(split(999, limits)).to.deep.equal({ today: [999], later: [] }));
  it('says null where nothing fits', () => {
    expect(split(1000, { ...limits, perDebitLimit: 999 })).to.equal(null);
    expect(split(1_500_001, { ...limits, perDebitLimit: 1_000_000, minPart: 900_000 })).to.equal(null);
  });
  it('takes whole amounts above zero only', () => expect(() => split(0, limits)).to.throw(/above zero/));
  it('loses nothing and keeps to every limit, whatever they are', () => {
    let some = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 1, max: 1e5 }),
        fc.integer({ min: 1, max: 3e5 }),
        fc.integer({ min: 0, max: 3e5 }),
        fc.integer({ min: 1, max: 5e4 }),
        (minor, perDebitLimit, dailyLimit, usedToday, minPart) => {
          const cut = split(minor, { perDebitLimit, dailyLimit, usedToday, minPart });
          if (!cut) return;
          some += 1;
          const days = [cut.today, ...cut.later];
          const sum = (parts: readonly number[]) => parts.reduce((s, p) => s + p, 0);
          expect(sum(days.map(sum))).to.equal(minor);
          for (const [k, parts] of days.entries()) {
            for (const part of parts) expect(part).to.be.within(Math.min(minPart, minor), perDebitLimit);
            expect(sum(parts)).to.be.at.most(Math.max(0, k === 0 ? dailyLimit - usedToday : dailyLimit));
          }
          expect(cut.later.every((parts) => parts.length > 0)).to.equal(true);
        },
      ),
      { numRuns: 1000, seed: 7 },
    );
    expect(some).to.be.above(300);
  });
});
