/** Agenda 6.2.6 on a real server, rows A1-A5 and A15 of the contract: what its locks do, and what our use of them makes of it. Figures: docs/agenda.md. */
import { expect } from 'chai';
import { parseInstant } from '../../src/domain/clock.ts';
import { JOBS, plantTick, RUNS } from '../../src/tick-desk.ts';
import { agendaRig, gauge, type Job, NOTHING } from '../support/agenda.ts';
import { freshDatabase } from '../support/database.ts';
import { eventually, realTimers as timers } from '../support/timers.ts';

const YEARLY = '0 0 1 1 *';
const EACH_SECOND = '* * * * * *';

describe('Agenda contract: locks', function () {
  this.timeout(240_000);
  const store = freshDatabase('contract');
  const rig = agendaRig(store);
  const rows = () => store.db.collection(JOBS);

  describe('A1: a row is taken when due by the worker’s clock, or when its lock is old', () => {
    it('Agenda runs a finished one-shot again for no other reason than an old lock', async () => {
      const { seen, sleeping } = gauge();
      const agenda = rig.plain();
      agenda.define('done', sleeping(0));
      await rig.leave({ name: 'done', nextRunAt: null, lastRunAt: await rig.ago(60_000), lockedAt: await rig.ago(5000) });
      await agenda.start();
      await eventually('the finished job to run again', () => seen.starts === 1);
    });

    it('Agenda takes a row that is not due when its lock is old, and since 6.2.6 frees it without a run', async () => {
      const { seen, sleeping } = gauge();
      const agenda = rig.plain();
      agenda.define('later', sleeping(0));
      await rig.leave({ name: 'later', nextRunAt: parseInstant('2099-01-01T00:00:00Z'), lockedAt: await rig.ago(5000) });
      await agenda.start();
      await eventually('the old lock to go', async () => !(await rig.row('later')).lockedAt);
      expect(seen.starts).to.equal(0);
    });

    it('ours: no row says what is due; a wake-up at a wrong time finds nothing and changes nothing', async () => {
      const due = store.db.collection<{ _id: string; at: Date; done: boolean }>('work');
      await due.insertOne({ _id: 'later', at: parseInstant('2099-01-01T00:00:00Z'), done: false });
      const run = async () => {
        const { modifiedCount } = await due.updateMany({ done: false, $expr: { $lte: ['$at', '$$NOW'] } }, { $set: { done: true } });
        return { ...NOTHING, did: modifiedCount };
      };
      const ticks = await rig.ours([{ name: 'sweep', cron: YEARLY, run }]);
      for (let n = 1; n <= 5; n += 1) {
        await ticks.runNow('sweep');
        await eventually(`run ${n}`, async () => (await ticks.runs('sweep')).length > n);
      }
      expect((await ticks.runs('sweep')).map(({ did }) => did)).to.deep.equal([0, 0, 0, 0, 0, 0]);
    });
  });

  describe('A2 and A3: a lock that grows old starts a second run, and the first then frees the second’s lock', () => {
    it('Agenda runs two at once in one process, and flags the first without stopping it', async () => {
      const { seen, around } = gauge();
      const handlers: Job[] = [];
      const agenda = rig.plain({ lockLifetime: 300 });
      let flag: unknown = 'still running';
      agenda.define('slow', (job) =>
        around(async () => {
          handlers.push(job);
          await timers.sleep(handlers.length === 1 ? 900 : 500);
          if (job === handlers[0]) flag = job.getCanceledMessage();
        }),
      );
      await rig.job('slow');
      await agenda.start();
      await eventually('the first run to end', () => flag !== 'still running');
      expect(seen.most).to.be.greaterThan(1);
      expect(flag).to.contain('execution took more than 300ms');
    });

    it('Agenda’s late first run clears the lock of the second', async () => {
      const { seen, around } = gauge();
      const first = rig.plain({ lockLifetime: 60_000, name: 'first' });
      first.define('slow', () => around(() => timers.sleep(400)), { lockLimit: 1 });
      await rig.job('slow');
      await first.start();
      await eventually('the first to run', () => seen.now === 1);
      await rows().updateOne({ name: 'slow' }, { $set: { lockedAt: await rig.ago(120_000) } });
      const second = rig.plain({ lockLifetime: 60_000, name: 'second' });
      let lockUnderSecond: unknown = 'unseen';
      second.define('slow', () =>
        around(async () => {
          await eventually('the first to end', () => seen.ends === 1);
          await timers.sleep(50);
          lockUnderSecond = (await rig.row('slow')).lockedAt;
        }),
      );
      await second.start();
      await eventually('both to end', () => seen.ends === 2);
      expect(seen.most).to.equal(2);
      expect(lockUnderSecond).to.equal(null);
    });

    it('Agenda’s touch does not see that another worker took the lock', async () => {
      const agenda = rig.plain({ lockLifetime: 60_000, name: 'robbed' });
      let touched = false;
      agenda.define('slow', async (job) => {
        await rows().updateOne({ name: 'slow' }, { $set: { lastModifiedBy: 'thief' } });
        await job.touch();
        touched = (await rig.row('slow')).lastModifiedBy === 'robbed';
      });
      await rig.job('slow');
      await agenda.start();
      await eventually('the touch', () => touched);
    });

    it('ours: 15 forced expiries (of 1,000), two workers in turn: nothing changes under an old fence', async () => {
      const fence = store.db.collection<{ _id: string; epoch: number; writes: number[] }>('work');
      await fence.insertOne({ _id: 'partition', epoch: 0, writes: [] });
      let expiries = 0;
      let late = 0;
      const run = async ({ touch }: { touch(): Promise<void> }) => {
        const mine = (await fence.findOneAndUpdate({ _id: 'partition' }, { $inc: { epoch: 1 } }, { returnDocument: 'after' }))!.epoch;
        if (expiries < 15) {
          expiries += 1;
          await rows().updateOne({ name: 'sweep' }, { $set: { lockedAt: await rig.ago(120_000), nextRunAt: await rig.ago(0) } });
          await eventually(
            'the other worker',
            async () => (await fence.findOne({ _id: 'partition' }))!.epoch > mine || expiries === 15,
            3000,
          );
        }
        await touch();
        const { matchedCount } = await fence.updateOne({ _id: 'partition', epoch: mine }, { $push: { writes: mine } });
        if (matchedCount === 0) late += 1;
        return NOTHING;
      };
      const workers = [
        await rig.ours([{ name: 'sweep', cron: EACH_SECOND, run }]),
        await rig.ours([{ name: 'sweep', cron: EACH_SECOND, run }]),
      ];
      await eventually('15 expiries', () => expiries === 15 && late > 0, 25_000);
      await Promise.all(workers.map((worker) => worker.drain(5000)));
      const { writes } = (await fence.findOne({ _id: 'partition' }))!;
      expect(late).to.be.at.least(1);
      expect(writes).to.deep.equal([...new Set(writes)].sort((a, b) => a - b));
    });
  });

  describe('A4: waiting in the worker’s queue eats the lock', () => {
    /** 16 jobs of 100 ms on two workers, two at a time, under a lock of 250 ms. */
    async function starts(define: (agenda: ReturnType<typeof rig.plain>, work: () => Promise<void>) => void): Promise<number> {
      const { seen, sleeping } = gauge();
      const workers = [rig.plain({ lockLifetime: 250 }), rig.plain({ lockLifetime: 250 })];
      for (const worker of workers) define(worker, sleeping(100));
      for (let n = 0; n < 16; n += 1) await rig.job('batch');
      await Promise.all(workers.map((worker) => worker.start()));
      await eventually(
        'every job to have run',
        async () => seen.now === 0 && (await rows().countDocuments({ name: 'batch', nextRunAt: { $ne: null } })) === 0,
        15_000,
      );
      await timers.sleep(400);
      return seen.starts;
    }

    it('Agenda with no lock limit starts some of 16 jobs twice', async () => {
      expect(await starts((agenda, work) => agenda.define('batch', work, { concurrency: 2 }))).to.be.greaterThan(16);
    });

    it('with lock limit = concurrency and touch first, each of 16 jobs starts once', async () => {
      const define = (agenda: ReturnType<typeof rig.plain>, work: () => Promise<void>): void => {
        const handler = async (job: Job) => {
          await job.touch();
          await work();
        };
        agenda.define('batch', handler, { concurrency: 2, lockLimit: 2 });
      };
      expect(await starts(define)).to.equal(16);
    });
  });

  describe('A5: every() at another worker’s boot, or save() in a handler, clears a live lock', () => {
    it('Agenda runs the same job twice at once after another worker’s every()', async () => {
      const { seen, sleeping } = gauge();
      const boot = async (name: string) => {
        const agenda = rig.plain({ lockLifetime: 60_000, name });
        agenda.define('tick', sleeping(1500));
        await agenda.every('1 second', 'tick');
        await agenda.start();
      };
      await boot('first');
      await eventually('the first to run', () => seen.now === 1);
      await boot('second');
      expect((await rig.row('tick')).lastRunAt).to.equal(null);
      await eventually('two at once', () => seen.most === 2);
    });

    it('Agenda’s save() in a handler frees the row under it', async () => {
      const agenda = rig.plain({ lockLifetime: 60_000 });
      let lock: unknown = 'unseen';
      agenda.define('saver', async (job) => {
        await job.save();
        lock = (await rig.row('saver')).lockedAt;
      });
      await rig.job('saver');
      await agenda.start();
      await eventually('the save', () => lock === null);
    });

    it('ours: 20 boots (of 100) during a run leave one running', async () => {
      const { seen, around } = gauge();
      let release = (): void => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const run = async () => {
        await around(() => held);
        return NOTHING;
      };
      const tick = { name: 'tick', cron: EACH_SECOND, run };
      await rig.ours([tick]);
      await eventually('the first run', () => seen.now === 1);
      for (let n = 0; n < 20; n += 1) await rig.ours([tick], { lookEveryMs: 200 });
      await timers.sleep(1200);
      expect(seen.starts).to.equal(1);
      expect(await rows().countDocuments({ name: 'tick' })).to.equal(1);
      release();
    });
  });

  describe('A15: a job that expires in the local queue never gives its slot back', () => {
    const block = (ms: number): void => {
      const until = performance.now() + ms;
      while (performance.now() < until);
    };

    it('Agenda counts it as locked for ever', async () => {
      const { seen, sleeping } = gauge();
      const agenda = rig.plain({ lockLifetime: 250 });
      agenda.define('queued', sleeping(600), { concurrency: 1 });
      for (let n = 0; n < 4; n += 1) await rig.job('queued');
      await agenda.start();
      await eventually('the first run to end', () => seen.ends >= 1);
      await eventually('slots lost', async () => {
        const { jobStatus, queuedJobs } = await agenda.getRunningStats();
        const { locked = 0, running = 0 } = jobStatus?.queued ?? {};
        return locked > running + Number(queuedJobs);
      });
    });

    it('ours: the process is told to end, once its event loop was blocked past the lock of a row taken ahead', async () => {
      const stranded: string[] = [];
      const now = await rig.ago(0);
      await plantTick(store.db, 'tick', YEARLY, 'UTC');
      await rows().updateOne({ name: 'tick' }, { $set: { nextRunAt: new Date(now.getTime() + 700) } });
      const options = { lookEveryMs: 1000, lockLifetimeMs: 300, onStranded: (name: string) => void stranded.push(name) };
      await rig.ours([{ name: 'tick', cron: YEARLY, run: async () => NOTHING }], options);
      await eventually('the row to be taken ahead', async () => (await rig.row('tick')).lockedAt);
      block(1000);
      await eventually('the alarm', () => stranded.includes('tick'), 15_000);
    });

    it('ours: nothing is called stranded in a process that does its work', async () => {
      const stranded: string[] = [];
      const ticks = await rig.ours([{ name: 'tick', cron: EACH_SECOND, run: async () => NOTHING }], {
        onStranded: (name) => void stranded.push(name),
      });
      await eventually('three runs', async () => (await store.db.collection(RUNS).countDocuments({ name: 'tick' })) >= 3);
      expect(stranded).to.deep.equal([]);
      expect((await ticks.list())[0]!.lastRun!.error).to.equal(null);
    });
  });
});
