/** The three daily checks bite: data is spoilt in each way that one of them must see, and that one alone says so. */
import { expect } from 'chai';
import { type Document, Long } from 'mongodb';
import { businessDate, parseInstant } from '../../src/domain/clock.ts';
import { bookFigures, checkBooks, checkBooksDaily, checkNow, nextCheck } from '../../src/flows/check-books.ts';
import { registerAll, Spoiler } from '../check/support.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';

const long = (n: number) => Long.fromNumber(n);
const more = (doc: Document, by: number) => long(Number(doc.minor) + by);

describe('the daily checks of the books', function () {
  this.timeout(240_000);
  let house: TestHouse;
  const errors: string[] = [];
  const spoil = new Spoiler(() => house);
  before(async () => {
    const quiet = () => undefined;
    house = await openTestHouse({ log: { info: quiet, warn: quiet, error: (_, text) => void errors.push(text) } });
    await registerAll(house, ['0019', '0019', '0027', '0035']);
    await house.to('2026-01-29T12:00:00Z');
  });
  afterEach(() => spoil.mend());
  after(() => house.end());

  /** What each check says is wrong, in its sentences. */
  async function wrong(): Promise<Record<string, string[]>> {
    const { at: _, ok: __, ...verdicts } = await checkBooks(house.world);
    const told = Object.entries(verdicts).map(([name, v]) => [name, [...new Set(v.rows.map((r) => r.says))].sort()] as const);
    return Object.fromEntries(told.filter(([, says]) => says.length));
  }

  it('find nothing in a house that was left to itself, and run once a day of the test clock', async () => {
    expect(await wrong()).to.deep.equal({});
    const rows = await house.world.store.books.checks(null, 100);
    expect(rows[0]?.date).to.equal('2026-01-29');
    expect(rows.map((r) => r.date))
      .to.have.length(25)
      .and.include('2026-01-05');
    expect(rows.every((r) => r.ok)).to.equal(true);
    expect((await checkBooksDaily(house.world)).lookedAt, 'today’s is done').to.equal(0);
    expect((await house.world.store.books.checks(businessDate('2026-01-07'), 1)).map((r) => r.date)).to.deep.equal(['2026-01-06']);
    expect(errors).to.deep.equal([]);
  });

  it('run at their hour though somebody asked for them before it, when the morning’s files had not come', async () => {
    const at = (text: string) => ({
      ...house.world,
      clock: { ...house.world.clock, now: () => parseInstant(text), today: () => businessDate('2026-01-30') },
    });
    const early = await checkNow(at('2026-01-30T00:05:00Z'));
    expect((await nextCheck(at('2026-01-30T00:05:00Z'))).toISOString()).to.equal('2026-01-30T08:30:00.000Z');
    expect((await checkBooksDaily(at('2026-01-30T08:29:00Z'))).lookedAt).to.equal(0);
    expect((await checkBooksDaily(at('2026-01-30T08:30:00Z'))).lookedAt).to.equal(1);
    const [row] = await house.world.store.books.checks(null, 1);
    expect([row?.id, row?.at.toISOString()]).to.deep.equal([early.id, '2026-01-30T08:30:00.000Z']);
    expect((await nextCheck(at('2026-01-30T08:30:00Z'))).toISOString()).to.equal('2026-01-31T08:30:00.000Z');
    expect((await checkBooksDaily(at('2026-01-30T09:00:00Z'))).lookedAt).to.equal(0);
    await house.database.db.collection<{ _id: string }>('bookChecks').deleteOne({ _id: early.id });
  });

  describe('vouchers', () => {
    it('a posting whose attempt is gone', async () => {
      const event = await spoil.find('events', { type: 'attempt.succeeded' });
      await spoil.remove('attempts', event.subject);
      expect((await wrong()).voucherCheck).to.deep.equal(['a posting points to a voucher that does not exist']);
    });

    it('a posting of another amount than its attempt, of another lender than its plan, and one of nothing', async () => {
      const event = await spoil.find('events', { type: 'attempt.succeeded' });
      const attempt = await spoil.find('attempts', { _id: event.subject });
      await spoil.set('attempts', attempt._id, { 'amount.minor': long(Number(attempt.amount.minor) + 1) });
      const registered = await spoil.find('events', { type: 'plan.registered' });
      await spoil.set('plans', String(registered.subject), { lenderId: 'lnd_OTHER' });
      await spoil.insert('events', { ...registered, _id: 'job_1:1', subject: 'job_1', partition: 'none', posting: [] });
      await spoil.set('events', 'job_1:1', { posting: registered.posting });
      expect((await wrong()).voucherCheck).to.deep.equal([
        'a posting and its voucher differ in amount',
        'a posting is another lender’s than its voucher',
        'a posting points to no voucher',
      ]);
    });
  });

  describe('ledgers', () => {
    it('a balance that is not the sum of its postings, and a trial balance that is not zero', async () => {
      const balance = await spoil.find('balances', { account: '2999' });
      await spoil.set('balances', balance._id, { minor: more(balance, 1) });
      expect(await wrong()).to.deep.equal({ ledgerCheck: ['a balance is not the sum of its postings', 'the trial balance is not zero'] });
    });

    const differs = { ledgerCheck: ['an account is not what its subledger comes to'] };
    const accounts = async () => (await checkBooks(house.world)).ledgerCheck.rows.map((r) => r.id.split(' ')[2]);

    it('loans, interest and overpayments that the plans do not have', async () => {
      const plan = await spoil.find('plans', { 'receipts.0': { $exists: true } });
      const [first, ...rest] = plan.instalments;
      const paid = { ...first.paid, principal: long(Number(first.paid.principal) - 1) };
      const accrued = { ...first.accrued, interest: long(Number(first.accrued.interest) + 1) };
      await spoil.set('plans', plan._id, {
        instalments: [{ ...first, paid, accrued }, ...rest],
        receipts: [{ ...plan.receipts[0], overpaid: long(7) }, ...plan.receipts.slice(1)],
      });
      expect(await wrong()).to.deep.equal(differs);
      expect((await accounts()).sort()).to.deep.equal(['1132.01', '1303', '2241.02']);
    });

    it('money on a channel that no attempt took', async () => {
      const attempt = await spoil.find('attempts', { state: 'succeeded' });
      await spoil.set('attempts', attempt._id, { state: 'failed' });
      expect((await accounts()).includes('1012.01:simulator')).to.equal(true);
    });

    it('suspense that no discrepancy holds', async () => {
      await spoil.insert('discrepancies', {
        _id: 'dis_X',
        key: 'x',
        lenderId: house.lender.id,
        state: 'suspense',
        currency: 'CNY',
        suspense: [
          { account: '1012.01:simulator', minor: long(88) },
          { account: '2241.01', minor: long(-88) },
        ],
      } as never);
      expect(await accounts()).to.deep.equal(['1012.01:simulator', '2241.01']);
    });

    it('payables that no batch leaves unpaid', async () => {
      const batch = await spoil.find('settlements');
      await spoil.set('settlements', batch._id, { transfers: [] });
      expect(await accounts()).to.include('2241.05');
    });
  });

  describe('cash', () => {
    const last = () => spoil.find('statements', { kind: 'account', state: 'accepted', businessDate: '2026-01-28' });

    it('a ledger that is not what the bank states, and statements that do not follow on one another', async () => {
      const { head, _id } = await last();
      const changed = (name: string, by: number) => ({ head: { ...head, [name]: { ...head[name], minor: more(head[name], by) } } });
      await spoil.set('statements', _id, changed('closing', 1));
      expect(await wrong()).to.deep.equal({ cashCheck: ['the ledger is not what the bank states'] });
      await spoil.mend();
      await spoil.set('statements', _id, changed('opening', 1));
      expect(await wrong()).to.deep.equal({ cashCheck: ['a statement does not open where the one before closed'] });
    });

    it('money on an account of which no statement came', async () => {
      const balance = await spoil.find('balances', { account: '1002:settlement', minor: { $ne: 0 } });
      await spoil.insert('balances', { ...balance, _id: `${balance._id}:x` as never, account: '1002:other', minor: long(5) });
      expect((await wrong()).cashCheck).to.deep.equal(['the ledger holds money on an account of which no statement came']);
    });
  });

  it('say so in the figures, in the day’s row and as an alarm', async () => {
    const balance = await spoil.find('balances', { account: '2999' });
    await spoil.set('balances', balance._id, { minor: more(balance, 1) });
    const figures = await bookFigures(house.world);
    expect(figures.trialBalance).to.equal(1);
    expect(figures.ledgerCheck).to.match(/^2 wrong: the trial balance is not zero/);
    expect([figures.voucherCheck, figures.cashCheck]).to.deep.equal(['ok', 'ok']);
    const row = await checkNow(house.world);
    expect([row.ok, row.verdicts.ledgerCheck?.ok]).to.deep.equal([false, false]);
    expect(errors.filter((e) => e.startsWith('the books are wrong'))).to.have.length(1);
    await spoil.mend();
    expect((await checkNow(house.world)).ok).to.equal(true);
  });
});
