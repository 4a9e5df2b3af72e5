import { expect } from 'chai';
import fc from 'fast-check';
import { type Arrival, assess, book, fallDue, takeBack } from '../../src/domain/booking.ts';
import { addDays } from '../../src/domain/clock.ts';
import { ACCOUNTS, clearingAccount, entry, type LedgerLine, onRegistered, reverse, SELF_PAYMENT_ACCOUNT } from '../../src/domain/ledger.ts';
import { COMPONENTS, type Plan } from '../../src/domain/plan.ts';
import { reschedule } from '../../src/domain/reschedule.ts';
import { generate } from '../../src/domain/schedule.ts';
import { arrival, day, EXAMPLE, loan } from '../support/loan.ts';

const BANK = clearingAccount('sim');
const line = (account: string, minor: number, more: Partial<LedgerLine> = {}): LedgerLine => ({
  account,
  minor,
  planId: 'pln_1',
  instalmentId: null,
  component: null,
  scheduleVersion: null,
  ...more,
});

/** Sum of lines per key, zeros left out. */
function balances(lines: readonly LedgerLine[], keyOf: (l: LedgerLine) => string): Map<string, number> {
  const sums = new Map<string, number>();
  for (const l of lines) sums.set(keyOf(l), (sums.get(keyOf(l)) ?? 0) + l.minor);
  return new Map([...sums].filter(([, minor]) => minor !== 0).sort());
}
const fullKey = (l: LedgerLine) => [l.account, l.instalmentId, l.component, l.scheduleVersion].join(' ');

describe('a posting', () => {
  it('must sum to zero, in whole minor units, on accounts that exist', () => {
    expect(() => entry([line('1002', 1)])).to.throw('must sum to zero, this one to 1');
    expect(() => entry([line('1002', 0.5), line('2999', -0.5)])).to.throw('not whole minor units');
    expect(() => entry([line('9999', 1), line('2999', -1)])).to.throw('no such ledger account: 9999');
    expect(entry([])).to.deep.equal([]);
  });

  it('merges equal lines and drops zeros, and keeps lines of different instalments apart', () => {
    const posting = entry([line('1002', 5), line('1002', 5), line('2241.02', -10), line('6011', 3), line('6011', -3)]);
    expect(posting).to.deep.equal([line('1002', 10), line('2241.02', -10)]);
    const apart = entry([line('1303.01', 1, { instalmentId: 'a' }), line('1303.01', 1, { instalmentId: 'b' }), line('2999', -2)]);
    expect(apart).to.have.length(3);
  });

  it('is undone by its reverse', () => {
    const posting = onRegistered(loan());
    expect(posting).to.deep.equal([line('1303.01', 1_200_000), line('2999', -1_200_000)]);
    expect(entry([...posting, ...reverse(posting)])).to.deep.equal([]);
  });

  it('uses accounts that have a name in both languages', () => {
    for (const [number, name] of Object.entries(ACCOUNTS)) expect(Boolean(name.en && name.zh), number).to.equal(true);
    expect(ACCOUNTS).to.include.keys('1002', '1012.01', '1132.01', '1132.02', '1303.01', '2241.02', '2999', '6011', '6021');
  });
});

describe('the books of a plan, whatever happens to it', () => {
  const START = day('2027-01-20');
  const END = addDays(START, 120);
  const planOf = fc
    .record({
      count: fc.integer({ min: 1, max: 5 }),
      fee: fc.constantFrom(0, 700),
      dailyRate: fc.constantFrom('0', '0.00075', '0.01'),
      graceDays: fc.nat(5),
      graceMode: fc.constantFrom('retroactive' as const, 'deferred' as const),
      order: fc.shuffledSubarray([...COMPONENTS], { minLength: 4 }),
      direction: fc.constantFrom('horizontal' as const, 'vertical' as const),
    })
    .map(({ count, fee, order, direction, ...penalty }) =>
      loan({ rows: generate({ ...EXAMPLE, principal: 100_000, count, fee }), penalty, allocation: { order, direction } }),
    );
  const money = fc.record({
    on: fc.nat(110),
    late: fc.nat(9),
    minor: fc.integer({ min: 1, max: 60_000 }),
    targets: fc.subarray(['ins_1', 'ins_2', 'ins_3'], { maxLength: 2 }),
  });
  const arrivals = fc
    .array(money, { minLength: 1, maxLength: 8 })
    .map((list) =>
      list.map(
        ({ on, minor, targets }, n): Arrival => arrival(n % 2 ? `pay_${n}` : `att_${n}`, minor, addDays(START, on), targets, `0${n}:00`),
      ),
    );
  const bookAll = (plan: Plan, list: readonly Arrival[]) => {
    const postings: LedgerLine[][] = [onRegistered(plan)];
    const after = list.reduce((p, a) => {
      const booked = book(p, a, a.kind === 'debit' ? BANK : SELF_PAYMENT_ACCOUNT, END);
      postings.push([...booked.posting]);
      return booked.plan;
    }, plan);
    return { plan: after, postings };
  };

  const agree = (plan: Plan, postings: readonly (readonly LedgerLine[])[]) => {
    for (const posting of postings) expect(posting.reduce((s, l) => s + l.minor, 0)).to.equal(0);
    const lines = postings.flat();
    for (const r of plan.receipts) {
      const allocated = r.lines.reduce((s, l) => s + l.minor, 0);
      expect(allocated + r.overpaid, `${r.id} is allocated or overpaid, all of it`).to.equal(r.back ? 0 : r.minor);
    }
    const credited = balances(
      lines.filter((l) => l.component && /^(1303|1132|6021)/.test(l.account)),
      (l) => `${l.instalmentId} ${l.component}`,
    );
    const received = balances(
      plan.receipts.flatMap((r) => r.lines).map((l) => line('x', 0, { ...l, minor: -l.minor })),
      (l) => `${l.instalmentId} ${l.component}`,
    );
    expect(credited, 'ledger lines = receipt lines').to.deep.equal(received);
    for (const i of plan.instalments)
      for (const c of COMPONENTS) {
        expect(i.paid[c], `${i.id} ${c} paid`).to.equal(-(credited.get(`${i.id} ${c}`) ?? 0));
        if (i.state !== 'superseded') expect(i.paid[c]).to.be.within(0, i.due[c]);
      }
    const byAccount = balances(lines, (l) => l.account);
    const live = plan.instalments.filter((i) => i.state !== 'superseded');
    const open = (of: (i: (typeof live)[number]) => number) => live.reduce((s, i) => s + of(i), 0);
    expect(byAccount.get('1303.01') ?? 0).to.equal(open((i) => i.due.principal - i.paid.principal));
    expect(byAccount.get('1132.01') ?? 0).to.equal(open((i) => i.accrued.interest - i.paid.interest));
    expect(byAccount.get('1132.02') ?? 0).to.equal(open((i) => i.due.penalty - i.paid.penalty));
    expect(byAccount.get('2241.02') ?? 0).to.equal(-plan.receipts.reduce((s, r) => s + r.overpaid, 0));
    expect(byAccount.get('2999') ?? 0).to.equal(-open((i) => i.due.principal));
    for (const i of live) expect(i.accrued.interest, `${i.id}: 1132 is never negative`).to.be.at.least(i.paid.interest);
  };

  it('conserve every unit: lines and overpayment make the receipt, paid never exceeds due, postings sum to zero', () => {
    fc.assert(
      fc.property(planOf, arrivals, (plan, list) => {
        const booked = bookAll(plan, list);
        agree(booked.plan, booked.postings);
      }),
      { numRuns: 150 },
    );
  });

  it('do not depend on the order in which money was heard of', () => {
    const shuffled = arrivals.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
    fc.assert(
      fc.property(planOf, shuffled, (plan, [list, otherwise]) => {
        const [a, b] = [bookAll(plan, list), bookAll(plan, otherwise)];
        expect(b.plan).to.deep.equal(a.plan);
        expect(balances(b.postings.flat(), fullKey)).to.deep.equal(balances(a.postings.flat(), fullKey));
      }),
      { numRuns: 100 },
    );
  });

  it('are as they were when a booking is taken back', () => {
    fc.assert(
      fc.property(planOf, arrivals, (plan, list) => {
        const [last, ...others] = [...list].reverse() as [Arrival, ...Arrival[]];
        const start = fallDue(plan, END);
        const before = bookAll(start.plan, others.reverse());
        const postings = [[...start.posting], ...before.postings];
        const booked = book(before.plan, last, BANK, END);
        const back = takeBack(booked.plan, last.id, BANK, END);
        expect(back.plan.instalments).to.deep.equal(before.plan.instalments);
        const after = [...postings, [...booked.posting], [...back.posting]];
        expect(balances(after.flat(), fullKey)).to.deep.equal(balances(postings.flat(), fullKey));
        agree(back.plan, after);
      }),
      { numRuns: 100 },
    );
  });

  it('agree after days pass between bookings, money goes back, and the schedule is replaced', () => {
    fc.assert(
      fc.property(planOf, fc.array(money, { minLength: 1, maxLength: 6 }), fc.nat(110), (plan, list, changeOn) => {
        let now = plan;
        const postings: (readonly LedgerLine[])[] = [onRegistered(plan)];
        const step = ({ plan: next, posting }: { plan: Plan; posting: readonly LedgerLine[] }) => {
          now = next;
          postings.push(posting);
          agree(now, postings);
        };
        const later = [...list].sort((a, b) => a.on - b.on);
        for (const [n, { on, late, minor, targets }] of later.entries()) {
          const today = addDays(START, on);
          step(fallDue(now, today));
          if (changeOn <= on && now.scheduleVersion === 1) {
            const rows = generate({ ...EXAMPLE, principal: 80_000, count: 2, firstDueDate: addDays(today, 10) });
            step(reschedule(now, rows, ['ins_A', 'ins_B'], today));
          }
          step(book(now, arrival(`att_${n}`, minor, addDays(today, -late), targets), BANK, today));
          if (late % 3 === 0) step(takeBack(now, `att_${n}`, BANK, today));
        }
        step(fallDue(now, END));
        expect(assess(now, END), 'assessing again changes nothing').to.deep.equal(now);
      }),
      { numRuns: 150 },
    );
  });
});
