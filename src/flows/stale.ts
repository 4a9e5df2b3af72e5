/** "Something changed between reading and writing": the store's way to say read again. Nothing was written. */
import { DulyError } from '../domain/errors.ts';

export const isStale = (error: unknown): boolean => error instanceof DulyError && error.code === 'STALE';

/** Runs `round` again while it meets somebody else's change; gives up after `rounds` with the last error. */
export async function untilFresh<T>(rounds: number, round: () => Promise<T>): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await round();
    } catch (error) {
      if (!isStale(error) || n >= rounds) throw error;
    }
  }
}

/** Writes a batch; where it meets somebody else's change it is halved until the rows at fault stand alone and are left out. Returns those written. */
export async function writeFresh<T>(items: readonly T[], write: (part: readonly T[]) => Promise<unknown>): Promise<T[]> {
  if (!items.length) return [];
  try {
    await write(items);
    return [...items];
  } catch (error) {
    if (!isStale(error)) throw error;
    if (items.length === 1) return [];
    const half = Math.ceil(items.length / 2);
    return [...(await writeFresh(items.slice(0, half), write)), ...(await writeFresh(items.slice(half), write))];
  }
}
