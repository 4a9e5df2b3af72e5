/** Waiting for another process: the one place of the store that sleeps, and only while a server starts, stops or answers elsewhere. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds that never jump, for measuring how long something took. */
export const elapsedSince = (start: number): number => Math.round(performance.now() - start);

/**
 * Asks again every `everyMs` until `probe` returns something other than undefined.
 * Returns that, or undefined when `withinMs` have passed.
 */
export async function until<T>(
  probe: () => Promise<T | undefined> | T | undefined,
  withinMs: number,
  everyMs = 20,
): Promise<T | undefined> {
  const start = performance.now();
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() - start >= withinMs) return undefined;
    await sleep(everyMs);
  }
}
