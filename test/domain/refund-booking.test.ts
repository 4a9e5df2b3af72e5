/** Money given back: what a refund re-opens, what it leaves alone, and that no unit is lost whatever comes before, between and after. */
import { expect } from 'chai';
import fc from 'fast-check';
import { type Arrival, assess, type Booked, book, fallDue, refundReceipt, takeBack, unrefundReceipt } from '../../src/domain/booking.ts';
import { addDays } from '../../src/domain/clock.ts';
import { Conflict, NotFound } from '../../src/domain/errors.ts';
import { clearingAccount, type LedgerLine, onRegistered, SELF_PAYMENT_ACCOUNT } from '../../src/domain/ledger.ts';
import { COMPONENTS, outstanding, type Plan, type Receipt } from '../../src/domain/plan.ts';
import { generate } from '../../src/domain/schedule.ts';
import { arrival, day, EXAMPLE, loan } from '../support/loan.ts';

const BANK = clearingAccount('sim');
const TRANSIT = '1012.02';
const receipt = (plan: Plan, id: string): Receipt => plan.receipts.find((r) => r.id === id) as Receipt;
const inWords = (posting: readonly LedgerLine[]) =>
  posting.map((l) => [l.account, l.instalmentId, l.component, l.minor].filter((part) => part !== null).join(' '));

describe('a refund', () => {
  const on = day('2027-01-26');
  const paid = book(loan(), arrival('att_1', 150_000, on), BANK, on).plan;

  it('takes the overpayment first and re-opens nothing', () => {
    const { plan, posting } = refundReceipt(paid, 'att_1', 39_984, BANK, on);
    expect(receipt(plan, 'att_1')).to.deep.include({ minor: 150_000, refunded: 39_984, overpaid: 0 });
    expect(plan.instalments).to.deep.equal(paid.instalments);
    expect(inWords(posting)).to.deep.equal(['1012.01:sim -39984', '2241.02 39984']);
  });

  it('above that re-opens what was paid last: principal before interest', () => {
    const { plan, posting } = refundReceipt(paid, 'att_1', 50_000, BANK, on);
    expect(plan.instalments[0]).to.deep.include({ state: 'partiallyPaid' });
    expect(plan.instalments[0]?.paid).to.deep.equal({ fee: 0, penalty: 0, interest: 18_000, principal: 82_000 });
    expect(inWords(posting)).to.have.members(['1012.01:sim -50000', '2241.02 39984', '1303.01 ins_1 principal 10016']);
  });

  it('may be made in parts, up to the whole and not above it', () => {
    const part = refundReceipt(paid, 'att_1', 100_000, BANK, on).plan;
    expect(() => refundReceipt(part, 'att_1', 50_001, BANK, on))
      .to.throw(Conflict)
      .with.property('code', 'REFUND_TOO_LARGE');
    const whole = refundReceipt(part, 'att_1', 50_000, BANK, on).plan;
    expect(receipt(whole, 'att_1')).to.deep.include({ refunded: 150_000, lines: [], overpaid: 0, back: false });
    expect(outstanding(whole.instalments[0]!)).to.equal(110_016);
    expect(() => refundReceipt(whole, 'att_9', 1, BANK, on)).to.throw(NotFound);
    for (const minor of [0, -1, 0.5]) expect(() => refundReceipt(whole, 'att_1', minor, BANK, on)).to.throw(RangeError);
  });

  it('lets a later overpayment flow into what it re-opened', () => {
    const two = book(paid, arrival('pay_2', 30_000, on), SELF_PAYMENT_ACCOUNT, on).plan;
    const { plan, posting } = refundReceipt(two, 'att_1', 60_000, BANK, on);
    expect(plan.instalments[0]?.state).to.equal('paid');
    expect(receipt(plan, 'pay_2').overpaid).to.equal(30_000 - 20_016);
    expect(inWords(posting)).to.have.members(['1012.01:sim -60000', '2241.02 60000']);
  });

  it('of a self-payment leaves by the account that pays it out', () => {
    const own = book(loan(), arrival('pay_1', 120_016, on), SELF_PAYMENT_ACCOUNT, on).plan;
    expect(inWords(refundReceipt(own, 'pay_1', 10_000, TRANSIT, on).posting)).to.deep.equal(['1012.02 -10000', '2241.02 10000']);
  });

  it('and then a chargeback of the whole: what went out twice is a shortage, and nothing is paid any more', () => {
    const part = refundReceipt(paid, 'att_1', 39_984, BANK, on).plan;
    const { plan, posting } = takeBack(part, 'att_1', BANK, on);
    expect(receipt(plan, 'att_1')).to.deep.include({ back: true, refunded: 39_984, lines: [], overpaid: 0 });
    expect(outstanding(plan.instalments[0]!)).to.equal(110_016);
    expect(inWords(posting)).to.include.members(['1012.01:sim -150000', '1221.01 39984', '1303.01 ins_1 principal 92016']);
    const again = book(plan, arrival('att_1', 150_000, on), BANK, on);
    expect(again.plan, 'taken once more: the refund stands').to.deep.equal(part);
    expect(inWords(again.posting)).to.include.members(['1012.01:sim 150000', '1221.01 -39984']);
  });

  it('that goes out after the money was taken back is a shortage whole', () => {
    const back = takeBack(paid, 'att_1', BANK, on).plan;
    expect(inWords(refundReceipt(back, 'att_1', 5_000, BANK, on).posting)).to.deep.equal(['1012.01:sim -5000', '1221.01 5000']);
  });

  it('that bounced pays again what it had paid', () => {
    const out = refundReceipt(paid, 'att_1', 50_000, BANK, on).plan;
    const { plan, posting } = unrefundReceipt(out, 'att_1', 50_000, BANK, on);
    expect(plan).to.deep.equal(paid);
    expect(inWords(posting)).to.include.members(['1012.01:sim 50000', '2241.02 -39984']);
    expect(() => unrefundReceipt(plan, 'att_1', 1, BANK, on)).to.throw(RangeError);
  });

  it('takes back from a waived instalment only what nothing else is left to give', () => {
    const waived: Plan = { ...paid, instalments: paid.instalments.map((i) => (i.n === 1 ? { ...i, state: 'waived' as const } : i)) };
    expect(refundReceipt(waived, 'att_1', 39_984, BANK, on).plan.instalments).to.deep.equal(waived.instalments);
    const { plan } = refundReceipt(waived, 'att_1', 50_000, BANK, on);
    expect(plan.instalments[0]).to.deep.include({ state: 'waived', paid: { fee: 0, penalty: 0, interest: 18_000, principal: 82_000 } });
    expect(assess(plan, on), 'and again the same').to.deep.equal(plan);
  });
});

describe('any order of receipts, refunds, returns and bounces', () => {
  const START = day('2027-01-20');
  const planOf = fc
    .record({
      count: fc.integer({ min: 1, max: 4 }),
      dailyRate: fc.constantFrom('0', '0.00075'),
      waive: fc.boolean(),
      direction: fc.constantFrom('horizontal' as const, 'vertical' as const),
    })
    .map(({ count, dailyRate, waive, direction }) => ({
      waive,
      plan: loan({
        rows: generate({ ...EXAMPLE, principal: 100_000, count }),
        penalty: { dailyRate, graceDays: 3, graceMode: 'retroactive' },
        allocation: { order: COMPONENTS, direction },
      }),
    }));
  const act = fc.record({
    kind: fc.constantFrom('book', 'book', 'refund', 'refund', 'return', 'bounce'),
    days: fc.nat(12),
    late: fc.nat(9),
    minor: fc.integer({ min: 1, max: 60_000 }),
    which: fc.nat(),
  });

  const balance = (lines: readonly LedgerLine[], account: string): number =>
    lines.reduce((s, l) => s + (l.account === account ? l.minor : 0), 0);

  const agree = (plan: Plan, postings: readonly (readonly LedgerLine[])[]) => {
    for (const posting of postings) expect(posting.reduce((s, l) => s + l.minor, 0)).to.equal(0);
    const lines = postings.flat();
    for (const r of plan.receipts) {
      expect(r.refunded).to.be.within(0, r.minor);
      const allocated = r.lines.reduce((s, l) => s + l.minor, 0);
      expect(allocated + r.overpaid, `${r.id}: what is left is allocated or overpaid`).to.equal(r.back ? 0 : r.minor - r.refunded);
    }
    for (const i of plan.instalments)
      for (const c of COMPONENTS) {
        const from = plan.receipts.flatMap((r) => r.lines).filter((l) => l.instalmentId === i.id && l.component === c);
        const posted = lines.filter((l) => l.instalmentId === i.id && l.component === c && /^(1303|1132|6021)/.test(l.account));
        expect(i.paid[c], `${i.id} ${c}: paid is the sum of the lines`).to.equal(from.reduce((s, l) => s + l.minor, 0));
        expect(i.paid[c], `${i.id} ${c}: and what the postings say`).to.equal(-posted.reduce((s, l) => s + l.minor, 0));
      }
    const sum = (of: (r: Receipt) => number) => plan.receipts.reduce((s, r) => s + of(r), 0);
    expect(balance(lines, BANK), 'what is in hand').to.equal(sum((r) => (r.back ? 0 : r.minor) - r.refunded));
    expect(balance(lines, '1221.01'), 'what went out twice').to.equal(sum((r) => (r.back ? r.refunded : 0)));
    expect(balance(lines, '2241.02'), 'what is owed to the borrower').to.equal(-sum((r) => r.overpaid));
  };

  it('keeps postings at zero, and what is paid the allocation of what is left', () => {
    let refunded = 0;
    fc.assert(
      fc.property(planOf, fc.array(act, { minLength: 2, maxLength: 14 }), ({ plan: start, waive }, acts) => {
        let now = start;
        let today = START;
        const postings: (readonly LedgerLine[])[] = [onRegistered(start)];
        const step = ({ plan, posting }: Booked) => {
          now = plan;
          postings.push(posting);
          agree(now, postings);
        };
        for (const [n, { kind, days, late, minor, which }] of acts.entries()) {
          today = addDays(today, days);
          step(fallDue(now, today));
          const of = (fits: (r: Receipt) => boolean): Receipt | undefined => {
            const some = now.receipts.filter(fits);
            return some[which % (some.length || 1)];
          };
          if (kind === 'book') step(book(now, arrival(`att_${n}`, minor, addDays(today, -late)) as Arrival, BANK, today));
          const left = of((r) => r.refunded < r.minor);
          if (kind === 'refund' && left) {
            step(refundReceipt(now, left.id, 1 + (minor % (left.minor - left.refunded)), BANK, today));
            refunded++;
          }
          const standing = of((r) => !r.back);
          if (kind === 'return' && standing) step(takeBack(now, standing.id, BANK, today));
          const given = of((r) => r.refunded > 0);
          if (kind === 'bounce' && given) step(unrefundReceipt(now, given.id, 1 + (minor % given.refunded), BANK, today));
          if (waive && n === 4) {
            const waived = { ...now, instalments: now.instalments.map((i) => (i.n === 1 ? { ...i, state: 'waived' as const } : i)) };
            // What it had been paid comes first among a receipt's lines from here on: their order may change, and no sum.
            step({ plan: assess(waived, today), posting: [] });
          }
        }
        expect(assess(now, today), 'assessing again changes nothing').to.deep.equal(now);
      }),
      { numRuns: 300 },
    );
    expect(refunded, 'refunds were made').to.be.above(200);
  });
});
