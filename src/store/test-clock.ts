/**
 * The stored test clock: one document that every process reads. It runs at real speed (by the server's time) from where it was set, stands still
 * while it is being advanced, survives restarts and never goes back. Test mode only.
 */
import type { Db } from 'mongodb';
import { MovableClock } from '../clock.ts';
import type { Instant } from '../domain/clock.ts';
import type { Timers } from '../flows/world.ts';

type ClockDoc = Readonly<{ _id: 'clock'; at: Date; setAt: Date; frozen: boolean }>;

export type StoredClock = Readonly<{
  clock: MovableClock;
  /** Reads what other processes set. */
  refresh(): Promise<void>;
  /** Sets the time for every process; an instant before the stored one is ignored. */
  set(to: Instant, frozen: boolean): Promise<void>;
}>;

/** Opens the clock, made at `start` where there is none. `start` null: the server's own time. */
export async function openTestClock(db: Db, timers: Timers, start: Instant | null, frozen = false): Promise<StoredClock> {
  const clocks = db.collection<ClockDoc>('clock');
  await clocks.updateOne(
    { _id: 'clock' },
    [
      {
        $set: {
          at: { $ifNull: ['$at', start ?? '$$NOW'] },
          setAt: { $ifNull: ['$setAt', '$$NOW'] },
          frozen: { $ifNull: ['$frozen', frozen] },
        },
      },
    ],
    { upsert: true },
  );
  const read = async (): Promise<Readonly<{ now: Instant; frozen: boolean }>> => {
    const [doc] = await clocks
      .aggregate<ClockDoc & { now: Date }>([
        { $match: { _id: 'clock' } },
        { $set: { now: { $cond: ['$frozen', '$at', { $add: ['$at', { $subtract: ['$$NOW', '$setAt'] }] }] } } },
      ])
      .toArray();
    if (!doc) throw new Error('the test clock has gone from the database');
    return doc;
  };
  const first = await read();
  const clock = new MovableClock(first.now, timers, first.frozen);
  return {
    clock,
    async refresh() {
      const { now, frozen: still } = await read();
      clock.set(now, still);
    },
    async set(to, still) {
      const now = { $cond: ['$frozen', '$at', { $add: ['$at', { $subtract: ['$$NOW', '$setAt'] }] }] };
      const doc = await clocks.findOneAndUpdate({ _id: 'clock' }, [{ $set: { at: { $max: [to, now] }, setAt: '$$NOW', frozen: still } }], {
        returnDocument: 'after',
      });
      if (!doc) throw new Error('the test clock has gone from the database');
      clock.set(doc.at, still);
    },
  };
}
