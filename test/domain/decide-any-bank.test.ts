import { expect } from 'chai';
import fc from 'fast-check';
import { addDays } from '../../src/domain/clock.ts';
import { localDate } from '../../src/domain/decide/hours.ts';
import { decideNext } from '../../src/domain/decide.ts';
import type { AssumedAnswer } from '../../src/domain/foresee.ts';
import { outstanding } from '../../src/domain/plan.ts';
import {
  at,
  BINDING_NOTICE,
  CALENDAR,
  collection,
  EMPTY,
  type Given,
  mandate,
  STANDARD,
  strategyFile,
  walk,
  ZONE,
} from '../support/story.ts';

const ANSWERS: readonly AssumedAnswer[] = [
  'succeeded',
  'insufficientFunds',
  'insufficientFunds',
  'limitExceeded',
  'channelDown',
  'riskRefused',
  'accountInvalid',
  'payerRefused',
  'badRequest',
];
const STRATEGIES = ['standard', 'salary-account', 'early-bird', 'gentle', 'after-work'].map(strategyFile);
const DUES = ['2027-01-25', '2027-02-25', '2027-03-25', '2027-04-25'];

const life = fc.record({
  answers: fc.array(fc.constantFrom(...ANSWERS), { minLength: 60, maxLength: 60 }),
  strategy: fc.constantFrom(...STRATEGIES),
  dues: fc.subarray(DUES, { minLength: 1 }),
  payday: fc.option(fc.integer({ min: 1, max: 31 })),
  notice: fc.constantFrom(null, BINDING_NOTICE, { ...BINDING_NOTICE, days: 3, unit: 'business' as const }),
  stepDown: fc.constantFrom('allowed' as const, 'forbidden' as const, 'closesCycle' as const),
  lateDays: fc.constantFrom(null, 9),
  afterPartial: fc.constantFrom('stopForDay' as const, 'continue' as const),
  cap: fc.constantFrom(null, 7_000, 15_000),
  accounts: fc.integer({ min: 1, max: 2 }),
  hour: fc.integer({ min: 0, max: 23 }),
  penalty: fc.constantFrom('0', '0.0005'),
});

describe('decideNext against any bank', () => {
  it('always moves on, never backwards, and asks for no more, and no more often, than is allowed', () => {
    fc.assert(
      fc.property(life, (l) => {
        const given: Given = {
          dues: l.dues,
          strategy: { ...l.strategy, afterPartial: l.afterPartial },
          plan: { paydayDeclared: l.payday },
          pack: { notice: l.notice, stepDown: l.stepDown, lateDays: l.lateDays },
          mandates: [mandate({ perDebitCap: l.cap }), mandate({ id: 'mnd_2', perDebitCap: l.cap })].slice(0, l.accounts),
          penalty: { dailyRate: l.penalty, graceDays: 3, graceMode: 'retroactive' },
          now: `2027-01-20 ${String(l.hour).padStart(2, '0')}:30`,
        };
        const steps = walk(collection(given), (k) => l.answers[k % l.answers.length]!, 120);
        const perDay = new Map<string, number>();
        let last: (typeof steps)[number] | undefined;
        for (const step of steps) {
          const { decision, c } = step;
          if (last) expect(decision, 'the same decision twice').to.not.deep.equal(last.decision);
          if (last?.at && step.at) expect(step.at >= last.at, 'time goes back').to.equal(true);
          if (decision.kind === 'debit') {
            const today = localDate(c.now, ZONE);
            perDay.set(today, (perDay.get(today) ?? 0) + 1);
            expect(perDay.get(today)).to.be.at.most(l.strategy.caps.perDay);
            expect(decision.aims.reduce((sum, a) => sum + a.minor, 0)).to.equal(decision.minor);
            for (const aim of decision.aims)
              expect(aim.minor).to.be.within(1, outstanding(c.plan.instalments.find((i) => i.id === aim.instalmentId)!));
            expect(decision.cycle).to.equal(decision.aims[0]!.instalmentId);
            expect(decision.minor).to.be.at.most(l.cap ?? Number.MAX_SAFE_INTEGER);
            if (l.stepDown === 'forbidden') expect(decision.trigger).to.not.equal('stepDown');
          }
          if (decision.kind === 'remind') expect(c.noticeKeys.has(decision.key), `${decision.key} twice`).to.equal(false);
          last = step;
        }
      }),
      { numRuns: 300 },
    );
  });

  it('announces a re-debit once where the ceiling lets another instalment lead than the oldest', () => {
    const answers = ['channelDown', 'channelDown', 'insufficientFunds', 'badRequest', 'insufficientFunds', 'riskRefused'] as const;
    const given: Given = {
      dues: ['2027-03-25', '2027-04-25'],
      strategy: strategyFile('salary-account'),
      plan: { paydayDeclared: 3 },
      pack: { notice: { ...BINDING_NOTICE, days: 3, unit: 'business' } },
      mandates: [mandate({ perDebitCap: 15_000 })],
      now: '2027-01-20 00:30',
    };
    const keys = walk(collection(given), (k) => answers[k] ?? 'succeeded', 120).flatMap(({ decision: d }) =>
      d.kind === 'remind' ? [d.key] : [],
    );
    expect(keys).to.deep.equal([...new Set(keys)]);
    expect(keys).to.include('2027-04-25:reminder:3');
  });

  it('does not ask again on the day of its refusal for arrears that alone fit under the ceiling beside what is due', () => {
    const given = (refusal: AssumedAnswer): readonly (readonly [string, string, number])[] => {
      const answers = ['insufficientFunds', 'succeeded', 'limitExceeded', 'insufficientFunds', 'channelDown', 'insufficientFunds'] as const;
      const steps = walk(
        collection({
          dues: ['2027-01-25', '2027-02-25'],
          strategy: strategyFile('salary-account'),
          plan: { paydayDeclared: 2 },
          mandates: [mandate({ perDebitCap: 7_000 })],
          now: '2027-01-20 00:30',
        }),
        (k) => answers[k] ?? (k === answers.length ? refusal : 'succeeded'),
        120,
      );
      return steps.flatMap(({ decision: d, c }) =>
        d.kind === 'debit' && localDate(c.now, ZONE) === '2027-02-25' ? [[d.cycle, d.trigger, d.minor] as const] : [],
      );
    };
    for (const refusal of ['riskRefused', 'limitExceeded'] as const)
      expect(given(refusal), refusal).to.deep.equal([
        ['ins_1', 'overdue', 3_000],
        ['ins_2', 'stepDown', 7_000],
      ]);
  });

  it('never debits while an answer is open, whatever the moment', () => {
    const steps = walk(collection({ dues: DUES }), EMPTY, 90).filter((s) => s.c.attempts.length > 0);
    for (const { c } of steps) {
      const attempts = c.attempts.map((a, k) =>
        k === c.attempts.length - 1 ? { ...a, state: 'accepted' as const, open: true, failure: null } : a,
      );
      expect(decideNext({ ...c, attempts }, CALENDAR)).to.include({ kind: 'wait', at: null });
    }
  });

  it('answers the same whether it was asked a minute or a day earlier', () => {
    const c = collection({ strategy: { ...STANDARD, reminders: [] }, now: '2027-01-22 10:00' });
    const once = decideNext(c, CALENDAR);
    expect(decideNext({ ...c, now: at('2027-01-24 10:00') }, CALENDAR)).to.deep.equal(once);
    expect(addDays(localDate(c.now, ZONE), 3)).to.equal('2027-01-25');
  });
});
