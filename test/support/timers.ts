/** Real time for tests of what is about real time: locks, leases, another process. Everything else takes its time by hand. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Timers } from '../../src/flows/world.ts';

export const realTimers: Timers = { monotonic: () => performance.now(), sleep: (ms) => sleep(ms) };

/** Asks until `probe` gives something true; throws after `withinMs`, naming what was waited for. */
export async function eventually<T>(what: string, probe: () => Promise<T> | T, withinMs = 10_000): Promise<T> {
  const began = performance.now();
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (performance.now() - began > withinMs) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await sleep(10);
  }
}
