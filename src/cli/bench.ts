/** `duly bench`: measures on this machine, with the code that runs in production, and checks what it measured. */
import type { Command } from 'commander';
import { whole } from './flags.ts';
import { answer } from './output.ts';

type Flags = Readonly<{ lines: string; json?: boolean }>;

export function benchCommand(program: Command): Command {
  const bench = program.command('bench').description('measures this machine with the code that runs in production');
  bench
    .command('recon')
    .description("imports a day's file and holds it against as many attempts; about one row in a hundred is wrong and must be found")
    .option('--lines <n>', 'rows of the file', '100000')
    .option(
      '--json',
      'one JSON object {lines, linesPerSecondJoin, linesPerSecondStored, perLine, ratio, peakRssMiB, importSeconds, ok, faults}',
    )
    .addHelpText('after', '\nExample:\n  duly bench recon --lines 1000000 --json')
    .action(recon);
  return bench;
}

async function recon({ lines: text, json }: Flags): Promise<void> {
  const { benchRecon } = await import('./bench/recon.ts');
  const measured = await benchRecon(whole('--lines', text));
  answer(json, measured, (m) =>
    [
      `${m.lines} lines imported in ${m.importSeconds} s (${m.importLinesPerSecond} a second)`,
      `compared: ${m.linesPerSecondJoin} a second; with verdicts kept: ${m.linesPerSecondStored} a second`,
      `one query a line: ${m.perLine} a second, so the merge is ${m.ratio} times as fast; peak memory ${m.peakRssMiB} MiB`,
      m.ok ? 'everything planted was found, and nothing else' : `wrong: ${m.faults.join('; ')}`,
    ].join('\n'),
  );
  if (!measured.ok) process.exitCode = 1;
}
