import { expect } from 'chai';
import fc from 'fast-check';
import type { AttemptState } from '../../src/domain/attempt.ts';
import type { Instant } from '../../src/domain/clock.ts';
import { permit } from '../../src/domain/gate.ts';
import type { MandateState } from '../../src/domain/mandate.ts';
import type { HoldKind } from '../../src/domain/plan.ts';
import { ask, counter, granted, refusal, retry, rule, stop } from '../support/gate-asks.ts';
import { at, attempt, DUE, debit, dueplus, instalment, OWED, ZONE } from '../support/gate-case.ts';

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
