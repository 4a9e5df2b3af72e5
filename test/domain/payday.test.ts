import { expect } from 'chai';
import { book } from '../../src/domain/booking.ts';
import { learnPayday, nextPaydayTarget, paydayOf } from '../../src/domain/payday.ts';
import { arrival, day, loan } from '../support/loan.ts';

const credits = (...dates: string[]) => dates.map((date) => ({ date: day(date), minor: 1000 }));

describe('payday', () => {
  it('finds the two days of the month that hold most of the inflow, and their share', () => {
    const found = learnPayday([...credits('2026-01-10', '2026-02-11', '2026-03-10', '2026-03-25')]);
    expect(found).to.deep.equal({ day: 10, share: 0.75 });
  });

  it('wraps over the month end', () => {
    expect(learnPayday(credits('2026-01-31', '2026-03-01', '2026-05-31'))).to.deep.equal({ day: 31, share: 1 });
  });

  it('weighs by amount, not by number', () => {
    const small = credits('2026-01-05', '2026-02-05', '2026-03-05');
    const salary = small.map((c) => ({ date: day(`${c.date.slice(0, 8)}20`), minor: 9000 }));
    expect(learnPayday([...small, ...salary])).to.deep.equal({ day: 19, share: 0.9 });
  });

  it('learns nothing from fewer than three months', () => {
    expect(learnPayday(credits('2026-01-10', '2026-01-11', '2026-02-10', '2026-02-11'))).to.equal(null);
    expect(learnPayday([])).to.equal(null);
  });

  it('believes the borrower first, then three successes that agree, and none that went back', () => {
    const today = day('2027-04-30');
    const dates = ['2027-01-28', '2027-02-28', '2027-03-28'];
    const paid = dates.reduce((plan, date, at) => book(plan, arrival(`att_${at}`, 110_016, date), '1012.01:sim', today).plan, loan());
    expect(paydayOf(paid, 0.5)).to.equal(27);
    expect(paydayOf({ ...paid, paydayDeclared: 5 }, 0.5)).to.equal(5);
    expect(paydayOf(loan(), 0.5)).to.equal(null);
    const back = { ...paid, receipts: paid.receipts.map((r, at) => (at ? r : { ...r, back: true })) };
    expect(paydayOf(back, 0.5)).to.equal(null);
  });

  it('is unclear where the successes lie apart', () => {
    const dates = ['2027-01-02', '2027-02-12', '2027-03-22'];
    const paid = dates.reduce(
      (plan, date, at) => book(plan, arrival(`att_${at}`, 1_000, date), '1012.01:sim', day('2027-04-30')).plan,
      loan(),
    );
    expect(paydayOf(paid, 0.5)).to.equal(null);
    expect(paydayOf(paid, 0.3)).to.be.a('number');
  });

  it('aims at the morning after the window, strictly later than the day given', () => {
    expect(nextPaydayTarget(10, 2, day('2027-01-11'))).to.equal('2027-01-12');
    expect(nextPaydayTarget(10, 2, day('2027-01-12'))).to.equal('2027-02-12');
    expect(nextPaydayTarget(5, 0, day('2027-12-31'))).to.equal('2028-01-05');
  });

  it('clips the window to short months and waits over the month end', () => {
    expect(nextPaydayTarget(31, 2, day('2027-02-15'))).to.equal('2027-03-02');
    expect(nextPaydayTarget(30, 2, day('2027-02-27'))).to.equal('2027-03-02');
    expect(nextPaydayTarget(31, 2, day('2027-03-02'))).to.equal('2027-04-02');
    expect(nextPaydayTarget(31, 2, day('2028-02-29'))).to.equal('2028-03-02');
    expect(nextPaydayTarget(31, 35, day('2027-03-07'))).to.equal('2027-04-04');
  });
});
