import { expect } from 'chai';
import fc from 'fast-check';
import { addMonths } from '../../src/domain/clock.ts';
import { InvalidInput } from '../../src/domain/errors.ts';
import { explicitRows, generate, instalmentsOf, METHODS, type ScheduleRow, type Terms } from '../../src/domain/schedule.ts';
import { day, EXAMPLE } from '../support/loan.ts';

const totalOf = (rows: readonly ScheduleRow[], field: 'principal' | 'interest' | 'fee') => rows.reduce((s, r) => s + r[field], 0);
const faultsOf = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    if (error instanceof InvalidInput) return error.faults.map((f) => `${f.pointer} ${f.code}`);
    throw error;
  }
  return [];
};

describe('schedule', () => {
  it('gives worked example 1 to the cent', () => {
    const rows = generate(EXAMPLE);
    expect(rows.map((r) => r.principal + r.interest)).to.deep.equal([...new Array(11).fill(110_016), 110_019]);
    expect(totalOf(rows, 'interest')).to.equal(120_195);
    expect(totalOf(rows, 'principal')).to.equal(1_200_000);
    expect(rows[0]).to.deep.equal({ n: 1, dueDate: '2027-01-25', principal: 92_016, interest: 18_000, fee: 0 });
    expect(rows[1]).to.deep.equal({ n: 2, dueDate: '2027-02-25', principal: 93_396, interest: 16_620, fee: 0 });
  });

  it('pays equal principal with falling interest', () => {
    const rows = generate({ ...EXAMPLE, method: 'equalPrincipal', principal: 1_000_000, count: 3, fee: 200 });
    expect(rows.map((r) => [r.principal, r.interest, r.fee])).to.deep.equal([
      [333_333, 15_000, 200],
      [333_333, 10_000, 200],
      [333_334, 5_000, 200],
    ]);
  });

  it('pays interest only until the last row brings the principal', () => {
    const rows = generate({ ...EXAMPLE, method: 'interestOnly', count: 3 });
    expect(rows.map((r) => [r.principal, r.interest])).to.deep.equal([
      [0, 18_000],
      [0, 18_000],
      [1_200_000, 18_000],
    ]);
  });

  it('pays all at maturity in one row', () => {
    const rows = generate({ ...EXAMPLE, method: 'bullet', count: 6 });
    expect(rows).to.deep.equal([{ n: 1, dueDate: '2027-06-25', principal: 1_200_000, interest: 108_000, fee: 0 }]);
  });

  it('returns to the 31st after a short month', () => {
    const dates = generate({ ...EXAMPLE, firstDueDate: day('2027-12-31'), count: 4 }).map((r) => r.dueDate);
    expect(dates).to.deep.equal(['2027-12-31', '2028-01-31', '2028-02-29', '2028-03-31']);
  });

  it('needs no interest to be level', () => {
    const rows = generate({ ...EXAMPLE, monthlyRate: '0', principal: 100_000, count: 3 });
    expect(rows.map((r) => r.principal)).to.deep.equal([33_333, 33_333, 33_334]);
  });

  it('sums to the principal for any terms, on strictly rising dates, nothing negative', () => {
    const terms: fc.Arbitrary<Terms> = fc.record({
      principal: fc.integer({ min: 100_000, max: 10 ** 11 }),
      monthlyRate: fc.integer({ min: 0, max: 50_000 }).map((n) => `0.${String(n).padStart(6, '0')}`),
      count: fc.integer({ min: 1, max: 120 }),
      method: fc.constantFrom(...METHODS),
      firstDueDate: fc.integer({ min: 0, max: 120 }).map((n) => addMonths(day('2024-01-31'), n)),
      fee: fc.nat(1000),
    });
    fc.assert(
      fc.property(terms, (t) => {
        fc.pre(t.method !== 'interestOnly' || t.monthlyRate > '0.001');
        const rows = generate(t);
        expect(totalOf(rows, 'principal')).to.equal(t.principal);
        rows.forEach((r, at) => {
          expect(Math.min(r.principal, r.interest, r.fee)).to.be.at.least(0);
          expect(r.n).to.equal(at + 1);
          if (at) expect(r.dueDate > (rows[at - 1] as ScheduleRow).dueDate).to.equal(true);
        });
        if (t.method === 'levelPayment' && t.count > 1) {
          const sums = new Set(rows.slice(0, -1).map((r) => r.principal + r.interest));
          expect(sums.size, 'all but the last are level').to.equal(1);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('names each fault of the terms by pointer', () => {
    const bad = {
      principal: 0.5,
      monthlyRate: '1,5',
      count: 0,
      method: 'balloon',
      firstDueDate: '2027-02-30',
      fee: -1,
    } as unknown as Terms;
    expect(faultsOf(() => generate(bad))).to.have.members([
      '/terms/principal NOT_AN_AMOUNT',
      '/terms/count OUT_OF_RANGE',
      '/terms/method UNKNOWN_METHOD',
      '/terms/firstDueDate NOT_A_DATE',
      '/terms/fee NOT_AN_AMOUNT',
      '/terms/monthlyRate NOT_A_DECIMAL',
    ]);
    expect(faultsOf(() => generate({ ...EXAMPLE, monthlyRate: '1.5' }))).to.deep.equal(['/terms/monthlyRate OUT_OF_RANGE']);
    expect(faultsOf(() => generate({ ...EXAMPLE, principal: 5, monthlyRate: '0' }))).to.deep.equal(['/terms/count TOO_MANY_ROWS']);
  });

  it('takes explicit rows as stated and names each fault by pointer', () => {
    const rows = explicitRows([
      { dueDate: '2027-01-25', principal: 92_016, interest: 18_000 },
      { dueDate: '2027-02-25', principal: 0, fee: 1 },
    ]);
    expect(rows.map((r) => [r.n, r.principal, r.interest, r.fee])).to.deep.equal([
      [1, 92_016, 18_000, 0],
      [2, 0, 0, 1],
    ]);
    const bad = [
      { dueDate: '2027-01-25', principal: -1 },
      { dueDate: '2027-01-25', principal: 1.5, interest: 1 },
      { dueDate: '2027-13-01', principal: 0 },
    ];
    expect(faultsOf(() => explicitRows(bad))).to.have.members([
      '/instalments/0/principal NOT_AN_AMOUNT',
      '/instalments/1/principal NOT_AN_AMOUNT',
      '/instalments/1/dueDate NOT_RISING',
      '/instalments/2 NOTHING_DUE',
      '/instalments/2/dueDate NOT_A_DATE',
    ]);
    expect(faultsOf(() => explicitRows([]))).to.deep.equal(['/instalments OUT_OF_RANGE']);
  });

  it('makes an instalment of each row, with an id of its own and nothing paid', () => {
    const [first] = instalmentsOf(generate(EXAMPLE).slice(0, 1), ['ins_A'], 3);
    expect(first).to.deep.include({ id: 'ins_A', n: 1, state: 'scheduled', scheduleVersion: 3 });
    expect(first?.due).to.deep.equal({ fee: 0, penalty: 0, interest: 18_000, principal: 92_016 });
    expect(() => instalmentsOf(generate(EXAMPLE), ['ins_A'], 1)).to.throw('12 rows need as many ids');
  });
});
