/** What evidence proves of a discrepancy, case by case, and what it does not. */
import { expect } from 'chai';
import type { Attempt } from '../../src/domain/attempt.ts';
import { parseInstant } from '../../src/domain/clock.ts';
import { deedOf } from '../../src/domain/desk.ts';
import { type Asked, type Discrepancy, NEW_DISCREPANCY } from '../../src/domain/discrepancy.ts';
import { walked } from '../../src/domain/discrepancy-step.ts';
import { causeIfCorrected, findings, type Known, wantsAsking } from '../../src/domain/explain-discrepancy.ts';
import { restated, suspenseOf } from '../../src/domain/suspense.ts';

const NOW = parseInstant('2026-01-09T00:00:00Z');
const asked = (kind: string, minor: number | null = null, channelTradeNo: string | null = null): Asked => ({
  kind,
  minor,
  channelTradeNo,
  rawCode: '00',
  rawText: kind,
  at: NOW,
});

/** `theirs` and `ours`: what each side moved when it was found. */
function found(kind: Discrepancy['kind'], theirs: number | null, ours: number, change: Partial<Discrepancy> = {}): Discrepancy {
  return {
    ...NEW_DISCREPANCY,
    id: 'dis_1',
    lenderId: 'lnd_1',
    key: 'k',
    kind,
    says: '',
    facts: { movement: 'payment', theirs: theirs === null ? null : { minor: theirs, status: 'succeeded' }, channelTradeNo: 'T1' },
    attemptId: 'att_1',
    bucket: 0,
    channel: 'ch',
    outTradeNo: 'D1',
    oursMinor: ours,
    currency: 'CNY',
    suspense: suspenseOf('ch', (theirs ?? 0) - ours),
    state: kind === 'carriedOver' ? 'carriedOver' : 'suspense',
    openedAt: NOW,
    ...change,
  };
}
const attempt = (change: Partial<Attempt> = {}): Attempt =>
  ({
    id: 'att_1',
    state: 'succeeded',
    amount: { minor: 500, currency: 'CNY' },
    takenOn: '2026-01-08',
    returnedOn: null,
    channelTradeNo: 'T1',
    ...change,
  }) as Attempt;
const known = (change: Partial<Known> = {}): Known => ({
  attempt: attempt(),
  refundMinor: null,
  asked: null,
  nextDayPassed: false,
  now: NOW,
  ...change,
});

/** The cause and state after everything that is known has been written down. */
function knowing(d: Discrepancy, k: Partial<Known>): string {
  const steps = findings(d, known(k)).map((f) => ({ ...f, at: NOW, by: 'duly' }));
  const { row } = walked(d, steps);
  return `${row.state} ${row.cause}`;
}

describe('explaining a discrepancy', () => {
  it('says nothing new where nothing is known', () => {
    expect(findings(found('shortage', null, 500), known())).to.deep.equal([]);
    expect(findings(found('carriedOver', null, 500), known())).to.deep.equal([]);
  });

  it('closes what agrees by now, and reverses exactly what was held', () => {
    const d = found('surplus', 500, 0, { facts: { movement: 'payment', theirs: { minor: 500 }, attemptState: 'unknown' } });
    expect(knowing(d, { attempt: attempt({ takenOn: null }) })).to.equal('suspense null');
    expect(knowing(d, {})).to.equal('corrected lostResult');
    const [step] = findings(d, known());
    expect(walked(d, [{ ...step!, at: NOW, by: 'duly' }]).row.suspense).to.deep.equal([]);
  });

  it('calls a late success so where the attempt had ended, and a denial by what the attempt has become', () => {
    const late = found('surplus', 500, 0, { facts: { movement: 'payment', theirs: { minor: 500 }, attemptState: 'failed' } });
    expect(knowing(late, {})).to.equal('corrected lateSuccess');
    expect(knowing(found('shortage', null, 500), { attempt: attempt({ state: 'failed', takenOn: null }) })).to.equal(
      'corrected neverTaken',
    );
  });

  it('names a missing row only when the next day’s file has passed without it', () => {
    expect(knowing(found('shortage', null, 500), { asked: asked('succeeded', 500) })).to.equal('suspense null');
    expect(knowing(found('shortage', null, 500), { nextDayPassed: true })).to.equal('suspense missingRow');
    expect(knowing(found('carriedOver', null, 500), { nextDayPassed: true })).to.equal('suspense missingRow');
    expect(knowing(found('shortage', null, 500), { nextDayPassed: true, asked: asked('notFound') })).to.equal('suspense notFound');
  });

  it('takes the channel’s word on amounts and states, and never a silence for one', () => {
    expect(knowing(found('amountMismatch', 600, 500), { asked: asked('succeeded', 500) })).to.equal('suspense changedAmount');
    expect(knowing(found('amountMismatch', 600, 500), { asked: asked('succeeded', 600) })).to.equal('suspense otherAmount');
    expect(knowing(found('amountMismatch', 600, 500), { asked: asked('unknown') })).to.equal('suspense null');
    const refused = found('statusMismatch', 0, 500, { facts: { movement: 'payment', theirs: { minor: 0, status: 'failed' } } });
    expect(knowing(refused, { asked: asked('succeeded', 500) })).to.equal('suspense changedStatus');
    expect(knowing(refused, { asked: asked('unknown') })).to.equal('suspense null');
  });

  it('tells a doubled row from a second debit by the channel’s own number', () => {
    expect(knowing(found('duplicate', 500, 0), { asked: asked('succeeded', 500, 'T1') })).to.equal('suspense doubledRow');
    expect(knowing(found('duplicate', 500, 0), {})).to.equal('suspense null');
    const other = found('duplicate', 500, 0, { facts: { movement: 'payment', theirs: { minor: 500 }, channelTradeNo: 'T2' } });
    expect(knowing(other, { asked: asked('succeeded', 500, 'T1') })).to.equal('suspense takenTwice');
  });

  it('calls a number unknown when the channel does not know it either, and says so where it does', () => {
    const stray = found('surplus', 88, 0, { attemptId: null, lenderId: 'house' });
    expect(knowing(stray, { attempt: null, asked: asked('notFound') })).to.equal('suspense unknownRow');
    expect(knowing(stray, { attempt: null, asked: asked('succeeded', 88) })).to.equal('suspense notOurs');
    const harmless = found('statusMismatch', 0, 0, { attemptId: null, state: 'open' });
    expect(knowing(harmless, { attempt: null })).to.equal('corrected unknownRow');
  });

  it('posts the difference where our side has changed and both still differ', () => {
    const d = found('surplus', 600, 0);
    const [step] = findings(d, known());
    expect(step?.type).to.equal('restated');
    expect(walked(d, [{ ...step!, at: NOW, by: 'duly' }]).row.suspense).to.deep.equal(suspenseOf('ch', 100));
    expect(restated(found('amountMismatch', 600, 500), 'ch', 600, 500)).to.deep.equal([]);
  });

  it('asks the channel about what a row cannot prove, and about nothing twice', () => {
    expect(wantsAsking(found('shortage', null, 500), attempt())).to.equal(true);
    expect(wantsAsking(found('duplicate', 500, 0), attempt())).to.equal(true);
    expect(wantsAsking(found('surplus', 88, 0, { attemptId: null }), null)).to.equal(true);
    expect(wantsAsking(found('surplus', 500, 0), attempt())).to.equal(false);
    expect(wantsAsking(found('carriedOver', null, 500), attempt())).to.equal(false);
    expect(wantsAsking(found('statusMismatch', -500, 0, { facts: { movement: 'return' } }), attempt())).to.equal(false);
    expect(wantsAsking(found('shortage', null, 500, { asked: asked('succeeded') }), attempt())).to.equal(false);
    expect(wantsAsking(found('shortage', null, 500, { asked: asked('unknown') }), attempt())).to.equal(true);
  });

  it('leaves alone what others explain: files that are late, deposits that differ', () => {
    const deposit = found('depositMismatch', 500, 0, { facts: {}, attemptId: null });
    expect(findings(deposit, known({ attempt: null, asked: asked('notFound') }))).to.deep.equal([]);
  });

  it('knows what a corrected file proves of each kind', () => {
    const kinds = ['shortage', 'carriedOver', 'amountMismatch', 'statusMismatch', 'duplicate'] as const;
    expect(kinds.map((kind) => causeIfCorrected(found(kind, 1, 0)))).to.deep.equal([
      'missingRow',
      'missingRow',
      'changedAmount',
      'changedStatus',
      'doubledRow',
    ]);
    expect(causeIfCorrected(found('surplus', 88, 0, { attemptId: null }))).to.equal('unknownRow');
    expect(causeIfCorrected(found('surplus', 500, 0))).to.equal('correctedFile');
  });

  it('accepts by bringing the attempt to what the file says, where it is the attempt that differs', () => {
    const becomes = (d: Discrepancy, a: Attempt | null) => deedOf(d, 'accept', {}, a);
    expect(becomes(found('shortage', null, 500), attempt())).to.deep.equal({ kind: 'attempt', becomes: 'failed' });
    expect(becomes(found('surplus', 500, 0), attempt({ state: 'failed', takenOn: null }))).to.deep.equal({
      kind: 'attempt',
      becomes: 'succeeded',
    });
    const back = found('statusMismatch', -500, 0, { facts: { movement: 'return', theirs: { minor: -500 } }, theirsMinor: 500 });
    expect(becomes(back, attempt())).to.deep.equal({ kind: 'attempt', becomes: 'returned' });
    expect(() => becomes({ ...back, theirsMinor: 400 }, attempt()), 'a part went back').to.throw('adjust it');
    expect(becomes(found('amountMismatch', 499, 500), attempt())).to.include({ kind: 'post', move: 'correct' });
  });

  it('accepts no row that is still pending as a denial, and nothing that the file has no money of as a fee', () => {
    const row = (status: string) => found('statusMismatch', 0, 500, { facts: { movement: 'payment', theirs: { minor: 0, status } } });
    expect(deedOf(row('failed'), 'accept', {}, attempt())).to.deep.equal({ kind: 'attempt', becomes: 'failed' });
    expect(() => deedOf(row('pending'), 'accept', {}, attempt())).to.throw('ask the channel');
    const gone = found('shortage', null, 500);
    expect(() => deedOf(gone, 'accept', {}, attempt({ state: 'returned' })), 'it went back already').to.throw('write it off');
    expect(deedOf(gone, 'writeOff', {}, attempt({ state: 'returned' }))).to.include({ kind: 'post', move: 'writeOff' });
  });
});
