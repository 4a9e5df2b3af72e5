/** `duly stop`: the stop switches. Every worker looks at them before its next call. */
import type { Command } from 'commander';
import { DulyError } from '../domain/errors.ts';
import type { StopScope } from '../domain/stop.ts';
import { liftStop, setStop } from '../flows/stops.ts';
import { withHouse } from './context.ts';
import { answer } from './output.ts';

type Flags = Readonly<{ by?: string; why?: string; lift?: boolean; json?: boolean }>;

export const stopCommand = (program: Command): Command =>
  program
    .command('stop')
    .argument('[scope]', 'all, channel:NAME or lender:lnd_...; without one the switches that are set are listed')
    .description("stops new debits (attempts in the bank's hands run to their end); --lift takes the switch away")
    .option('--lift', 'take the switch away')
    .option('--by <who>', 'who does it')
    .option('--why <reason>', 'why')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  duly stop channel:simulator --by "Li Na" --why "bank reports an outage"\n  duly stop channel:simulator --lift --by "Li Na" --why "outage is over"',
    )
    .action(async (scope: string | undefined, flags: Flags) =>
      withHouse({ role: 'stop', quiet: true }, async ({ world }) => {
        if (scope) {
          if (!flags.by || !flags.why) throw new DulyError('WHO_AND_WHY', 'say who does it and why: --by NAME --why REASON');
          const actor = { by: flags.by, why: flags.why };
          await (flags.lift ? liftStop(world, scopeOf(scope), actor) : setStop(world, scopeOf(scope), actor));
        }
        const stops = await world.store.admin.stops.all();
        answer(flags.json, { stops }, () =>
          stops.length ? stops.map((s) => `${s.scope}: ${s.why} (${s.by}, ${s.at.toISOString()})`).join('\n') : 'no stop switch is set',
        );
      }),
    );

function scopeOf(text: string): StopScope {
  if (text === 'all' || /^channel:[\w-]+$/.test(text) || /^lender:lnd_\w{26}$/.test(text)) return text as StopScope;
  throw new DulyError('BAD_SCOPE', `'${text}' is no scope: say all, channel:NAME or lender:lnd_...`);
}
