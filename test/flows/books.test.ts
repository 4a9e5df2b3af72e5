/** The books of a house that has lived two months: read, checked, closed, and spoilt in each way that a check must see. */
import { expect } from 'chai';
import { type Db, MongoServerError } from 'mongodb';
import { businessDate } from '../../src/domain/clock.ts';
import { accountStatement, accountTrees, journal, trialBalance } from '../../src/flows/books.ts';
import { bookFigures, checkBooks } from '../../src/flows/check-books.ts';
import { statementPage } from '../../src/flows/lender-statement.ts';
import { booksStore } from '../../src/store/books.ts';
import { registerAll } from '../check/support.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';

const day = businessDate;

describe('the books', function () {
  this.timeout(240_000);
  let house: TestHouse;
  const CLEARING = '1012.01:simulator';
  const LOANS = '1303.01';
  before(async () => {
    house = await openTestHouse();
    await registerAll(house);
    await house.to('2026-02-10T00:00:00Z');
  });
  after(() => house.end());
  const scope = () => ({ lenderIds: [house.lender.id] });

  it('balance: now, on every day, and as the sums of what was posted until then', async () => {
    const { world } = house;
    const [now] = await trialBalance(world, scope(), null);
    expect(now?.difference).to.equal(0);
    expect(now?.rows.map((r) => r.account)).to.include.members(['1303.01', '2999', '6011']);
    const [early] = await trialBalance(world, scope(), day('2026-01-10'));
    expect(
      early?.rows.map((r) => r.account),
      'only registrations',
    ).to.deep.equal(['1303.01', '2999']);
    expect(early?.dr).to.equal(6 * (92_016 + 93_396));
    const [late] = await trialBalance(world, scope(), day('2026-02-10'));
    expect(late).to.deep.equal(now);
    const [before] = await trialBalance(world, scope(), day('2026-01-25'));
    expect(before?.rows.find((r) => r.account === CLEARING)?.dr).to.be.above(0);
    expect(before?.dr).to.equal(before?.cr);
  });

  it('roll up into one tree a lender and currency', async () => {
    const [tree] = await accountTrees(house.world, scope(), null);
    const node = (account: string) => tree?.accounts.find((a) => a.account === account);
    expect(tree?.currency).to.equal('CNY');
    expect(node('1303')?.total).to.equal(node(LOANS)?.own).and.be.above(0);
    expect(node('1012.01')?.parent).to.equal('1012');
    expect(tree?.accounts.filter((a) => a.parent === null).reduce((s, a) => s + a.total, 0)).to.equal(0);
  });

  it('tell an account’s entries in order, page by page, with a running balance that ends at the account’s', async () => {
    const { world, lender } = house;
    const [now] = await trialBalance(world, scope(), null);
    const query = { lenderId: lender.id, account: LOANS, currency: 'CNY', from: null, to: null, limit: 3 };
    let after: string | null = null;
    let balance = 0;
    let pages = 0;
    for (;;) {
      const page: Awaited<ReturnType<typeof accountStatement>> = await accountStatement(world, { ...query, after });
      expect(page.opening).to.equal(balance);
      for (const e of page.entries) {
        balance += e.minor;
        expect(e.balance).to.equal(balance);
      }
      pages += 1;
      after = page.entries.at(-1)?.event.id ?? null;
      if (!page.hasMore) break;
    }
    expect(pages).to.be.above(1);
    const row = now?.rows.find((r) => r.account === LOANS);
    expect(balance).to.equal((row?.dr ?? 0) - (row?.cr ?? 0));
    const whole = await accountStatement(world, { ...query, limit: 200, after: null });
    const later = await accountStatement(world, { ...query, limit: 200, after: null, from: day('2026-02-01') });
    expect(later.opening, 'what January left').to.equal(
      whole.entries.find((e) => e.event.id === later.entries[0]?.event.id)!.balance - later.entries[0]!.minor,
    );
  });

  it('begin no page anew after an entry that is not theirs, but say so', async () => {
    const { world, lender } = house;
    const events = house.database.db.collection<{ _id: string }>('events');
    const one = await events.findOne({ lenderId: lender.id, 'posting.0': { $exists: true } });
    const others = 'att_OTHERS:2';
    await events.insertOne({ ...one, _id: others, lenderId: 'lnd_OTHER', partition: 'none' } as { _id: string });
    const query = { lenderId: lender.id, account: CLEARING, currency: 'CNY', subject: null, from: null, to: null, limit: 3 };
    const refused = (act: Promise<unknown>) =>
      act.then(
        () => 'answered',
        (error: { faults?: { pointer: string; code: string; message: string }[] }) =>
          error.faults?.map((f) => `${f.pointer} ${f.code} ${f.message}`),
      );
    const says = ['/query/after UNKNOWN_ENTRY after names no entry of these books: give the id that ended the page before'];
    for (const after of ['att_NOBODY:1', others]) {
      expect(await refused(accountStatement(world, { ...query, after }))).to.deep.equal(says);
      expect(await refused(journal(world, { ...query, after }))).to.deep.equal(says);
      expect(await refused(statementPage(world, lender, day('2026-01-25'), after, 3))).to.deep.equal(says);
    }
    await events.deleteOne({ _id: others });
  });

  it('ask for fewer days where looking through all takes too long, and never fall over', async () => {
    const events = {
      find: () => ({ toArray: async () => Promise.reject(new MongoServerError({ message: 'operation exceeded time limit', code: 50 })) }),
    };
    const { entries } = booksStore({ collection: () => events } as unknown as Db);
    const error = await entries({ lenderId: house.lender.id, account: '6702' }, null, 10).catch(
      (e: { faults: { pointer: string; message: string }[] }) => e,
    );
    expect('faults' in error && error.faults[0]).to.include({
      pointer: '/query/from',
      message: 'looking through these postings took longer than 5 s: ask for fewer days with from and to',
    });
  });

  it('keep an account’s balance right after an entry outside the days that were asked for', async () => {
    const { world, lender } = house;
    const query = { lenderId: lender.id, account: LOANS, currency: 'CNY', from: null, to: null, limit: 200, after: null };
    const { entries } = await accountStatement(world, query);
    const [first, last] = [entries[0]!, entries.at(-1)!];
    const brought = await accountStatement(world, { ...query, from: day('2026-02-01') });
    expect((await accountStatement(world, { ...query, from: day('2026-02-01'), after: first.event.id })).opening).to.equal(brought.opening);
    const january = await accountStatement(world, { ...query, to: day('2026-01-31') });
    const behind = await accountStatement(world, { ...query, to: day('2026-01-31'), after: last.event.id });
    expect([behind.entries.length, behind.opening]).to.deep.equal([0, january.entries.at(-1)!.balance]);
  });

  it('list the journal by subject, account and day', async () => {
    const { world, lender } = house;
    const query = { lenderId: lender.id, subject: null, account: null, from: null, to: null, after: null, limit: 100 };
    const all = await journal(world, query);
    expect(all.data.every((e) => e.posting.length > 0)).to.equal(true);
    const one = all.data.find((e) => e.type === 'attempt.succeeded')!;
    expect((await journal(world, { ...query, subject: one.subject })).data.map((e) => e.id)).to.include(one.id);
    expect((await journal(world, { ...query, subject: one.subject })).data.every((e) => e.subject === one.subject)).to.equal(true);
    const cleared = await journal(world, { ...query, account: CLEARING });
    expect(cleared.data.length).to.equal(all.data.filter((e) => e.posting.some((l) => l.account === CLEARING)).length);
    const january = await journal(world, { ...query, to: day('2026-01-31') });
    const february = await journal(world, { ...query, from: day('2026-02-01') });
    expect(january.data.length + february.data.length).to.equal(all.data.length);
  });

  it('are found right by all checks, which looked at everything', async () => {
    const check = await checkBooks(house.world);
    expect(check.ok, JSON.stringify(check)).to.equal(true);
    expect(check.voucherCheck.looked).to.be.above(15);
    expect(check.ledgerCheck.looked).to.be.above(10);
    expect(await bookFigures(house.world)).to.include({ trialBalance: 0, voucherCheck: 'ok', ledgerCheck: 'ok', cashCheck: 'ok' });
  });
});
