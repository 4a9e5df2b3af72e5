/**
 * A worker process for tests that kill it or give it a wrong clock: `tsx tick-worker.ts URI HOLD_MS LOCK_MS`, with one tick, `work`, every second.
 * Each run writes a line into `work` when it begins and another after HOLD_MS, so that the test sees it by the database alone.
 */
import { connect } from '../../src/store/connect.ts';
import { startTicks } from '../../src/ticks.ts';
import { silentLog } from './log.ts';
import { realTimers as timers } from './timers.ts';

const [uri = '', holdMs = '0', lockMs = '60000'] = process.argv.slice(2);
const store = await connect(uri, { appName: 'tick-worker' });
const work = store.db.collection('work');
const incarnation = `worker-${process.pid}`;
const run = async () => {
  await work.insertOne({ by: incarnation, what: 'began' });
  await timers.sleep(Number(holdMs));
  await work.insertOne({ by: incarnation, what: 'ended' });
  return { lookedAt: 1, did: 1, refused: 0, failed: 0, oldestDue: null };
};
const ticks = await startTicks({
  db: store.db,
  ticks: [{ name: 'work', cron: '* * * * * *', run }],
  timers,
  log: silentLog,
  incarnation,
  zone: 'UTC',
  lookEveryMs: 100,
  lockLifetimeMs: Number(lockMs),
  onStranded: () => process.exit(1),
});
process.on('SIGTERM', async () => {
  const { timedOut } = await ticks.drain(20_000);
  await store.close();
  process.exit(timedOut ? 1 : 0);
});
process.stdout.write('{"ready":true}\n');
