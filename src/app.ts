/** Where clock, store, channels and jobs meet: one house, opened by `duly start`, by each role alone, by the demo and by tests. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAgreements } from '../config/agreements.ts';
import { loadCalendars } from '../config/calendars.ts';
import { loadChannelProfiles } from '../config/channels.ts';
import { loadRulePacks } from '../config/rules.ts';
import { loadStatementMappings } from '../config/statements.ts';
import { loadStrategies } from '../config/strategies.ts';
import { loadTemplates } from '../config/templates.ts';
import { JOBS } from '../jobs/index.ts';
import type { Channel } from './channels/channel.ts';
import type { PayoutPort } from './channels/payout.ts';
import { filePayouts } from './channels/payouts/file.ts';
import { manualPayouts } from './channels/payouts/manual.ts';
import { STATE } from './channels/simulator/book.ts';
import { type AccountWorld, type FaultRates, openSimulatorBank, type SimulatorBank } from './channels/simulator/index.ts';
import { systemClock, systemTimers } from './clock.ts';
import type { ChannelProfile } from './domain/channel-profile.ts';
import type { BusinessDate, Clock, Instant } from './domain/clock.ts';
import { DulyError } from './domain/errors.ts';
import type { Ids } from './domain/ids.ts';
import { faultsOf } from './domain/machine.ts';
import { MACHINES } from './domain/machines.ts';
import type { Advance } from './flows/advance.ts';
import type { Log, World } from './flows/world.ts';
import { secretBytes, seededIds, systemIds } from './ids.ts';
import { openLog } from './log.ts';
import { openSimulatorSms, type SimulatorSms, type SmsFaultRates } from './sms/simulator/index.ts';
import { readersByFormat } from './statements/index.ts';
import { GUARDS } from './store/collections.ts';
import { connect, type Database } from './store/connect.ts';
import { assertGuards } from './store/guards.ts';
import { openHighWater } from './store/high-water.ts';
import { growPartitions, partitionsFor } from './store/leases.ts';
import { migrate } from './store/migrate.ts';
import { MIGRATIONS } from './store/migrations/index.ts';
import { openStore } from './store/open.ts';
import { openTestClock, type StoredClock } from './store/test-clock.ts';
import { openVault } from './store/vault.ts';

export type HouseOptions = Readonly<{
  uri: string;
  dataDir: string;
  /** 'api', 'worker', 'demo': shown in the server's logs. */
  role: string;
  /** Null: made and kept in the data folder. */
  secret: string | null;
  /** Test mode has a movable clock and the simulated bank; production refuses both. */
  testMode: boolean;
  leaseMs: number;
  /** At least so many partitions: as many as worker processes are to share the plans. */
  partitions?: number;
  /** Test mode: where the clock starts on a fresh database. Null: the real time. */
  clockStart?: Instant | null;
  clockFrozen?: boolean;
  /** Test mode: makes ids a pure function of it. Null: real chance, as several processes on one database need. */
  seed?: string | null;
  /** Test mode: decides what the simulated bank and gateway do. */
  bankSeed?: string;
  faults?: Partial<FaultRates>;
  /** Test mode: whether the bank lays out files and pays in what they come to; default true. */
  statements?: boolean;
  /** Test mode: faults in the bank's files up to and with that day's. */
  statementFaults?: Readonly<{ until: BusinessDate }> | null;
  smsFaults?: Partial<SmsFaultRates>;
  accounts?: AccountWorld;
  log?: Log;
}>;

export type House = Readonly<{
  world: World;
  database: Database;
  bank: SimulatorBank | null;
  sms: SimulatorSms | null;
  testClock: StoredClock | null;
  /** Test mode: what moves the clock. */
  advance: Advance | null;
  /** Reads what other processes set: the test clock. Each job begins with it. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}>;

/** Decided on and sent at most so many at a time. */
const BATCH = 500;

export async function openHouse(options: HouseOptions): Promise<House> {
  const faults = MACHINES.flatMap((machine) => faultsOf(machine));
  if (faults.length) throw new DulyError('BAD_STATE_TABLE', faults.join('; '));
  const log = options.log ?? openLog();
  const database = await connect(options.uri, { appName: options.role });
  const recorder = await connect(options.uri, { appName: `${options.role}-recorder`, maxPoolSize: 4 });
  // The simulated bank and gateway are another house: they never wait for our connections, and ours never for theirs.
  const outside = options.testMode
    ? await connect(options.uri, { appName: `${options.role}-simulators`, waitQueueTimeoutMs: 30_000 })
    : null;
  const close = async () => {
    await outside?.close();
    await recorder.close();
    await database.close();
  };
  try {
    await migrate(database.db, MIGRATIONS, { timers: systemTimers, log: (line) => log.info({}, line) });
    await assertGuards(database.client, database.db, GUARDS, { machineClock: systemClock, production: !options.testMode });
    const plans = await database.db.collection('plans').estimatedDocumentCount();
    await growPartitions(recorder.client, recorder.db, systemTimers, Math.max(options.partitions ?? 1, partitionsFor(plans)));
    return await furnish(options, log, database, recorder, outside, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function furnish(
  options: HouseOptions,
  log: Log,
  database: Database,
  recorder: Database,
  outside: Database | null,
  close: () => Promise<void>,
): Promise<House> {
  const testClock = options.testMode
    ? await openTestClock(database.db, systemTimers, options.clockStart ?? null, options.clockFrozen)
    : null;
  const clock: Clock = testClock?.clock ?? systemClock;
  const ids: Ids = options.seed ? seededIds(options.seed, clock) : systemIds(clock);
  const profiles = loadChannelProfiles();
  // A bank that was opened here before keeps its seed: another would hash every account anew.
  const kept = outside ? await outside.db.collection<{ _id: string; seed: string }>(STATE).findOne({ _id: 'bank' }) : null;
  const seed = options.bankSeed ?? kept?.seed ?? options.seed ?? 'duly';
  const practice = profiles.get('simulator') as ChannelProfile;
  const bank = outside
    ? await openSimulatorBank({
        db: outside.db,
        clock,
        seed,
        profile: options.statements === false ? { ...practice, statement: null } : practice,
        world: options.accounts,
        faults: options.faults,
        statementFaults: options.statementFaults,
        wait: systemTimers.sleep,
      })
    : null;
  const sms = outside ? await openSimulatorSms({ db: outside.db, clock, seed, faults: options.smsFaults, wait: systemTimers.sleep }) : null;
  if (!bank || !sms)
    throw new DulyError(
      'NO_CHANNELS',
      'there is no connector to a real bank or message gateway yet: say DULY_MODE=test to run on the simulated ones, or leave MONGODB_URI unset',
    );
  const calendars = loadCalendars();
  const { account } = bank.payouts;
  const payers = [bank.payouts, filePayouts(join(options.dataDir, 'payouts'), account), manualPayouts(account)];
  const payouts: ReadonlyMap<string, PayoutPort> = new Map(payers.map((port) => [port.name, port]));
  const highWater = await openHighWater(options.dataDir);
  const world: World = {
    clock,
    timers: systemTimers,
    ids,
    store: openStore(database, recorder, systemTimers),
    channels: new Map<string, Channel>([[bank.channel.profile.name, bank.channel]]),
    payouts,
    agreements: loadAgreements({ calendars, payouts: new Set(payouts.keys()) }),
    readers: readersByFormat(loadStatementMappings()),
    sms: sms.gateway,
    strategies: loadStrategies(),
    packs: loadRulePacks(),
    calendars,
    templates: loadTemplates(),
    vault: openVault(options.secret ?? ownSecret(options.dataDir), () =>
      options.seed ? Buffer.from(ids.token().slice(0, 24), 'hex') : secretBytes(12),
    ),
    highWater,
    log,
    brakes: new Map(),
    simulated: { bankDue: bank.nextDue, filesDue: bank.filesDue, smsDue: sms.nextDue },
    settings: { leaseMs: options.leaseMs, batch: BATCH, incarnation: `${options.role}:${process.pid}:${secretBytes(4).toString('hex')}` },
  };
  const advance: Advance | null = testClock && {
    world,
    jobs: JOBS,
    works: true,
    set: testClock.set,
  };
  const closeAll = async () => {
    await highWater.close();
    await close();
  };
  return { world, database, bank, sms, testClock, advance, refresh: async () => testClock?.refresh(), close: closeAll };
}

/** The embedded installation's own secret: made once, mode 0600, kept beside the data it opens. */
function ownSecret(dataDir: string): string {
  const path = join(dataDir, 'secret');
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  try {
    writeFileSync(path, `${secretBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    // Another process of the same folder was first.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(path, 'utf8').trim();
}
