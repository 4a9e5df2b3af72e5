/** What an answer may do to an attempt: it must fit the intent, it ends nothing it cannot prove, and late money is booked on binding evidence alone. */
import { expect } from 'chai';
import { loadChannelProfiles } from '../../config/channels.ts';
import type { Answer, Echo } from '../../src/channels/channel.ts';
import type { Attempt, Evidence } from '../../src/domain/attempt.ts';
import { type Instant, parseInstant, plusMinutes } from '../../src/domain/clock.ts';
import { moved, type Said } from '../../src/flows/moves.ts';
import { claimOf, intent } from '../support/diary-intent.ts';
import { loan } from '../support/loan.ts';

const PROFILE = loadChannelProfiles().get('simulator')!;
const NOW = parseInstant('2026-01-25T01:11:00Z');
const said = { rawCode: '', rawText: '' };
const echo = (change: Partial<Echo> = {}): Echo => ({ amount: { minor: 5000, currency: 'CNY' }, accountLast4: '0019', at: NOW, ...change });
const paid = (change: Partial<Echo> = {}): Said => ({ ...said, kind: 'succeeded', channelTradeNo: 'T1', echo: echo(change) });
const failed: Said = { ...said, kind: 'failed', failure: 'insufficientFunds', channelTradeNo: null };
const notFound: Said = { ...said, kind: 'notFound' };
const returned: Answer = { ...said, kind: 'returned', channelTradeNo: 'T1', echo: echo(), at: NOW, failure: 'insufficientFunds' };

const attempt = (change: Partial<Attempt> = {}) => intent('pln_1', claimOf('t'), { open: change.state !== 'failed', ...change });
const hear = (a: Attempt, what: Said, kind: Evidence['kind'] = 'query', now: Instant = NOW, plan = loan()) =>
  moved(a, plan, { attemptId: a.id, said: what, evidence: { kind, ref: 'r' }, by: 'duly', why: 'a test' }, PROFILE, 'Asia/Shanghai', now);

describe('an answer', () => {
  const wrong: Record<string, Partial<Echo>> = {
    'another amount': { amount: { minor: 4999, currency: 'CNY' } },
    'another currency': { amount: { minor: 5000, currency: 'USD' } },
    'another account': { accountLast4: '0027' },
    'a time before the intent': { at: parseInstant('2026-01-25T01:09:59Z') },
  };
  for (const [what, change] of Object.entries(wrong))
    for (const state of ['submitted', 'accepted', 'unknown'] as const)
      it(`with ${what} leaves a ${state} attempt unknown, books nothing, and is a discrepancy`, () => {
        const step = hear(attempt({ state, unknownBy: state === 'unknown' ? 'bank' : null }), paid(change));
        expect(step.attempt).to.include({ state: 'unknown', open: true });
        expect(step.plan.receipts).to.deep.equal([]);
        expect(step.events.flatMap((e) => e.posting)).to.deep.equal([]);
        expect(step.discrepancies.map((d) => d.kind)).to.deep.equal(['answerMismatch']);
      });

  it('that fits is booked, at the bank’s own time', () => {
    const step = hear(attempt(), paid({ at: parseInstant('2026-01-25T16:30:00Z') }), 'reply');
    expect(step.attempt).to.include({ state: 'succeeded', open: false, channelTradeNo: 'T1' });
    expect(step.plan.receipts.map((r) => [r.minor, r.valueDate])).to.deep.equal([[5000, '2026-01-26']]);
    expect(step.events[0]?.posting.reduce((sum, l) => sum + l.minor, 0)).to.equal(0);
  });

  it('heard twice does no more than once', () => {
    const once = hear(attempt(), paid());
    const twice = hear(once.attempt, paid(), 'news', NOW, once.plan);
    expect(twice.events).to.deep.equal([]);
    expect(twice.plan).to.equal(once.plan);
  });

  it('out of order does no harm: a return that is told before the success books both, and the success then says nothing new', () => {
    const back = hear(attempt({ state: 'unknown' }), returned, 'news');
    expect(back.events.map((e) => e.to)).to.deep.equal(['succeeded', 'returned']);
    expect(back.plan.receipts.map((r) => r.back)).to.deep.equal([true]);
    const late = hear(back.attempt, paid(), 'news', NOW, back.plan);
    expect(late.attempt.state).to.equal('returned');
    expect(late.plan).to.equal(back.plan);
    expect(hear(back.attempt, returned, 'news', NOW, back.plan).events).to.deep.equal([]);
  });

  it('that money was taken after all changes a final attempt on a statement or a person’s word alone', () => {
    for (const state of ['failed', 'unsent', 'voided', 'returned'] as const) {
      const final = attempt({ state, open: false });
      for (const kind of ['query', 'news', 'reply'] as const) {
        const step = hear(final, paid(), kind);
        expect(step.attempt.state, `${state} by ${kind}`).to.equal(state);
        expect(step.discrepancies).to.have.length(1);
      }
      for (const kind of ['statement', 'person'] as const) expect(hear(final, paid(), kind).attempt.state).to.equal('succeeded');
    }
  });

  it('that it was refused takes a booked success back on a statement or a person’s word alone', () => {
    const { attempt: done, plan } = hear(attempt(), paid());
    expect(hear(done, failed, 'news', NOW, plan).attempt.state).to.equal('succeeded');
    const denied = hear(done, failed, 'statement', NOW, plan);
    expect(denied.attempt.state).to.equal('failed');
    expect(denied.plan.receipts.map((r) => r.back)).to.deep.equal([true]);
  });

  it('of a duplicate is read as "the bank has it already": unknown, asked at once, never failed', () => {
    const step = hear(attempt(), { ...said, kind: 'duplicate' }, 'reply');
    expect(step.attempt).to.deep.include({ state: 'unknown', open: true, ask: { at: NOW, n: 0 } });
  });
});

describe('voided', () => {
  const expiry = attempt().validUntil as Instant;
  const horizon = plusMinutes(expiry, PROFILE.queryHorizonMinutes);
  const unknown = attempt({ state: 'unknown', unknownBy: 'bank' });

  it('is written only after the expiry that the bank enforces and the horizon of its query, never inside', () => {
    for (const inside of [NOW, expiry, plusMinutes(expiry, 1), horizon])
      expect(hear(unknown, notFound, 'query', inside).attempt, inside.toISOString()).to.include({ state: 'unknown', open: true });
    const after = hear(unknown, notFound, 'query', plusMinutes(horizon, 1)).attempt;
    expect(after).to.include({ state: 'voided', open: false, slot: null });
  });

  it('is never written where the request carried no expiry: the statement or a person must say', () => {
    const open = { ...unknown, validUntil: null };
    expect(hear(open, notFound, 'query', plusMinutes(horizon, 100_000)).attempt.state).to.equal('unknown');
    expect(hear(open, { ...said, kind: 'voided' }, 'query').attempt.state).to.equal('unknown');
    expect(hear(open, { ...said, kind: 'voided' }, 'person').attempt.state).to.equal('voided');
  });

  it('is not written at once for what the bank had accepted: that is unknown first', () => {
    expect(hear(attempt({ state: 'accepted' }), notFound, 'query', plusMinutes(horizon, 1)).attempt.state).to.equal('unknown');
  });
});

describe('the ladder of questions', () => {
  it('asks after 1, 5, 15 and 60 minutes, then hourly, then daily, and opens a case when the first day’s first rungs are done', () => {
    let a = hear(attempt(), { ...said, kind: 'unknown' }).attempt;
    const waits: number[] = [];
    const cases: number[] = [];
    for (let k = 0; k < 29; k++) {
      const at = a.ask!.at;
      const step = hear(a, { ...said, kind: 'unknown' }, 'query', at);
      waits.push((step.attempt.ask!.at.getTime() - at.getTime()) / 60_000);
      cases.push(step.discrepancies.length);
      a = step.attempt;
    }
    expect(waits.slice(0, 4)).to.deep.equal([5, 15, 60, 60]);
    expect(waits.slice(4, 25)).to.deep.equal(Array(21).fill(60));
    expect(waits.slice(26)).to.deep.equal([1440, 1440, 1440]);
    expect(cases.indexOf(1)).to.equal(3);
  });
});
