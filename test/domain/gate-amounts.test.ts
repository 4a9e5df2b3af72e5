import { expect } from 'chai';
import type { AttemptState } from '../../src/domain/attempt.ts';
import { counter, granted, refusal, retry, rule } from '../support/gate-asks.ts';
import { at, attempt, type Change, DUE, dueplus, instalment, OWED, PACK } from '../support/gate-case.ts';

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
