/** Runs the demo: a fresh folder, a frozen clock, day by day through the same jobs as production, and the figures at the end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Document } from 'mongodb';
import { JOBS } from '../../../jobs/index.ts';
import type { House } from '../../app.ts';
import { systemTimers } from '../../clock.ts';
import { addDays, atLocal, type BusinessDate, daysBetween } from '../../domain/clock.ts';
import { UNSETTLED } from '../../domain/discrepancy.ts';
import { DulyError } from '../../domain/errors.ts';
import type { Lender } from '../../domain/lender.ts';
import { NO_WORK } from '../../domain/records.ts';
import { advance, type Job, workOff } from '../../flows/advance.ts';
import { readPlanInput } from '../../flows/plan-input.ts';
import { registerPlans } from '../../flows/register.ts';
import { openLog } from '../../log.ts';
import { assertFolder, type OpenOptions, sampleLender, withHouse } from '../context.ts';
import { progress } from '../output.ts';
import { atTheDesk, type Desk, openDesk } from './desk.ts';
import { type Figures, figuresOf } from './figures.ts';
import { payInsteadOfWaiting } from './overpaid.ts';
import { type Entry, invented, type Portfolio, real } from './portfolio.ts';
import { morning } from './staff.ts';

export type DemoOptions = Readonly<{
  borrowers: number;
  days: number;
  seed: number;
  histories: Readonly<{ accounts: string; loans: string; instalment: string }> | null;
  keep: string | null;
  workers: number;
  /** Whether the bank's files have faults; it puts them right within three days. */
  statementFaults: boolean;
}>;

const portfolioOf = (options: DemoOptions): Promise<Portfolio> | Portfolio =>
  options.histories ? real(options.histories) : invented(options.borrowers, options.days, options.seed);

const houseOptions = (options: DemoOptions, portfolio: Portfolio, dataDir: string): OpenOptions => ({
  role: 'demo',
  quiet: true,
  dataDir,
  testMode: true,
  clockStart: atLocal(portfolio.start, '00:00', portfolio.timeZone),
  clockFrozen: true,
  seed: String(options.seed),
  accounts: portfolio.accounts,
  partitions: options.workers * 2,
  faults: options.histories ? undefined : FAULTS,
  smsFaults: options.histories ? undefined : SMS_FAULTS,
  // Years of real accounts are about when to debit whom; their thousands of bank days would be nearly all empty files.
  statements: !options.histories,
  statementFaults: options.statementFaults ? { until: portfolio.end } : null,
  log: openLog(options.workers ? 'warn' : 'silent'),
});

/** Shares of order numbers: lost requests and replies, slow answers, outages of one call, money given back later. */
const FAULTS = {
  lostRequest: 0.003,
  lostReply: 0.008,
  delayed: 0.01,
  queryLagMinutes: 20,
  lateReturn: 0.006,
  channelDown: 0.006,
  unmappedCode: 0.002,
  latencyMs: 0,
};
const SMS_FAULTS = { lostAnswer: 0.002, notDelivered: 0.01, queueFull: 0.005, latencyMs: 0 };
/** When staff sit down at the money desk: the morning's files are in, and what was approved yesterday is paid. */
const AT_THE_DESK = '11:30';
/** Days granted after the last one for answers, files and corrections that are still to come; nothing new is debited then. */
const QUIET_DAYS = { least: 3, most: 14 } as const;

export async function runDemo(options: DemoOptions): Promise<Figures> {
  const began = systemTimers.monotonic();
  const dataDir = options.keep ?? mkdtempSync(join(tmpdir(), 'duly-demo-'));
  assertFolder(dataDir);
  if (options.keep && exists(options.keep))
    throw new DulyError('FOLDER_NOT_EMPTY', `${options.keep} is not empty: a demo starts on an empty folder`);
  const portfolio = await portfolioOf(options);
  try {
    return await withHouse(houseOptions(options, portfolio, dataDir), async (house) => {
      const workers = Array.from({ length: options.workers }, () => startWorker(dataDir));
      try {
        // With workers the conductor only moves the clock, and waits until they have done what is due.
        const conducted = options.workers && house.advance ? { ...house, advance: { ...house.advance, works: false } } : house;
        await live(conducted, portfolio, options);
      } finally {
        await Promise.all(workers.map((w) => w.stop()));
      }
      const days = daysBetween(portfolio.start, portfolio.end) + 1;
      return figuresOf(house, portfolio, options.seed, days, () => (systemTimers.monotonic() - began) / 1000);
    });
  } finally {
    if (!options.keep) rmSync(dataDir, { recursive: true, force: true });
  }
}

function exists(dir: string): boolean {
  try {
    return readdirSync(dir).length > 0;
  } catch {
    return false;
  }
}

async function live(house: House, portfolio: Portfolio, { seed }: DemoOptions): Promise<void> {
  if (!house.advance) throw new Error('a demo needs the test clock');
  const { world } = house;
  const lender = { ...sampleLender(world.ids.next('lnd'), world.clock.now()), timeZone: portfolio.timeZone, currency: portfolio.currency };
  await world.store.admin.lenders.insert(lender);
  const desk = await openDesk(house);
  const entries = [...portfolio.entries];
  const days = daysBetween(portfolio.start, portfolio.end) + 1;
  for (let day = portfolio.start; day <= portfolio.end; day = addDays(day, 1)) {
    // By mail before the house wakes: yesterday's registrations, then what people do.
    await advance(house.advance, atLocal(day, '06:00', portfolio.timeZone), true);
    const today = entries.findIndex((e) => e.on > day);
    await register(house, lender, entries.splice(0, today < 0 ? entries.length : today));
    if (portfolio.staffed) await morning(house, lender, day, seed);
    // Years of real accounts have few movements: there the desk is seen to when the house wakes anyway.
    if (portfolio.staffed) await advance(house.advance, atLocal(day, AT_THE_DESK, portfolio.timeZone), true);
    if (portfolio.staffed) await payInsteadOfWaiting(house, lender, seed, { by: 'staff: Li Na', why: 'transfer received' });
    await atTheDesk(house, desk);
    const n = daysBetween(portfolio.start, day) + 1;
    progress(`${bar(n / days)} ${day}`);
  }
  await advance(house.advance, atLocal(addDays(portfolio.end, 1), '00:00', portfolio.timeZone), true);
  await quiet(house, desk, portfolio.end, portfolio.timeZone);
  progress('');
}

async function register(house: House, lender: Lender, entries: readonly Entry[]): Promise<void> {
  for (let from = 0; from < entries.length; from += 500) {
    const inputs = entries.slice(from, from + 500).map((e) => readPlanInput(e.body, house.world));
    const refused = (await registerPlans(house.world, lender, inputs, { by: 'duly demo', why: 'a new loan' })).find(
      (r) => r.result === 'refused',
    );
    if (refused?.result === 'refused') throw refused.error;
  }
}

/** What is still to come is waited for with every debit stopped, so that both books can be compared and nothing is left unexplained. */
async function quiet(house: House, desk: Desk, end: BusinessDate, zone: string): Promise<void> {
  if (!house.advance) return;
  await house.world.store.admin.stops.set({
    scope: 'all',
    by: 'duly demo',
    why: 'the run is over; answers are waited for',
    at: house.world.clock.now(),
  });
  for (let n = 1; n <= QUIET_DAYS.least || (n <= QUIET_DAYS.most && (await isWaiting(house))); n++) {
    const day = addDays(end, n);
    await advance(house.advance, atLocal(day, AT_THE_DESK, zone), true);
    await atTheDesk(house, desk);
    await advance(house.advance, atLocal(addDays(day, 1), '00:00', zone), true);
  }
}

async function isWaiting({ database: { db } }: House): Promise<boolean> {
  const some = (collection: string, filter: Document) => db.collection(collection).findOne(filter, { projection: { _id: 1 } });
  const waits = [
    await some('attempts', { open: true }),
    await some('discrepancies', { state: { $in: UNSETTLED } }),
    await some('refunds', { state: { $in: ['requested', 'processing', 'unknown'] } }),
    await some('settlements', { state: { $in: ['approved', 'transferring', 'unknown', 'failed'] } }),
  ];
  return waits.some((row) => row !== null);
}

const bar = (share: number): string => `${'█'.repeat(Math.round(share * 30)).padEnd(30, '░')} ${Math.round(share * 100)} %`;

/** A worker process on the same folder; one that is killed is started again, as a supervisor would. */
function startWorker(dataDir: string): { stop(): Promise<void> } {
  let over = false;
  let child: ChildProcess;
  const start = () => {
    child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1), '--join', dataDir], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child.once('exit', () => {
      if (!over) start();
    });
  };
  start();
  return {
    stop: () => {
      over = true;
      if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
      return new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      });
    },
  };
}

/** What a worker of the demo does: whatever is due, again and again, on the house that the conductor opened, until it is told to stop. */
export async function joinDemo(options: DemoOptions, dataDir: string): Promise<void> {
  let over = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      over = true;
    });
  const portfolio = await portfolioOf(options);
  // Ids by real chance: two processes with one seed would make the same ones.
  await withHouse(
    { ...houseOptions(options, portfolio, dataDir), role: 'worker', seed: null, bankSeed: String(options.seed) },
    async (house) => {
      const { world } = house;
      const a = { world, jobs: JOBS.map((job) => tolerant(world, job)), works: true, set: async () => undefined };
      while (!over) {
        await house.refresh();
        const did = await workOff(a);
        if (!did) await house.world.timers.sleep(5);
      }
    },
  );
}

/** A job that a killed neighbour can disturb, but not end the worker with it. */
const tolerant = (world: House['world'], job: Job): Job => ({
  ...job,
  run: (w) =>
    job.run(w).catch((error: unknown) => {
      world.log.warn({ job: job.name, error: String(error) }, 'a job ended early; the next round takes up what it left');
      return NO_WORK;
    }),
});
