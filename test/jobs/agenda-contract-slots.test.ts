/** Agenda 6.2.6 on a real server, rows A6, A11-A13, A16 and A17 of the contract: slots, stopping, rows, limits. Figures: docs/agenda.md. */
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { parseInstant } from '../../src/domain/clock.ts';
import { connect } from '../../src/store/connect.ts';
import { createTickIndexes, JOBS, plantTick } from '../../src/tick-desk.ts';
import type { Ticks } from '../../src/ticks.ts';
import { agendaRig, gauge, NOTHING } from '../support/agenda.ts';
import { freshDatabase } from '../support/database.ts';
import { eventually, realTimers as timers } from '../support/timers.ts';

const YEARLY = '0 0 1 1 *';
const EACH_SECOND = '* * * * * *';

describe('Agenda contract: slots, stopping and rows', function () {
  this.timeout(240_000);
  const store = freshDatabase('contract');
  const rig = agendaRig(store);
  const rows = () => store.db.collection(JOBS);
  const locked = () => rows().countDocuments({ lockedAt: { $type: 'date' } });

  describe('A6: a slot missed while every worker was down', () => {
    const overdue = async () =>
      rig.leave({ name: 'nightly', type: 'single', repeatInterval: YEARLY, repeatTimezone: 'UTC', nextRunAt: await rig.ago(3_600_000) });

    it('Agenda’s every() at the restart moves the row to the next slot: the run is dropped', async () => {
      await overdue();
      const { seen, sleeping } = gauge();
      const agenda = rig.plain();
      agenda.define('nightly', sleeping(0));
      await agenda.every(YEARLY, 'nightly', undefined, { timezone: 'UTC' });
      await agenda.start();
      await timers.sleep(600);
      expect(seen.starts).to.equal(0);
    });

    it('ours: it runs within two looks of the restart', async () => {
      await overdue();
      const { seen, sleeping } = gauge();
      const began = timers.monotonic();
      const run = async () => {
        await sleeping(0)();
        return NOTHING;
      };
      await rig.ours([{ name: 'nightly', cron: YEARLY, run }], { lookEveryMs: 500 });
      await eventually('the run', () => seen.starts === 1);
      expect(timers.monotonic() - began).to.be.lessThan(1500);
    });
  });

  describe('crons', () => {
    it('have seconds, and keep the wall clock of their zone over a change of time', () => {
      const slots = (cron: string, zone: string, from: string) => {
        const job = rig.plain().create('x');
        job.attrs.lastRunAt = parseInstant(from);
        return job.repeatEvery(cron, { timezone: zone }).attrs.nextRunAt?.toISOString();
      };
      expect(slots('*/5 * * * * *', 'UTC', '2026-11-23T09:00:03.400Z')).to.equal('2026-11-23T09:00:05.000Z');
      expect(slots('0 9 * * *', 'Europe/London', '2026-10-24T08:00:00.000Z')).to.equal('2026-10-25T09:00:00.000Z');
      expect(slots('0 9 * * *', 'Europe/London', '2026-03-28T09:00:00.000Z')).to.equal('2026-03-29T08:00:00.000Z');
    });

    it('drift over a change of time when written as "1 day"', () => {
      const job = rig.plain().create('x');
      job.attrs.lastRunAt = parseInstant('2026-03-28T09:00:00.000Z');
      expect(job.repeatEvery('1 day', { timezone: 'Europe/London' }).attrs.nextRunAt).to.deep.equal(
        parseInstant('2026-03-29T09:00:00.000Z'),
      );
    });

    it('run about once a second when they say so', async () => {
      const { seen, sleeping } = gauge();
      const run = async () => {
        await sleeping(0)();
        return NOTHING;
      };
      await rig.ours([{ name: 'tick', cron: EACH_SECOND, run }]);
      await eventually('the first run', () => seen.starts === 1);
      await timers.sleep(5000);
      expect(seen.starts).to.be.within(5, 7);
    });
  });

  describe('A11 and A12: stopping', () => {
    it('Agenda’s stop() leaves the lock of a run under way', async () => {
      const { seen, sleeping } = gauge();
      const agenda = rig.plain({ lockLifetime: 4000 });
      agenda.define('long', sleeping(500));
      await rig.job('long');
      await agenda.start();
      await eventually('the run', () => seen.now === 1);
      await agenda.stop(false);
      expect(await locked()).to.equal(1);
      await eventually('its end', () => seen.now === 0);
    });

    it('Agenda’s drain() leaves queued rows locked', async () => {
      const { seen, sleeping } = gauge();
      const agenda = rig.plain({ lockLifetime: 4000 });
      agenda.define('queued', sleeping(300), { concurrency: 1 });
      for (let n = 0; n < 4; n += 1) await rig.job('queued');
      await agenda.start();
      await eventually('the first run', () => seen.now === 1);
      await eventually('the queue', async () => (await locked()) === 4);
      await agenda.drain({ timeout: 3000, closeConnection: false });
      expect(await locked()).to.be.at.least(2);
    });

    it('Agenda’s drain() with removeOnComplete does not see the end of the last run', async () => {
      const { seen, sleeping } = gauge();
      const agenda = rig.plain({ lockLifetime: 4000, removeOnComplete: true });
      agenda.define('short', sleeping(300));
      await rig.job('short');
      await agenda.start();
      await eventually('the run', () => seen.now === 1);
      const drained = await agenda.drain({ timeout: 2000, closeConnection: false });
      expect(drained.timedOut).to.equal(true);
      expect(seen.ends).to.equal(1);
    });

    it('ours: 8 rolling deploys (of 20) under load leave no lock, hang never and lose no slot', async () => {
      const { seen, sleeping } = gauge();
      const run = async () => {
        await sleeping(400)();
        return NOTHING;
      };
      const names = ['a', 'b', 'c'];
      const list = names.map((name) => ({ name, cron: EACH_SECOND, run }));
      let worker: Ticks = await rig.ours(list);
      for (let deploy = 0; deploy < 8; deploy += 1) {
        const next = await rig.ours(list);
        await timers.sleep(250);
        const began = timers.monotonic();
        expect((await worker.drain(5000)).timedOut).to.equal(false);
        expect(timers.monotonic() - began).to.be.lessThan(2000);
        worker = next;
      }
      await worker.drain(5000);
      expect(await locked()).to.equal(0);
      expect(seen.ends).to.equal(seen.starts);
      expect(seen.starts).to.be.greaterThan(8);
    });

    it('ours: a row locked ahead of its time is free once the worker has drained', async () => {
      await createTickIndexes(store.db);
      await plantTick(store.db, 'soon', YEARLY, 'UTC');
      await rows().updateOne({ name: 'soon' }, { $set: { nextRunAt: await rig.ago(-1500) } });
      const ticks = await rig.ours([{ name: 'soon', cron: YEARLY, run: async () => NOTHING }], { lookEveryMs: 2000 });
      await eventually('the row to be locked ahead', async () => (await locked()) === 1);
      await ticks.drain(5000);
      expect(await locked()).to.equal(0);
    });

    it('ours: a run longer than the patience of drain keeps its lock, the others are freed', async () => {
      const { seen, around } = gauge();
      let release = (): void => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const run = async () => {
        await around(() => held);
        return NOTHING;
      };
      const ticks = await rig.ours([{ name: 'long', cron: EACH_SECOND, run }], { lockLifetimeMs: 4000 });
      await eventually('the run', () => seen.now === 1);
      expect(await ticks.drain(200)).to.deep.equal({ completed: 0, running: 1, timedOut: true });
      expect((await rig.row('long')).lockedAt).to.be.a('date');
      release();
    });
  });

  describe('A13: one row a tick', () => {
    it('Agenda’s "single" has no unique index: without ours, boots that race double the row', async () => {
      const indexes = await rows()
        .indexes()
        .catch(() => []);
      if (indexes.length > 0) await rows().drop();
      const agenda = rig.plain();
      await agenda.ready;
      const unique = (await rows().indexes()).filter((index) => index.unique);
      expect(unique).to.deep.equal([]);
      let most = 0;
      for (let round = 0; round < 20 && most < 2; round += 1) {
        await rows().deleteMany({});
        await Promise.all(Array.from({ length: 16 }, () => agenda.every(YEARLY, 'tick')));
        most = Math.max(most, await rows().countDocuments({ name: 'tick' }));
      }
      expect(most).to.be.greaterThan(1);
      await rows().deleteMany({});
    });

    it('ours: 50 boots at once make one row, and a cron changed in the code takes effect', async () => {
      await createTickIndexes(store.db);
      await Promise.all(Array.from({ length: 50 }, () => plantTick(store.db, 'tick', YEARLY, 'UTC')));
      expect(await rows().countDocuments({ name: 'tick' })).to.equal(1);
      expect(await rig.leave({ name: 'tick', type: 'single' }).catch((error) => error.code)).to.equal(11000);
      await rows().updateOne({ name: 'tick' }, { $set: { nextRunAt: parseInstant('2099-01-01T00:00:00Z') } });
      await plantTick(store.db, 'tick', EACH_SECOND, 'UTC');
      const { repeatInterval, nextRunAt } = await rig.row('tick');
      expect(repeatInterval).to.equal(EACH_SECOND);
      expect(nextRunAt.getTime()).to.be.closeTo((await rig.ago(0)).getTime(), 1000);
    });
  });

  describe('A16: few rows, no personal data', () => {
    it('Agenda’s overview and state filter read the whole collection', async () => {
      const watched = await connect(store.uri, { appName: 'watched', monitorCommands: true });
      const agenda = rig.plain({ db: watched.client.db(store.db.databaseName) });
      await agenda.ready;
      for (let n = 0; n < 60; n += 1) await rig.leave({ name: 'many' });
      const read: number[] = [];
      watched.client.on('commandSucceeded', ({ reply }) => {
        const { cursor } = reply as { cursor?: { firstBatch?: unknown[] } };
        if (cursor?.firstBatch) read.push(cursor.firstBatch.length);
      });
      await agenda.queryJobs({ state: 'running', limit: 1 });
      await agenda.getJobsOverview();
      expect(read).to.deep.equal([60, 1, 60]);
      await watched.close();
    });

    it('ours: two rows for two ticks, however often they run, and nothing in their data', async () => {
      const list = ['one', 'two'].map((name) => ({ name, cron: EACH_SECOND, run: async () => NOTHING }));
      const ticks = await rig.ours(list);
      await ticks.runNow('one');
      await ticks.runNow('one');
      await eventually('runs', async () => (await ticks.runs('one')).length >= 3);
      await ticks.drain(5000);
      expect(await rows().countDocuments({})).to.equal(2);
      expect((await rows().distinct('data')).filter((data) => Object.keys(data).length > 0)).to.deep.equal([]);
    });
  });

  describe('A17: limits', () => {
    it('the driver’s defaults wait for ever; ours do not', async () => {
      const plain = new MongoClient(store.uri);
      const { socketTimeoutMS, waitQueueTimeoutMS, serverSelectionTimeoutMS, writeConcern } = plain.options;
      expect([socketTimeoutMS, waitQueueTimeoutMS, serverSelectionTimeoutMS, writeConcern]).to.deep.equal([0, 0, 30_000, undefined]);
      await plain.close();
      const ours = store.client.options;
      expect([ours.socketTimeoutMS, ours.waitQueueTimeoutMS, ours.serverSelectionTimeoutMS, ours.retryWrites]).to.deep.equal([
        10_000,
        2000,
        5000,
        true,
      ]);
      expect(ours.writeConcern).to.include({ w: 'majority', journal: true });
    });

    it('the driver’s timeoutMS does nothing in this line: it says so, and a slow call outlives it', async () => {
      const timed = new MongoClient(store.uri, { appName: 'duly-timed', timeoutMS: 100 });
      const data = { failCommands: ['ping'], blockConnection: true, blockTimeMS: 600, appName: 'duly-timed' };
      await store.client.db('admin').command({ configureFailPoint: 'failCommand', mode: { times: 1 }, data });
      const began = timers.monotonic();
      await timed.db('admin').command({ ping: 1 });
      expect(timers.monotonic() - began).to.be.greaterThan(500);
      await timed.close();
    });
  });
});
