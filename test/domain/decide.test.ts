import { expect } from 'chai';
import type { AttemptFact } from '../../src/domain/attempt.ts';
import type { Collection } from '../../src/domain/collection.ts';
import { stageOf } from '../../src/domain/decide/collections.ts';
import { aimsFor, rungAmount } from '../../src/domain/decide/ladder.ts';
import { viewOf } from '../../src/domain/decide/view.ts';
import { decideNext } from '../../src/domain/decide.ts';
import { after, atInstant } from '../../src/domain/foresee.ts';
import type { Hold, HoldKind } from '../../src/domain/plan.ts';
import {
  at,
  BINDING_NOTICE,
  bank,
  CALENDAR,
  collection,
  diary,
  EMPTY,
  type Given,
  mandate,
  STANDARD,
  strategyFile,
  table,
  walk,
} from '../support/story.ts';

const SALARY = strategyFile('salary-account');
const EARLY = strategyFile('early-bird');
const GENTLE = strategyFile('gentle');
const UNTOLD = { ...STANDARD, reminders: [] };

/** Debits only, as a table. */
const debits = (given: Given, answers = EMPTY, days = 60) => diary(walk(collection(given), answers, days), 'debit');
const decide = (c: Collection) => decideNext(c, CALENDAR);
const hold = (kind: HoldKind, until: string | null): Hold => ({
  id: 'hld_1',
  kind,
  until: until === null ? null : at(until),
  by: 'staff',
  why: 'a letter came',
  at: at('2027-01-19'),
});
/** A collection after one debit on its due date that got this answer. */
const tried = (answer: Parameters<typeof after>[2], given: Given = {}): Collection => {
  const c = collection({ strategy: UNTOLD, now: '2027-01-25 09:10', ...given });
  return after(c, decide(c), answer);
};
const change = (c: Collection, fact: Partial<AttemptFact>): Collection => ({
  ...c,
  attempts: c.attempts.map((a, k) => (k === c.attempts.length - 1 ? { ...a, ...fact } : a)),
});

describe('decideNext', () => {
  describe('rests', () => {
    it('while an attempt is open, however old it is', () => {
      const c = change(tried('insufficientFunds'), { state: 'unknown', open: true, failure: null });
      expect(decide({ ...c, now: at('2027-04-25') })).to.deep.equal({
        kind: 'wait',
        at: null,
        because: 'the answer to attempt 1 of 2027-01-25 over CNY 100.00 is pending',
      });
    });
    it('once the plan is no longer active, and takes it back from collections first', () => {
      const collections = { id: 'col_1', openedAt: at('2027-01-20'), stage: 'M1' };
      expect(decide(collection({ plan: { state: 'settled' } }))).to.deep.equal({ kind: 'stop', because: 'the plan is settled' });
      expect(decide(collection({ plan: { state: 'settled', collections } })).kind).to.equal('recall');
      expect(decide(collection({ plan: { state: 'writtenOff', collections } })).kind).to.equal('stop');
    });
    it('when nothing is outstanding', () => {
      expect(decide(tried('succeeded'))).to.deep.equal({ kind: 'stop', because: 'nothing is outstanding' });
    });
  });

  describe('an unpaid plan', () => {
    it('is told, asked on days 0, 5 and 10, stepped down, asked weekly to its cap, and handed over stage by stage', () => {
      expect(diary(walk(collection(), EMPTY, 110))).to.deep.equal(
        table(`
          01-22 09:00  dueSoon 100.00 for 01-25
          01-24 09:00  dueSoon 100.00 for 01-25
          01-25 09:10  due 100.00 [1] insufficientFunds
          01-25 09:10  notCollected 100.00 for 01-30
          01-26 09:00  overdue 100.00 for 01-30
          01-29 00:00  escalate M1
          01-30 09:10  retry 100.00 [1] insufficientFunds
          01-30 09:10  notCollected 100.00 for 02-04
          02-04 09:10  retry 100.00 [1] insufficientFunds
          02-04 15:10  stepDown 60.00 [1] insufficientFunds
          02-04 15:10  notCollected 100.00 for 02-11
          02-11 09:10  overdue 100.00 [1] insufficientFunds
          02-11 09:10  notCollected 100.00 for 02-18
          02-18 09:10  overdue 100.00 [1] insufficientFunds
          02-25 00:00  escalate M2
          03-27 00:00  escalate M3
          04-26 00:00  escalate M3+
          -  wait`),
      );
    });
    it('steps CNY 1,127.06 down to 676.00, and allocates it oldest first (worked example 2)', () => {
      expect(rungAmount(STANDARD.stepDown!, 1, 112_706)).to.equal(67_600);
      const view = viewOf(collection({ dues: ['2027-01-25 45106', '2027-01-26 110016'] }), CALENDAR);
      expect(aimsFor(view.owed, 67_600).map((a) => [a.n, a.minor])).to.deep.equal([
        [1, 45_106],
        [2, 22_494],
      ]);
    });
    it('is not asked for less than the floor', () => {
      expect(rungAmount(STANDARD.stepDown!, 1, 8_400)).to.equal(5_000);
      expect(rungAmount(STANDARD.stepDown!, 1, 8_300)).to.equal(null);
      expect(rungAmount({ ...STANDARD.stepDown!, ladder: [1, 0.05], floor: { minor: 0, share: 0.1 } }, 1, 1_000_000)).to.equal(null);
    });
  });

  describe('reminders', () => {
    it('that were missed are made up for by one message, the latest of them', () => {
      const c = collection({ now: '2027-01-24 12:00' });
      expect(diary(walk(c, bank('succeeded'), 1), 'remind')).to.deep.equal(['01-24 12:00  dueSoon 100.00 for 01-25']);
      expect(decide(c)).to.include({ key: '2027-01-25:reminder:1' });
    });
    it('wait for the end of the quiet hours', () => {
      expect(decide(collection({ now: '2027-01-24 22:30' }))).to.deep.include({ kind: 'remind', at: at('2027-01-25 08:00') });
    });
    it('are not made up for on the due day where the rail asks for a day of notice: the debit moves behind a fresh one', () => {
      const c = collection({ now: '2027-01-25 08:30', pack: { notice: BINDING_NOTICE } });
      expect(diary(walk(c, bank('succeeded'), 3))).to.deep.equal([
        '01-25 08:30  redebit 100.00 for 01-26',
        '01-26 09:00  overdue 100.00 for 01-26',
        '01-26 09:10  due 100.00 [1] succeeded',
        '-  stop',
      ]);
    });
    it('go out ahead of the strategy where the rail wants to be told earlier', () => {
      const c = collection({ now: '2027-01-01 12:00', pack: { notice: { ...BINDING_NOTICE, days: 10, unit: 'business' } } });
      expect(decide(c)).to.deep.include({ kind: 'remind', at: at('2027-01-11 09:00'), key: '2027-01-25:reminder:3' });
    });
    it('announce the arrears that will be debited with the instalment, penalty of that day included', () => {
      const penalty = { dailyRate: '0.001', graceDays: 0, graceMode: 'retroactive' } as const;
      const c = atInstant(
        collection({
          dues: ['2027-01-25', '2027-02-25'],
          penalty,
          strategy: { ...STANDARD, overdue: { ...STANDARD.overdue, everyDays: 90 } },
        }),
        at('2027-02-22 09:00'),
      );
      const told = decide({
        ...c,
        noticeKeys: new Set(['2027-01-25:overdue:1']),
        plan: { ...c.plan, collections: { id: 'col_1', openedAt: c.now, stage: 'M1' } },
        attempts: tried('insufficientFunds').attempts.concat(
          change(tried('insufficientFunds'), { id: 'att_2', n: 2, businessDate: '2027-02-15' as never }).attempts,
        ),
      });
      expect(told).to.include({ kind: 'remind', key: '2027-02-25:reminder:3', debitDate: '2027-02-25', minor: 10_000 + 310 + 10_000 });
    });
    it('say nothing about a debit that a hold stops, and nothing at all after a death', () => {
      expect(diary(walk(collection({ plan: { holds: [hold('death', null)] } }), EMPTY, 30))).to.deep.equal(['01-29 00:00  escalate M1']);
    });
    it('tell a day that the holiday policy moved', () => {
      expect(
        decide(collection({ dues: ['2027-01-30'], now: '2027-01-29 12:00', strategy: { ...STANDARD, holidayPolicy: 'following' } })),
      ).to.include({ kind: 'remind', debitDate: '2027-02-01' });
    });
  });

  describe('the day of a debit', () => {
    it('has its windows: the first one, and any later hour before the stop time', () => {
      const on = (now: string) => decide(collection({ strategy: UNTOLD, now }));
      expect(on('2027-01-25 09:00')).to.deep.include({ kind: 'debit', trigger: 'due', at: at('2027-01-25 09:10') });
      expect(on('2027-01-25 14:00')).to.deep.include({ at: at('2027-01-25 14:00') });
      expect(on('2027-01-25 21:59')).to.deep.include({ at: at('2027-01-25 21:59') });
      expect(debits({ strategy: UNTOLD, now: '2027-01-25 22:00' }, bank('succeeded'))).to.deep.equal([
        '01-26 09:10  due 100.00 [1] succeeded',
      ]);
    });
    it("keeps to the rail's own hours", () => {
      const windows = [
        { from: '00:00', to: '09:00' },
        { from: '13:00', to: '17:00' },
      ];
      expect(decide(collection({ strategy: UNTOLD, pack: { windows } }))).to.deep.include({ at: at('2027-01-25 13:00') });
    });
    it('that was missed is made up for, and is still the first presentment', () => {
      expect(debits({ strategy: UNTOLD, now: '2027-01-28 12:00' }, EMPTY, 10)).to.deep.equal(
        table(`01-28 12:00  due 100.00 [1] insufficientFunds
               01-30 09:10  retry 100.00 [1] insufficientFunds
               02-04 09:10  retry 100.00 [1] insufficientFunds
               02-04 15:10  stepDown 60.00 [1] insufficientFunds`),
      );
    });
    it('follows or precedes a bank holiday as the policy says; it precedes only where the rail allows debits that early', () => {
      const dues = ['2027-01-31'];
      const with_ = (holidayPolicy: 'following' | 'preceding' | 'modifiedFollowing', earlyDays = 3) =>
        debits({ dues, strategy: { ...STANDARD, holidayPolicy }, pack: { earlyDays } }, bank('succeeded'));
      expect(with_('following')).to.deep.equal(['02-01 09:10  due 100.00 [1] succeeded']);
      expect(with_('preceding')).to.deep.equal(['01-29 09:10  due 100.00 [1] succeeded']);
      expect(with_('modifiedFollowing')).to.deep.equal(['01-29 09:10  due 100.00 [1] succeeded']);
      expect(with_('preceding', 1)).to.deep.equal(['02-01 09:10  due 100.00 [1] succeeded']);
    });
  });

  describe('early', () => {
    it('asks once before the due date, and again on it', () => {
      expect(debits({ strategy: EARLY }, bank('insufficientFunds', 'succeeded'))).to.deep.equal([
        '01-23 09:10  early 100.00 [1] insufficientFunds',
        '01-25 09:10  due 100.00 [1] succeeded',
      ]);
    });
    it('asks no earlier than the rail allows, and never where it forbids it', () => {
      expect(debits({ strategy: EARLY, pack: { earlyDays: 1 } }, bank('succeeded'))).to.deep.equal([
        '01-24 09:10  early 100.00 [1] succeeded',
      ]);
      expect(debits({ strategy: EARLY, pack: { earlyDays: 0 } }, bank('succeeded'))).to.deep.equal([
        '01-25 09:10  due 100.00 [1] succeeded',
      ]);
    });
    it('does not ask while something older is owed', () => {
      const lines = debits({ strategy: EARLY, dues: ['2027-01-20', '2027-01-25'] }, EMPTY, 4);
      expect(lines.some((l) => l.includes('early'))).to.equal(false);
    });
  });

  describe('a known payday', () => {
    const plan = { paydayDeclared: 15 };
    it('moves the retries behind it: not before the morning after the window, never more tries than planned', () => {
      expect(debits({ strategy: SALARY, dues: ['2027-02-05'], plan }, EMPTY, 30)).to.deep.equal(
        table(`02-05 09:10  due 100.00 [1] insufficientFunds
               02-17 09:10  retry 100.00 [1] insufficientFunds
               02-17 15:10  stepDown 60.00 [1] insufficientFunds`),
      );
    });
    it('replaces the first retry and keeps the last where it comes early', () => {
      expect(debits({ strategy: SALARY, dues: ['2027-02-14'], plan }, EMPTY, 40).slice(0, 3)).to.deep.equal(
        table(`02-14 09:10  due 100.00 [1] insufficientFunds
               02-17 09:10  retry 100.00 [1] insufficientFunds
               02-24 09:10  retry 100.00 [1] insufficientFunds`),
      );
    });
    it('out of reach of the last offset moves nothing', () => {
      expect(debits({ strategy: SALARY, dues: ['2027-01-25'], plan }, EMPTY, 10)).to.deep.equal(
        table(`01-25 09:10  due 100.00 [1] insufficientFunds
               01-30 09:10  retry 100.00 [1] insufficientFunds`),
      );
    });
  });

  describe('the ladder', () => {
    it('walks every rung of the last planned day, each at the next window', () => {
      expect(debits({ strategy: SALARY, dues: ['2027-01-25 100000'] }, EMPTY, 16).slice(-3)).to.deep.equal(
        table(`02-04 09:10  retry 1000.00 [1] insufficientFunds
               02-04 15:10  stepDown 600.00 [1] insufficientFunds
               02-04 20:10  stepDown 300.00 [1] insufficientFunds`),
      );
    });
    it('leaves the gap, before the stop time, where no window is left', () => {
      const strategy = { ...UNTOLD, retries: { ...UNTOLD.retries, offsetsDays: [0] }, present: { times: ['09:10'], stopTime: '22:00' } };
      expect(debits({ strategy, now: '2027-01-25 20:00' }, EMPTY, 1)).to.deep.equal([
        '01-25 20:00  due 100.00 [1] insufficientFunds',
        '01-25 20:30  stepDown 60.00 [1] insufficientFunds',
      ]);
      expect(debits({ strategy, now: '2027-01-25 21:40' }, EMPTY, 1)).to.deep.equal(['01-25 21:40  due 100.00 [1] insufficientFunds']);
    });
    for (const [where, given] of [
      ['the rail forbids it', { pack: { stepDown: 'forbidden' } }],
      ['the amount is fixed', { mandates: [mandate({ amountKind: 'fixed' })] }],
      ['the strategy has none', { strategy: { ...STANDARD, stepDown: null } }],
    ] as const)
      it(`is not walked where ${where}`, () => expect(debits(given, EMPTY, 60).some((l) => l.includes('stepDown'))).to.equal(false));
    it('is not walked after a refusal for another reason', () => {
      expect(debits({}, bank('insufficientFunds', 'insufficientFunds', 'riskRefused'), 16).some((l) => l.includes('stepDown'))).to.equal(
        false,
      );
    });
    it('that brought a part leaves the rest to another day', () => {
      expect(debits({}, bank('insufficientFunds', 'insufficientFunds', 'insufficientFunds', 'succeeded'), 30).slice(-2)).to.deep.equal(
        table(`02-04 15:10  stepDown 60.00 [1] succeeded
               02-11 09:10  overdue 40.00 [1] succeeded`),
      );
    });
    it('goes on the same day where the strategy says so', () => {
      const strategy = {
        ...STANDARD,
        afterPartial: 'continue',
        caps: { ...STANDARD.caps, perDay: 3 },
        retries: { ...STANDARD.retries, minGapHours: 0 },
      } as const;
      expect(
        debits({ strategy }, bank('insufficientFunds', 'insufficientFunds', 'insufficientFunds', 'succeeded'), 30).slice(-1),
      ).to.deep.equal(['02-04 15:10  overdue 40.00 [1] succeeded']);
    });
    it('on a rail where any success closes the cycle leaves the rest to collections', () => {
      const lines = debits(
        { pack: { stepDown: 'closesCycle' }, dues: ['2027-01-25', '2027-02-25'] },
        bank('insufficientFunds', 'insufficientFunds', 'insufficientFunds', 'succeeded'),
        60,
      );
      expect(lines.slice(-2)).to.deep.equal(['02-04 15:10  stepDown 60.00 [1] succeeded', '02-25 09:10  due 100.00 [2] succeeded']);
      const end = walk(
        collection({ pack: { oneSuccessPerCycle: true } }),
        bank('insufficientFunds', 'insufficientFunds', 'insufficientFunds', 'succeeded'),
        120,
      ).at(-1)!;
      expect(end.decision).to.include({ kind: 'wait', at: null });
    });
  });

  describe('arrears', () => {
    const dues = ['2027-01-25', '2027-02-25'];
    it('merged: one debit for what is overdue and what falls due, named after the oldest, with a ladder of its own', () => {
      const strategy = { ...STANDARD, caps: { ...STANDARD.caps, perInstalment: 20, perMandate30d: 20 } };
      expect(debits({ dues, strategy }, EMPTY, 46).slice(5)).to.deep.equal(
        table(`02-18 09:10  overdue 100.00 [1] insufficientFunds
               02-25 09:10  overdue 200.00 [1 2] insufficientFunds
               03-02 09:10  overdue 200.00 [1 2] insufficientFunds
               03-07 09:10  overdue 200.00 [1 2] insufficientFunds
               03-07 15:10  stepDown 120.00 [1 2] insufficientFunds`),
      );
    });
    it('merged: an instalment that was asked for often enough is left out, and the newer one goes on alone', () => {
      expect(debits({ dues }, EMPTY, 42).slice(-2)).to.deep.equal(
        table(`02-25 09:10  due 100.00 [2] insufficientFunds
               03-02 09:10  retry 100.00 [2] insufficientFunds`),
      );
    });
    it('merged: whole instalments up to what the agreement allows in one debit, those whose day it is first', () => {
      const given = { dues, mandates: [mandate({ perDebitCap: 15_000 })], now: '2027-02-25 09:10', strategy: UNTOLD };
      expect(debits(given, bank('succeeded'), 1)).to.deep.equal([
        '02-25 09:10  due 100.00 [1] succeeded',
        '02-25 09:10  due 100.00 [2] succeeded',
      ]);
    });
    it('above what the agreement allows: as much as it allows, or a person where the rail takes no smaller debit', () => {
      const mandates = [mandate({ perDebitCap: 7_000 })];
      expect(debits({ mandates }, bank('succeeded'), 14)).to.deep.equal([
        '01-25 09:10  stepDown 70.00 [1] succeeded',
        '01-30 09:10  retry 30.00 [1] succeeded',
      ]);
      expect(debits({ mandates, pack: { stepDown: 'forbidden' } }, bank('succeeded'), 14)).to.deep.equal([]);
    });
    it('apart: one instalment a debit, oldest first, and a new one is not starved of its first presentment', () => {
      const strategy = { ...GENTLE, overdue: { ...GENTLE.overdue, everyDays: 12 }, caps: { ...GENTLE.caps, consecutiveNsf: 20 } };
      expect(debits({ dues: ['2027-01-25', '2027-02-13'], strategy: { ...strategy, holidayPolicy: 'none' } }, EMPTY, 30)).to.deep.equal(
        table(`01-25 10:10  due 100.00 [1] insufficientFunds
               02-01 10:10  retry 100.00 [1] insufficientFunds
               02-13 10:10  due 100.00 [2] insufficientFunds
               02-15 10:10  overdue 100.00 [1] insufficientFunds`),
      );
    });
    it('are given up on after the days the strategy sets', () => {
      const end = walk(collection({ dues: ['2027-01-25', '2027-06-25'] }), EMPTY, 200).at(-1)!;
      expect(end.decision).to.deep.include({ kind: 'wait', at: null });
      expect(end.decision.because).to.contain('more than 90 days ago');
    });
  });

  it('names the bucket by days past due', () => {
    expect([1, 30, 31, 60, 61, 90, 91].map(stageOf)).to.deep.equal(['M1', 'M1', 'M2', 'M2', 'M3', 'M3', 'M3+']);
  });
});
