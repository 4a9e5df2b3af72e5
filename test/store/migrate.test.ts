import { expect } from 'chai';
import { instant } from '../../src/domain/clock.ts';
import { type Migration, migrate } from '../../src/store/migrate.ts';
import { MIGRATIONS } from '../../src/store/migrations/index.ts';
import { type FreshDatabase, openFreshDatabase } from '../support/database.ts';
import { realTimers as timers } from '../support/timers.ts';

describe('migrations', () => {
  let store: FreshDatabase;
  beforeEach(async () => {
    store = await openFreshDatabase();
  });
  afterEach(() => store.drop());

  /** Counts its own runs in the database, so that two runners are seen. */
  const counting = (n: number, name = `step-${n}`): Migration => ({
    n,
    name,
    up: async (db) => {
      await db.collection<{ _id: number; runs: number }>('seen').updateOne({ _id: n }, { $inc: { runs: 1 } }, { upsert: true });
    },
  });
  const seen = async () => Object.fromEntries((await store.db.collection('seen').find().toArray()).map((doc) => [doc._id, doc.runs]));
  const codeOf = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => 'no error',
      (error) => error.code,
    );

  it('runs each one once, in order, and nothing when run again', async () => {
    expect(await migrate(store.db, [counting(1), counting(2)], { timers })).to.deep.equal([1, 2]);
    expect(await migrate(store.db, [counting(1), counting(2)], { timers })).to.deep.equal([]);
    expect(await migrate(store.db, [counting(1), counting(2), counting(3)], { timers })).to.deep.equal([3]);
    expect(await seen()).to.deep.equal({ 1: 1, 2: 1, 3: 1 });
  });

  it('lets eight runners start at once and still runs each one once', async () => {
    const list = [counting(1), counting(2), counting(3)];
    const ran = await Promise.all(Array.from({ length: 8 }, () => migrate(store.db, list, { timers })));
    expect(await seen()).to.deep.equal({ 1: 1, 2: 1, 3: 1 });
    expect(ran.flat().sort()).to.deep.equal([1, 2, 3]);
  });

  it('goes on where one failed half way', async () => {
    let broken = true;
    const fragile: Migration = {
      n: 2,
      name: 'fragile',
      up: async (db) => {
        await counting(2).up(db);
        if (broken) throw new Error('power cut');
      },
    };
    const list = [counting(1), fragile, counting(3)];
    expect(await migrate(store.db, list, { timers }).catch((error: Error) => error.message)).to.equal('power cut');
    broken = false;
    expect(await migrate(store.db, list, { timers })).to.deep.equal([2, 3]);
    expect(await seen()).to.deep.equal({ 1: 1, 2: 2, 3: 1 });
  });

  it('takes over the lock of a runner that was killed, once it is stale', async () => {
    let entered = (): void => {};
    const inside = new Promise<void>((resolve) => (entered = resolve));
    const killed: Migration = { n: 1, name: 'step-1', up: () => new Promise(() => entered()) };
    const dead = { monotonic: timers.monotonic, sleep: () => new Promise<void>(() => {}) };
    migrate(store.db, [killed], { timers: dead, staleMs: 300 });
    await inside;
    const began = timers.monotonic();
    expect(await migrate(store.db, [counting(1)], { timers, staleMs: 300 })).to.deep.equal([1]);
    expect(timers.monotonic() - began).to.be.greaterThan(100);
  });

  it('keeps the lock fresh under a long migration', async () => {
    const long: Migration = {
      n: 1,
      name: 'long',
      up: async (db) => {
        await counting(1).up(db);
        await timers.sleep(600);
      },
    };
    const ran = await Promise.all([
      migrate(store.db, [long], { timers, staleMs: 200 }),
      migrate(store.db, [long], { timers, staleMs: 200 }),
    ]);
    expect(ran.flat()).to.deep.equal([1]);
    expect(await seen()).to.deep.equal({ 1: 1 });
  });

  it('stops a runner whose lock another has taken', async () => {
    const robbed: Migration = {
      n: 1,
      name: 'robbed',
      up: async (db) => {
        await db
          .collection<{ _id: string }>('migrationLock')
          .updateOne({ _id: 'lock' }, { $set: { owner: 'another', until: instant(4e12) } });
        await timers.sleep(300);
      },
    };
    expect(await codeOf(migrate(store.db, [robbed], { timers, staleMs: 200 }))).to.equal('MIGRATION_LOST');
    expect(await store.db.collection('migrations').countDocuments()).to.equal(0);
  });

  it('refuses a database that is newer than the code, or whose history was renamed', async () => {
    await migrate(store.db, [counting(1), counting(2)], { timers });
    expect(await codeOf(migrate(store.db, [counting(1)], { timers }))).to.equal('DATABASE_NEWER');
    expect(await codeOf(migrate(store.db, [counting(1), counting(2, 'other')], { timers }))).to.equal('MIGRATION_CHANGED');
  });

  it('refuses a list with a gap', async () => {
    const error = await migrate(store.db, [counting(1), counting(3)], { timers }).catch((e: Error) => e);
    expect(String(error)).to.contain('number 3 (step-3) stands in place 2');
  });

  it('teaches receipts that were booked before there were refunds that nothing of them was given back', async () => {
    const plans = store.db.collection<{ _id: string; receipts: { id: string; refunded?: unknown }[] }>('plans');
    await migrate(store.db, MIGRATIONS.slice(0, 2), { timers });
    await plans.insertMany([
      { _id: 'pln_1', lenderId: 'l', externalId: '1', receipts: [{ id: 'att_1' }, { id: 'att_2' }] },
      { _id: 'pln_2', lenderId: 'l', externalId: '2', receipts: [] },
    ] as never);
    await migrate(store.db, MIGRATIONS, { timers });
    expect((await plans.find({}, { sort: { _id: 1 } }).toArray()).map((p) => p.receipts)).to.deep.equal([
      [
        { id: 'att_1', refunded: 0 },
        { id: 'att_2', refunded: 0 },
      ],
      [],
    ]);
  });

  it('has a list of its own that runs on an empty database, twice', async () => {
    await migrate(store.db, MIGRATIONS, { timers });
    expect(await migrate(store.db, MIGRATIONS, { timers })).to.deep.equal([]);
  });
});
