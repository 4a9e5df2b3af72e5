/** The clearing split: what each party gets of a movement, to the cent, and back again. */
import { expect } from 'chai';
import fc from 'fast-check';
import { addParts, clear, dueTo, NO_PARCEL, NO_PARTS, type Parcel, type Parts, split, sumOf, together } from '../../src/domain/clearing.ts';
import { COMPONENTS } from '../../src/domain/plan.ts';
import { feeOf } from '../../src/domain/route.ts';
import type { Agreement, Share } from '../../src/domain/settlement.ts';
import { CHANNEL } from '../support/gate-case.ts';

const parcel = (change: Partial<Parcel>): Parcel => ({ ...NO_PARCEL, ...change });
const co = (...shares: readonly Share[]): Pick<Agreement, 'shares'> => ({ shares });
const FUNDER: Share = { party: 'funder', of: ['interest', 'principal'], share: '0.7', fixed: 0, min: 0 };
const sum = (parts: Parts): number => parts.lender + parts.funder + parts.guarantor + parts.servicer;

describe('the channel fee of a settlement', () => {
  it('is 5.55 on the handbook’s four rows, which leaves 2,357.61 (worked example 7)', () => {
    const rows = [110_016, 67_500, 50_000, 8_800];
    const fees = rows.map((minor) => feeOf({ ...CHANNEL, fee: { share: '0.002', min: 100, flat: 0 } }, minor));
    expect(fees).to.deep.equal([220, 135, 100, 100]);
    expect(rows.reduce((s, minor, k) => s + minor - fees[k]!, 0)).to.equal(235_761);
  });
});

describe('the clearing split', () => {
  it('of 1,100.16 lent 70/30 gives the funder 770.11 and the lender 330.05 (worked example 8)', () => {
    const whole = split(co(FUNDER), parcel({ principal: 92_016, interest: 18_000 }));
    expect(whole).to.deep.equal({ lender: 33_005, funder: 77_011, guarantor: 0, servicer: 0 });
    expect(split(co(FUNDER), parcel({ principal: 92_016 }))).to.include({ funder: 64_411, lender: 27_605 });
    expect(split(co(FUNDER), parcel({ interest: 18_000 }))).to.include({ funder: 12_600, lender: 5_400 });
  });

  it('gives a share its minimum, adds what is fixed, and never more than there is', () => {
    const fee = (change: Partial<Share>): Share => ({ party: 'servicer', of: ['interest'], share: '0.01', fixed: 0, min: 10, ...change });
    const of = (share: Share, minor: number) => split(co(share), parcel({ interest: minor })).servicer;
    expect(of(fee({}), 500)).to.equal(10);
    expect(of(fee({}), 5_000)).to.equal(50);
    expect(of(fee({ fixed: 7 }), 5_000)).to.equal(57);
    expect(of(fee({}), 4)).to.equal(4);
    expect(of(fee({}), 1_050)).to.equal(11);
  });

  it('rounds what a re-run took from a component as it rounds what it gave', () => {
    const share: Share = { ...FUNDER, of: ['penalty', 'principal'] };
    // 70 % of 1.05 is 0.735, of -0.05 it is -0.035: 0.74 less 0.04.
    expect(split(co(share), parcel({ penalty: -5, principal: 105 }))).to.include({ funder: 70, lender: 30 });
  });

  it('serves the shares in their order and leaves what is overpaid to the lender', () => {
    const all: Share = { party: 'guarantor', of: [], share: '0', fixed: 80, min: 0 };
    expect(split(co(all, { ...all, party: 'servicer' }), parcel({ fee: 100 }))).to.deep.equal({
      ...NO_PARTS,
      guarantor: 80,
      servicer: 20,
    });
    expect(split(co(FUNDER), parcel({ overpaid: 500 }))).to.include({ lender: 500, funder: 0 });
  });

  it('puts the channel’s fee on whoever bears it, and the sums stay whole', () => {
    const parts = split(co(FUNDER), parcel({ principal: 92_016, interest: 18_000 }));
    for (const bearer of ['lender', 'servicer'] as const) {
      const row = { parts, bearer, channelFeeMinor: 220 };
      const dues = (['lender', 'funder', 'guarantor', 'servicer'] as const).map((party) => dueTo(party, row));
      expect(dues.reduce((s, d) => s + d, 220)).to.equal(110_016);
      expect(dueTo(bearer, row)).to.equal(parts[bearer] - 220);
    }
  });

  const shares = fc.array(
    fc.record({
      party: fc.constantFrom('funder', 'guarantor', 'servicer'),
      of: fc.uniqueArray(fc.constantFrom(...COMPONENTS)),
      share: fc.integer({ min: 0, max: 9_999 }).map((n) => `0.${String(n).padStart(4, '0')}`),
      fixed: fc.integer({ min: 0, max: 500 }),
      min: fc.integer({ min: 0, max: 500 }),
    }),
    { maxLength: 5 },
  ) as fc.Arbitrary<Share[]>;
  const amounts = (min: number): fc.Arbitrary<Parcel> =>
    fc.record({
      fee: fc.integer({ min, max: 10_000 }),
      penalty: fc.integer({ min, max: 10_000 }),
      interest: fc.integer({ min, max: 10_000_000 }),
      principal: fc.integer({ min, max: 10_000_000 }),
      overpaid: fc.integer({ min, max: 10_000 }),
    });

  it('loses and makes nothing, whatever the agreement: the parts of any movement sum to it', () =>
    fc.assert(
      fc.property(shares, amounts(0), amounts(-5_000), (some, first, second) => {
        const one = clear(co(...some), first);
        const two = clear(co(...some), second, first, one);
        expect(sum(one)).to.equal(sumOf(first));
        expect(sum(two)).to.equal(sumOf(second));
        expect(Math.min(one.lender, one.funder, one.guarantor, one.servicer)).to.be.at.least(0);
      }),
    ));

  it('splits back exactly what was split, at once or after refunds in between', () =>
    fc.assert(
      fc.property(shares, amounts(0), fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 4 }), (some, whole, percents) => {
        let held = NO_PARCEL;
        let parts = NO_PARTS;
        const take = (movement: Parcel) => {
          parts = addParts(parts, clear(co(...some), movement, held, parts));
          held = together(held, movement);
        };
        take(whole);
        for (const percent of percents) take({ ...NO_PARCEL, principal: -Math.floor((held.principal * percent) / 100) });
        take({
          fee: -held.fee,
          penalty: -held.penalty,
          interest: -held.interest,
          principal: -held.principal,
          overpaid: -held.overpaid,
        });
        expect(parts).to.deep.equal(NO_PARTS);
      }),
    ));
});
