/** `duly doctor`: what is configured, what answers, and what to mend before real money runs. */
import type { Command } from 'commander';
import { loadCalendars } from '../../config/calendars.ts';
import { loadChannelProfiles } from '../../config/channels.ts';
import { readEnvironment } from '../../config/index.ts';
import { loadRulePacks } from '../../config/rules.ts';
import { loadStrategies } from '../../config/strategies.ts';
import { loadTemplates } from '../../config/templates.ts';
import { systemClock } from '../clock.ts';
import { dateIn } from '../domain/clock.ts';
import { faultsOf } from '../domain/machine.ts';
import { MACHINES } from '../domain/machines.ts';
import { clockSkewMs, MAX_SKEW_MS } from '../store/guards.ts';
import { withHouse } from './context.ts';
import { answer } from './output.ts';

type Finding = Readonly<{ name: string; state: 'ok' | 'warning' | 'wrong'; says: string }>;

export const doctorCommand = (program: Command): Command =>
  program
    .command('doctor')
    .description('configuration, database, calendars, channels, clock: what is right, and how to mend what is not')
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  duly doctor')
    .action(async ({ json }: { json?: boolean }) => {
      const findings = [...(await configured()), ...(await running())];
      const wrong = findings.filter((f) => f.state === 'wrong').length;
      answer(json, { wrong, findings }, () => findings.map((f) => `${f.state.padEnd(8)}${f.name.padEnd(14)}${f.says}`).join('\n'));
      if (wrong) process.exitCode = 1;
    });

async function examine(name: string, look: () => Promise<Omit<Finding, 'name'>> | Omit<Finding, 'name'>): Promise<Finding> {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    return { name, state: 'wrong', says: error instanceof Error ? error.message : String(error) };
  }
}

const ok = (says: string) => ({ state: 'ok' as const, says });

const configured = (): Promise<Finding[]> =>
  Promise.all([
    examine('environment', () => {
      const env = readEnvironment();
      if (!env.mongodbUri)
        return {
          state: 'warning',
          says: `embedded database in ${env.dataDir}: for trying and testing; production names its own replica set in MONGODB_URI`,
        };
      return env.secret
        ? ok('MONGODB_URI and DULY_SECRET are set')
        : { state: 'wrong', says: 'DULY_SECRET is not set: give 32 characters or more and keep them' };
    }),
    examine('state tables', () => {
      const faults = MACHINES.flatMap((m) => faultsOf(m));
      return faults.length ? { state: 'wrong', says: faults.join('; ') } : ok(`${MACHINES.length} machines, every state reachable`);
    }),
    examine('strategies', () => ok([...loadStrategies().keys()].join(', '))),
    examine('rule packs', () => {
      loadRulePacks();
      return ok('read and checked');
    }),
    examine('channels', () => ok([...loadChannelProfiles().keys()].join(', '))),
    examine('templates', () => {
      loadTemplates();
      return ok('read and checked');
    }),
    examine('calendars', () => {
      const ending = [...loadCalendars().values()].filter((c) => c.covers.to < dateIn(systemClock.now(), c.zone));
      return ending.length
        ? {
            state: 'warning',
            says: `no bank holidays are known any more for ${ending.map((c) => `${c.name} (to ${c.covers.to})`).join(', ')}: put this year's in config/calendars`,
          }
        : ok('all cover today');
    }),
  ]);

const running = (): Promise<Finding[]> =>
  withHouse({ role: 'doctor', quiet: true }, async (house) => [
    await examine('database', async () => {
      const { version } = await house.database.db.admin().serverInfo();
      return ok(`MongoDB ${version}, replica set, majority and journal, guard indexes in place`);
    }),
    await examine('clock', async () => {
      const skew = await clockSkewMs(house.database.db, systemClock);
      return Math.abs(skew) <= MAX_SKEW_MS
        ? ok(`differs from the database's by ${skew} ms`)
        : { state: 'wrong', says: `differs from the database's by ${skew} ms; at most ${MAX_SKEW_MS} are safe: set both by NTP` };
    }),
    await examine('channel keys', () =>
      house.bank ? { state: 'warning', says: 'the simulated bank and message gateway: no real money moves' } : ok('set'),
    ),
    await examine('stop switches', async () => {
      const stops = await house.world.store.admin.stops.all();
      return stops.length ? { state: 'warning', says: stops.map((s) => `${s.scope}: ${s.why}`).join('; ') } : ok('none is set');
    }),
  ]).catch((error: unknown) => [
    { name: 'database', state: 'wrong' as const, says: error instanceof Error ? error.message : String(error) },
  ]);
