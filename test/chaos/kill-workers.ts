/**
 * Kills worker processes with kill -9 while the demo runs on two of them, and says whether the books came out right.
 *
 *   node --import tsx test/chaos/kill-workers.ts [--borrowers 500 --days 30 --kills 10 --seed 3 --workers 2]
 *
 * Each kill waits for its own day of the demo, then for the worst moment of it: an intent lies in the database as `submitted`, so that the bank
 * may be hearing of it right now, and the worker that holds that partition is the one that dies. On a day without such a moment any worker dies.
 * Prints one JSON line; exit 1 and the reasons on stderr when anything was doubled, lost, left open or broken.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Db } from 'mongodb';
import { chance, pick } from '../../src/channels/simulator/chance.ts';
import { addDays, atLocal, businessDate, type Instant } from '../../src/domain/clock.ts';
import { connect } from '../../src/store/connect.ts';
import { joinOrStart } from '../../src/store/embedded/index.ts';
import { duly, type Running, startDuly } from '../support/cli.ts';
import { eventually, realTimers } from '../support/timers.ts';

export type Chaos = Readonly<{ borrowers: number; days: number; kills: number; seed: number; workers: number }>;
export type Outcome = Readonly<{
  kills: number;
  /** Kills while a debit was in the dying worker's hands. */
  midDebit: number;
  /** Worker processes seen beyond the first ones. */
  restarts: number;
  attempts: number;
  unknownSeen: number;
  seconds: number;
  violated: number;
  doubleDebits: number;
  /** Empty when all is well. */
  faults: readonly string[];
}>;

/** The demo begins here, in this zone (`duly demo --help`). */
const START = businessDate('2026-01-05');
const ZONE = 'Asia/Shanghai';
const LEASE_MS = '2000';
/** The longest that a demo may take to come to its first instant, or to its next after a kill. */
const PATIENCE_MS = 120_000;

export async function killWorkers(chaos: Chaos): Promise<Outcome> {
  const dir = await mkdtemp(join(tmpdir(), 'duly-chaos-'));
  const began = realTimers.monotonic();
  const flags = ['--borrowers', chaos.borrowers, '--days', chaos.days, '--seed', chaos.seed, '--workers', chaos.workers].map(String);
  const demo = startDuly(['demo', ...flags, '--keep', dir, '--json'], { env: { DULY_LEASE_MS: LEASE_MS } });
  try {
    const hunt = await huntDown(demo, dir, chaos);
    const { code, out, err } = await demo.ended;
    const seconds = Math.round((realTimers.monotonic() - began) / 100) / 10;
    const figures = code === 0 ? JSON.parse(out) : null;
    const check = await duly(['check', '--data', dir, '--json']);
    const books = JSON.parse(check.out || '{"violated":-1,"violations":[]}');
    const faults = [
      ...(figures ? faultsOf(figures) : [`the demo ended with exit code ${code}: ${err.slice(-2_000)}`]),
      ...(check.code === 0 ? [] : [`duly check: exit code ${check.code}, ${JSON.stringify(books.violations)} ${check.err.slice(-500)}`]),
      ...(hunt.kills === chaos.kills ? [] : [`only ${hunt.kills} of ${chaos.kills} kills found a worker before the demo ended`]),
    ];
    return {
      ...hunt,
      attempts: figures?.attempts.total ?? 0,
      unknownSeen: figures?.attempts.unknownSeen ?? 0,
      seconds,
      violated: books.violated,
      doubleDebits: figures?.bank.doubleDebits ?? -1,
      faults,
    };
  } finally {
    demo.kill('SIGTERM');
    await demo.ended;
    await rm(dir, { recursive: true, force: true });
  }
}

type Figures = Readonly<{
  collected: { minor: number };
  bank: { collectedMinor: number; doubleDebits: number };
  attempts: { total: number; byState: Record<string, number>; unknownSeen: number; unknownResolved: number };
  invariants: { violated: number };
}>;

/** That no attempt was lost is the checker's to find: every order in the bank's book has to have its attempt. */
function faultsOf({ collected, bank, attempts, invariants }: Figures): string[] {
  const open = ['created', 'submitted', 'accepted', 'unknown'].filter((state) => attempts.byState[state]);
  return [
    collected.minor === bank.collectedMinor ? '' : `Duly collected ${collected.minor}, the bank says ${bank.collectedMinor}`,
    bank.doubleDebits === 0 ? '' : `${bank.doubleDebits} instalments were debited twice`,
    invariants.violated === 0 ? '' : `${invariants.violated} invariants are broken`,
    attempts.total > 0 ? '' : 'nothing was attempted',
    open.length === 0 ? '' : `attempts were left ${open.join(', ')}`,
    attempts.unknownSeen === attempts.unknownResolved ? '' : 'an unknown attempt has no result',
  ].filter(Boolean);
}

/** Kills on seeded days until the demo ends. */
async function huntDown(demo: Running, dir: string, chaos: Chaos): Promise<Pick<Outcome, 'kills' | 'midDebit' | 'restarts'>> {
  let over = false;
  demo.ended.then(() => {
    over = true;
  });
  const seen = new Set<number>();
  const workers = (): number[] => {
    const pids = childrenOf(demo.pid).filter((pid) => commandOf(pid).includes('--join'));
    for (const pid of pids) seen.add(pid);
    return pids;
  };
  await eventually('the workers of the demo', () => over || workers().length === chaos.workers, PATIENCE_MS);
  if (over) return { kills: 0, midDebit: 0, restarts: 0 };
  const server = await joinOrStart({ dataDir: dir });
  const database = await connect(server.uri, { appName: 'chaos' });
  let [kills, midDebit] = [0, 0];
  try {
    for (const [k, day] of daysOf(chaos).entries()) {
      const from = atLocal(addDays(START, day), '06:00', ZONE);
      const to = atLocal(addDays(START, day), '23:00', ZONE);
      await eventually(`day ${day} of the demo`, async () => over || (await clockOf(database.db)) >= from, PATIENCE_MS);
      const holder = await eventually(
        `a worker to kill on day ${day}`,
        async () =>
          over || (await debiting(database.db, workers())) || ((await clockOf(database.db)) >= to && anyOf(workers(), chaos.seed, k)),
        PATIENCE_MS,
      );
      if (over || holder === true || !holder) break;
      process.kill(holder.pid, 'SIGKILL');
      kills++;
      if (holder.midDebit) midDebit++;
      await eventually(
        'a worker in place of the dead one',
        () => over || workers().some((pid) => pid !== holder.pid && seen.size > chaos.workers),
        PATIENCE_MS,
      );
    }
  } finally {
    await database.close();
    await server.stop();
  }
  workers();
  return { kills, midDebit, restarts: seen.size - chaos.workers };
}

/** Days from the start on which to kill, spread over the run and drawn by seed; the first days have no debits yet. */
function daysOf({ days, kills, seed }: Chaos): number[] {
  const first = 4;
  const span = Math.max(1, days - first - 1);
  return Array.from({ length: kills }, (_, k) => first + Math.floor((span * (k + chance(String(seed), 'kill', String(k)))) / kills));
}

const clockOf = async (db: Db): Promise<Instant> => {
  const clock = await db.collection<{ at: Date }>('clock').findOne({});
  return (clock?.at ?? 0) as Instant;
};

type Victim = Readonly<{ pid: number; midDebit: boolean }>;

/** The worker that holds the partition of a debit that may be under way. */
async function debiting(db: Db, workers: readonly number[]): Promise<Victim | null> {
  const attempt = await db.collection('attempts').findOne({ state: 'submitted' }, { projection: { claim: 1 } });
  const held =
    attempt && (await db.collection<{ _id: string; owner: string | null }>('partitions').findOne({ _id: attempt.claim.partition }));
  const pid = Number(held?.owner?.split(':')[1]);
  return workers.includes(pid) ? { pid, midDebit: true } : null;
}

function anyOf(workers: readonly number[], seed: number, k: number): Victim | null {
  const pid = workers.length ? workers[pick(0, workers.length - 1, String(seed), 'which', String(k))] : undefined;
  return pid ? { pid, midDebit: false } : null;
}

/** Processes whose parent is `pid`, by /proc. */
function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    .map(Number);
}

/** The fourth field of /proc/PID/stat; the second, the program's name, stands in brackets and may hold blanks. */
const parentOf = (pid: string): number => Number(readProc(pid, 'stat').split(') ')[1]?.split(' ')[1]);
const commandOf = (pid: number): string => readProc(String(pid), 'cmdline');

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // It has ended in the meantime.
    return '';
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { borrowers: text, days: text, kills: text, seed: text, workers: text } });
  const { faults, ...figures } = await killWorkers({
    borrowers: Number(values.borrowers ?? 500),
    days: Number(values.days ?? 30),
    kills: Number(values.kills ?? 10),
    seed: Number(values.seed ?? 3),
    workers: Number(values.workers ?? 2),
  });
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  process.exitCode = faults.length ? 1 : 0;
}
