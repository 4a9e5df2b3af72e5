import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { Schema } from 'mongoose';
import { instant } from '../../src/domain/clock.ts';
import type { DulyError } from '../../src/domain/errors.ts';
import type { Index } from '../../src/store/collections.ts';
import { connect } from '../../src/store/connect.ts';
import { assertGuards, clockSkewMs, missingGuards, serverNow } from '../../src/store/guards.ts';
import { freshDatabase, type StandaloneServer, startStandalone } from '../support/database.ts';
import { realTimers } from '../support/timers.ts';

const errorOf = (promise: Promise<unknown>): Promise<DulyError> =>
  promise.then(
    () => expect.fail('it did not throw'),
    (error) => error,
  );

describe('connecting', () => {
  const store = freshDatabase('connecttest');

  it('opens one client for the driver and mongoose alike', async () => {
    await store.db.collection<{ _id: string }>('things').insertOne({ _id: 'a' });
    expect(store.mongoose.getClient()).to.equal(store.client);
    expect(await store.mongoose.collection('things').countDocuments({})).to.equal(1);
    expect(store.mongoose.name).to.equal(store.db.databaseName);
  });

  it('has one copy of the driver', () => {
    const tree = execFileSync('npm', ['ls', 'mongodb', 'bson', '--all', '--parseable'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(tree.split('\n').filter((line) => /\/(mongodb|bson)$/.test(line))).to.have.length(2);
  });

  it('makes mongoose throw at an unknown filter field and read an operator as a value', async () => {
    const Thing = store.mongoose.model('Thing', new Schema({ name: String }));
    const unknown = await errorOf(Thing.find({ nmae: 'x' }).exec());
    expect(unknown.name).to.equal('StrictModeError');
    await Thing.create({ name: 'x' });
    const operator = await Thing.find({ name: { $ne: null } as unknown as string }).then(
      (found) => found.length,
      (error) => error.name,
    );
    expect(operator).to.equal('CastError');
  });

  it('keeps an undefined filter field, so that a missing lender matches nobody', async () => {
    await store.db.collection('loans').insertOne({ lenderId: 'lnd_1' });
    expect(await store.db.collection('loans').countDocuments({ lenderId: undefined })).to.equal(0);
  });

  it('waits for a majority and the journal whatever the address says', async () => {
    const uri = new URL(store.uri);
    for (const [key, value] of [
      ['w', '1'],
      ['journal', 'false'],
      ['retryWrites', 'false'],
      ['readPreference', 'secondary'],
      ['socketTimeoutMS', '0'],
    ] as const) {
      uri.searchParams.set(key, value);
    }
    const loose = await connect(uri.href, { appName: 'loose' });
    try {
      await assertGuards(loose.client, loose.db, []);
      const { writeConcern, socketTimeoutMS, retryWrites, readPreference } = loose.client.options;
      expect([writeConcern?.w, writeConcern?.journal, socketTimeoutMS, retryWrites, readPreference.mode]).to.deep.equal([
        'majority',
        true,
        10_000,
        true,
        'primary',
      ]);
    } finally {
      await loose.close();
    }
  });

  it('gives up on an address where nobody answers, without the password in the message', async () => {
    const silent = createServer();
    const port = await new Promise<number>((resolve) =>
      silent.listen(0, '127.0.0.1', () => resolve((silent.address() as { port: number }).port)),
    );
    const began = realTimers.monotonic();
    const error = await errorOf(connect(`mongodb://u:secretword@127.0.0.1:${port}/?replicaSet=rs`, { appName: 'silent' }));
    silent.close();
    expect(error.code).to.equal('NO_DATABASE');
    expect(error.message).to.contain(`127.0.0.1:${port}`).and.not.contain('secretword');
    expect(realTimers.monotonic() - began).to.be.lessThan(7000);
  });

  it('ends a call that the server leaves unanswered, in two tries of the socket time-out', async () => {
    const impatient = await connect(store.uri, { appName: 'impatient', socketTimeoutMs: 300 });
    const failPoint = {
      configureFailPoint: 'failCommand',
      data: { failCommands: ['find'], blockConnection: true, blockTimeMS: 1500, appName: 'duly-impatient' },
    };
    try {
      await store.client.db('admin').command({ ...failPoint, mode: 'alwaysOn' });
      const began = realTimers.monotonic();
      const error = await errorOf(impatient.db.collection('things').findOne({}));
      expect(error.name).to.equal('MongoNetworkTimeoutError');
      expect(realTimers.monotonic() - began).to.be.lessThan(2 * 300 + 600);
    } finally {
      await store.client.db('admin').command({ configureFailPoint: 'failCommand', mode: 'off' });
      await impatient.close();
    }
  });
});

describe('what a database must be', () => {
  const store = freshDatabase('guards');
  const guard: Index = {
    collection: 'attempts',
    name: 'one_open',
    keys: { planId: 1 },
    options: { unique: true, partialFilterExpression: { open: true } },
    guard: true,
    why: 'one open attempt a plan',
  };
  const clockAt = (offsetMs: number) => ({ now: () => instant(performance.timeOrigin + performance.now() + offsetMs) });

  it('has each guard index, or the start is refused by its name', async () => {
    const error = await errorOf(assertGuards(store.client, store.db, [guard]));
    expect(error.code).to.equal('GUARD_INDEX_MISSING');
    expect(error.message).to.contain('attempts.one_open (one open attempt a plan)');
    await store.db.collection('attempts').createIndex(guard.keys, { name: guard.name, ...guard.options });
    await assertGuards(store.client, store.db, [guard]);
  });

  it('has it unique and over the same documents', async () => {
    const weaker: Index[] = [
      { ...guard, collection: 'a1', options: { partialFilterExpression: { open: true } } },
      { ...guard, collection: 'a2', options: { unique: true } },
      { ...guard, collection: 'a3', keys: { planId: -1 } },
    ];
    for (const { collection, keys, name, options } of weaker) await store.db.collection(collection).createIndex(keys, { name, ...options });
    const wanted = weaker.map(({ collection }) => ({ ...guard, collection }));
    expect((await missingGuards(store.db, wanted)).map(({ collection }) => collection)).to.deep.equal(['a1', 'a2', 'a3']);
  });

  it('keeps the time of this machine to within two seconds', async () => {
    expect(Math.abs(await clockSkewMs(store.db, clockAt(0)))).to.be.lessThan(200);
    expect(await clockSkewMs(store.db, clockAt(-5000))).to.be.closeTo(5000, 200);
    await assertGuards(store.client, store.db, [], { machineClock: clockAt(1500) });
    expect((await errorOf(assertGuards(store.client, store.db, [], { machineClock: clockAt(5000) }))).code).to.equal('CLOCK_SKEW');
    expect(Math.abs((await serverNow(store.db)).getTime() - clockAt(0).now().getTime())).to.be.lessThan(500);
  });

  it('has no test commands in production', async () => {
    expect((await errorOf(assertGuards(store.client, store.db, [], { production: true }))).code).to.equal('TEST_COMMANDS_ON');
  });

  it('is reached by a client that waits for a majority', async () => {
    const cases = [
      [{ writeConcern: { w: 1 } }, 'WEAK_WRITE_CONCERN'],
      [{ writeConcern: { w: 'majority', journal: false } }, 'WEAK_WRITE_CONCERN'],
      [{ readPreference: 'secondary' }, 'WEAK_READS'],
      [{ retryWrites: false }, 'NO_RETRY'],
      [{ ignoreUndefined: true }, 'IGNORES_UNDEFINED'],
    ] as const;
    for (const [weak, code] of cases) {
      const client = new MongoClient(store.uri, { writeConcern: { w: 'majority', journal: true }, ...weak } as object);
      expect((await errorOf(assertGuards(client, client.db('x'), []))).code).to.equal(code);
      await client.close();
    }
  });

  describe('as a replica set', () => {
    let single: StandaloneServer;
    before(async () => {
      single = await startStandalone();
    });
    after(() => single.stop());

    it('is refused when it is a single server, with what to do', async () => {
      const plain = await connect(single.uri, { appName: 'plain' });
      try {
        const error = await errorOf(assertGuards(plain.client, plain.db, []));
        expect(error.code).to.equal('NOT_A_REPLICA_SET');
        expect(error.message).to.contain('--replSet');
      } finally {
        await plain.close();
      }
    });
  });
});
