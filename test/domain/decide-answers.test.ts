import { expect } from 'chai';
import type { AttemptFact } from '../../src/domain/attempt.ts';
import { book } from '../../src/domain/booking.ts';
import { addDays } from '../../src/domain/clock.ts';
import type { Collection } from '../../src/domain/collection.ts';
import { localDate } from '../../src/domain/decide/hours.ts';
import { decideNext } from '../../src/domain/decide.ts';
import type { FailureClass } from '../../src/domain/failures.ts';
import { after, atInstant } from '../../src/domain/foresee.ts';
import { SELF_PAYMENT_ACCOUNT } from '../../src/domain/ledger.ts';
import type { Hold, HoldKind } from '../../src/domain/plan.ts';
import { at, bank, CALENDAR, collection, diary, EMPTY, type Given, mandate, STANDARD, table, walk, ZONE } from '../support/story.ts';

/** No messages ahead: what remains to be seen is the debits. */
const UNTOLD = { ...STANDARD, reminders: [] };
const decide = (c: Collection) => decideNext(c, CALENDAR);
const debits = (given: Given, answers = EMPTY, days = 60) =>
  diary(walk(collection({ strategy: UNTOLD, ...given }), answers, days), 'debit');
const hold = (kind: HoldKind, until: string | null): Hold => ({
  id: 'hld_1',
  kind,
  until: until === null ? null : at(until),
  by: 'staff',
  why: 'a letter came',
  at: at('2027-01-19'),
});
/** The collection after its due debit got this answer, told of it, so that only the next debit is to come. */
const tried = (answer: FailureClass | 'succeeded', given: Given = {}): Collection => {
  const c = collection({
    strategy: UNTOLD,
    now: '2027-01-25 09:10',
    noticeKeys: ['2027-01-25:overdue:1', 'att_foreseen_1:notCollected'],
    ...given,
  });
  return after(c, decide(c), answer);
};
const change = (c: Collection, fact: Partial<AttemptFact>): Collection => ({
  ...c,
  attempts: c.attempts.map((a, k) => (k === c.attempts.length - 1 ? { ...a, ...fact } : a)),
});

describe('decideNext, after the bank', () => {
  it('exceeded a limit, asks again the next day', () => {
    expect(debits({}, bank('limitExceeded', 'succeeded'))).to.deep.equal([
      '01-25 09:10  due 100.00 [1] limitExceeded',
      '01-26 09:10  retry 100.00 [1] succeeded',
    ]);
  });
  it('was out of order, asks again in minutes, then on the next planned day', () => {
    const strategy = { ...UNTOLD, caps: { ...UNTOLD.caps, perDay: 5 } };
    expect(debits({ strategy }, bank('channelDown', 'channelDown', 'channelDown', 'succeeded'))).to.deep.equal(
      table(`01-25 09:10  due 100.00 [1] channelDown
             01-25 09:25  retry 100.00 [1] channelDown
             01-25 10:25  retry 100.00 [1] channelDown
             01-30 09:10  retry 100.00 [1] succeeded`),
    );
  });
  it('was never reached, leaves the line an hour at most and counts nothing', () => {
    const c = change(tried('channelDown'), { state: 'unsent', failure: null });
    expect(decide(c)).to.deep.include({ kind: 'debit', trigger: 'due', at: at('2027-01-25 09:25') });
  });
  it('refused for risk, asks once more in the cycle and no more', () => {
    expect(debits({}, bank('riskRefused'))).to.deep.equal([
      '01-25 09:10  due 100.00 [1] riskRefused',
      '01-30 09:10  retry 100.00 [1] riskRefused',
    ]);
  });
  for (const failure of ['accountInvalid', 'accountBlocked', 'mandateInvalid'] as const)
    it(`said ${failure}, never asks that account again: another account, or none, and collections go on`, () => {
      expect(debits({}, bank(failure))).to.have.length(1);
      expect(diary(walk(collection({ strategy: UNTOLD }), bank(failure), 40)).slice(1)).to.deep.equal(
        table(`01-26 08:00  overdue 100.00 for 01-25
               01-29 00:00  escalate M1
               02-25 00:00  escalate M2`),
      );
      const two = walk(collection({ strategy: UNTOLD, mandates: [mandate(), mandate({ id: 'mnd_2' })] }), bank(failure, 'succeeded'));
      expect(two.flatMap(({ decision }) => (decision.kind === 'debit' ? [decision.mandateId] : []))).to.deep.equal(['mnd_1', 'mnd_2']);
    });
  for (const failure of ['payerRefused', 'disputed'] as const)
    it(`said ${failure}, waits for staff; only an agreement given afterwards is debited`, () => {
      const c = tried(failure, {
        mandates: [mandate(), mandate({ id: 'mnd_2' })],
      });
      const plan = { ...c.plan, collections: { id: 'c', openedAt: at('2027-01-29'), stage: 'M3+' } };
      const later = atInstant({ ...c, plan }, at('2027-01-30 12:00'));
      expect(decide(later)).to.deep.include({ kind: 'wait', at: null });
      expect(decide({ ...later, mandates: [mandate({ id: 'mnd_3', createdAt: at('2027-01-28') })] })).to.include({
        kind: 'debit',
        mandateId: 'mnd_3',
      });
    });
  it('took the money back in dispute, waits for staff as well', () => {
    const c = tried('succeeded');
    const back = change({ ...c, plan: collection().plan }, { state: 'returned', failure: 'disputed' });
    expect(decide({ ...back, noticeKeys: new Set(['2027-01-25:overdue:1']) })).to.deep.include({ kind: 'escalate' });
    expect(diary(walk(back, EMPTY, 200), 'debit')).to.deep.equal([]);
  });
  it('did not understand, waits for staff, tries once more on a planned day, then waits for good', () => {
    expect(decide(tried('badRequest'))).to.deep.include({ kind: 'wait', at: at('2027-01-26') });
    expect(debits({}, bank('badRequest'))).to.deep.equal([
      '01-25 09:10  due 100.00 [1] badRequest',
      '01-30 09:10  retry 100.00 [1] badRequest',
    ]);
  });
  it('found the account empty twice, turns to the borrower’s other account and back', () => {
    const c = collection({
      strategy: { ...UNTOLD, caps: { ...UNTOLD.caps, perInstalment: 9, perMandate30d: 9 } },
      mandates: [mandate(), mandate({ id: 'mnd_2' })],
    });
    const asked = walk(c, EMPTY, 40).flatMap(({ decision }) => (decision.kind === 'debit' ? [decision.mandateId] : []));
    expect(asked).to.deep.equal(['mnd_1', 'mnd_1', 'mnd_2', 'mnd_2', 'mnd_1', 'mnd_1', 'mnd_2']);
  });
});

describe('decideNext spares the account', () => {
  it('for the hours after a refusal for lack of funds', () => {
    const late = { present: { times: ['20:10'], stopTime: '22:00' }, retries: { ...UNTOLD.retries, offsetsDays: [0, 1] }, stepDown: null };
    expect(debits({ strategy: { ...UNTOLD, ...late } }, EMPTY, 7)).to.deep.equal([
      '01-25 20:10  due 100.00 [1] insufficientFunds',
      '01-26 20:10  retry 100.00 [1] insufficientFunds',
    ]);
    const wide = { ...UNTOLD, ...late, retries: { ...late.retries, minGapHours: 30 } };
    expect(debits({ strategy: wide }, EMPTY, 7)).to.deep.equal([
      '01-25 20:10  due 100.00 [1] insufficientFunds',
      '01-27 20:10  retry 100.00 [1] insufficientFunds',
    ]);
  });
  it('for the days of the cool-off after too many refusals in a row', () => {
    const strategy = { ...UNTOLD, retries: { ...UNTOLD.retries, offsetsDays: [0, 1, 2] }, stepDown: null };
    expect(debits({ strategy }, EMPTY, 12)).to.deep.equal(
      table(`01-25 09:10  due 100.00 [1] insufficientFunds
             01-26 09:10  retry 100.00 [1] insufficientFunds
             01-31 09:10  retry 100.00 [1] insufficientFunds`),
    );
  });
  it('once the day, the instalment or the 30 days of the agreement are full', () => {
    const caps = (change: object) => ({
      ...UNTOLD,
      retries: { ...UNTOLD.retries, offsetsDays: [0, 1, 2, 3] },
      stepDown: null,
      caps: { ...UNTOLD.caps, consecutiveNsf: 20, ...change },
    });
    expect(debits({ strategy: caps({ perInstalment: 2 }) }, EMPTY, 30)).to.have.length(2);
    expect(debits({ strategy: caps({ perMandate30d: 3 }) }, EMPTY, 60).slice(2, 4)).to.deep.equal([
      '01-27 09:10  retry 100.00 [1] insufficientFunds',
      '02-24 09:10  retry 100.00 [1] insufficientFunds',
    ]);
    expect(debits({ strategy: { ...caps({ perDay: 1 }), retries: UNTOLD.retries } }, bank('channelDown'), 5)).to.deep.equal([
      '01-25 09:10  due 100.00 [1] channelDown',
    ]);
  });
  it('counts the parts of one split as one try', () => {
    const part = (n: number): AttemptFact => ({
      ...tried('limitExceeded').attempts[0]!,
      id: `att_${n}`,
      n,
      part: n,
      state: n < 3 ? 'succeeded' : 'failed',
    });
    const c = tried('limitExceeded', { strategy: { ...UNTOLD, caps: { ...UNTOLD.caps, perInstalment: 2 } }, dues: ['2027-01-25 30000'] });
    const told = new Set([...c.noticeKeys, 'att_3:notCollected']);
    expect(decide({ ...c, noticeKeys: told, attempts: [part(1), part(2), part(3)] })).to.deep.include({
      kind: 'debit',
      at: at('2027-01-26 09:10'),
    });
  });
});

describe('decideNext obeys people', () => {
  for (const kind of ['dispute', 'hardship', 'death', 'bankruptcy', 'complaint', 'staff'] as const)
    it(`a ${kind} hold stops debits until its end, or until a person ends it`, () => {
      expect(debits({ plan: { holds: [hold(kind, null)] } })).to.deep.equal([]);
      expect(debits({ plan: { holds: [hold(kind, '2027-01-27 12:00')] } }, bank('succeeded'))).to.deep.equal([
        '01-27 12:00  due 100.00 [1] succeeded',
      ]);
    });
  it('a promise moves the next debit to the promised day, no earlier, and the plan goes on from there', () => {
    const promised = { plan: { holds: [hold('promise', '2027-01-28')] } };
    expect(debits(promised, EMPTY, 12)).to.deep.equal([
      '01-28 09:10  due 100.00 [1] insufficientFunds',
      '01-30 09:10  retry 100.00 [1] insufficientFunds',
    ]);
    const c = atInstant(tried('insufficientFunds'), at('2027-01-26 12:00'));
    expect(decide({ ...c, plan: { ...c.plan, holds: [hold('promise', '2027-01-28')] } })).to.deep.include({
      kind: 'debit',
      trigger: 'retry',
      at: at('2027-01-28 09:10'),
    });
  });
  it('a refusal of the gate is not asked again before its time, and reminders go on', () => {
    const plan = { deferral: { until: at('2027-01-27 10:00'), rule: 'brake' } };
    expect(debits({ plan }, bank('succeeded'))).to.deep.equal(['01-27 10:00  due 100.00 [1] succeeded']);
    expect(diary(walk(collection({ plan }), bank('succeeded'), 60), 'remind')[0]).to.equal('01-22 09:00  dueSoon 100.00 for 01-27');
  });
  it("the borrower's own payment leaves nothing to debit until the next instalment", () => {
    const c = collection({ strategy: UNTOLD, dues: ['2027-01-25', '2027-02-25'], now: '2027-01-25 09:00' });
    const arrival = {
      id: 'pay_1',
      kind: 'selfPayment',
      minor: 10_000,
      valueDate: localDate(c.now, ZONE),
      bookedAt: c.now,
      targets: [],
    } as const;
    const paid = { ...c, plan: book(c.plan, arrival, SELF_PAYMENT_ACCOUNT, localDate(c.now, ZONE)).plan };
    expect(decide(c)).to.include({ kind: 'debit', minor: 10_000 });
    expect(decide(paid)).to.deep.include({ kind: 'debit', trigger: 'due', at: at('2027-02-25 09:10') });
  });
  it('an agreement that is suspended, over or not begun is not debited', () => {
    expect(debits({ mandates: [mandate({ state: 'suspended' })] })).to.deep.equal([]);
    expect(debits({ mandates: [] })).to.deep.equal([]);
    expect(debits({ mandates: [mandate({ validTo: '2027-01-24' as never })], now: '2027-01-25 09:00' })).to.deep.equal([]);
    expect(debits({ mandates: [mandate({ validFrom: '2027-01-28' as never })] }, bank('succeeded'))).to.deep.equal([
      '01-28 09:10  due 100.00 [1] succeeded',
    ]);
    expect(
      decide(collection({ mandates: [], plan: { collections: { id: 'c', openedAt: at('2027-01-20'), stage: 'M3+' } } })).kind,
    ).to.equal('recall');
  });
  it('a rail that ends the cycle some days after the due date is not asked later', () => {
    expect(debits({ pack: { lateDays: 9 } }, EMPTY, 60)).to.deep.equal([
      '01-25 09:10  due 100.00 [1] insufficientFunds',
      '01-30 09:10  retry 100.00 [1] insufficientFunds',
    ]);
  });
  it('collections: not inside the grace, and back as soon as nothing is overdue', () => {
    const penalty = { dailyRate: '0', graceDays: 8, graceMode: 'retroactive' } as const;
    const steps = walk(collection({ strategy: UNTOLD, penalty }), bank('insufficientFunds', 'insufficientFunds', 'succeeded'), 60);
    expect(diary(steps, 'escalate', 'recall')).to.deep.equal(['02-03 00:00  escalate M1', '02-04 09:10  recall']);
    expect(steps.find((s) => s.decision.kind === 'escalate')!.decision.because).to.equal(
      'instalment 1, due 2027-01-25, is 9 days past due with CNY 100.00 outstanding',
    );
  });
  it('the day after the clocks change is asked at the same local hour', () => {
    const c = { ...collection({ strategy: UNTOLD, dues: ['2027-03-29'], now: '2027-03-27 12:00' }), zone: 'Europe/London' };
    expect(decide(c)).to.deep.include({ kind: 'debit', at: new Date(Date.UTC(2027, 2, 29, 8, 10)) });
    expect(addDays(localDate(c.now, c.zone), 2)).to.equal('2027-03-29');
  });
});
