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
