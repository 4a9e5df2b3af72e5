/** What debits did, and what the bank says of it: data is made to say what I1 to I10 forbid, and exactly that is reported. */
import { expect } from 'chai';
import { Long } from 'mongodb';
import { parseInstant, plusMinutes, plusMs } from '../../src/domain/clock.ts';
import { ANSWER_PENDING } from '../../src/domain/plan.ts';
import { spoiltHouse } from './spoilt-house.ts';
import { check } from './support.ts';

const long = (n: number) => Long.fromNumber(n);
const SEEN = ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8', 'I9', 'I10', 'I13', 'I26'];
/** What the bank's book shows whenever it took another sum than it told. */
const LOST = ['I26', 'what the payers’ accounts lost is not what the bank paid in and charged', 'simulator CNY'] as const;

describe('check finds', function () {
  this.timeout(240_000);
  const { house, spoil, tested, expectFound, succeeded, failed, firstRow, core } = spoiltHouse(SEEN);

  describe('I1 double debits', () => {
    it('by the attempts: two succeeded for one instalment', async () => {
      const a = await succeeded();
      const later = await spoil.find('attempts', { planId: a.planId, state: 'succeeded', n: { $gt: a.n } });
      const aims = [{ ...later.aims[0], instalmentId: a.aims[0].instalmentId, n: a.aims[0].n }];
      await spoil.set('attempts', later._id, core(later, { aims }));
      await expectFound(
        ['I1', 'debits of an instalment succeeded for more than was due', a.aims[0].instalmentId],
        ['I3', 'the bank received another memo than was intended', later._id],
      );
    });

    it('by the bank’s book: it took more than was due', async () => {
      const a = await succeeded();
      const row = await firstRow(a);
      await spoil.insert('simbank_book', { ...row, _id: `${row._id}#result`, arrival: false, seq: null });
      await expectFound(['I1', 'the bank took more for an instalment than was due', a.aims[0].instalmentId], LOST);
    });
  });

  it('I1 more penalty taken than was due', async () => {
    const a = await succeeded();
    const row = await firstRow(a);
    const [due] = String(row.memo).split(':');
    await spoil.insert('simbank_book', { ...row, _id: `${row._id}#result`, arrival: false, seq: null, memo: `${due}p:${a.amount.minor}` });
    await expectFound(['I1', 'the bank took more penalty for an instalment than was due', a.aims[0].instalmentId], LOST);
  });

  describe('I2 two debits in flight', () => {
    it('now', async () => {
      await spoil.unguard('attempts', 'one_open');
      const a = await succeeded();
      for (const n of [901, 902]) {
        const birth = {
          _id: `att_TEST${n}`,
          n,
          outTradeNo: `TEST${n}`,
          slotKey: `TEST${n}`,
          slot: null,
          createdAt: house().world.clock.now(),
        };
        await spoil.insert('attempts', { ...a, ...core(a, birth), state: 'submitted', open: true, eventN: 1, born: 'submitted' });
      }
      await expectFound(
        ['I2', 'a plan has more than one open attempt', a.planId],
        ['I2', 'an attempt was born while the one before it was open', 'att_TEST902'],
        ['I13', 'a channel’s files are not our records and what is in suspense', 'simulator CNY'],
      );
    });

    it('at an earlier moment of its history', async () => {
      const a = await spoil.find('attempts', { n: 2 });
      const before = await spoil.find('attempts', { planId: a.planId, n: 1 });
      const row = await firstRow(before);
      const event = await spoil.find('events', { subject: before._id, to: { $ne: 'unknown' } });
      await spoil.set('events', event._id, { at: plusMinutes(a.createdAt, 5) });
      expect(row.at < a.createdAt).to.equal(true);
      await expectFound(['I2', 'an attempt was born while the one before it was open', a._id]);
    });
  });

  describe('I3 orders without intent', () => {
    it('an order nobody intended', async () => {
      const row = await firstRow(await failed());
      await spoil.insert('simbank_book', { ...row, _id: 'simulator/STRAY', orderNo: 'STRAY', seq: null });
      await expectFound(['I3', 'an order at the bank has not exactly one attempt', 'simulator/STRAY']);
    });

    it('two attempts of one number', async () => {
      await spoil.unguard('attempts', 'channel_number');
      const a = await spoil.find('attempts', { state: 'failed', n: 1 });
      await spoil.insert('attempts', {
        ...a,
        _id: `${a._id.slice(0, -1)}~`,
        n: 903,
        slotKey: 'x',
        ...core(a, { n: 903 }),
        state: 'unsent',
        eventN: 1,
        born: 'unsent',
      });
      const { violations } = await check(house());
      expect(
        violations.filter((v) => v.says === 'an order at the bank has not exactly one attempt').flatMap((v) => v.rows.map((r) => r.id)),
      ).to.deep.equal([`simulator/${a.outTradeNo}`]);
    });

    it('another amount', async () => {
      const a = await failed();
      const row = await firstRow(a);
      await spoil.set('simbank_book', row._id, { 'amount.minor': a.amount.minor + 1 });
      await expectFound(['I3', 'the bank received another amount than was intended', a._id]);
    });

    it('another account', async () => {
      const a = await failed();
      await spoil.set('simbank_book', (await firstRow(a))._id, { last4: '9999' });
      await expectFound(['I3', 'the bank received another account than was intended', a._id]);
    });

    it('another memo', async () => {
      const a = await failed();
      await spoil.set('simbank_book', (await firstRow(a))._id, { memo: `L-OTHER/1:${a.amount.minor}` });
      await expectFound(['I3', 'the bank received another memo than was intended', a._id]);
    });

    it('before the intent', async () => {
      const a = await failed();
      await spoil.set('simbank_book', (await firstRow(a))._id, { at: plusMs(a.createdAt, -1) });
      await expectFound(['I3', 'the bank received a debit before it was intended', a._id]);
    });
  });

  describe('I4 forgotten plans', () => {
    it('an overdue instalment that nobody debited, without a word why', async () => {
      const plan = await spoil.find('plans', { externalId: 'L-0' });
      await spoil.insert('plans', {
        ...plan,
        _id: 'pln_FORGOTTEN',
        externalId: 'L-F',
        receipts: [],
        eventN: 0,
        state: 'active',
        instalments: [
          {
            ...plan.instalments[0],
            id: 'ins_F',
            state: 'overdue',
            paid: { fee: long(0), penalty: long(0), interest: long(0), principal: long(0) },
          },
        ],
        nextAction: { kind: 'decide', at: parseInstant('2026-01-26T00:00:00Z'), because: 'plan.registered' },
      });
      await expectFound(
        ['I4', 'an overdue instalment was never debited and nobody said why', 'ins_F'],
        ['I7', 'the state is not the fold of the events', 'pln_FORGOTTEN'],
        ['I13', 'an account is not what its subledger comes to', `${house().lender.id} CNY 1303`],
      );
    });

    it('a plan that waits for an answer with nothing open', async () => {
      const plan = await spoil.find('plans', { state: 'active' });
      await spoil.set('plans', plan._id, { nextAction: { kind: 'wait', at: null, because: ANSWER_PENDING } });
      await expectFound(['I4', 'a plan waits for an answer that nobody will give', plan._id]);
    });
  });

  it('I5 an attempt that does not end', async () => {
    const a = await failed();
    const event = await spoil.find('events', { subject: a._id });
    expect(event.to).to.equal('failed');
    const old = parseInstant('2026-03-01T02:00:00Z');
    const birth = {
      _id: 'att_TEST904',
      n: 904,
      outTradeNo: 'TEST904',
      slotKey: 'TEST904',
      slot: null,
      createdAt: old,
      permit: { ...a.permit },
    };
    await spoil.insert('attempts', { ...a, ...core(a, birth), state: 'submitted', open: true, eventN: 1 });
    const { violations } = await check(house());
    const i5 = violations.filter((v) => v.invariant === 'I5');
    expect(i5.map((v) => [v.says, v.rows.map((r) => r.id)])).to.deep.equal([
      ['an attempt is open beyond its horizon and nobody was told', ['att_TEST904']],
    ]);
    tested.add('I5');
    await spoil.insert('discrepancies', {
      _id: 'box_T',
      lenderId: a.lenderId,
      planId: a.planId,
      attemptId: 'att_TEST904',
      bucket: a.bucket,
      kind: 'unresolved',
      state: 'open',
    });
    expect((await check(house())).violations.filter((v) => v.invariant === 'I5')).to.deep.equal([]);
  });

  describe('I6 changed cores', () => {
    it('a fact of the intent was edited', async () => {
      const a = await failed();
      await spoil.set('attempts', a._id, { businessDate: '2026-01-24' });
      await expectFound(['I6', 'an attempt is no longer what was intended', a._id]);
    });

    it('an event tells of another debit', async () => {
      const event = await spoil.find('events', { type: 'attempt.failed' });
      await spoil.set('events', event._id, { 'data.minor': long(1) });
      await expectFound(['I6', 'an event tells of another debit than its attempt', event._id]);
    });
  });

  describe('I7 illegal histories', () => {
    it('a missing event', async () => {
      const event = await spoil.find('events', { type: 'attempt.failed' });
      await spoil.remove('events', event._id);
      const { violations } = await check(house());
      const i7 = violations.filter((v) => v.invariant === 'I7');
      expect(i7.find((v) => v.says === 'the state is not the fold of the events')?.rows[0]?.id).to.equal(event.subject);
      expect(i7.find((v) => v.says === 'a partition’s numbers have a gap')?.rows[0]?.id).to.equal(event.partition);
    });

    it('a number left out at the end', async () => {
      const a = await failed();
      await spoil.set('attempts', a._id, { eventN: 9 });
      await expectFound(['I7', 'the last event’s number is not the one stored', a._id]);
    });

    it('a number left out in between', async () => {
      const event = await spoil.find('events', { subject: /^pln_/, n: 1 });
      await spoil.remove('events', event._id);
      const { violations } = await check(house());
      expect(violations.find((v) => v.says === 'event numbers have a gap')?.rows.map((r) => r.id)).to.deep.equal([event.subject]);
    });

    it('a step that the table does not have', async () => {
      const event = await spoil.find('events', { from: 'unknown', to: 'succeeded' });
      await spoil.set('events', event._id, { from: 'accepted' });
      const { violations } = await check(house());
      expect(violations.map((v) => [v.invariant, v.says, v.rows[0]?.id])).to.deep.equal([
        ['I7', 'a step is not in the table of its machine', event._id],
      ]);
    });

    it('a state that no event led to', async () => {
      const plan = await spoil.find('plans', { state: 'settled' });
      await spoil.set('plans', plan._id, { state: 'writtenOff' });
      await expectFound(['I7', 'the state is not the fold of the events', plan._id]);
    });

    it('an open flag that belies the state', async () => {
      const a = await failed();
      await spoil.set('attempts', a._id, { open: true });
      await expectFound(['I7', 'the open flag is not that of the state', a._id]);
    });

    it('an event about nothing', async () => {
      const notice = await spoil.find('notices');
      await spoil.remove('notices', notice._id);
      const { violations } = await check(house());
      const orphan = violations.find((v) => v.says === 'an event is about something that does not exist');
      expect(orphan?.rows[0]?.facts).to.deep.equal({ subject: notice._id });
    });
  });

  describe('I8 unknowns', () => {
    it('that ended by nobody’s word', async () => {
      const event = await spoil.find('events', { from: 'unknown' });
      await spoil.set('events', event._id, { 'evidence.kind': 'self' });
      await expectFound(['I8', 'an attempt left unknown without evidence', event._id]);
    });

    it('that did not block the next debit', async () => {
      const event = await spoil.find('events', { from: 'unknown' });
      const next = await spoil.find('attempts', { planId: event.planId, _id: { $gt: event.subject } });
      const lost = await spoil.find('events', { subject: event.subject, to: 'unknown' });
      await spoil.set('events', event._id, { at: plusMinutes(next.createdAt, 60) });
      expect(lost.at < next.createdAt).to.equal(true);
      await expectFound(
        ['I2', 'an attempt was born while the one before it was open', next._id],
        ['I8', 'an attempt was born while another of its plan was unknown', next._id],
      );
    });
  });

  describe('I9 repeats', () => {
    it('with other bytes', async () => {
      const row = await firstRow(await failed());
      await spoil.insert('simbank_book', { ...row, _id: `${row._id}#repeat1`, fact: 'repeat', seq: null, payloadHash: 'other' });
      await expectFound(['I9', 'a number reached the bank with other bytes', `${row._id}#repeat1`]);
    });

    it('after the bank had forgotten the number', async () => {
      const row = await firstRow(await failed());
      await spoil.insert('simbank_book', {
        ...row,
        _id: `${row._id}#repeat1`,
        fact: 'repeat',
        seq: null,
        at: plusMinutes(row.at, 31 * 1440),
      });
      await expectFound(['I9', 'a number was sent again after the bank had forgotten it', `${row._id}#repeat1`]);
    });
  });

  describe('I10 states that are not the truth', () => {
    const SAYS = 'an attempt’s final state is not what the bank did';
    it('failed, and yet taken', async () => {
      const a = await failed();
      const row = await firstRow(a);
      await spoil.insert('simbank_book', { ...row, _id: `${row._id}#late`, arrival: false, fact: 'taken', seq: null });
      await expectFound(['I10', SAYS, a._id], LOST);
    });

    it('succeeded, and yet never taken', async () => {
      const a = await succeeded();
      await spoil.set('simbank_book', (await firstRow(a))._id, { fact: 'refused' });
      await expectFound(['I10', SAYS, a._id], LOST);
    });

    it('succeeded, and yet returned', async () => {
      const a = await succeeded();
      const row = await firstRow(a);
      await spoil.insert('simbank_book', { ...row, _id: `${row._id}#return`, arrival: false, fact: 'returned', seq: null });
      await expectFound(['I10', SAYS, a._id], LOST);
    });
  });
});
