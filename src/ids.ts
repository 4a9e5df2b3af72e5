/** The id generators: the machine's own, and one that a seed determines. The only place that draws chance. */
import { createHash, randomBytes } from 'node:crypto';
import { monotonicFactory } from 'ulid';
import type { Clock } from './domain/clock.ts';
import type { Ids } from './domain/ids.ts';

export function systemIds(clock: Clock): Ids {
  const ulid = monotonicFactory();
  return { next: (prefix) => `${prefix}_${ulid(clock.now().getTime())}`, token: () => randomBytes(16).toString('hex') };
}

/** Ids that are a pure function of the seed, the clock and the order of calls. */
export function seededIds(seed: string, clock: Clock): Ids {
  let count = 0;
  const draw = (): Buffer => createHash('sha256').update(`${seed}|${count++}`).digest();
  const ulid = monotonicFactory(() => draw().readUInt32BE(0) / 2 ** 32);
  return { next: (prefix) => `${prefix}_${ulid(clock.now().getTime())}`, token: () => draw().subarray(0, 16).toString('hex') };
}

/** `count` random bytes, for keys and secrets. */
export const secretBytes = (count: number): Buffer => randomBytes(count);
