/** Books, loans, lenders, hours and caps: data is made to say what I11 to I24 forbid, and exactly that is reported. */
import { expect } from 'chai';
import { type Document, Long } from 'mongodb';
import type { Rules } from '../../src/check/index.ts';
import type { Calendar } from '../../src/domain/calendar.ts';
import type { ChannelProfile } from '../../src/domain/channel-profile.ts';
import { parseInstant, plusMinutes } from '../../src/domain/clock.ts';
import { coreHashOf } from '../../src/flows/intend.ts';
import { spoiltHouse } from './spoilt-house.ts';
import { check } from './support.ts';

const long = (n: number) => Long.fromNumber(n);
const SEEN = ['I11', 'I12', 'I13', 'I14', 'I19', 'I20', 'I23', 'I24'];

describe('check finds', function () {
  this.timeout(240_000);
  const { house, spoil, tested, expectFound, succeeded, failed, firstRow, planOf } = spoiltHouse(SEEN);

  /** What the ledgers' own sums name: the lender's books in a currency, or one of their accounts. */
  const books = (account = '') => `${house().lender.id} CNY ${account}`.trim();

  describe('I11 books out of balance', () => {
    it('a posting that does not sum to zero', async () => {
      const event = await spoil.find('events', { type: 'plan.registered' });
      const [first, ...rest] = event.posting;
      const balance = await spoil.find('balances', { account: first.account, partition: event.partition });
      await spoil.set('events', event._id, { posting: [{ ...first, minor: long(first.minor + 1) }, ...rest] });
      await spoil.set('balances', balance._id, { minor: long(Number(balance.minor) + 1) });
      await expectFound(
        ['I11', 'a posting does not sum to zero', event._id],
        ['I11', 'all balances together are not zero', 'CNY'],
        ['I13', 'the trial balance is not zero', books()],
        ['I13', 'an account is not what its subledger comes to', books('1303')],
      );
    });

    it('a posting in no currency', async () => {
      const event = await spoil.find('events', { type: 'plan.registered' });
      await spoil.set('events', event._id, { currency: null });
      const { violations } = await check(house());
      expect(violations.find((v) => v.says === 'a posting names no currency')?.rows.map((r) => r.id)).to.deep.equal([event._id]);
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
      await expectFound(
        ['I12', 'a balance is not the sum of its postings', a._id],
        ['I13', 'a balance is not the sum of its postings', books('2999')],
        ['I13', 'an account is not what its subledger comes to', books('1303')],
      );
    });

    it('a balance that is gone', async () => {
      const balance = await spoil.find('balances', { account: '2999' });
      await spoil.remove('balances', balance._id);
      await expectFound(
        ['I11', 'all balances together are not zero', 'CNY'],
        ['I12', 'postings have no balance', balance._id],
        ['I13', 'the trial balance is not zero', books()],
        ['I13', 'a balance is not the sum of its postings', books('2999')],
      );
    });

    it('a success without its posting', async () => {
      const event = await spoil.find('events', { type: 'attempt.succeeded' });
      await spoil.set('events', event._id, { posting: [] });
      const { violations } = await check(house());
      const found = violations.find((v) => v.says === 'an event’s posting is not the money it moved');
      expect(found?.rows.map((r) => r.id)).to.deep.equal([event._id]);
    });

    it('a refusal that books something', async () => {
      const event = await spoil.find('events', { type: 'attempt.failed' });
      const other = await spoil.find('events', { type: 'plan.registered' });
      const posting = [1, -1].map((minor) => ({ ...other.posting[0], account: '1002', minor: long(minor) }));
      await spoil.set('events', event._id, { posting, currency: 'CNY' });
      await expectFound(['I12', 'an event that moves no money has a posting', event._id]);
    });

    it('a payment that no receipt knows', async () => {
      const plan = await spoil.find('plans');
      await spoil.insert('payments', { _id: 'pay_LOST', lenderId: plan.lenderId, planId: plan._id, minor: long(500) });
      await expectFound(['I12', 'a payment and its receipt disagree', 'pay_LOST']);
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
        ['I13', 'an account is not what its subledger comes to', books('1132.01')],
        ['I14', 'what is paid is not the sum of the receipts’ lines', id],
        ['I14', 'what is paid is not what the postings say', id],
        ['I14', 'allocating the receipts anew gives another sum', id],
      );
    });

    it('more paid than due', async () => {
      const id = await spoilt((i) => ({ due: { ...i.due, principal: long(Number(i.due.principal) - 1) } }));
      const { violations } = await check(house());
      expect(violations.find((v) => v.says === 'more is paid on an instalment than is due')?.rows[0]?.id).to.equal(id);
    });

    it('a surplus that is not on 2241.02', async () => {
      const a = await succeeded();
      const plan = await planOf(a);
      const receipts = plan.receipts.map((r: Document) => (r.id === a._id ? { ...r, overpaid: long(7) } : r));
      await spoil.set('plans', plan._id, { receipts });
      await expectFound(
        ['I13', 'an account is not what its subledger comes to', books('2241.02')],
        ['I14', 'a receipt is not the sum of its lines, its surplus and its refunds', a._id],
        ['I14', 'allocating the receipts anew gives another sum', a._id],
        ['I14', 'the surplus of a plan is not what lies on 2241.02', plan._id],
      );
    });
  });

  describe('I19 keys', () => {
    const answer = (key: string, id: string) => ({
      _id: `${house().lender.id}|${key}`,
      requestHash: 'h',
      state: 'done',
      status: 201,
      body: JSON.stringify({ id }),
      headers: {},
    });

    it('that name what does not exist', async () => {
      await spoil.insert('idempotency', answer('k1', 'pln_00000000000000000000000000'));
      await expectFound(['I19', 'a kept answer names a resource that does not exist', `${house().lender.id}|k1`]);
    });

    it('that name another lender’s resource, where a right one passes', async () => {
      const plan = await spoil.find('plans');
      await spoil.insert('idempotency', answer('k2', plan._id));
      expect((await check(house())).violations).to.deep.equal([]);
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

    it('a borrower who is not there', async () => {
      const plan = await spoil.find('plans');
      await spoil.set('plans', plan._id, { borrowerId: 'brw_NOBODY' });
      const { violations } = await check(house());
      expect(violations.find((v) => v.says === 'a borrower that is referred to does not exist')?.rows[0]?.id).to.equal(plan._id);
    });

    it('an attempt or a mandate of another borrower', async () => {
      const a = await failed();
      await spoil.set('attempts', a._id, { borrowerId: 'brw_OTHER' });
      await expectFound(['I20', 'an attempt names another borrower than its plan', a._id]);
      await spoil.mend();
      await spoil.set('mandates', a.mandateId, { borrowerId: 'brw_OTHER' });
      await expectFound(['I20', 'a mandate of another borrower is referred to', a.planId]);
    });

    it('a feed that tells of what never happened', async () => {
      await spoil.insert('feed', { _id: 'att_NOTHING:2', lenderId: house().lender.id, number: 1_000_000 });
      await expectFound(['I20', 'the feed tells of an event that does not exist', 'att_NOTHING:2']);
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
      const { violations } = await check(house());
      expect(violations.map((v) => `${v.invariant} ${v.says}`)).to.deep.equal([
        'I23 a debit was decided outside the dates of its mandate',
        'I23 a debit reached the bank outside the dates of its mandate',
      ]);
      expect(violations[0]?.rows.map((r) => r.id)).to.include(a._id);
    });

    it('outside a channel’s hours, while it is closed, on a day that is no bank day', async () => {
      const { packs, channels, calendars } = house().world;
      const profile = channels.get('simulator')?.profile as ChannelProfile;
      const of = async (other: Partial<Rules>) => (await check(house(), other)).violations.map((v) => `${v.invariant} ${v.says}`);
      const both = (what: string) => [`I23 a debit was decided ${what}`, `I23 a debit reached the bank ${what}`];
      const profiles = (change: Partial<ChannelProfile>) => ({ profiles: new Map([['simulator', { ...profile, ...change }]]) });
      const morning = [{ from: '09:00', to: '09:30' }];
      expect(await of(profiles({ windows: [{ from: '00:00', to: '09:00' }] }))).to.deep.equal(both('outside the hours of its channel'));
      expect(await of(profiles({ blackouts: morning }))).to.deep.equal(both('while its channel was closed'));
      const never = { ...calendars.get('everyday'), isBusinessDay: () => false } as Calendar;
      const byName: Rules['packs']['byName'] = (name, version) => {
        const pack = packs.byName(name, version);
        return pack && { ...pack, businessDaysOnly: true };
      };
      const closed = { calendars: new Map([['everyday', never]]), packs: { packFor: packs.packFor, byName } };
      expect(await of(closed)).to.deep.equal(both('on a day that is no bank day'));
    });

    it('without a notice, or too soon after it', async () => {
      const a = await failed();
      await spoil.set('attempts', a._id, { 'permit.ntc': null });
      await expectFound(['I23', 'a debit was made without a notice in time', a._id]);
      await spoil.mend();
      await spoil.set('notices', a.permit.ntc, { sentAt: plusMinutes(a.createdAt, -60) });
      const { violations } = await check(house());
      expect(violations.map((v) => v.says)).to.include('a debit was made without a notice in time');
    });

    it('for more than was announced', async () => {
      const a = await spoil.find('attempts', { n: 1, state: 'failed' });
      await spoil.set('notices', a.permit.ntc, { 'announces.minor': long(1) });
      for (const n of await house()
        .database.db.collection<Document>('notices')
        .find({ planId: a.planId, announces: { $ne: null } })
        .toArray())
        await spoil.set('notices', String(n._id), { 'announces.minor': long(1) });
      const { violations } = await check(house());
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
      const { violations } = await check(house());
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
      const { violations } = await check(house());
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
