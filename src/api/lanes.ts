/**
 * How many calls are worked on at once. Waiting here, in order, costs nothing; waiting for a database connection ends in a time-out.
 * Writes have few places because each holds a transaction. A caller who would wait behind too many is told to come back.
 */
import { problem } from './errors.ts';

export type Lane = Readonly<{ run<T>(work: () => Promise<T>): Promise<T> }>;

/** A lane with `places` at work and at most `waiting` in the queue; one more is OVERLOADED. */
export function lane(places: number, waiting: number): Lane {
  const queue: (() => void)[] = [];
  let free = places;
  const leave = (): void => {
    const next = queue.shift();
    if (next) next();
    else free++;
  };
  return {
    async run(work) {
      if (free > 0) free--;
      else {
        if (queue.length >= waiting) throw problem('OVERLOADED', `${waiting} calls wait already`);
        await new Promise<void>((resolve) => void queue.push(resolve));
      }
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}

export type Lanes = Readonly<{ read: Lane; write: Lane }>;
export const lanes = (): Lanes => ({ read: lane(24, 2000), write: lane(6, 2000) });
