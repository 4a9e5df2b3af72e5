import { expect } from 'chai';
import { businessDate } from '../../src/domain/clock.ts';
import { granted, refusal, retry, rule } from '../support/gate-asks.ts';
import { at, attempt, type Change, DUE, dueplus, instalment, notice, OWED, PACK, STRATEGY } from '../support/gate-case.ts';

describe('noticeGiven', () => {
  const rail = { notice: { days: 1, hours: 0, unit: 'calendar', amountBinds: true, validDays: null, source: 'n' } } as const;
  const told = (...notices: ReturnType<typeof notice>[]): Change => ({ pack: rail, facts: { notices } });
  it('relies on a notice of the day before and names it', () => {
    const n = notice('2026-03-09 23:59');
    expect(granted(told(n)).noticeId).to.equal(n.id);
  });
  it('relies on the newest of the messages that announced as much', () => {
    const [older, newer, smaller] = [notice('2026-03-07 09:00'), notice('2026-03-09 09:00'), notice('2026-03-09 10:00', { minor: 1 })];
    expect(granted(told(older, newer, smaller)).noticeId).to.equal(newer.id);
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
