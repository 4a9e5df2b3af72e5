/**
 * The high-water mark of each channel: the instant of the latest intent, kept in a file outside the database.
 * A database restored from an older backup stands below it and so shows itself at start. Appended and synced before a batch is called.
 */
import { appendFile, mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Instant, parseInstant } from '../domain/clock.ts';
import type { HighWater } from '../flows/world.ts';

/** `close` gives the file back to the system; safe to call twice. No mark can be raised afterwards. */
export type HighWaterFile = HighWater & Readonly<{ marks(): Promise<ReadonlyMap<string, Instant>>; close(): Promise<void> }>;

export async function openHighWater(dataDir: string): Promise<HighWaterFile> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, 'high-water.log');
  await appendFile(path, '', { mode: 0o600 });
  const file = await open(path, 'a');
  const last = new Map<string, number>();
  return {
    async raise(channel, at) {
      if (at.getTime() <= (last.get(channel) ?? 0)) return;
      // One short append is atomic: several processes may share the file.
      await file.write(`${channel} ${at.toISOString()}\n`);
      await file.datasync();
      last.set(channel, at.getTime());
    },
    async marks() {
      const marks = new Map<string, Instant>();
      for (const line of (await readFile(path, 'utf8')).split('\n')) {
        const [channel, at] = line.split(' ');
        if (!channel || !at) continue;
        const mark = parseInstant(at);
        if (mark > (marks.get(channel) ?? parseInstant('1970-01-01T00:00:00Z'))) marks.set(channel, mark);
      }
      return marks;
    },
    close: () => file.close(),
  };
}
