import { expect } from 'chai';
import fc from 'fast-check';
import { addDays } from '../../src/domain/clock.ts';
import { PenaltyMeter, penaltyOn, penaltyRule } from '../../src/domain/penalty.ts';
import type { PenaltyTerms } from '../../src/domain/plan.ts';
import { day } from '../support/loan.ts';

const RETROACTIVE: PenaltyTerms = { dailyRate: '0.00075', graceDays: 3, graceMode: 'retroactive' };
const DEFERRED: PenaltyTerms = { ...RETROACTIVE, graceMode: 'deferred' };
const DUE = day('2027-01-25');
const owedOn = (days: number, terms: PenaltyTerms) => penaltyOn(92_016, DUE, addDays(DUE, days), terms);

describe('penalty', () => {
  it('is 6.90 on day 10 of worked example 2, and 4.83 where grace defers it', () => {
    expect(owedOn(10, RETROACTIVE)).to.equal(690);
    expect(owedOn(10, DEFERRED)).to.equal(483);
  });

  it('owes nothing up to the last day of grace; the day after, all days or one', () => {
    for (const days of [-30, 0, 1, 3]) expect([owedOn(days, RETROACTIVE), owedOn(days, DEFERRED)]).to.deep.equal([0, 0]);
    expect(owedOn(4, RETROACTIVE)).to.equal(276);
    expect(owedOn(4, DEFERRED)).to.equal(69);
  });

  it('counts each day on the principal overdue at its start: a payment on day 10 counts from day 11', () => {
    const meter = new PenaltyMeter(penaltyRule(RETROACTIVE), 92_016);
    meter.repay(10, 46_910);
    expect(meter.assessed(10)).to.equal(690);
    expect(meter.assessed(11)).to.equal(690 + 34);
    expect(meter.assessed(20)).to.equal(690 + 338);
  });

  it('is waived where the principal was paid inside grace, and counts from the due date where only a part was', () => {
    const whole = new PenaltyMeter(penaltyRule(RETROACTIVE), 92_016);
    whole.repay(2, 92_016);
    expect(whole.assessed(30)).to.equal(0);
    const part = new PenaltyMeter(penaltyRule(RETROACTIVE), 92_016);
    part.repay(2, 42_016);
    expect(part.assessed(3)).to.equal(0);
    expect(part.assessed(10)).to.equal(138 + 300);
  });

  it('never falls from one day to the next', () => {
    const terms = fc.record({
      dailyRate: fc.constantFrom('0', '0.0005', '0.00075', '0.01'),
      graceDays: fc.nat(10),
      graceMode: fc.constantFrom('retroactive' as const, 'deferred' as const),
    });
    fc.assert(
      fc.property(terms, fc.nat(10 ** 9), fc.array(fc.tuple(fc.nat(40), fc.nat(100)), { maxLength: 5 }), (t, principal, payments) => {
        const meter = new PenaltyMeter(penaltyRule(t), principal);
        let left = principal;
        let before = 0;
        for (let d = -2; d <= 45; d++) {
          const owed = meter.assessed(d);
          expect(owed).to.be.at.least(before);
          before = owed;
          for (const [on, percent] of payments) {
            if (on !== d) continue;
            const minor = Math.floor((left * percent) / 100);
            meter.repay(d, minor);
            left -= minor;
            expect(meter.assessed(d), 'a payment alone changes no penalty').to.equal(owed);
          }
        }
      }),
    );
  });
});
