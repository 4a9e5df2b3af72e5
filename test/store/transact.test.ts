/** The one transaction through which money moves: fenced, all or nothing, and once where the commit's outcome is unknown. And the feed behind it. */
import { expect } from 'chai';
import type { Document } from 'mongodb';
import { parseInstant } from '../../src/domain/clock.ts';
import type { NewEvent } from '../../src/domain/event.ts';
import type { Changes, Lease, Store } from '../../src/flows/store.ts';
import { attemptDoc } from '../../src/store/codec.ts';
import { relay } from '../../src/store/feed.ts';
import { inTransaction } from '../../src/store/in-transaction.ts';
import { FIRST_PARTITION, leases } from '../../src/store/leases.ts';
import { migrate } from '../../src/store/migrate.ts';
import { MIGRATIONS } from '../../src/store/migrations/index.ts';
import { transactor } from '../../src/store/transact.ts';
import { freshDatabase } from '../support/database.ts';
import { claimOf, failing, intent } from '../support/diary-intent.ts';
import { realTimers } from '../support/timers.ts';

const APP = 'transact';
const PARTITION = FIRST_PARTITION._id;
const NOWHERE = { planId: 'pln_1', instalmentId: null, component: null, scheduleVersion: null };
const at = parseInstant('2026-01-25T01:10:00Z');

/** An attempt that took 50.00: its event with the posting, and its state. */
const success = (id: string, lenderId = 'lnd_1'): Changes => {
  const event: NewEvent = {
    ...{ subject: id, n: 2, type: 'attempt.succeeded', lenderId, borrowerId: 'brw_1', planId: 'pln_1', bucket: 0 },
    ...{ from: 'submitted', to: 'succeeded', at, by: 'duly', why: 'a test', evidence: null, currency: 'CNY', data: {} },
    posting: [
      { account: '1012.01:simulator', minor: 5000, ...NOWHERE },
      { account: '1303.01', minor: -5000, ...NOWHERE },
    ],
  };
  return { events: [event], attempts: [{ id, eventN: 1, set: { state: 'succeeded', open: false, eventN: 2 } }] };
};

describe('the transaction', () => {
  const store = freshDatabase(APP);
  let transact: Store['transact'];
  let lease: Lease;
  let n = 0;
  const desk = () => leases(store.db, realTimers);
  const rows = (name: string) => store.db.collection<Document>(name).find({}).toArray();
  const cash = async (): Promise<number> =>
    (await rows('balances')).filter((b) => b.account === '1012.01:simulator').reduce((sum, b) => sum + Number(b.minor), 0);
  const everything = async () => JSON.stringify(await Promise.all(['events', 'attempts', 'balances', 'partitions', 'inbox'].map(rows)));
  const submitted = async (): Promise<string> => {
    const attempt = intent(`pln_${++n}`, claimOf(`t${n}`));
    await store.db.collection<Document>('attempts').insertOne(attemptDoc(attempt));
    return attempt.id;
  };
  const record = (changes: Changes, under: Lease | null = lease) => transact((tx) => tx.write(changes, under));
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: { code?: string }) => error.code,
    );
  before(async () => {
    await migrate(store.db, MIGRATIONS, { timers: realTimers, log: () => undefined });
    await store.db.collection<Document>('partitions').deleteMany({});
    await store.db
      .collection<Document>('partitions')
      .insertOne({ ...FIRST_PARTITION, owner: null, until: parseInstant('2020-01-01T00:00:00Z'), epoch: 0, seq: 0 } as Document);
    transact = transactor(store.client, store.db, realTimers);
  });
  beforeEach(async () => {
    await store.db.collection<Document>('partitions').updateOne({}, { $set: { owner: null } });
    lease = (await desk().take(PARTITION, 'worker', 60_000))!;
  });

  it('is refused to a worker under an old epoch: two held one partition, and the older one changes no document', async () => {
    const id = await submitted();
    await store.db.collection<Document>('partitions').updateOne({}, { $set: { until: parseInstant('2020-01-01T00:00:00Z') } });
    const next = (await desk().take(PARTITION, 'another', 60_000))!;
    const before = await everything();
    expect(await codeOf(record(success(id), lease))).to.equal('FENCE_LOST');
    expect(await codeOf(record({ events: [], doneInbox: ['x'] }, lease))).to.equal('FENCE_LOST');
    expect(await everything()).to.equal(before);
    expect(await codeOf(record(success(id), next))).to.equal('done');
  });

  it('books nothing twice: the same event a second time is refused whole', async () => {
    const id = await submitted();
    await record(success(id));
    const before = [await cash(), (await rows('events')).length];
    expect(await codeOf(record(success(id)))).to.equal('STALE');
    expect(await codeOf(record({ ...success(id), attempts: [] }))).to.equal('STALE');
    expect([await cash(), (await rows('events')).length]).to.deep.equal(before);
  });

  it('is all or nothing: one attempt of two that has moved on keeps both where they are', async () => {
    const [a, b] = [await submitted(), await submitted()];
    await record(success(b));
    const before = await everything();
    const both = { events: [...success(a).events], attempts: [...success(a).attempts!, ...success(b).attempts!] };
    expect(await codeOf(record(both))).to.equal('STALE');
    expect(await everything()).to.equal(before);
  });

  it('books once where the outcome of the commit is unknown', async () => {
    const id = await submitted();
    const before = await cash();
    const writeConcernError = { code: 64, errmsg: 'waiting for replication timed out' };
    await failing(store.client, APP, 2, { failCommands: ['commitTransaction'], writeConcernError }, () => record(success(id)));
    expect(await cash()).to.equal(before + 5000);
    expect((await rows('events')).filter((e) => e.subject === id)).to.have.length(1);
  });

  it('books once where the connection breaks at the commit, or at a write before it', async () => {
    for (const failCommands of [['commitTransaction'], ['insert']]) {
      const id = await submitted();
      const before = await cash();
      await failing(store.client, APP, 1, { failCommands, closeConnection: true }, () => record(success(id)));
      expect(await cash(), failCommands[0]).to.equal(before + 5000);
      expect((await rows('events')).filter((e) => e.subject === id)).to.have.length(1);
    }
  });

  describe('the feed', () => {
    const relayed = (limit: number) => relay(store.db, (body) => inTransaction(store.client, realTimers, body), limit);
    const feedOf = async (lenderId: string) =>
      (await rows('feed')).filter((f) => f.lenderId === lenderId).sort((a, b) => a.number - b.number);

    it('numbers each lender’s events 1, 2, 3 in the order they were committed, whatever two relays do at once', async () => {
      for (let k = 0; k < 12; k++) await record(success(await submitted(), k % 3 ? 'lnd_a' : 'lnd_b'));
      const sums = await Promise.all([relayed(3), relayed(3), relayed(3)]);
      expect(sums.every((s) => s <= 3)).to.equal(true);
      while (await relayed(3)) expect(await relayed(5)).to.be.at.most(5);
      const seqOf = new Map((await rows('events')).map((e) => [String(e._id), e.seq as number]));
      for (const [lenderId, count] of [
        ['lnd_a', 8],
        ['lnd_b', 4],
      ] as const) {
        const feed = await feedOf(lenderId);
        expect(feed.map((f) => f.number)).to.deep.equal(Array.from({ length: count }, (_, k) => k + 1));
        const order = feed.map((f) => seqOf.get(String(f._id)) as number);
        expect(order).to.deep.equal(order.toSorted((a, b) => a - b));
      }
      expect((await rows('feed')).length).to.equal(seqOf.size);
    });

    it('leaves a partition’s numbers without a gap', async () => {
      const seqs = (await rows('events')).map((e) => e.seq as number).sort((a, b) => a - b);
      expect(seqs).to.deep.equal(seqs.map((_, k) => k + 1));
    });
  });
});
