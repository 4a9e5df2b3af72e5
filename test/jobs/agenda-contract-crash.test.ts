/** Agenda 6.2.6 on a real server, rows A7-A10 and A14 of the contract: kills, lost saves, wrong clocks, no database. Figures: docs/agenda.md. */
import { type ChildProcess, spawn } from 'node:child_process';
import { expect } from 'chai';
import { parseInstant } from '../../src/domain/clock.ts';
import { connect } from '../../src/store/connect.ts';
import { agendaRig, gauge, NOTHING } from '../support/agenda.ts';
import { freshDatabase } from '../support/database.ts';
import { eventually, realTimers as timers } from '../support/timers.ts';

const EACH_SECOND = '* * * * * *';

describe('Agenda contract: crashes and clocks', function () {
  this.timeout(240_000);
  const store = freshDatabase('contract');
  const rig = agendaRig(store);
  const work = (what: string) => store.db.collection('work').countDocuments({ what });
  const children: ChildProcess[] = [];

  function worker(holdMs: number, lockMs: number, shiftMs = 0): ChildProcess {
    const args = [
      '--import',
      './test/support/shift-clock.mjs',
      '--import',
      'tsx',
      'test/support/tick-worker.ts',
      store.uri,
      String(holdMs),
      String(lockMs),
    ];
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, SHIFT_CLOCK_MS: String(shiftMs) },
    });
    children.push(child);
    return child;
  }
  const ready = (child: ChildProcess) => new Promise((resolve) => child.stdout!.once('data', resolve));
  const exit = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once('exit', resolve));
  async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = exit(child);
    child.kill('SIGKILL');
    await gone;
  }
  afterEach(() => Promise.all(children.splice(0).map(kill)));

  describe('A7 and A8: a worker killed in the middle of a run', () => {
    it('Agenda has the next slot in a recurring row before the handler begins: a killed run’s slot is not repeated', async () => {
      const { seen, sleeping } = gauge();
      const agenda = rig.plain({ lockLifetime: 300 });
      agenda.define('hourly', sleeping(0));
      const nextRunAt = parseInstant('2099-01-01T00:00:00Z');
      await rig.leave({
        name: 'hourly',
        type: 'single',
        repeatInterval: '0 * * * *',
        nextRunAt,
        lastRunAt: await rig.ago(5000),
        lockedAt: await rig.ago(5000),
      });
      await agenda.start();
      await eventually('the lock of the dead worker to go', async () => !(await rig.row('hourly')).lockedAt);
      await timers.sleep(300);
      expect(seen.starts).to.equal(0);
    });

    it('Agenda never returns to a one-shot that threw and has no back-off', async () => {
      const { seen } = gauge();
      const agenda = rig.plain({ lockLifetime: 200 });
      agenda.define('fragile', async () => {
        seen.starts += 1;
        throw new Error('once');
      });
      await rig.job('fragile');
      await agenda.start();
      await eventually('the failure', async () => (await rig.row('fragile')).failCount === 1);
      await timers.sleep(800);
      expect(seen.starts).to.equal(1);
      expect((await rig.row('fragile')).nextRunAt).to.equal(null);
    });

    it('ours: after each of 3 kills (of 500) in mid-run another worker does the work within a lock’s lifetime and two looks', async () => {
      const lockMs = 1500;
      const workers = [worker(300, lockMs), worker(300, lockMs)];
      await Promise.all(workers.map(ready));
      const begun = () => store.db.collection('work').findOne({ what: 'began' });
      for (let n = 1; n <= 3; n += 1) {
        await store.db.collection('work').deleteMany({});
        const victim = (await eventually('a run to begin', begun))!.by;
        const i = workers.findIndex(({ pid }) => victim === `worker-${pid}`);
        await kill(workers[i]!);
        const killed = timers.monotonic();
        await eventually('the work to be done by the other', async () => (await work('ended')) > 0);
        expect(timers.monotonic() - killed).to.be.lessThan(lockMs + 2 * 1000 + 500);
        workers[i] = worker(300, lockMs);
        await ready(workers[i]!);
      }
    });

    it('ours: a tick that throws is recorded and runs again at its next slot', async () => {
      let runs = 0;
      const run = async () => {
        runs += 1;
        if (runs === 1) throw new Error('no luck');
        return NOTHING;
      };
      const ticks = await rig.ours([{ name: 'fragile', cron: EACH_SECOND, run }]);
      await eventually('two runs', async () => (await ticks.runs('fragile')).length >= 2);
      expect((await ticks.runs('fragile')).map(({ error }) => error).at(-1)).to.equal('no luck');
    });
  });

  describe('A9: the final save is lost', () => {
    const lose = (on: boolean) =>
      store.client.db('admin').command({
        configureFailPoint: 'failCommand',
        mode: on ? 'alwaysOn' : 'off',
        ...(on && { data: { failCommands: ['update'], errorCode: 50, appName: 'duly-losing' } }),
      });

    it('Agenda runs the handler again and tells nobody', async () => {
      const losing = await connect(store.uri, { appName: 'losing' });
      const { seen } = gauge();
      const errors: unknown[] = [];
      const agenda = rig.plain({ lockLifetime: 500, db: losing.client.db(store.db.databaseName) });
      agenda.on('error', (error) => void errors.push(error));
      agenda.define('once', async () => {
        seen.starts += 1;
        if (seen.starts === 1) await lose(true);
      });
      agenda.on('complete', () => void lose(false));
      await rig.job('once');
      await agenda.start();
      await eventually('a second run', () => seen.starts === 2);
      expect(errors).to.deep.equal([]);
      await agenda.stop(false);
      await losing.close();
    });

    it('ours: the repeated run changes nothing, and the tick goes on', async () => {
      const losing = await connect(store.uri, { appName: 'losing' });
      const due = store.db.collection<{ _id: number; done: boolean }>('work');
      await due.insertMany([1, 2, 3].map((_id) => ({ _id, done: false })));
      let runs = 0;
      const run = async () => {
        runs += 1;
        const { modifiedCount } = await due.updateMany({ done: false }, { $set: { done: true } });
        if (runs === 1) await lose(true);
        return { ...NOTHING, did: modifiedCount };
      };
      const db = losing.client.db(store.db.databaseName);
      const ticks = await rig.ours([{ name: 'sweep', cron: EACH_SECOND, run }], {
        db,
        lockLifetimeMs: 500,
        onRun: () => void timers.sleep(100).then(() => lose(false)),
      });
      await eventually('three runs', async () => (await ticks.runs('sweep')).length >= 3);
      expect(
        (await ticks.runs('sweep'))
          .map(({ did }) => did)
          .reverse()
          .slice(0, 3),
      ).to.deep.equal([3, 0, 0]);
      await ticks.drain(5000);
      await losing.close();
    });
  });

  describe('A10: a wrong clock', () => {
    it('Agenda plans the same slot again when the clock was stepped back over it', () => {
      const job = rig.plain().create('slot');
      const slotAfter = (text: string) => {
        job.attrs.lastRunAt = parseInstant(text);
        return job.repeatEvery('0 * * * *', { timezone: 'UTC' }).attrs.nextRunAt;
      };
      expect(slotAfter('2026-11-23T09:00:00.010Z')).to.deep.equal(parseInstant('2026-11-23T10:00:00Z'));
      expect(slotAfter('2026-11-23T08:59:59.000Z')).to.deep.equal(parseInstant('2026-11-23T09:00:00Z'));
    });

    it('ours: a worker 61 s ahead takes a live lock and one 61 s behind takes none of its own; neither does any work', async () => {
      let release = (): void => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const { seen, around } = gauge();
      const run = async () => {
        await around(() => held);
        return NOTHING;
      };
      await rig.ours([{ name: 'work', cron: EACH_SECOND, run }], { lockLifetimeMs: 60_000 });
      await eventually('the honest worker to run', () => seen.now === 1);
      const honest = (await rig.row('work')).lastModifiedBy;
      await Promise.all([worker(0, 60_000, 61_000), worker(0, 60_000, -61_000)].map(ready));
      await eventually('the theft', async () => (await rig.row('work')).lastModifiedBy !== honest);
      release();
      await timers.sleep(2500);
      expect(await work('began')).to.equal(0);
    });

    it('ours: a worker one second ahead, inside the limit, works', async () => {
      await ready(worker(0, 60_000, 1000));
      await eventually('its work', async () => (await work('ended')) > 0);
    });
  });

  describe('A14: no database at the first connection', () => {
    const script = (lines: string) => {
      const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', lines], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      child.stderr.on('data', (chunk) => {
        said += chunk;
      });
      return exit(child).then((code) => ({ code, said }));
    };
    const nowhere = 'mongodb://127.0.0.1:1/x';

    it('Agenda dies of an unhandled rejection', async () => {
      const { code, said } = await script(`
        import { Agenda } from 'agenda';
        import { MongoBackend } from '@agendajs/mongo-backend';
        const agenda = new Agenda({ backend: new MongoBackend({ address: '${nowhere}', options: { serverSelectionTimeoutMS: 200 } }) });
        await agenda.start().catch(() => process.exit(0));`);
      expect(code).to.equal(1);
      expect(said).to.contain('MongoServerSelectionError');
    });

    it('ours: the connection is made first and fails with a sentence', async () => {
      const error = await connect('mongodb://127.0.0.1:1/x', { appName: 'nowhere' }).catch((caught) => caught);
      expect(error.code).to.equal('NO_DATABASE');
    });
  });
});
