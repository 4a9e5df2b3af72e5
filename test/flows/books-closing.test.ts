/** Opening and closing the books: once, in order, only when they are right; and what is closed stays as it was. */
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { Long } from 'mongodb';
import { businessDate, parseInstant } from '../../src/domain/clock.ts';
import { HOUSE } from '../../src/domain/discrepancy.ts';
import type { NewEvent } from '../../src/domain/event.ts';
import { line } from '../../src/domain/ledger.ts';
import { trialBalance } from '../../src/flows/books.ts';
import { checkBooks } from '../../src/flows/check-books.ts';
import { closePeriod } from '../../src/flows/close-period.ts';
import { openBooks } from '../../src/flows/open-books.ts';
import { recordPayment } from '../../src/flows/payment.ts';
import { registerAll, Spoiler } from '../check/support.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';

const ACTOR = { by: 'Li Na', why: 'month end', keyId: 'key_A' };
const codeOf = async (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => 'done',
    (e: { code: string }) => e.code,
  );

describe('opening the books', () => {
  let house: TestHouse;
  before(async () => {
    house = await openTestHouse();
  });
  after(() => house.end());
  const file = (...rows: string[]) => Readable.from([['account,lender,currency,minor', ...rows, ''].join('\n')]);
  const open = (...rows: string[]) => openBooks(house.world, file(...rows), ACTOR);
  const faults = (...rows: string[]) =>
    open(...rows).then(
      () => [],
      (e: { faults: readonly { message: string; code: string }[] }) => e.faults.map((f) => f.message),
    );

  it('names each bad line and posts nothing of such a file', async () => {
    const id = house.lender.id;
    expect(
      await faults(
        `9999,${id},CNY,5`,
        `2999,lnd_nobody,CNY,-5`,
        `2999,${id},XXX,1`,
        `2999,${id},CNY,1.5`,
        `2999,${id},CNY`,
        `1002,${id},CNY,5`,
        `1002,${id},CNY,5`,
      ),
    ).to.deep.equal([
      'line 2: no ledger account "9999": docs/ledger.md lists them',
      `line 3: no lender "lnd_nobody": give a lender's id, or house`,
      'line 4: "XXX" is not a currency of ISO 4217',
      'line 5: "1.5" is no whole number: write minor units, below zero on the credit side',
      'line 6: not four fields: write account,lender,currency,minor',
      `line 8: 1002 of ${id} in CNY stands above already: give each once`,
    ]);
    const none = (account: string) => `no ledger account ${JSON.stringify(account)}: docs/ledger.md lists them`;
    const strange = ['constructor', '1002:', '1002:a b', `1012.01:${'x'.repeat(61)}`, '1002:a:b'];
    expect(await faults(...strange.map((a) => `${a},${id},CNY,5`))).to.deep.equal(
      strange.map((a, k) => `line ${k + 2}: ${none(a.slice(0, 40))}`),
    );
    expect(await faults(`1002,${id},CNY,5`, `2999,${id},CNY,-4`)).to.deep.equal([
      `the CNY rows of ${id} sum to 1, not 0: what we do not know the other side of belongs on 2999`,
    ]);
    expect(await faults()).to.have.length(1);
    expect(await codeOf(openBooks(house.world, Readable.from(['account;lender;currency;minor\n']), ACTOR))).to.equal('INVALID_INPUT');
    expect(await trialBalance(house.world, {}, null)).to.deep.equal([]);
  });

  it('posts one event a lender and currency, once, whatever the order of the rows', async () => {
    const id = house.lender.id;
    const rows = [`2241.05,${id},CNY,-700`, `6421,${id},CNY,100`, `2999,${id},CNY,600`, `2999,${HOUSE},USD,-3`, `6702,${HOUSE},USD,3`];
    const first = await open(...rows);
    expect(first.map((o) => [o.lenderId, o.rows, o.repeated])).to.deep.equal([
      [id, 3, false],
      [HOUSE, 2, false],
    ]);
    expect((await open(...rows.reverse())).every((o) => o.repeated)).to.equal(true);
    expect(await codeOf(open(`2999,${id},CNY,1`, `6421,${id},CNY,-1`))).to.equal('OPENING_EXISTS_DIFFERENT');
    const events = await house.database.db.collection('events').find({ type: 'books.opened' }).toArray();
    expect(events.map((e) => String(e._id)).sort()).to.deep.equal([`books_${HOUSE}_USD:1`, `books_${id}_CNY:1`]);
    const balances = await trialBalance(house.world, {}, null);
    expect(balances.map((b) => [b.lenderId, b.currency, b.dr, b.difference])).to.deep.equal([
      [HOUSE, 'USD', 3, 0],
      [id, 'CNY', 700, 0],
    ]);
    const check = await checkBooks(house.world);
    expect(check.ok, JSON.stringify(check)).to.equal(true);
    expect(check.voucherCheck.looked).to.equal(2);
  });
});

describe('closing a month', function () {
  this.timeout(240_000);
  let house: TestHouse;
  const spoil = new Spoiler(() => house);
  before(async () => {
    house = await openTestHouse();
    await registerAll(house, ['0019', '0027', '0035']);
    await house.to('2026-01-31T15:59:00Z');
  });
  afterEach(() => spoil.mend());
  after(() => house.end());
  const close = (period: string) => closePeriod(house.world, period, house.lender.id, ACTOR);

  it('is refused until an hour after it is over, for what is no month, and before the months that come first', async () => {
    expect(await codeOf(close('2026-01'))).to.equal('PERIOD_NOT_OVER');
    await house.to('2026-01-31T16:59:00Z');
    expect(await codeOf(close('2026-01'))).to.equal('PERIOD_NOT_OVER');
    await house.to('2026-03-05T00:00:00Z');
    expect(await codeOf(close('2026-02'))).to.equal('PERIOD_BEFORE_OPEN');
    expect(await codeOf(close('January'))).to.equal('INVALID_INPUT');
    expect(await codeOf(closePeriod(house.world, '2026-01', 'lnd_01KE5Q8600KBQ1RM77ZQPR1EZZ', ACTOR))).to.equal('NOT_FOUND');
  });

  it('is refused while the books are not right', async () => {
    const plan = await spoil.find('plans');
    const [first, ...rest] = plan.instalments;
    await spoil.set('plans', plan._id, {
      instalments: [{ ...first, paid: { ...first.paid, principal: Long.fromNumber(Number(first.paid.principal) + 1) } }, ...rest],
    });
    expect(await codeOf(close('2026-01'))).to.equal('BOOKS_NOT_RIGHT');
    expect(await house.world.store.books.periods(house.lender.id)).to.deep.equal([]);
  });

  it('stores the balances at its end with their hash, once, however many close it', async () => {
    const done = await Promise.all([close('2026-01'), close('2026-01'), close('2026-01')]);
    expect(done.flat().filter((d) => !d.repeated)).to.have.length(1);
    const [{ period }] = (await close('2026-01')) as [Awaited<ReturnType<typeof close>>[0]];
    expect([period.from, period.until].map((i) => i.toISOString())).to.deep.equal(['2025-12-31T16:00:00.000Z', '2026-01-31T16:00:00.000Z']);
    const posted = { lenderId: house.lender.id, 'posting.0': { $exists: true }, at: { $lt: period.until } };
    expect(period.entries).to.be.above(3);
    expect(period.entries).to.equal(await house.database.db.collection('events').countDocuments(posted));
    expect(period.keyId).to.equal('key_A');
    expect(period.balances.reduce((s, b) => s + b.minor, 0)).to.equal(0);
    const audit = await house.database.db.collection('audit').find({ act: 'books.closed' }).toArray();
    expect(audit.map((a) => [a.by, a.keyId, a.facts.period])).to.deep.equal([['Li Na', 'key_A', '2026-01']]);
    await close('2026-02');
    expect((await house.world.store.books.periods(house.lender.id)).map((p) => p.period)).to.deep.equal(['2026-01', '2026-02']);
  });

  it('sends corrections to the open period: money of January that is found in March is posted in March', async () => {
    const { world, lender } = house;
    const before = await world.store.books.periods(lender.id);
    const plan = (await world.store.of(lender.id).plans.one({ externalId: 'L-1' }))!;
    const input = { externalId: 'LATE', amount: 5_000, valueDate: businessDate('2026-01-27'), targets: [], note: null };
    await recordPayment(world, lender, plan.id, input, ACTOR);
    expect((await checkBooks(world)).closedPeriods).to.include({ ok: true, looked: 2 });
    expect(await world.store.books.periods(lender.id)).to.deep.equal(before);
    const [january] = await trialBalance(world, { lenderIds: [lender.id] }, businessDate('2026-01-31'));
    expect(january?.rows.filter((r) => r.account === '1002')).to.deep.equal([]);
  });

  it('lets nothing be posted before its end', async () => {
    const { world, lender } = house;
    const event: NewEvent = {
      ...{ subject: 'pln_LATE', n: 1, type: 'plan.corrected', lenderId: lender.id, borrowerId: null, planId: null, bucket: 0 },
      ...{
        from: null,
        to: null,
        at: parseInstant('2026-02-28T15:59:59Z'),
        by: 'test',
        why: 'late',
        evidence: null,
        currency: 'CNY',
        data: {},
      },
      posting: [line('2999', 1), line('6011', -1)],
    };
    expect(await codeOf(world.store.transact((tx) => tx.write({ events: [event] }, null)))).to.equal('PERIOD_CLOSED');
    expect(
      await codeOf(world.store.transact((tx) => tx.write({ events: [{ ...event, posting: [] }] }, null))),
      'what posts nothing may be told',
    ).to.equal('done');
    await house.database.db.collection('events').deleteOne({ _id: 'pln_LATE:1' } as object);
  });

  it('is found broken when a posting in it is changed, or its stored balances are', async () => {
    const event = await spoil.find('events', { type: 'plan.registered' });
    const [a, b] = event.posting;
    await spoil.set('events', event._id, {
      posting: [
        { ...a, minor: Long.fromNumber(Number(a.minor) + 1) },
        { ...b, minor: Long.fromNumber(Number(b.minor) - 1) },
      ],
    });
    expect((await checkBooks(house.world)).closedPeriods.rows.map((r) => r.says)).to.include(
      'something was posted into a closed period, or taken out of it',
    );
    await spoil.mend();
    const period = await spoil.find('periods', { period: '2026-02' });
    const [first, ...rest] = period.balances;
    await spoil.set('periods', period._id, { balances: [{ ...first, minor: Long.fromNumber(Number(first.minor) + 1) }, ...rest] });
    const { rows } = (await checkBooks(house.world)).closedPeriods;
    expect(rows.map((r) => [r.says, r.id])).to.deep.include(['the balances of a closed period are not those that were hashed', period._id]);
  });

  it('keeps who closed and opened them in the same write, so that no end between the two loses it', async () => {
    const dies = async () => Promise.reject(new Error('killed'));
    const store = { ...house.world.store, admin: { ...house.world.store.admin, audit: dies } };
    const world = { ...house.world, store };
    await openBooks(world, Readable.from([`account,lender,currency,minor\n2999,${HOUSE},CNY,1\n6421,${HOUSE},CNY,-1\n`]), ACTOR);
    await closePeriod(world, '2026-02', HOUSE, ACTOR);
    const audit = await house.database.db
      .collection('audit')
      .find({ 'facts.lenderId': HOUSE }, { sort: { act: 1 } })
      .toArray();
    expect(audit.map((a) => [a.act, a.by, a.why, a.keyId, a.lenderId])).to.deep.equal([
      ['books.closed', 'Li Na', 'month end', 'key_A', null],
      ['books.opened', 'Li Na', 'month end', 'key_A', null],
    ]);
  });
});
