import type { Log } from '../../src/flows/world.ts';

/** A log that nobody reads. */
export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} };

/** A log that keeps its lines: `lines` grows as it is written to. */
export function keptLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const keep = (_facts: unknown, text: string): void => void lines.push(text);
  return { log: { info: keep, warn: keep, error: keep }, lines };
}
