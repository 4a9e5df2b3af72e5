/** `duly bench recon`: lays a made-up day into a database of its own and has another process import, match and keep it. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Db } from 'mongodb';
import { systemTimers } from '../../clock.ts';
import { DulyError } from '../../domain/errors.ts';
import { INDEXES } from '../../store/collections.ts';
import { connect } from '../../store/connect.ts';
import { joinOrStart } from '../../store/embedded/index.ts';
import { growPartitions } from '../../store/leases.ts';
import { migrate } from '../../store/migrate.ts';
import { MIGRATIONS } from '../../store/migrations/index.ts';
import { progress } from '../output.ts';
import { layAttempts, layFile } from './fixture.ts';
import type { Measured } from './measure.ts';

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));

/** Indexes of attempts that a match uses; the others would only slow the laying down. */
const USED: ReadonlySet<string> = new Set(['channel_number', 'taken', 'returned', 'channel_unknown']);

/** Throws DulyError BENCH_FAILED where the measuring process does not end well. */
export async function benchRecon(lines: number): Promise<Measured> {
  const dataDir = mkdtempSync(join(tmpdir(), 'duly-bench-'));
  try {
    const server = await joinOrStart({ dataDir, cacheGb: 1 });
    try {
      const database = await connect(server.uri, { appName: 'bench-fixture', socketTimeoutMs: 120_000 });
      try {
        await migrate(database.db, MIGRATIONS, { timers: systemTimers, log: () => undefined });
        await growPartitions(database.client, database.db, systemTimers, 1);
        await dropUnused(database.db);
        progress(`${lines} attempts are laid down`);
        await layAttempts(database.db, lines);
        await layFile(join(dataDir, 'day.csv'), lines);
      } finally {
        await database.close();
      }
      progress('measuring');
      const measured = await elsewhere(dataDir, lines);
      progress('');
      return measured;
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function dropUnused(db: Db): Promise<void> {
  for (const { collection, name } of INDEXES)
    if (collection === 'attempts' && !USED.has(name)) await db.collection('attempts').dropIndex(name);
}

/** Young objects of a merge die at once: room for more of them would only be memory that the process never gives back. */
const HEAP = ['--max-semi-space-size=8', '--max-old-space-size=160'];

/** Measured in a process of its own, so that its memory is the reconciler's alone. Its last line is what it measured. */
async function elsewhere(dataDir: string, lines: number): Promise<Measured> {
  const child = spawn(process.execPath, [...process.execArgv, ...HEAP, CHILD, dataDir, String(lines)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    said += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new DulyError('BENCH_FAILED', `the measuring process ended with ${code}: its own words stand above`);
  return JSON.parse(said.trim().split('\n').at(-1) ?? '{}') as Measured;
}
