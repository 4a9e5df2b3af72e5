/** `duly reconcile`: compares what is waiting, or a day that is named, and prints what came of it. */
import type { Command } from 'commander';
import { reconciliationView } from '../api/discrepancy-views.ts';
import { type BusinessDate, isBusinessDate } from '../domain/clock.ts';
import { DulyError, InvalidInput } from '../domain/errors.ts';
import { inMoney } from '../domain/explain.ts';
import type { Reconciliation } from '../domain/reconciliation.ts';
import { differenceOf } from '../domain/run-sums.ts';
import { reconcile, reconcileDue, runIdOf } from '../flows/reconcile.ts';
import type { World } from '../flows/world.ts';
import { withHouse } from './context.ts';
import { answer } from './output.ts';

type Flags = Readonly<{ channel?: string; date?: string; json?: boolean; data?: string }>;

/** Runs shown where none was named. */
const SHOWN = 31;

export const reconcileCommand = (program: Command): Command =>
  program
    .command('reconcile')
    .description('holds channels’ files against our records: whatever waits, or one day again')
    .option('--channel <name>', 'one channel')
    .option('--date <date>', 'one day of it (YYYY-MM-DD), compared again even where it was before')
    .option('--data <dir>', 'the data folder (DULY_DATA_DIR)')
    .option('--json', 'one JSON object {runs, unsettled}')
    .addHelpText('after', '\nExample:\n  duly reconcile --channel simulator --date 2026-01-25')
    .action(async (flags: Flags) => {
      const told = await withHouse({ role: 'reconcile', quiet: true, dataDir: flags.data }, ({ world }) => run(world, flags));
      answer(flags.json, told, inWords);
    });

export type Told = Readonly<{ runs: readonly ReturnType<typeof reconciliationView>[]; unsettled: number }>;

/** Compares and answers the runs that were asked for; without a day the latest of the channel, or of all. */
export async function run(world: World, { channel, date }: Pick<Flags, 'channel' | 'date'>): Promise<Told> {
  if (date !== undefined && !isBusinessDate(date))
    throw new InvalidInput([
      { pointer: '/date', code: 'NOT_A_DAY', message: `--date ${date} is no day of the calendar: write YYYY-MM-DD` },
    ]);
  if (channel !== undefined && !world.channels.has(channel))
    throw new DulyError('NO_CHANNEL', `there is no channel ${channel}: ${[...world.channels.keys()].join(', ')}`);
  const names = channel === undefined ? [...world.channels.keys()] : [channel];
  const runs: Reconciliation[] = [];
  if (date !== undefined) for (const name of names) runs.push(...(await oneDay(world, name, date, channel !== undefined)));
  else {
    await reconcileDue(world);
    for (const name of names) runs.push(...(await latest(world, name)));
  }
  const unsettled = await Promise.all(names.map((name) => world.store.discrepancies.unsettled(name)));
  return { runs: runs.map(reconciliationView), unsettled: unsettled.flat().length };
}

/** A channel that was not named need not have the day. */
async function oneDay(world: World, channel: string, date: BusinessDate, must: boolean): Promise<Reconciliation[]> {
  const known = await world.store.reconciliations.get(runIdOf(channel, date));
  return !must && !known?.statementId ? [] : [await reconcile(world, channel, date)];
}

const latest = async (world: World, channel: string): Promise<Reconciliation[]> => [
  ...(await world.store.reconciliations.list({ channel }, { limit: SHOWN, before: `${runIdOf(channel, '9999-12-31' as BusinessDate)}~` }))
    .data,
];

const money = (sums: Readonly<Record<string, number>>): string =>
  Object.entries(sums)
    .map(([currency, minor]) => inMoney(minor, currency))
    .join(', ') || 'nothing';

const inWords = ({ runs, unsettled }: Told): string =>
  [
    ...runs.flatMap((r) => [
      `${r.channel} ${r.businessDate}: ${r.state}, ${r.lines} lines`,
      `    ${Object.entries(r.byResult)
        .filter(([, n]) => n > 0)
        .map(([result, n]) => `${result} ${n}`)
        .join(', ')}`,
      `    ours ${money(r.ours)}, theirs ${money(r.theirs)}, difference ${money(differenceOf({ oursMinor: r.ours, theirsMinor: r.theirs }))}`,
    ]),
    runs.length ? `${unsettled} unsettled` : 'no file has come yet',
  ].join('\n');
