/** Plain Agendas, as its handbook has them, for showing what Agenda does where Duly does not lean on it; and our ticks beside them. */
import { MongoBackend } from '@agendajs/mongo-backend';
import { Agenda, type Job } from 'agenda';
import type { Db, Document } from 'mongodb';
import { JOBS, RUNS } from '../../src/tick-desk.ts';
import { startTicks, type Tick, type TickOptions, type Ticks } from '../../src/ticks.ts';
import type { FreshDatabase } from './database.ts';
import { silentLog } from './log.ts';
import { realTimers as timers } from './timers.ts';

type PlainOptions = Readonly<{ processEvery?: number; lockLifetime?: number; name?: string; removeOnComplete?: boolean; db?: Db }>;

export const NOTHING = { lookedAt: 1, did: 0, refused: 0, failed: 0, oldestDue: null } as const;

/** Counts how many handlers run at once. */
export function gauge() {
  const seen = { now: 0, most: 0, starts: 0, ends: 0 };
  const around = async (work: () => Promise<unknown>): Promise<void> => {
    seen.now += 1;
    seen.starts += 1;
    seen.most = Math.max(seen.most, seen.now);
    try {
      await work();
    } finally {
      seen.now -= 1;
      seen.ends += 1;
    }
  };
  return { seen, around, sleeping: (ms: number) => () => around(() => timers.sleep(ms)) };
}

export type Rig = Readonly<{
  plain(options?: PlainOptions): Agenda;
  ours(ticks: readonly Tick[], over?: Partial<TickOptions>): Promise<Ticks>;
  row(name: string): Promise<Document>;
  /** Puts a row in as an earlier worker would have left it. */
  leave(row: Document): Promise<void>;
  ago(ms: number): Promise<Date>;
  job(name: string): Promise<void>;
}>;

/** Everything started through it is stopped, and its rows removed, after each test. */
export function agendaRig(store: FreshDatabase): Rig {
  const open: (() => Promise<unknown>)[] = [];
  let workers = 0;
  afterEach(async () => {
    await Promise.all(open.splice(0).map((close) => close()));
    await Promise.all([JOBS, RUNS, 'work'].map((name) => store.db.collection(name).deleteMany({})));
  });
  const rows = () => store.db.collection(JOBS);
  const ago = async (ms: number) => new Date((await store.db.command({ hello: 1 })).localTime - ms);
  return {
    plain: ({ processEvery = 50, lockLifetime = 400, db = store.db, ...rest } = {}) => {
      const agenda = new Agenda({ backend: new MongoBackend({ mongo: db }), processEvery, defaultLockLifetime: lockLifetime, ...rest });
      open.push(() => agenda.stop(false));
      return agenda;
    },
    ours: async (ticks, over = {}) => {
      workers += 1;
      const base = {
        db: store.db,
        ticks,
        timers,
        log: silentLog,
        incarnation: `w${workers}`,
        zone: 'UTC',
        lookEveryMs: 50,
        onStranded: () => {},
      };
      const started = await startTicks({ ...base, ...over });
      open.push(() => started.drain(5000));
      return started;
    },
    row: async (name) => (await rows().findOne({ name })) ?? {},
    leave: async (row) => void (await rows().insertOne({ type: 'normal', priority: 0, data: {}, nextRunAt: null, lockedAt: null, ...row })),
    ago,
    job: async (name) =>
      void (await rows().insertOne({ name, type: 'normal', priority: 0, data: {}, nextRunAt: await ago(0), lockedAt: null })),
  };
}

export type { Job };
