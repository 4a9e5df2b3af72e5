import { expect } from 'chai';
import { orderFault } from '../../src/domain/allocation.ts';
import { assess, book, daysPastDue, fallDue, isOverdue, takeBack } from '../../src/domain/booking.ts';
import { addDays } from '../../src/domain/clock.ts';
import { Conflict, NotFound } from '../../src/domain/errors.ts';
import { clearingAccount, type LedgerLine, SELF_PAYMENT_ACCOUNT } from '../../src/domain/ledger.ts';
import { floorFraction } from '../../src/domain/money.ts';
import { type Instalment, outstanding, type PenaltyTerms, type Plan, type Receipt } from '../../src/domain/plan.ts';
import { reschedule } from '../../src/domain/reschedule.ts';
import { explicitRows, generate } from '../../src/domain/schedule.ts';
import { arrival, day, EXAMPLE, loan, VERTICAL } from '../support/loan.ts';

const BANK = clearingAccount('sim');
const RETROACTIVE: PenaltyTerms = { dailyRate: '0.00075', graceDays: 3, graceMode: 'retroactive' };
/** Worked example 2: row 1 carries a fee of 20.00. */
const WITH_FEE = generate(EXAMPLE).map((r) => (r.n === 1 ? { ...r, fee: 2_000 } : r));

const row = (plan: Plan, n: number): Instalment => plan.instalments[n - 1] as Instalment;
const receipt = (plan: Plan, id: string): Receipt => plan.receipts.find((r) => r.id === id) as Receipt;
const states = (plan: Plan, count = 3) => plan.instalments.slice(0, count).map((i) => i.state);
/** 'account instalment component minor', one line each. */
const inWords = (posting: readonly LedgerLine[]) =>
  posting.map((l) => [l.account, l.instalmentId, l.component, l.minor].filter((part) => part !== null).join(' '));

describe('worked examples', () => {
  it('2: penalty, and the waterfall of a stepped-down debit', () => {
    const on = day('2027-02-04');
    const before = assess(loan({ rows: WITH_FEE, penalty: RETROACTIVE }), on);
    expect(row(before, 1).due.penalty).to.equal(690);
    expect(outstanding(row(before, 1))).to.equal(112_706);
    expect(floorFraction(112_706, '0.6')).to.equal(67_623);
    const { plan } = book(before, arrival('att_1', 67_600, on, ['ins_1']), BANK, on);
    expect(row(plan, 1).paid).to.deep.equal({ fee: 2_000, penalty: 690, interest: 18_000, principal: 46_910 });
    expect(outstanding(row(plan, 1))).to.equal(45_106);
    expect(row(plan, 1).state).to.equal('partiallyPaid');
    const deferred = loan({ rows: WITH_FEE, penalty: { ...RETROACTIVE, graceMode: 'deferred' } });
    expect(row(assess(deferred, on), 1).due.penalty).to.equal(483);
  });

  it('3: horizontal fills the oldest instalment, vertical one component after the other', () => {
    const on = day('2027-03-01');
    const pay = (plan: Plan) => book(plan, arrival('pay_1', 100_000, on), SELF_PAYMENT_ACCOUNT, on).plan;
    const horizontal = pay(loan());
    expect(row(horizontal, 1).paid).to.deep.equal({ fee: 0, penalty: 0, interest: 18_000, principal: 82_000 });
    expect(row(horizontal, 2).paid).to.deep.equal({ fee: 0, penalty: 0, interest: 0, principal: 0 });
    const vertical = pay(loan({ allocation: VERTICAL }));
    expect(row(vertical, 1).paid).to.deep.equal({ fee: 0, penalty: 0, interest: 18_000, principal: 65_380 });
    expect(row(vertical, 2).paid).to.deep.equal({ fee: 0, penalty: 0, interest: 16_620, principal: 0 });
  });

  it('11: the transfer wins the race, and the debit that succeeds too is an overpayment', () => {
    const on = day('2027-02-04');
    const plan = loan({ rows: WITH_FEE, penalty: RETROACTIVE });
    const transfer = arrival('pay_1', 112_706, on, [], '08:58');
    const debit = arrival('att_1', 112_706, on, ['ins_1'], '08:59');
    const inTurn = book(book(plan, transfer, SELF_PAYMENT_ACCOUNT, on).plan, debit, BANK, on);
    expect(row(inTurn.plan, 1).state).to.equal('paid');
    expect(receipt(inTurn.plan, 'pay_1').overpaid).to.equal(0);
    expect(receipt(inTurn.plan, 'att_1')).to.deep.include({ lines: [], overpaid: 112_706 });
    expect(inWords(inTurn.posting)).to.deep.equal(['1012.01:sim 112706', '2241.02 -112706']);
    const otherTurn = book(book(plan, debit, BANK, on).plan, transfer, SELF_PAYMENT_ACCOUNT, on);
    expect(otherTurn.plan, 'whichever was heard of first').to.deep.equal(inTurn.plan);
  });
});

describe('states', () => {
  it('follow the days: scheduled, due on the due date, overdue after it', () => {
    const of = (date: string) => states(assess(loan(), day(date)), 2);
    expect(of('2027-01-24')).to.deep.equal(['scheduled', 'scheduled']);
    expect(of('2027-01-25')).to.deep.equal(['due', 'scheduled']);
    expect(of('2027-01-26')).to.deep.equal(['overdue', 'scheduled']);
    expect(of('2027-02-25')).to.deep.equal(['overdue', 'due']);
  });

  it('say how long the oldest unpaid instalment has been overdue', () => {
    const on = day('2027-03-01');
    const plan = assess(loan(), on);
    expect(daysPastDue(plan, on)).to.equal(35);
    const { plan: first } = book(plan, arrival('pay_1', 110_016, on), SELF_PAYMENT_ACCOUNT, on);
    expect(daysPastDue(first, on)).to.equal(4);
    expect(isOverdue(row(first, 1), on)).to.equal(false);
    expect(isOverdue(row(first, 2), on)).to.equal(true);
    expect(daysPastDue(plan, day('2027-01-25')), 'not on the due date itself').to.equal(0);
  });

  it('go back by recomputation when a payment is returned', () => {
    const on = day('2027-02-04');
    const paid = book(loan(), arrival('att_1', 110_016, '2027-01-25', ['ins_1']), BANK, on).plan;
    expect(states(paid)).to.deep.equal(['paid', 'scheduled', 'scheduled']);
    const back = takeBack(paid, 'att_1', BANK, on);
    expect(states(back.plan)).to.deep.equal(['overdue', 'scheduled', 'scheduled']);
    expect(receipt(back.plan, 'att_1')).to.deep.include({ back: true, lines: [], overpaid: 0, minor: 110_016 });
  });
});

describe('booking', () => {
  it('posts a debit gross against what it pays', () => {
    const on = day('2027-02-04');
    const { plan } = fallDue(loan({ rows: WITH_FEE, penalty: RETROACTIVE }), on);
    const { posting } = book(plan, arrival('att_1', 67_600, on, ['ins_1']), BANK, on);
    expect(inWords(posting)).to.have.members([
      '1012.01:sim 67600',
      '6021 ins_1 fee -2000',
      '1132.02 ins_1 penalty -690',
      '1132.01 ins_1 interest -18000',
      '1303.01 ins_1 principal -46910',
    ]);
    expect(new Set(posting.map((l) => l.planId))).to.deep.equal(new Set(['pln_1']));
    expect(posting.filter((l) => l.instalmentId).every((l) => l.scheduleVersion === 1)).to.equal(true);
  });

  it('accrues interest when it falls due and penalty as assessed, once', () => {
    const first = fallDue(loan({ penalty: RETROACTIVE }), day('2027-02-04'));
    expect(inWords(first.posting)).to.have.members([
      '1132.01 ins_1 18000',
      '6011 ins_1 interest -18000',
      '1132.02 ins_1 690',
      '6011 ins_1 penalty -690',
    ]);
    expect(fallDue(first.plan, day('2027-02-04')).posting).to.deep.equal([]);
    expect(inWords(fallDue(first.plan, day('2027-02-05')).posting)).to.have.members(['1132.02 ins_1 69', '6011 ins_1 penalty -69']);
  });

  it('counts an instalment as due, and its interest as earned, on the due date itself', () => {
    const on = day('2027-01-25');
    expect(fallDue(loan(), day('2027-01-24')).posting).to.deep.equal([]);
    expect(inWords(fallDue(loan(), on).posting)).to.deep.equal(['1132.01 ins_1 18000', '6011 ins_1 interest -18000']);
    expect(states(book(loan(), arrival('pay_1', 110_016, on), SELF_PAYMENT_ACCOUNT, on).plan, 1)).to.deep.equal(['paid']);
    const early = book(loan(), arrival('pay_1', 110_016, '2027-01-24'), SELF_PAYMENT_ACCOUNT, on).plan;
    expect(receipt(early, 'pay_1').overpaid, 'a day early and for nothing in particular').to.equal(110_016);
  });

  it('assesses up to the value date where that is later than today', () => {
    const plan = loan({ penalty: RETROACTIVE });
    const booked = book(plan, arrival('pay_1', 50_000, '2027-02-04'), SELF_PAYMENT_ACCOUNT, day('2027-01-27')).plan;
    expect(row(booked, 1)).to.deep.include({ paid: { fee: 0, penalty: 690, interest: 18_000, principal: 31_310 } });
    expect(row(booked, 1).due.penalty).to.equal(690);
  });

  it('accrues interest that is paid before it is due, so that the receivable is never negative', () => {
    const on = day('2027-01-20');
    const { plan, posting } = book(loan(), arrival('att_1', 110_016, on, ['ins_1']), BANK, on);
    expect(row(plan, 1).state).to.equal('paid');
    expect(row(plan, 1).accrued.interest).to.equal(18_000);
    expect(inWords(posting)).to.include.members(['1132.01 ins_1 18000', '1132.01 ins_1 interest -18000', '6011 ins_1 interest -18000']);
    expect(fallDue(plan, day('2027-01-25')).posting, 'nothing is left to accrue on the due date').to.deep.equal([]);
  });

  it('pays what it was asked for before older arrears, then the oldest', () => {
    const on = day('2027-03-01');
    const { plan } = book(loan(), arrival('att_1', 120_016, on, ['ins_2']), BANK, on);
    expect(states(plan, 2)).to.deep.equal(['partiallyPaid', 'paid']);
    expect(row(plan, 1).paid).to.deep.equal({ fee: 0, penalty: 0, interest: 10_000, principal: 0 });
  });

  it('pays a future instalment only when asked, and keeps the rest as overpayment when the next falls due', () => {
    const on = day('2027-01-26');
    const { plan } = book(loan(), arrival('pay_1', 150_000, on), SELF_PAYMENT_ACCOUNT, on);
    expect(receipt(plan, 'pay_1').overpaid).to.equal(39_984);
    const later = fallDue(plan, day('2027-02-26'));
    expect(states(later.plan)).to.deep.equal(['paid', 'overdue', 'scheduled']);
    expect(receipt(later.plan, 'pay_1').overpaid).to.equal(39_984);
    const asked = book(loan(), arrival('pay_1', 150_000, on, ['ins_2', 'ins_1']), SELF_PAYMENT_ACCOUNT, on).plan;
    expect(states(asked)).to.deep.equal(['paid', 'partiallyPaid', 'scheduled']);
    expect(receipt(asked, 'pay_1').overpaid).to.equal(0);
  });

  it('re-runs everything after a payment found late, and posts the differences', () => {
    const today = day('2027-02-10');
    const { plan } = book(loan({ penalty: RETROACTIVE }), arrival('att_1', 110_016, '2027-02-10', ['ins_1']), BANK, today);
    expect(row(plan, 1).paid).to.deep.equal({ fee: 0, penalty: 1_104, interest: 18_000, principal: 90_912 });
    const late = book(plan, arrival('pay_1', 50_000, '2027-01-26'), SELF_PAYMENT_ACCOUNT, today);
    // From 27 January on the penalty runs on 600.16 only: 1 day of 920.16 and 15 days of 600.16.
    expect(row(late.plan, 1).due.penalty).to.equal(69 + 675);
    expect(row(late.plan, 1).state).to.equal('paid');
    expect(receipt(late.plan, 'att_1').overpaid).to.equal(110_016 - 60_016 - 744);
    expect(inWords(late.posting)).to.have.members([
      '1002 50000',
      '1132.02 ins_1 -360',
      '6011 ins_1 penalty 360',
      '1132.02 ins_1 penalty 360',
      '1303.01 ins_1 principal -1104',
      '2241.02 -49256',
    ]);
  });

  it('lets a later overpayment flow into what a return re-opened', () => {
    const on = day('2027-02-04');
    const one = book(loan(), arrival('att_1', 110_016, '2027-01-25', ['ins_1']), BANK, on).plan;
    const two = book(one, arrival('pay_2', 110_016, on), SELF_PAYMENT_ACCOUNT, on).plan;
    expect(receipt(two, 'pay_2').overpaid).to.equal(110_016);
    const { plan, posting } = takeBack(two, 'att_1', BANK, on);
    expect(row(plan, 1).state).to.equal('paid');
    expect(receipt(plan, 'pay_2').overpaid).to.equal(0);
    expect(inWords(posting)).to.deep.equal(['1012.01:sim -110016', '2241.02 110016']);
  });

  it('books no sum twice, takes none back twice, and books a dishonoured return again', () => {
    const on = day('2027-01-25');
    const { plan } = book(loan(), arrival('att_1', 110_016, on, ['ins_1']), BANK, on);
    expect(() => book(plan, arrival('att_1', 110_016, on), BANK, on))
      .to.throw(Conflict)
      .with.property('code', 'ALREADY_BOOKED');
    expect(() => takeBack(plan, 'att_9', BANK, on)).to.throw(NotFound);
    const back = takeBack(plan, 'att_1', BANK, on).plan;
    expect(() => takeBack(back, 'att_1', BANK, on))
      .to.throw(Conflict)
      .with.property('code', 'ALREADY_BACK');
    const again = book(back, arrival('att_1', 110_016, on, ['ins_1']), BANK, on).plan;
    expect(again).to.deep.equal(plan);
  });

  it('refuses a receipt that is no sum of money', () => {
    for (const minor of [0, -1, 0.5])
      expect(() => book(loan(), arrival('att_1', minor, '2027-01-25'), BANK, day('2027-01-25'))).to.throw(RangeError);
  });

  it('leaves what was paid on a waived instalment and gives it nothing more', () => {
    const on = day('2027-02-26');
    const part = book(loan(), arrival('pay_1', 50_000, '2027-01-25'), SELF_PAYMENT_ACCOUNT, on).plan;
    const waived: Plan = { ...part, instalments: part.instalments.map((i) => (i.n === 1 ? { ...i, state: 'waived' as const } : i)) };
    const { plan } = book(waived, arrival('pay_2', 20_000, on, ['ins_1']), SELF_PAYMENT_ACCOUNT, on);
    expect(row(plan, 1)).to.deep.equal(row(waived, 1));
    expect(row(plan, 2).paid.interest + row(plan, 2).paid.principal).to.equal(20_000);
    const back = takeBack(plan, 'pay_1', SELF_PAYMENT_ACCOUNT, on).plan;
    expect(row(back, 1)).to.deep.include({ state: 'waived', paid: { fee: 0, penalty: 0, interest: 0, principal: 0 } });
    expect(row(back, 2).paid).to.deep.equal(row(plan, 2).paid);
  });

  it('wants an allocation order that names each component once', () => {
    expect(orderFault(['fee', 'penalty', 'interest', 'principal'])).to.equal(null);
    expect(orderFault(['principal', 'interest', 'penalty', 'fee'])).to.equal(null);
    expect(orderFault(['fee', 'fee', 'interest', 'principal'])).to.contain('once');
    expect(orderFault(['fee', 'penalty', 'interest'])).to.contain('once');
  });
});

describe('a plan change', () => {
  const rows = explicitRows([
    { dueDate: '2027-03-25', principal: 600_000, interest: 9_000 },
    { dueDate: '2027-04-25', principal: 550_000, interest: 9_000 },
  ]);
  const on = day('2027-02-26');
  const paid = book(loan(), arrival('att_1', 110_016, '2027-01-25', ['ins_1']), BANK, on).plan;

  it('keeps what is paid, supersedes the rest, and posts the difference of principal', () => {
    const { plan, posting } = reschedule(paid, rows, ['ins_A', 'ins_B'], on);
    expect(plan.scheduleVersion).to.equal(2);
    expect(states(plan, 14)).to.deep.equal(['paid', ...new Array(11).fill('superseded'), 'scheduled', 'scheduled']);
    expect(plan.instalments.slice(12).map((i) => [i.id, i.n, i.scheduleVersion])).to.deep.equal([
      ['ins_A', 13, 2],
      ['ins_B', 14, 2],
    ]);
    const principal = 1_150_000 - 1_107_984;
    expect(inWords(posting)).to.have.members([
      `1303.01 ${principal}`,
      `2999 ${-principal}`,
      '1132.01 ins_2 -16620',
      '6011 ins_2 interest 16620',
    ]);
    expect(plan.instalments.slice(1, 12).every((i) => outstanding(i) === 0)).to.equal(true);
  });

  it('carries part-payments of superseded rows over to the new ones', () => {
    const part = book(paid, arrival('pay_2', 50_000, '2027-02-25', ['ins_2']), SELF_PAYMENT_ACCOUNT, on).plan;
    const { plan, posting } = reschedule(part, rows, ['ins_A', 'ins_B'], on);
    expect(row(plan, 13).paid).to.deep.equal({ fee: 0, penalty: 0, interest: 9_000, principal: 41_000 });
    expect(receipt(plan, 'pay_2').lines.every((l) => l.scheduleVersion === 2)).to.equal(true);
    expect(receipt(plan, 'pay_2').overpaid).to.equal(0);
    expect(inWords(posting)).to.include.members([
      '1132.01 ins_2 interest 16620',
      '1303.01 ins_2 principal 33380',
      '1303.01 ins_A principal -41000',
    ]);
  });

  it('allocates a debit submitted before it under the new version', () => {
    const { plan } = reschedule(paid, rows, ['ins_A', 'ins_B'], on);
    const late = book(plan, arrival('att_2', 110_016, on, ['ins_2']), BANK, on).plan;
    expect(receipt(late, 'att_2'), 'nothing is due yet').to.deep.include({ lines: [], overpaid: 110_016 });
    const due = addDays(on, 30);
    const after = book(plan, arrival('att_2', 110_016, due, ['ins_2']), BANK, due).plan;
    expect(receipt(after, 'att_2').lines.map((l) => l.instalmentId)).to.deep.equal(['ins_A', 'ins_A']);
  });
});
