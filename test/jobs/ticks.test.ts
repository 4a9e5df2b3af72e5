import { expect } from 'chai';
import { NotFound } from '../../src/domain/errors.ts';
import { RUNS, tickDesk } from '../../src/tick-desk.ts';
import { runTick } from '../../src/ticks.ts';
import { agendaRig, NOTHING } from '../support/agenda.ts';
import { freshDatabase } from '../support/database.ts';
import { keptLog, silentLog } from '../support/log.ts';
import { eventually, realTimers as timers } from '../support/timers.ts';

const EACH_SECOND = '* * * * * *';
const YEARLY = '0 0 1 1 *';

describe('ticks', () => {
  const store = freshDatabase('ticks');
  const rig = agendaRig(store);

  it('run when they are due, and keep a record of each run that looked at something', async () => {
    const due = await rig.ago(60_000);
    const report = { lookedAt: 7, did: 4, refused: 2, failed: 1, oldestDue: due };
    const ticks = await rig.ours([{ name: 'present-due', cron: EACH_SECOND, run: async () => report }]);
    await eventually('two runs', async () => (await ticks.runs('present-due')).length >= 2);
    const [run] = await ticks.runs('present-due');
    expect(run).to.deep.include({ ...report, name: 'present-due', error: null, by: 'w1', times: 1 });
    expect(run!.finishedAt.getTime()).to.be.at.least(run!.startedAt.getTime());
    expect(Math.abs(run!.startedAt.getTime() - (await rig.ago(0)).getTime())).to.be.lessThan(5000);
  });

  it('share one record for the runs that found nothing, counted', async () => {
    const options = { db: store.db, timers, log: silentLog, incarnation: 'w' };
    const idle = { name: 'idle', cron: YEARLY, run: async () => ({ ...NOTHING, lookedAt: 0 }) };
    for (let n = 0; n < 3; n += 1) await runTick(idle, options, async () => {});
    const runs = await tickDesk(store.db).runs('idle');
    expect(runs).to.have.length(1);
    expect(runs[0]!.times).to.equal(3);
  });

  it('are recorded with their error when they throw, and the log says so', async () => {
    const { log, lines } = keptLog();
    const broken = {
      name: 'broken',
      cron: YEARLY,
      run: async () => {
        throw new Error('the bank is closed');
      },
    };
    const run = await runTick(broken, { db: store.db, timers, log, incarnation: 'w' }, async () => {});
    expect(run).to.include({ error: 'the bank is closed', lookedAt: 0 });
    expect((await tickDesk(store.db).runs('broken'))[0]).to.include({ error: 'the bank is closed' });
    expect(lines.join()).to.contain('tick broken ended early');
  });

  it('stop while paused and go on when resumed, from a process without a worker too', async () => {
    const ticks = await rig.ours([{ name: 'settle', cron: EACH_SECOND, run: async () => NOTHING }]);
    const desk = tickDesk(store.db);
    await eventually('a run', async () => (await desk.runs('settle')).length > 0);
    await desk.pause('settle');
    expect((await desk.list())[0]).to.include({ name: 'settle', cron: EACH_SECOND, zone: 'UTC', paused: true });
    await timers.sleep(300);
    const before = await store.db.collection(RUNS).countDocuments({ name: 'settle' });
    await timers.sleep(1500);
    expect(await store.db.collection(RUNS).countDocuments({ name: 'settle' })).to.equal(before);
    await ticks.resume('settle');
    await eventually('another run', async () => (await store.db.collection(RUNS).countDocuments({ name: 'settle' })) > before);
  });

  it('run now when asked, even while paused or under way, and leave no row behind', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let runs = 0;
    const run = async () => {
      runs += 1;
      if (runs === 1) await held;
      return NOTHING;
    };
    const ticks = await rig.ours([{ name: 'reconcile', cron: YEARLY, run }]);
    await eventually('the first run', () => runs === 1);
    await ticks.pause('reconcile');
    await ticks.runNow('reconcile');
    await ticks.runNow('reconcile');
    release();
    await eventually('the extra run', () => runs === 2);
    await eventually('its row to go', async () => (await store.db.collection('agendaJobs').countDocuments({})) === 1);
    await timers.sleep(300);
    expect(runs).to.equal(2);
  });

  it('are NotFound by another name', async () => {
    const ticks = await rig.ours([]);
    for (const act of [ticks.pause, ticks.resume, ticks.runNow]) {
      expect(await act('nobody').catch((error) => error)).to.be.instanceOf(NotFound);
    }
  });
});
