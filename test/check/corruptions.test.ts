/** For every invariant: the database, or the bank's book, is made to say what the invariant forbids, and exactly that is reported. */
import { expect } from 'chai';
import { type Document, Long } from 'mongodb';
import { INVARIANTS } from '../../src/check/index.ts';
import { parseInstant, plusMinutes, plusMs } from '../../src/domain/clock.ts';
import { coreHashOf } from '../../src/flows/intend.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { check, registerAll, Spoiler } from './support.ts';

const long = (n: number) => Long.fromNumber(n);
const tested = new Set<string>();

describe('check finds', function () {
  this.timeout(60_000);
  let house: TestHouse;
  const spoil = new Spoiler(() => house);
  before(async () => {
    house = await openTestHouse();
    await registerAll(house);
    await house.to('2026-03-20T00:00:00Z');
  });
  afterEach(() => spoil.mend());
  after(async () => {
    expect((await check(house)).violations, 'every test mends what it spoils').to.deep.equal([]);
    expect([...tested].sort()).to.deep.equal(INVARIANTS.map((i) => i.id).sort());
    await house.end();
  });

  /** Exactly these sentences of these invariants, each with the offending id among its rows. */
  async function expectFound(...found: readonly (readonly [invariant: string, says: string, id: string])[]): Promise<void> {
    const { violations, violated } = await check(house);
    const told = violations.map((v) => `${v.invariant} ${v.says}`);
    expect(told.sort()).to.deep.equal(found.map(([invariant, says]) => `${invariant} ${says}`).sort());
    for (const [invariant, says, id] of found) {
      tested.add(invariant);
      const rows = violations.find((v) => v.invariant === invariant && v.says === says)?.rows ?? [];
      expect(
        rows.map((r) => r.id),
        `${invariant} ${says}`,
      ).to.include(id);
    }
    expect(violated).to.equal(new Set(found.map(([i]) => i)).size);
  }

  const succeeded = () => spoil.find('attempts', { state: 'succeeded' });
  const failed = () => spoil.find('attempts', { state: 'failed' });
  const firstRow = (a: Document) => spoil.find('simbank_book', { _id: `${a.channel}/${a.outTradeNo}` });
  const planOf = (a: Document) => spoil.find('plans', { _id: a.planId });
  const core = (a: Document, change: Document) => ({
    ...change,
    coreHash: coreHashOf({ ...a, ...change } as Parameters<typeof coreHashOf>[0]),
  });

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
      await expectFound(['I1', 'the bank took more for an instalment than was due', a.aims[0].instalmentId]);
    });
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
          createdAt: house.world.clock.now(),
        };
        await spoil.insert('attempts', { ...a, ...core(a, birth), state: 'submitted', open: true, eventN: 1, born: 'submitted' });
      }
      await expectFound(
        ['I2', 'a plan has more than one open attempt', a.planId],
        ['I2', 'an attempt was born while the one before it was open', 'att_TEST902'],
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
      const { violations } = await check(house);
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
      );
    });

    it('a plan that waits for an answer with nothing open', async () => {
      const plan = await spoil.find('plans', { state: 'active' });
      await spoil.set('plans', plan._id, { nextAction: { kind: 'wait', at: null, because: "the bank's answer is still to come" } });
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
    const { violations } = await check(house);
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
    expect((await check(house)).violations.filter((v) => v.invariant === 'I5')).to.deep.equal([]);
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
      const { violations } = await check(house);
      const i7 = violations.filter((v) => v.invariant === 'I7');
      expect(i7.find((v) => v.says === 'the state is not the fold of the events')?.rows[0]?.id).to.equal(event.subject);
      expect(i7.find((v) => v.says === 'a partition’s numbers have a gap')?.rows[0]?.id).to.equal(event.partition);
    });

    it('a step that the table does not have', async () => {
      const event = await spoil.find('events', { from: 'unknown', to: 'succeeded' });
      await spoil.set('events', event._id, { from: 'accepted' });
      const { violations } = await check(house);
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
      const { violations } = await check(house);
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
      await expectFound(['I10', SAYS, a._id]);
    });

    it('succeeded, and yet never taken', async () => {
      const a = await succeeded();
      await spoil.set('simbank_book', (await firstRow(a))._id, { fact: 'refused' });
      await expectFound(['I10', SAYS, a._id]);
    });

    it('succeeded, and yet returned', async () => {
      const a = await succeeded();
      const row = await firstRow(a);
      await spoil.insert('simbank_book', { ...row, _id: `${row._id}#return`, arrival: false, fact: 'returned', seq: null });
      await expectFound(['I10', SAYS, a._id]);
    });
  });

  describe('I11 books out of balance', () => {
    it('a posting that does not sum to zero', async () => {
      const event = await spoil.find('events', { type: 'plan.registered' });
      const [first, ...rest] = event.posting;
      const balance = await spoil.find('balances', { account: first.account, partition: event.partition });
      await spoil.set('events', event._id, { posting: [{ ...first, minor: long(first.minor + 1) }, ...rest] });
      await spoil.set('balances', balance._id, { minor: long(Number(balance.minor) + 1) });
      await expectFound(['I11', 'a posting does not sum to zero', event._id], ['I11', 'all balances together are not zero', 'CNY']);
    });

    it('an account that nobody knows', async () => {
      const event = await spoil.find('events', { type: 'plan.registered' });
      const posting = [...event.posting, ...[5, -5].map((minor) => ({ ...event.posting[0], account: '9999', minor: long(minor) }))];
      await spoil.set('events', event._id, { posting });
      await expectFound(['I11', 'a line is not whole minor units on a known account', event._id]);
    });
  });

  describe('I12 ledger and events that differ', () => {
    it('a balance that was edited', async () => {
      const [a, b] = await Promise.all([spoil.find('balances', { account: '2999' }), spoil.find('balances', { account: '1303.01' })]);
      await spoil.set('balances', a._id, { minor: long(Number(a.minor) + 1) });
      await spoil.set('balances', b._id, { minor: long(Number(b.minor) - 1) });
      await expectFound(['I12', 'a balance is not the sum of its postings', a._id]);
    });

    it('a balance that is gone', async () => {
      const balance = await spoil.find('balances', { account: '1012.01:simulator' });
      await spoil.remove('balances', balance._id);
      await expectFound(['I11', 'all balances together are not zero', 'CNY'], ['I12', 'postings have no balance', balance._id]);
    });

    it('a success without its posting', async () => {
      const event = await spoil.find('events', { type: 'attempt.succeeded' });
      await spoil.set('events', event._id, { posting: [] });
      const { violations } = await check(house);
      const found = violations.find((v) => v.says === 'an event’s posting is not the money it moved');
      expect(found?.rows.map((r) => r.id)).to.deep.equal([event._id]);
    });

    it('a receipt that nobody paid, and a success without one', async () => {
      const a = await succeeded();
      const plan = await planOf(a);
      await spoil.set('plans', plan._id, {
        receipts: plan.receipts.map((r: Document) => (r.id === a._id ? { ...r, id: 'att_NOBODY' } : r)),
      });
      await expectFound(
        ['I12', 'an attempt and its receipt disagree', a._id],
        ['I12', 'a receipt has neither attempt nor payment', 'att_NOBODY'],
      );
    });
  });

  describe('I14 arithmetic', () => {
    const spoilt = async (change: (i: Document) => Document) => {
      const a = await succeeded();
      const plan = await planOf(a);
      const id = a.aims[0].instalmentId;
      await spoil.set('plans', plan._id, {
        instalments: plan.instalments.map((i: Document) => (i.id === id ? { ...i, ...change(i) } : i)),
      });
      return id;
    };

    it('paid that is not the sum of the lines', async () => {
      const id = await spoilt((i) => ({ paid: { ...i.paid, interest: long(Number(i.paid.interest) - 1) } }));
      await expectFound(
        ['I14', 'what is paid is not the sum of the receipts’ lines', id],
        ['I14', 'what is paid is not what the postings say', id],
        ['I14', 'allocating the receipts anew gives another sum', id],
      );
    });

    it('more paid than due', async () => {
      const id = await spoilt((i) => ({ due: { ...i.due, principal: long(Number(i.due.principal) - 1) } }));
      const { violations } = await check(house);
      expect(violations.find((v) => v.says === 'more is paid on an instalment than is due')?.rows[0]?.id).to.equal(id);
    });

    it('a surplus that is not on 2241.02', async () => {
      const a = await succeeded();
      const plan = await planOf(a);
      const receipts = plan.receipts.map((r: Document) => (r.id === a._id ? { ...r, overpaid: long(7) } : r));
      await spoil.set('plans', plan._id, { receipts });
      await expectFound(
        ['I14', 'a receipt is not the sum of its lines and its surplus', a._id],
        ['I14', 'allocating the receipts anew gives another sum', a._id],
        ['I14', 'the surplus of a plan is not what lies on 2241.02', plan._id],
      );
    });
  });

  describe('I19 keys', () => {
    const answer = (key: string, id: string) => ({
      _id: `${house.lender.id}|${key}`,
      requestHash: 'h',
      state: 'done',
      status: 201,
      body: JSON.stringify({ id }),
      headers: {},
    });

    it('that name what does not exist', async () => {
      await spoil.insert('idempotency', answer('k1', 'pln_00000000000000000000000000'));
      await expectFound(['I19', 'a kept answer names a resource that does not exist', `${house.lender.id}|k1`]);
    });

    it('that name another lender’s resource, where a right one passes', async () => {
      const plan = await spoil.find('plans');
      await spoil.insert('idempotency', answer('k2', plan._id));
      expect((await check(house)).violations).to.deep.equal([]);
      await spoil.insert('idempotency', { ...answer('k3', plan._id), _id: 'lnd_OTHER|k3' });
      await expectFound(['I19', 'a kept answer names a resource of another lender', 'lnd_OTHER|k3']);
    });

    it('and external ids that two share', async () => {
      await spoil.unguard('borrowers', 'lender_external');
      const borrower = await spoil.find('borrowers');
      await spoil.insert('borrowers', { ...borrower, _id: 'brw_TWIN', version: 0 });
      await expectFound(['I19', 'two borrowers of a lender share an external id', 'brw_TWIN']);
    });
  });

  describe('I20 leaks', () => {
    it('a plan under another lender’s mandate', async () => {
      const mandate = await spoil.find('mandates');
      const plan = await spoil.find('plans', { mandateIds: mandate._id });
      const other = { ...(await spoil.find('lenders')), _id: 'lnd_OTHER' };
      await spoil.insert('lenders', other);
      await spoil.set('mandates', mandate._id, { lenderId: 'lnd_OTHER' });
      await expectFound(
        ['I20', 'a mandate of another lender is referred to', plan._id],
        ['I20', 'an event names another lender than its subject', `${mandate._id}:1`],
      );
    });

    it('a document without a lender', async () => {
      const skip = await spoil.find('skips').catch(() => null);
      const payment = { _id: 'pay_NOBODY', planId: 'pln_NOBODY' };
      await spoil.insert('payments', payment);
      expect(skip === null || skip._id).to.not.equal('pay_NOBODY');
      await expectFound(
        ['I20', 'a document names no lender that exists', 'pay_NOBODY'],
        ['I20', 'a document refers to a plan that its lender does not have', 'pay_NOBODY'],
      );
    });

    it('a feed that tells one lender of another’s event', async () => {
      const row = await spoil.find('feed');
      await spoil.insert('lenders', { ...(await spoil.find('lenders')), _id: 'lnd_OTHER' });
      await spoil.set('feed', row._id, { lenderId: 'lnd_OTHER' });
      await expectFound(['I20', 'the feed tells one lender of another’s event', row._id]);
    });
  });

  describe('I23 wrong times', () => {
    it('at the bank at night', async () => {
      const a = await failed();
      await spoil.set('simbank_book', (await firstRow(a))._id, { at: parseInstant('2026-01-25T15:30:00Z') });
      await expectFound(
        ['I23', 'a debit reached the bank outside the hours of its rail', a._id],
        ['I23', 'a debit reached the bank after the cut-off of its channel', a._id],
      );
    });

    it('outside the mandate’s dates', async () => {
      const a = await spoil.find('attempts', { n: 1 });
      await spoil.set('mandates', a.mandateId, { validFrom: '2026-03-01' });
      const { violations } = await check(house);
      expect(violations.map((v) => `${v.invariant} ${v.says}`)).to.deep.equal([
        'I23 a debit was decided outside the dates of its mandate',
        'I23 a debit reached the bank outside the dates of its mandate',
      ]);
      expect(violations[0]?.rows.map((r) => r.id)).to.include(a._id);
    });

    it('without a notice, or too soon after it', async () => {
      const a = await failed();
      await spoil.set('attempts', a._id, { 'permit.ntc': null });
      await expectFound(['I23', 'a debit was made without a notice in time', a._id]);
      await spoil.mend();
      await spoil.set('notices', a.permit.ntc, { sentAt: plusMinutes(a.createdAt, -60) });
      const { violations } = await check(house);
      expect(violations.map((v) => v.says)).to.include('a debit was made without a notice in time');
    });

    it('for more than was announced', async () => {
      const a = await spoil.find('attempts', { n: 1, state: 'failed' });
      await spoil.set('notices', a.permit.ntc, { 'announces.minor': long(1) });
      for (const n of await house.database.db
        .collection<Document>('notices')
        .find({ planId: a.planId, announces: { $ne: null } })
        .toArray())
        await spoil.set('notices', String(n._id), { 'announces.minor': long(1) });
      const { violations } = await check(house);
      expect(violations.map((v) => v.says)).to.deep.equal(['a debit asked for more than was announced']);
      expect(violations[0]?.rows.map((r) => r.id)).to.include(a._id);
    });

    it('under rules that nobody has', async () => {
      const a = await failed();
      await spoil.set('attempts', a._id, { 'permit.v': 'never' });
      await expectFound(['I23', 'the rule pack a permit rests on is not there', a._id]);
    });
  });

  describe('I24 broken caps', () => {
    it('above the mandate’s amount', async () => {
      const a = await succeeded();
      await spoil.set('mandates', a.mandateId, { perDebitCap: long(a.amount.minor - 1) });
      const { violations } = await check(house);
      expect(violations.map((v) => v.says)).to.deep.equal(['a debit is above the cap of its mandate']);
      expect(violations[0]?.rows.map((r) => r.id)).to.include(a._id);
    });

    it('on one account, one instalment and one mandate', async () => {
      const a = await spoil.find('attempts', { state: 'failed', n: 1 });
      for (let k = 1; k <= 8; k++) {
        const birth = { _id: `att_MORE${k}`, n: 910 + k, outTradeNo: `MORE${k}`, slot: 10 + k, slotKey: `${10 + k}` };
        const made = { ...a, ...birth };
        await spoil.insert('attempts', {
          ...made,
          coreHash: coreHashOf(made as unknown as Parameters<typeof coreHashOf>[0]),
          state: 'failed',
          born: 'failed',
          eventN: 1,
        });
      }
      const { violations } = await check(house);
      const i24 = violations.filter((v) => v.invariant === 'I24');
      expect(i24.map((v) => v.says)).to.have.members([
        'an instalment was asked for more often than the strategy allows',
        'an account was asked more often on a day than the strategy allows',
        'a mandate was used more often in 30 days than the strategy allows',
      ]);
      for (const v of i24) expect(v.rows.map((r) => r.id)).to.include('att_MORE8');
      tested.add('I24');
    });
  });
});
