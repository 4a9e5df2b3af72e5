import { expect } from 'chai';
import { type Booked, book } from '../../src/domain/booking.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { quote } from '../../src/domain/quote.ts';
import { arrival, day, loan } from '../support/loan.ts';

const paidFirst = (plan: Plan): Booked => book(plan, arrival('att_1', 110_016, '2027-01-25'), '1012.01:sim', day('2027-01-25'));

describe('early settlement quote', () => {
  it('is 11,273.74 fifteen days into period 2: worked example 9', () => {
    const { plan } = paidFirst(loan());
    expect(quote(plan, day('2027-02-09'), '0.01')).to.deep.equal({
      on: '2027-02-09',
      currency: 'CNY',
      principal: 1_107_984,
      interest: 8_310,
      penalty: 0,
      fee: 0,
      settlementFee: 11_080,
      total: 1_127_374,
    });
  });

  it('adds what is overdue in full, with its penalty', () => {
    const plan = loan({ penalty: { dailyRate: '0.00075', graceDays: 3, graceMode: 'retroactive' } });
    const sum = quote(plan, day('2027-02-04'), '0.01');
    expect(sum).to.deep.include({ principal: 1_200_000, interest: 18_000 + 5_540, penalty: 690, settlementFee: 11_080 });
  });

  it('counts an instalment in full on its due date, and nothing yet of the next period', () => {
    const sum = quote(loan(), day('2027-01-25'), '0.01');
    expect(sum).to.deep.include({ principal: 1_200_000, interest: 18_000, settlementFee: 11_080 });
  });

  it("never counts more than the running period's interest, nor interest paid ahead twice", () => {
    const { plan } = paidFirst(loan());
    expect(quote(plan, day('2027-02-20'), '0', { days: 28, from: null }).interest).to.equal(15_433);
    expect(quote(plan, day('2027-02-24'), '0', { days: 10, from: null }).interest).to.equal(16_620);
    const ahead = book(plan, arrival('pay_2', 16_620, '2027-01-26', ['ins_2']), '1002', day('2027-01-26')).plan;
    expect(quote(ahead, day('2027-02-09'), '0').interest).to.equal(0);
  });

  it('asks for nothing once all is paid', () => {
    const { plan } = book(loan(), arrival('pay_1', 1_320_195, '2027-12-25'), '1002', day('2027-12-25'));
    expect(quote(plan, day('2027-12-26'), '0.01').total).to.equal(0);
  });
});
