import { expect } from 'chai';
import type { ChannelProfile } from '../../src/domain/channel-profile.ts';
import { type ChannelFacts, feeOf, type RouteAsk, route } from '../../src/domain/route.ts';
import { at, CHANNEL } from '../support/gate-case.ts';

const NOW = at('2026-03-10 10:00');
const open: ChannelFacts = { on: true, successRate: null, usedToday: 0, nsf: null, stops: [] };
const channel = (
  name: string,
  successRate: number,
  fee: ChannelProfile['fee'],
  over: Partial<ChannelProfile> = {},
  facts: Partial<ChannelFacts> = {},
) => ({
  profile: { ...CHANNEL, name, successRate, fee, cutOff: '23:00', ...over },
  facts: { ...open, ...facts },
});
type Over = Readonly<{ profile?: Partial<ChannelProfile>; facts?: Partial<ChannelFacts> }>;
const A = ({ profile, facts }: Over = {}) => channel('a', 0.965, { share: '0.002', min: 0, flat: 0 }, profile, facts);
const B = ({ profile, facts }: Over = {}) => channel('b', 0.94, { share: '0', min: 0, flat: 120 }, profile, facts);
const C = ({ profile, facts }: Over = {}) => channel('c', 0.98, { share: '0.006', min: 0, flat: 0 }, profile, facts);
const ask: RouteAsk = {
  lenderId: 'lnd_1',
  planId: 'pln_1',
  n: 1,
  rail: 'simulator',
  currency: 'CNY',
  minor: 110_016,
  mandateChannels: [],
  lossIfMissed: 0.08,
  standbyShare: 0,
  lastChannel: null,
  lastFailure: null,
};

describe('routing', () => {
  it('follows the worked example to the cent: A 82.73, B 81.53, C 79.65', () => {
    const answer = route(ask, [B(), C(), A()], NOW);
    expect(answer.channel).to.equal('a');
    expect(answer.ranked.map((r) => [r.channel, r.value])).to.deep.equal([
      ['a', 8273],
      ['b', 8153],
      ['c', 7965],
    ]);
    expect(answer.ranked[0]!.because).to.equal('96.5 % of 1,100.16 CNY, fee 2.20 CNY');
  });
  it("takes B in A's blackout and keeps the reason", () => {
    const answer = route(ask, [A({ profile: { blackouts: [{ from: '09:30', to: '10:30' }] } }), B(), C()], NOW);
    expect(answer.channel).to.equal('b');
    expect(answer.filtered).to.deep.equal([{ channel: 'a', because: 'closed for maintenance until 2026-03-10T02:30:00.000Z' }]);
  });
  it('prefers what was learned to what the contract promised', () =>
    expect(route(ask, [A({ facts: { successRate: 0.9 } }), B()], NOW).channel).to.equal('b'));
  it('charges the share or its minimum, and the flat part', () => {
    expect(feeOf({ ...CHANNEL, fee: { share: '0.002', min: 100, flat: 5 } }, 40_000)).to.equal(105);
    expect(feeOf({ ...CHANNEL, fee: { share: '0.002', min: 100, flat: 5 } }, 60_000)).to.equal(125);
  });
  it('says that none can take it', () =>
    expect(route(ask, [A({ facts: { on: false } })], NOW)).to.include({ channel: null, because: 'no channel can take the debit now' }));
  it('is the same for equal values in any order', () => {
    const twin = channel('a2', 0.965, { share: '0.002', min: 0, flat: 0 });
    expect(route(ask, [twin, A()], NOW).channel).to.equal('a');
    expect(route(ask, [A(), twin], NOW).channel).to.equal('a');
  });
});

describe('the filters of routing', () => {
  const filtered = (over: Over, change: Partial<RouteAsk> = {}): boolean => route({ ...ask, ...change }, [A(over)], NOW).channel === null;
  it('drop a channel that is off or stopped', () => {
    const stop = (scope: 'all' | `lender:${string}` | `channel:${string}`) => ({
      facts: { stops: [{ scope, by: 'ann', why: '', at: NOW }] },
    });
    expect(filtered({})).to.equal(false);
    expect(filtered({ facts: { on: false } })).to.equal(true);
    for (const scope of ['all', 'channel:a', 'lender:lnd_1'] as const) expect(filtered(stop(scope))).to.equal(true);
    expect(filtered(stop('channel:b'))).to.equal(false);
  });
  it('drop what rail, currency or mandate do not fit', () => {
    expect(filtered({}, { rail: 'ach' })).to.equal(true);
    expect(filtered({ profile: { currencies: ['USD'] } })).to.equal(true);
    expect(filtered({}, { mandateChannels: ['b'] })).to.equal(true);
    expect(filtered({}, { mandateChannels: ['a'] })).to.equal(false);
  });
  it('drop what is above a limit, equal passes', () => {
    expect(filtered({ profile: { perDebitLimit: 110_016 } })).to.equal(false);
    expect(filtered({ profile: { perDebitLimit: 110_015 } })).to.equal(true);
    expect(filtered({ profile: { dailyLimitPerAccount: 110_017 }, facts: { usedToday: 1 } })).to.equal(false);
    expect(filtered({ profile: { dailyLimitPerAccount: 110_017 }, facts: { usedToday: 2 } })).to.equal(true);
  });
  it('drop a channel near its ceiling of debits without funds', () => {
    expect(filtered({ facts: { nsf: { count: 89, ceiling: 100 } } })).to.equal(false);
    expect(filtered({ facts: { nsf: { count: 90, ceiling: 100 } } })).to.equal(true);
  });
  it('drop a channel outside its hours or past its cut-off', () => {
    expect(filtered({ profile: { windows: [{ from: '10:00', to: '11:00' }] } })).to.equal(false);
    expect(filtered({ profile: { windows: [{ from: '11:00', to: '12:00' }] } })).to.equal(true);
    expect(filtered({ profile: { cutOff: '10:01' } })).to.equal(false);
    expect(filtered({ profile: { cutOff: '10:00' } })).to.equal(true);
  });
});

describe('an empty account', () => {
  const empty = { ...ask, lastChannel: 'c', lastFailure: 'insufficientFunds' } as const;
  it('is met again through the same channel, though another is worth more', () =>
    expect(route(empty, [A(), B(), C()], NOW).channel).to.equal('c'));
  it('waits where that channel is closed for the moment', () =>
    expect(route(empty, [A(), C({ profile: { blackouts: [{ from: '09:00', to: '11:00' }] } })], NOW)).to.include({ channel: null }));
  it('is free again where that channel is off or gone', () => {
    expect(route(empty, [A(), C({ facts: { on: false } })], NOW).channel).to.equal('a');
    expect(route(empty, [A(), B()], NOW).channel).to.equal('a');
  });
  it('never goes to a standby', () => {
    for (let n = 1; n <= 200; n++) expect(route({ ...empty, n, standbyShare: 0.05 }, [A(), B(), C()], NOW).channel).to.equal('c');
  });
  it('binds no other failure: a channel that was down is left', () =>
    expect(route({ ...empty, lastFailure: 'channelDown' }, [A(), B(), C()], NOW).channel).to.equal('a'));
});

describe('standby channels', () => {
  const sent = (standbyShare: number) => {
    const counts: Record<string, number> = { a: 0, b: 0, c: 0 };
    for (let n = 1; n <= 5000; n++)
      counts[route({ ...ask, planId: `pln_${n % 500}`, n, standbyShare }, [A(), B(), C()], NOW).channel!]! += 1;
    return counts;
  };
  it('get their share, both of them, and the best keeps the rest', () => {
    const { a, b, c } = sent(0.04);
    expect(a).to.be.within(4750, 4850);
    expect(b).to.be.within(70, 130);
    expect(c).to.be.within(70, 130);
  });
  it('get nothing where the share is 0, or where there is one channel', () => {
    expect(sent(0)).to.deep.equal({ a: 5000, b: 0, c: 0 });
    for (let n = 1; n <= 100; n++) expect(route({ ...ask, n, standbyShare: 1 }, [A()], NOW).channel).to.equal('a');
  });
  it('get the same debits every time', () => expect(sent(0.04)).to.deep.equal(sent(0.04)));
});
