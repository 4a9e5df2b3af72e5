import { expect } from 'chai';
import fc from 'fast-check';
import type { AttemptState } from '../../src/domain/attempt.ts';
import { businessDate, type Instant } from '../../src/domain/clock.ts';
import { permit } from '../../src/domain/gate.ts';
import type { MandateState } from '../../src/domain/mandate.ts';
import type { Permit, Refusal } from '../../src/domain/permit.ts';
import type { HoldKind } from '../../src/domain/plan.ts';
import { at, attempt, type Change, DUE, debit, dueplus, instalment, notice, OWED, PACK, STRATEGY, ZONE } from '../support/gate-case.ts';

const ask = (change: Change = {}): Permit | Refusal => {
  const { ask, facts } = debit(change);
  return permit(ask, facts);
};
const refusal = (change: Change): Refusal => {
  const answer = ask(change);
  expect(answer.kind).to.equal('refusal');
  return answer as Refusal;
};
const granted = (change: Change): Permit => {
  const answer = ask(change);
  expect(answer.kind === 'permit' ? 'permit' : `${answer.rule}: ${answer.says}`).to.equal('permit');
  return answer as Permit;
};
const rule = (change: Change): string => {
  const answer = ask(change);
  return answer.kind === 'permit' ? 'permit' : answer.rule;
};
const retry = (change: Change): Instant | null => refusal(change).retryAt;
const counter = (change: Change, code: string) => {
  const found = granted(change).rules.find((r) => r.code === code);
  return found && [found.before, found.after, found.limit];
};
const stop = (scope: 'all' | `lender:${string}` | `channel:${string}`) => ({ scope, by: 'ann', why: 'drill', at: at('2026-03-01 09:00') });

describe('the gate', () => {
  it('permits a plain debit and lists every rule with its counters', () => {
    const p = granted({});
    expect(p.pack).to.deep.equal({ name: 'open', version: '1' });
    expect(p.rules).to.have.length(32);
    expect(p.slot).to.equal(1);
    expect(p.noticeId).to.equal(null);
    expect(p.sendBy).to.deep.equal(at('2026-03-11 00:00'));
    expect(counter({}, 'amountOutstanding')).to.deep.equal([0, OWED, OWED]);
    expect(counter({ caps: { perDay: 2 } }, 'attemptsPerDay')).to.deep.equal([0, 1, 2]);
  });
  it('stops where ask and facts are of different plans: that is our own mistake', () =>
    expect(() => ask({ ask: { planId: 'pln_9' } })).to.throw(/facts are of plan pln_1/));
  it('answers with the lasting reason before the passing one', () =>
    expect(rule({ plan: { state: 'cancelled' }, now: '2026-03-10 03:00', pack: { windows: [{ from: '07:00', to: '22:00' }] } })).to.equal(
      'planActive',
    ));
  it('changes neither ask nor facts', () => {
    const { ask, facts } = debit({ attempts: [attempt('2026-03-10 08:00'), attempt('2026-03-09 08:00')] });
    const copy = structuredClone({ ...facts, calendar: null });
    permit(ask, facts);
    expect({ ...facts, calendar: null }).to.deep.equal(copy);
  });
  it('judges an ask whose time has passed at the present moment', () =>
    expect(
      rule({ now: '2026-03-10 23:00', ask: { at: at('2026-03-10 09:00') }, pack: { windows: [{ from: '07:00', to: '22:00' }] } }),
    ).to.equal('window'));
  it('judges an ask for a later day by that day', () =>
    expect(rule({ ask: { at: at('2026-03-14 09:00') }, pack: { businessDaysOnly: true } })).to.equal('businessDay'));
});

describe('planActive and mandateActive', () => {
  it('debits active plans only', () => {
    for (const state of ['settled', 'earlySettled', 'restructured', 'writtenOff', 'cancelled'] as const)
      expect(rule({ plan: { state } })).to.equal('planActive');
  });
  it('debits under active mandates only, and waits for a person', () => {
    for (const state of ['draft', 'pending', 'suspended', 'revoked', 'expired', 'cancelled', 'rejected'] as const)
      expect(refusal({ mandate: { state } })).to.include({ rule: 'mandateActive', source: 'mandate', retryAt: null });
  });
  it('keeps to the first and the last day of the mandate', () => {
    expect(rule({ mandate: { validFrom: DUE, validTo: DUE } })).to.equal('permit');
    expect(rule({ mandate: { validTo: dueplus(-1) } })).to.equal('mandateActive');
    expect(retry({ mandate: { validFrom: dueplus(1) } })).to.deep.equal(at('2026-03-11 00:00'));
  });
  it('wants one currency, one lender, one borrower, and a mandate of the plan', () => {
    expect(rule({ mandate: { currency: 'USD' } })).to.equal('mandateActive');
    expect(rule({ ask: { currency: 'USD' } })).to.equal('mandateActive');
    expect(rule({ mandate: { lenderId: 'lnd_2' } })).to.equal('mandateActive');
    expect(rule({ mandate: { borrowerId: 'brw_2' } })).to.equal('mandateActive');
    expect(rule({ plan: { mandateIds: ['mnd_2'] } })).to.equal('mandateActive');
    expect(rule({ pack: { currencies: ['USD'] } })).to.equal('mandateActive');
  });
  it('wants a channel that carries the rail and that the mandate was signed for', () => {
    expect(rule({ channel: { rails: ['ach'] } })).to.equal('mandateActive');
    expect(rule({ channel: { currencies: ['USD'] } })).to.equal('mandateActive');
    expect(rule({ mandate: { channels: ['other'] } })).to.equal('mandateActive');
    expect(rule({ mandate: { channels: ['other', 'sim'] } })).to.equal('permit');
    expect(rule({ pack: { rail: 'ach' } })).to.equal('mandateActive');
    expect(rule({ pack: { rail: '*' } })).to.equal('permit');
  });
});

describe('holds and stop switches', () => {
  const hold = (kind: HoldKind, until: Instant | null) => ({
    id: 'hld_1',
    kind,
    until,
    by: 'ann',
    why: 'asked for',
    at: at('2026-03-01 09:00'),
  });
  it('stops for every kind of hold', () => {
    for (const kind of ['dispute', 'hardship', 'death', 'bankruptcy', 'complaint', 'promise', 'staff'] as const) {
      const r = refusal({ plan: { holds: [hold(kind, null)] } });
      expect(r).to.include({ rule: 'hold', retryAt: null });
      expect(r.says).to.contain(kind);
    }
  });
  it('lets a promise hold until its day and not a moment longer', () => {
    const promise = { plan: { holds: [hold('promise', at('2026-03-10 10:00'))] } };
    expect(rule(promise)).to.equal('permit');
    expect(retry({ ...promise, now: '2026-03-10 09:59' })).to.deep.equal(at('2026-03-10 10:00'));
  });
  it('speaks for the hold that lasts longest', () => {
    expect(retry({ plan: { holds: [hold('promise', at('2026-03-12 00:00')), hold('hardship', at('2026-03-20 00:00'))] } })).to.deep.equal(
      at('2026-03-20 00:00'),
    );
    expect(retry({ plan: { holds: [hold('dispute', null), hold('promise', at('2026-03-12 00:00'))] } })).to.equal(null);
  });
  it('obeys the switch for all, for the lender and for the channel, and no other', () => {
    for (const scope of ['all', 'lender:lnd_1', 'channel:sim'] as const)
      expect(rule({ facts: { stops: [stop(scope)] } })).to.equal('stopSwitch');
    expect(rule({ facts: { stops: [stop('lender:lnd_2'), stop('channel:other')] } })).to.equal('permit');
  });
});

describe('openAttempt', () => {
  it('waits for every open attempt of the plan, however old, unknown ones included', () => {
    for (const state of ['created', 'submitted', 'accepted', 'unknown'] as const)
      expect(refusal({ attempts: [attempt('2025-01-01 09:00', { state, open: true, failure: null })] })).to.include({
        rule: 'openAttempt',
        retryAt: null,
      });
  });
  it('trusts the state where the flag was forgotten', () =>
    expect(rule({ attempts: [attempt('2026-03-01 09:00', { state: 'unknown', open: false })] })).to.equal('openAttempt'));
  it('passes over ended attempts and those of other plans', () => {
    expect(rule({ attempts: [attempt('2026-03-01 09:00')] })).to.equal('permit');
    expect(rule({ facts: { accountAttempts: [attempt('2026-03-10 09:00', { planId: 'pln_2', state: 'unknown', open: true })] } })).to.equal(
      'permit',
    );
  });
});

describe('amounts', () => {
  it('takes whole amounts above zero whose aims sum to them', () => {
    for (const minor of [0, -1, 0.5, Number.NaN]) expect(rule({ ask: { minor } })).to.equal('amountPositive');
    expect(rule({ ask: { minor: 500, aims: [{ instalmentId: 'ins_1', n: 1, minor: 499 }] } })).to.equal('amountPositive');
    expect(rule({ ask: { minor: 1 } })).to.equal('permit');
  });
  it('asks for what is open and not for one unit more', () => {
    expect(rule({ ask: { minor: OWED } })).to.equal('permit');
    expect(refusal({ ask: { minor: OWED + 1 } })).to.deep.include({
      rule: 'amountOutstanding',
      counters: { before: OWED + 1, limit: OWED },
    });
    expect(rule({ plan: { instalments: [instalment(1, DUE, OWED, 1)] }, ask: { minor: OWED } })).to.equal('amountOutstanding');
  });
  it('asks for no instalment twice, for none the plan lacks, and under no other due date', () => {
    const half = { instalmentId: 'ins_1', n: 1, minor: 60_000 };
    expect(rule({ ask: { minor: 120_000, aims: [half, half] } })).to.equal('amountOutstanding');
    expect(rule({ ask: { minor: 100, aims: [{ instalmentId: 'ins_9', n: 9, minor: 100 }] } })).to.equal('amountOutstanding');
    expect(rule({ ask: { dueDate: dueplus(-9) } })).to.equal('amountOutstanding');
    expect(rule({ ask: { cycle: 'ins_9' } })).to.equal('amountOutstanding');
  });
  it('takes penalty only where the pack does', () => {
    expect(rule({ ask: { penaltyMinor: 1 } })).to.equal('permit');
    expect(refusal({ ask: { penaltyMinor: 1 }, pack: { penaltyAllowed: false } })).to.include({
      rule: 'penaltyAllowed',
      source: PACK.sources[0],
    });
    expect(rule({ pack: { penaltyAllowed: false } })).to.equal('permit');
  });
  it('steps down where rail, mandate and strategy allow it', () => {
    const smaller: Change = { ask: { minor: 60_000, steppedDown: true } };
    expect(rule(smaller)).to.equal('permit');
    expect(rule({ ...smaller, pack: { stepDown: 'closesCycle' } })).to.equal('permit');
    expect(refusal({ ...smaller, pack: { stepDown: 'forbidden' } })).to.include({ rule: 'stepDownAllowed', source: PACK.stepDownSource });
    expect(refusal({ ...smaller, mandate: { amountKind: 'fixed' } })).to.include({ rule: 'stepDownAllowed', source: 'mandate' });
    expect(refusal({ ...smaller, strategy: { stepDown: null } })).to.include({ rule: 'stepDownAllowed', source: 'strategy' });
  });
  it('knows a smaller debit that does not call itself one', () => {
    expect(rule({ ask: { minor: OWED - 1 }, pack: { stepDown: 'forbidden' } })).to.equal('stepDownAllowed');
    expect(rule({ ask: { minor: OWED }, pack: { stepDown: 'forbidden' } })).to.equal('permit');
  });
  it('sends a part only after the part before it succeeded', () => {
    const part = (n: number, first: Partial<Parameters<typeof attempt>[1]> = {}): Change => ({
      ask: { minor: 40_000, part: n },
      attempts: [attempt('2026-03-10 09:00', { part: 1, state: 'succeeded', amount: { minor: 40_000, currency: 'CNY' }, ...first })],
    });
    expect(rule({ ask: { minor: 40_000, part: 1 } })).to.equal('permit');
    expect(rule(part(2))).to.equal('permit');
    expect(rule(part(2, { state: 'failed' }))).to.equal('splitAllowed');
    expect(rule(part(3))).to.equal('splitAllowed');
    expect(rule(part(2, { cycle: 'ins_0' }))).to.equal('splitAllowed');
    expect(rule({ ask: { minor: 40_000, part: 0 } })).to.equal('splitAllowed');
    expect(rule({ ...part(2), pack: { split: false } })).to.equal('splitAllowed');
    expect(rule({ ...part(2), mandate: { amountKind: 'fixed' } })).to.equal('splitAllowed');
  });
  it('presents the same amount again where the rail wants that', () => {
    const again = (minor: number): Change => ({
      pack: { sameAmount: true },
      attempts: [attempt('2026-03-01 09:00', { amount: { minor, currency: 'CNY' } })],
    });
    expect(rule(again(OWED))).to.equal('permit');
    expect(rule(again(OWED - 1))).to.equal('sameAmount');
    expect(rule({ ...again(OWED - 1), pack: {} })).to.equal('permit');
  });
  it("keeps to the mandate's ceiling a debit, equal included", () => {
    expect(counter({ mandate: { perDebitCap: OWED } }, 'perDebitCap')).to.deep.equal([0, OWED, OWED]);
    expect(rule({ mandate: { perDebitCap: OWED - 1 } })).to.equal('perDebitCap');
    expect(rule({ mandate: { perDebitCap: OWED, amountKind: 'fixed' } })).to.equal('permit');
    expect(rule({ mandate: { perDebitCap: OWED + 1, amountKind: 'fixed' } })).to.equal('perDebitCap');
  });
  it('keeps to the ceiling of rail and channel, equal included', () => {
    expect(rule({ pack: { perDebitMax: OWED }, channel: { perDebitLimit: OWED } })).to.equal('permit');
    expect(refusal({ pack: { perDebitMax: OWED - 1 } })).to.include({ rule: 'perDebitMax', source: PACK.sources[0] });
    expect(refusal({ channel: { perDebitLimit: OWED - 1 } })).to.include({ rule: 'perDebitMax', source: 'channel' });
  });
  it('sums the day and the month of the mandate, open debits of other plans included, refused ones not', () => {
    const other = (when: string, state: AttemptState) =>
      attempt(when, {
        planId: 'pln_2',
        accountKey: 'key_2',
        state,
        open: state === 'accepted',
        failure: null,
        amount: { minor: 20_000, currency: 'CNY' },
      });
    const mandateAttempts = [
      other('2026-03-02 09:00', 'succeeded'),
      other('2026-03-10 08:00', 'accepted'),
      other('2026-03-10 08:30', 'failed'),
      other('2026-02-28 09:00', 'succeeded'),
    ];
    expect(counter({ facts: { mandateAttempts }, mandate: { dailyCap: 120_000 } }, 'dailyCap')).to.deep.equal([20_000, 120_000, 120_000]);
    expect(retry({ facts: { mandateAttempts }, mandate: { dailyCap: 119_999 } })).to.deep.equal(at('2026-03-11 00:00'));
    expect(counter({ facts: { mandateAttempts }, mandate: { monthlyCap: 140_000 } }, 'monthlyCap')).to.deep.equal([
      40_000, 140_000, 140_000,
    ]);
    expect(retry({ facts: { mandateAttempts }, mandate: { monthlyCap: 139_999 } })).to.deep.equal(at('2026-04-01 00:00'));
    expect(retry({ mandate: { dailyCap: OWED - 1 } })).to.equal(null);
  });
  it("sums the account's day on the channel alone", () => {
    const used = (channel: string) => ({
      accountAttempts: [
        attempt('2026-03-10 08:00', { planId: 'pln_2', channel, state: 'succeeded', amount: { minor: 1, currency: 'CNY' } }),
      ],
    });
    expect(rule({ channel: { dailyLimitPerAccount: OWED }, facts: used('other') })).to.equal('permit');
    expect(rule({ channel: { dailyLimitPerAccount: OWED + 1 }, facts: used('sim') })).to.equal('permit');
    expect(rule({ channel: { dailyLimitPerAccount: OWED }, facts: used('sim') })).to.equal('dailyLimitPerAccount');
  });
});

describe('counts', () => {
  const failedOn = (...days: string[]) => days.map((d) => attempt(`${d} 09:00`));
  it("counts the account's day over all plans and gives the lowest free slot", () => {
    const others = [attempt('2026-03-10 08:00', { planId: 'pln_2', slot: 2 }), attempt('2026-03-09 08:00', { planId: 'pln_2', slot: 1 })];
    expect(granted({ caps: { perDay: 2 }, facts: { accountAttempts: others } }).slot).to.equal(1);
    const full = { caps: { perDay: 2 }, facts: { accountAttempts: others }, attempts: [attempt('2026-03-10 08:30', { slot: 1 })] };
    expect(refusal(full)).to.deep.include({ rule: 'attemptsPerDay', counters: { before: 2, limit: 2 }, retryAt: at('2026-03-11 00:00') });
  });
  it('counts an attempt once that stands in two lists', () => {
    const one = attempt('2026-03-10 08:00', { slot: 1 });
    expect(counter({ caps: { perDay: 2 }, attempts: [one], facts: { accountAttempts: [one] } }, 'attemptsPerDay')).to.deep.equal([1, 2, 2]);
  });
  it('counts neither unsent nor voided attempts, and takes no slot that a voided one still holds', () => {
    const attempts = [
      attempt('2026-03-10 08:00', { state: 'unsent', failure: null }),
      attempt('2026-03-10 08:30', { state: 'voided', failure: null, slot: 1 }),
    ];
    const p = granted({ caps: { perDay: 1, perInstalment: 1, perMandate30d: 1 }, attempts });
    expect(p.slot).to.equal(2);
  });
  it('counts the parts of one split as one attempt, with one slot', () => {
    const attempts = [
      attempt('2026-03-10 08:00', { part: 1, state: 'succeeded', slot: 1, amount: { minor: 30_000, currency: 'CNY' } }),
      attempt('2026-03-10 08:05', { part: 2, state: 'succeeded', slot: null, amount: { minor: 30_000, currency: 'CNY' } }),
    ];
    const third: Change = { caps: { perDay: 1, perInstalment: 1, perMandate30d: 1 }, attempts, ask: { minor: 30_000, part: 3 } };
    expect(granted(third).slot).to.equal(null);
    expect(rule({ ...third, ask: { minor: 30_000 } })).to.equal('attemptsPerInstalment');
    expect(granted({ ...third, now: '2026-03-11 10:00' }).slot).to.equal(1);
  });
  it('counts an instalment over the whole life of the plan, merged debits too', () => {
    const attempts = [
      ...failedOn('2026-01-10', '2026-02-10'),
      attempt('2026-02-11 09:00', {
        cycle: 'ins_0',
        aims: [
          { instalmentId: 'ins_0', n: 0, minor: 1 },
          { instalmentId: 'ins_1', n: 1, minor: 1 },
        ],
      }),
    ];
    expect(rule({ caps: { perInstalment: 4 }, attempts })).to.equal('permit');
    expect(refusal({ caps: { perInstalment: 3 }, attempts })).to.include({ rule: 'attemptsPerInstalment', retryAt: null });
  });
  it('counts 30 days of the mandate and says when one falls out', () => {
    const attempts = failedOn('2026-02-08', '2026-02-09', '2026-03-01');
    expect(counter({ caps: { perMandate30d: 3 }, attempts }, 'attemptsPerMandate30d')).to.deep.equal([2, 3, 3]);
    expect(retry({ caps: { perMandate30d: 2 }, attempts })).to.deep.equal(at('2026-03-11 00:00'));
    expect(retry({ caps: { perMandate30d: 1 }, attempts })).to.deep.equal(at('2026-03-31 00:00'));
    expect(rule({ caps: { perMandate30d: 2 }, attempts, now: '2026-03-11 00:00' })).to.equal('permit');
  });
  it("counts the mandate's successes, returned ones not", () => {
    const attempts = [
      attempt('2026-01-10 09:00', { state: 'succeeded', cycle: 'ins_0' }),
      attempt('2026-02-10 09:00', { state: 'returned', cycle: 'ins_0' }),
    ];
    expect(rule({ mandate: { periodCount: 2 }, attempts })).to.equal('permit');
    expect(rule({ mandate: { periodCount: 1 }, attempts })).to.equal('periodCount');
  });
  it('closes the cycle after one success where the rail does, and re-opens it with a return', () => {
    const ended = (state: AttemptState): Change => ({
      attempts: [attempt('2026-03-10 08:00', { state, amount: { minor: 10, currency: 'CNY' } })],
    });
    expect(rule({ ...ended('succeeded'), pack: { oneSuccessPerCycle: true, split: false } })).to.equal('oneSuccessPerCycle');
    expect(rule({ ...ended('succeeded'), pack: { stepDown: 'closesCycle', split: false } })).to.equal('oneSuccessPerCycle');
    expect(rule({ ...ended('returned'), pack: { oneSuccessPerCycle: true, split: false } })).to.equal('permit');
    expect(rule(ended('succeeded'))).to.equal('permit');
  });
  it('rests an account after refusals in a row, and sets the count to 0 after the rest', () => {
    const caps = { consecutiveNsf: 2, coolOffDays: 5 };
    const attempts = failedOn('2026-03-01', '2026-03-06');
    expect(counter({ caps, attempts: failedOn('2026-03-06') }, 'consecutiveNsf')).to.deep.equal([1, 1, 2]);
    expect(refusal({ caps, attempts })).to.deep.include({ rule: 'consecutiveNsf', retryAt: at('2026-03-11 00:00') });
    expect(counter({ caps, attempts, now: '2026-03-11 00:00' }, 'consecutiveNsf')).to.deep.equal([0, 0, 2]);
    expect(rule({ caps, attempts: [...attempts, attempt('2026-03-07 09:00', { state: 'succeeded' })] })).to.equal('permit');
    expect(rule({ caps, attempts: [...attempts, attempt('2026-03-07 09:00', { failure: 'channelDown' })] })).to.equal('consecutiveNsf');
    expect(rule({ caps, attempts: failedOn('2026-02-20', '2026-02-25', '2026-03-09') })).to.equal('permit');
    expect(rule({ caps, attempts: attempts.map((a) => ({ ...a, accountKey: 'key_2' })) })).to.equal('permit');
  });
  it("never lets time reset the rail's own row of failures", () => {
    const limits = [
      {
        code: 'row',
        per: 'mandate',
        counts: 'consecutiveFailures',
        classes: 'any',
        max: 2,
        withinDays: null,
        resetByNewMandate: false,
        source: 's',
      },
    ] as const;
    const attempts = failedOn('2025-01-01', '2025-02-01');
    expect(refusal({ pack: { limits }, attempts })).to.include({ rule: 'row', source: 's', retryAt: null });
    expect(
      rule({ pack: { limits }, attempts: [attempts[0]!, attempt('2025-01-15 09:00', { state: 'succeeded' }), attempts[1]!] }),
    ).to.equal('permit');
    expect(
      rule({ pack: { limits: [{ ...limits[0], resetByNewMandate: true }] }, attempts, mandate: { createdAt: at('2025-02-02 09:00') } }),
    ).to.equal('permit');
    expect(rule({ pack: { limits: [{ ...limits[0], max: 3 }] }, attempts })).to.equal('permit');
  });
  it('slides windows of days and turns months for limits of a pack', () => {
    const limit = { code: 'l', per: 'account', counts: 'attempts', classes: 'any', max: 1, resetByNewMandate: false, source: 's' } as const;
    const attempts = failedOn('2026-03-04');
    expect(retry({ pack: { limits: [{ ...limit, withinDays: 7 }] }, attempts })).to.deep.equal(at('2026-03-11 00:00'));
    expect(rule({ pack: { limits: [{ ...limit, withinDays: 6 }] }, attempts })).to.equal('permit');
    expect(retry({ pack: { limits: [{ ...limit, withinDays: 'calendarMonth' }] }, attempts })).to.deep.equal(at('2026-04-01 00:00'));
  });
  it('never asks again after what the rail names, in the same cycle and mandate', () => {
    const ended = (over: Parameters<typeof attempt>[1]): Change => ({
      pack: { neverAfter: ['disputed'] },
      attempts: [attempt('2026-03-01 09:00', over)],
    });
    expect(refusal(ended({ failure: 'disputed' }))).to.include({ rule: 'neverAfter', retryAt: null });
    expect(rule(ended({ failure: 'disputed', state: 'returned' }))).to.equal('neverAfter');
    expect(rule(ended({ failure: 'disputed', cycle: 'ins_0' }))).to.equal('permit');
    expect(rule(ended({ failure: 'disputed', mandateId: 'mnd_2' }))).to.equal('permit');
    expect(rule(ended({ failure: 'insufficientFunds' }))).to.equal('permit');
  });
});

describe('noticeGiven', () => {
  const rail = { notice: { days: 1, hours: 0, unit: 'calendar', amountBinds: true, validDays: null, source: 'n' } } as const;
  const told = (...notices: ReturnType<typeof notice>[]): Change => ({ pack: rail, facts: { notices } });
  it('relies on a notice of the day before and names it', () => {
    const n = notice('2026-03-09 23:59');
    expect(granted(told(n)).noticeId).to.equal(n.id);
  });
  it('waits until the notice is old enough', () =>
    expect(refusal(told(notice('2026-03-10 00:00')))).to.deep.include({
      rule: 'noticeGiven',
      source: 'n',
      retryAt: at('2026-03-11 00:00'),
    }));
  it('takes no message that was not sent, announced another account or another date', () => {
    expect(retry(told())).to.equal(null);
    for (const state of ['sending', 'failed', 'unsure', 'blocked'] as const)
      expect(rule(told(notice('2026-03-01 09:00', {}, state)))).to.equal('noticeGiven');
    expect(rule(told(notice('2026-03-01 09:00', {}, 'delivered')))).to.equal('permit');
    expect(rule(told(notice('2026-03-01 09:00', { accountLast4: '9999' })))).to.equal('noticeGiven');
    expect(rule(told(notice('2026-03-01 09:00', { dueDate: dueplus(30) })))).to.equal('noticeGiven');
    expect(rule(told({ ...notice('2026-03-01 09:00'), announces: null }))).to.equal('noticeGiven');
  });
  it('never takes more than was announced where the amount binds', () => {
    expect(rule(told(notice('2026-03-01 09:00', { minor: OWED })))).to.equal('permit');
    expect(refusal(told(notice('2026-03-01 09:00', { minor: OWED - 1 })))).to.deep.include({
      rule: 'noticeGiven',
      counters: { before: OWED, limit: OWED - 1 },
    });
    expect(rule({ ...told(notice('2026-03-01 09:00', { minor: 1 })), pack: { notice: { ...rail.notice, amountBinds: false } } })).to.equal(
      'permit',
    );
  });
  it('lets one notice stand for every later debit of the cycle', () =>
    expect(rule({ ...told(notice('2026-03-01 09:00')), now: '2026-04-20 10:00' })).to.equal('permit'));
  it('adds up what was announced for each instalment of a merged debit', () => {
    const merged = (second: number): Change => ({
      ...told(notice('2026-02-01 09:00'), notice('2026-03-20 09:00', { dueDate: dueplus(31), debitDate: dueplus(31), minor: second })),
      now: '2026-04-10 10:00',
      plan: { instalments: [instalment(1, DUE, OWED), instalment(2, dueplus(31), 50_000)] },
      ask: {
        minor: OWED + 50_000,
        aims: [
          { instalmentId: 'ins_1', n: 1, minor: OWED },
          { instalmentId: 'ins_2', n: 2, minor: 50_000 },
        ],
      },
    });
    expect(rule(merged(50_000))).to.equal('permit');
    expect(rule(merged(49_999))).to.equal('noticeGiven');
  });
  it('does not debit before the day that was announced', () => {
    expect(retry({ ...told(notice('2026-03-01 09:00')), now: '2026-03-09 10:00' })).to.deep.equal(at('2026-03-10 00:00'));
    expect(rule({ ...told(notice('2026-03-01 09:00', { debitDate: dueplus(-1) })), now: '2026-03-09 10:00' })).to.equal('permit');
  });
  it('counts bank days, hours and the end of a notice as the rail does', () => {
    const bank = { notice: { ...rail.notice, days: 10, unit: 'business' } } as const;
    expect(rule({ pack: bank, facts: { notices: [notice('2026-02-24 09:00')] } })).to.equal('permit');
    expect(rule({ pack: bank, facts: { notices: [notice('2026-02-25 09:00')] } })).to.equal('noticeGiven');
    const hours = { notice: { ...rail.notice, days: 0, hours: 24 } } as const;
    expect(rule({ pack: hours, facts: { notices: [notice('2026-03-09 10:00')] } })).to.equal('permit');
    expect(retry({ pack: hours, facts: { notices: [notice('2026-03-09 10:01')] } })).to.deep.equal(at('2026-03-10 10:01'));
    const lapsing = { notice: { ...rail.notice, validDays: 8 } } as const;
    expect(rule({ pack: lapsing, facts: { notices: [notice('2026-03-02 09:00')] } })).to.equal('permit');
    expect(rule({ pack: lapsing, facts: { notices: [notice('2026-03-01 09:00')] } })).to.equal('noticeGiven');
  });
});

describe('days and hours', () => {
  it('debits early as far as rail and strategy both allow', () => {
    expect(rule({ now: '2026-03-07 10:00', pack: { earlyDays: 3 }, strategy: { earlyDebitDays: 3 } })).to.equal('permit');
    expect(refusal({ now: '2026-03-06 10:00', pack: { earlyDays: 3 } })).to.deep.include({
      rule: 'earlyDebit',
      source: PACK.sources[0],
      retryAt: at('2026-03-07 00:00'),
    });
    expect(refusal({ now: '2026-03-09 10:00', strategy: { earlyDebitDays: 0 } })).to.deep.include({
      rule: 'earlyDebit',
      source: 'strategy',
      retryAt: at('2026-03-10 00:00'),
    });
  });
  it('calls the bank day before a holiday not early where the strategy debits on it', () => {
    const sunday = { now: '2026-03-13 10:00', plan: { instalments: [instalment(1, businessDate('2026-03-15'), OWED)] } };
    expect(rule({ ...sunday, strategy: { earlyDebitDays: 0, holidayPolicy: 'preceding' } })).to.equal('permit');
    expect(rule({ ...sunday, strategy: { earlyDebitDays: 0, holidayPolicy: 'following' } })).to.equal('earlyDebit');
    expect(rule({ ...sunday, pack: { earlyDays: 1 }, strategy: { earlyDebitDays: 0, holidayPolicy: 'preceding' } })).to.equal('earlyDebit');
  });
  it('is early for the last instalment that a debit takes along', () => {
    const plan = { instalments: [instalment(1, DUE, 1000), instalment(2, dueplus(31), 1000)] };
    const aims = [
      { instalmentId: 'ins_1', n: 1, minor: 1000 },
      { instalmentId: 'ins_2', n: 2, minor: 1000 },
    ];
    expect(rule({ plan, ask: { minor: 2000, aims }, pack: { earlyDays: 0 } })).to.equal('earlyDebit');
  });
  it('ends with the last late day and the last day of re-presenting', () => {
    expect(rule({ now: '2026-03-15 10:00', pack: { lateDays: 5 } })).to.equal('permit');
    expect(refusal({ now: '2026-03-16 10:00', pack: { lateDays: 5 } })).to.include({ rule: 'lateDays', retryAt: null });
    const attempts = [attempt('2026-03-11 09:00')];
    expect(rule({ now: '2026-03-16 10:00', attempts, pack: { representDays: 5 } })).to.equal('permit');
    expect(rule({ now: '2026-03-17 10:00', attempts, pack: { representDays: 5 } })).to.equal('lateDays');
  });
  it('debits on bank days and waits for the next one, in its window', () => {
    const saturday = { now: '2026-03-14 10:00', pack: { businessDaysOnly: true, windows: [{ from: '07:00', to: '22:00' }] } };
    expect(refusal(saturday)).to.deep.include({ rule: 'businessDay', retryAt: at('2026-03-16 07:00') });
    expect(rule({ ...saturday, now: '2026-03-16 10:00' })).to.equal('permit');
  });
  it('opens with the first minute of a window and closes with its last', () => {
    const windows = [
      { from: '07:00', to: '12:00' },
      { from: '13:00', to: '22:00' },
    ];
    expect(rule({ now: '2026-03-10 07:00', pack: { windows } })).to.equal('permit');
    expect(retry({ now: '2026-03-10 06:59', pack: { windows } })).to.deep.equal(at('2026-03-10 07:00'));
    expect(retry({ now: '2026-03-10 12:00', pack: { windows } })).to.deep.equal(at('2026-03-10 13:00'));
    expect(retry({ now: '2026-03-10 22:00', pack: { windows } })).to.deep.equal(at('2026-03-11 07:00'));
    expect(granted({ pack: { windows } }).sendBy).to.deep.equal(at('2026-03-10 12:00'));
  });
  it("judges the rail's hours, the channel's hours and the stop time each in its own zone", () => {
    const windows = [{ from: '07:00', to: '22:00' }];
    expect(rule({ now: '2026-03-10 10:00', pack: { zone: 'America/New_York', windows } })).to.equal('window');
    expect(refusal({ now: '2026-03-10 10:00', channel: { zone: 'America/New_York', windows } })).to.include({
      rule: 'window',
      source: 'channel',
    });
    expect(refusal({ now: '2026-03-10 21:00', strategy: { present: { times: [], stopTime: '21:00' } } })).to.deep.include({
      rule: 'window',
      source: 'strategy',
      retryAt: at('2026-03-11 00:00'),
    });
    expect(rule({ now: '2026-03-10 20:59', strategy: { present: { times: [], stopTime: '21:00' } } })).to.equal('permit');
  });
  it('finds the next instant at which everything is open', () =>
    expect(
      retry({
        now: '2026-03-13 21:30',
        pack: { businessDaysOnly: true, windows: [{ from: '06:00', to: '21:00' }] },
        channel: { windows: [{ from: '08:00', to: '23:00' }], blackouts: [{ from: '08:00', to: '08:30' }] },
      }),
    ).to.deep.equal(at('2026-03-16 08:30')));
  it('gives up where nothing is ever open', () =>
    expect(retry({ pack: { windows: [{ from: '01:00', to: '02:00' }] }, channel: { windows: [{ from: '03:00', to: '04:00' }] } })).to.equal(
      null,
    ));
  it('sends nothing after the cut-off or in a blackout', () => {
    expect(rule({ now: '2026-03-10 22:59', channel: { cutOff: '23:00' } })).to.equal('permit');
    expect(refusal({ now: '2026-03-10 23:00', channel: { cutOff: '23:00' } })).to.deep.include({
      rule: 'cutOff',
      retryAt: at('2026-03-11 00:00'),
    });
    const blackouts = [{ from: '10:00', to: '11:00' }];
    expect(refusal({ channel: { blackouts } })).to.deep.include({ rule: 'blackout', retryAt: at('2026-03-10 11:00') });
    expect(rule({ now: '2026-03-10 11:00', channel: { blackouts } })).to.equal('permit');
    expect(granted({ now: '2026-03-10 09:00', channel: { blackouts, cutOff: '23:00' } }).sendBy).to.deep.equal(at('2026-03-10 10:00'));
    expect(granted({ channel: { cutOff: '23:00' }, strategy: { present: { times: [], stopTime: '22:00' } } }).sendBy).to.deep.equal(
      at('2026-03-10 22:00'),
    );
  });
  it('rests an empty account, whichever plan found it so, and takes the end of the rest as over', () => {
    const retries = { ...STRATEGY.retries, minGapHours: 20 };
    const attempts = [attempt('2026-03-09 14:00')];
    expect(rule({ attempts, strategy: { retries } })).to.equal('permit');
    expect(retry({ attempts, strategy: { retries }, now: '2026-03-10 09:59' })).to.deep.equal(at('2026-03-10 10:00'));
    expect(rule({ facts: { accountAttempts: [attempt('2026-03-10 08:00', { planId: 'pln_2' })] }, strategy: { retries } })).to.equal(
      'minGap',
    );
    expect(rule({ attempts: [attempt('2026-03-10 08:00', { failure: 'channelDown' })], strategy: { retries } })).to.equal('permit');
    expect(rule({ attempts: [attempt('2026-03-10 08:00', { accountKey: 'key_2' })], strategy: { retries } })).to.equal('permit');
  });
  it("excuses a rung of the ladder from the strategy's rest, not from its own minutes, the rail's rest or any cap", () => {
    const rung: Change = {
      strategy: { retries: { ...STRATEGY.retries, minGapHours: 20 } },
      ask: { minor: 60_000, steppedDown: true },
      attempts: [attempt('2026-03-10 09:30')],
    };
    expect(rule(rung)).to.equal('permit');
    expect(retry({ ...rung, now: '2026-03-10 09:59' })).to.deep.equal(at('2026-03-10 10:00'));
    expect(refusal({ ...rung, pack: { minGapHours: 1 } })).to.deep.include({
      rule: 'minGap',
      source: PACK.sources[0],
      retryAt: at('2026-03-10 10:30'),
    });
    expect(rule({ ...rung, caps: { perDay: 1 } })).to.equal('attemptsPerDay');
    expect(rule({ ...rung, attempts: [attempt('2026-03-10 09:30', { planId: 'pln_2' })] })).to.equal('minGap');
    expect(rule({ ...rung, attempts: [attempt('2026-03-09 23:30')] })).to.equal('minGap');
  });
});

describe('brake', () => {
  it('stops where too many results are unknown', () => {
    expect(rule({ facts: { channelBrake: { openUnknown: 9, recentShare: 0.19 } } })).to.equal('permit');
    expect(refusal({ facts: { channelBrake: { openUnknown: 10, recentShare: 0 } } })).to.deep.include({
      rule: 'brake',
      counters: { before: 10, limit: 10 },
    });
    expect(rule({ facts: { channelBrake: { openUnknown: 0, recentShare: 0.2 } } })).to.equal('brake');
  });
});

describe('no facts whatever make the gate permit', () => {
  const states: AttemptState[] = ['created', 'submitted', 'accepted', 'unknown', 'succeeded', 'failed', 'unsent', 'voided', 'returned'];
  const OPEN = new Set<AttemptState>(['created', 'submitted', 'accepted', 'unknown']);
  const past = fc.record({
    state: fc.constantFrom(...states),
    day: fc.integer({ min: 1, max: 28 }),
    part: fc.constantFrom(null, 1, 2),
    minor: fc.integer({ min: 1, max: OWED }),
  });
  const situation = fc.record({
    history: fc.array(past, { maxLength: 6 }),
    minor: fc.integer({ min: -5, max: 2 * OWED }),
    paid: fc.integer({ min: 0, max: OWED }),
    mandate: fc.constantFrom<MandateState>('active', 'active', 'active', 'suspended', 'revoked', 'pending'),
    stop: fc.constantFrom(null, null, null, 'all', 'lender:lnd_1', 'channel:sim', 'lender:lnd_2'),
    part: fc.constantFrom(null, null, 1, 2, 3),
    steppedDown: fc.boolean(),
    hour: fc.integer({ min: 0, max: 23 }),
    trigger: fc.constantFrom('early', 'due', 'retry', 'stepDown', 'overdue'),
    elsewhere: fc.boolean(),
  });
  type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never;
  const built = (s: Situation) => {
    const attempts = s.history.map((h, k) =>
      attempt(`2026-02-${String(h.day).padStart(2, '0')} 09:00`, {
        id: `att_p${k}`,
        n: k + 1,
        state: h.state,
        open: OPEN.has(h.state),
        part: h.part,
        amount: { minor: h.minor, currency: 'CNY' },
      }),
    );
    return debit({
      now: `2026-03-10 ${String(s.hour).padStart(2, '0')}:00`,
      plan: { instalments: [instalment(1, DUE, OWED, s.paid)] },
      mandate: { state: s.mandate },
      attempts: s.elsewhere ? [] : attempts,
      facts: { stops: s.stop ? [stop(s.stop as 'all')] : [], ...(s.elsewhere ? { accountAttempts: attempts } : {}) },
      ask: { minor: s.minor, part: s.part, steppedDown: s.steppedDown, trigger: s.trigger as 'due' },
    });
  };
  const permitted = (s: Situation): boolean => {
    const { ask, facts } = built(s);
    return permit(ask, facts).kind === 'permit';
  };
  const never = (bad: (s: Situation) => boolean) => {
    let seen = 0;
    let through = 0;
    fc.assert(
      fc.property(situation, (s) => {
        if (bad(s)) seen += 1;
        const yes = permitted(s);
        if (yes) through += 1;
        expect(yes && bad(s)).to.equal(false);
      }),
      { numRuns: 2000, seed: 7 },
    );
    expect(seen, 'bad situations tried').to.be.above(100);
    expect(through, 'good situations that passed').to.be.above(20);
  };
  it('while an attempt is open', () => never((s) => s.history.some((h) => OPEN.has(h.state))));
  it('while the mandate is not active', () => never((s) => s.mandate !== 'active'));
  it('while a stop covers the debit', () => never((s) => s.stop !== null && s.stop !== 'lender:lnd_2'));
  it('more than is open, or nothing', () => never((s) => s.minor > OWED - s.paid || s.minor < 1));
});

describe('the zone of the tests', () =>
  it('is Shanghai, where the business day begins at 16:00 UTC', () =>
    expect(at('2026-03-10 00:00', ZONE).toISOString()).to.equal('2026-03-09T16:00:00.000Z')));
