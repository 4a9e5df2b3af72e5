/** The ask ladder: how long is waited between one question about a missing answer and the next. */
import { type Instant, plusMinutes } from './clock.ts';

/** Minutes; the last entry repeats, daily. */
const HOURS_OF_ASKING = 23;
const LADDER = [1, 5, 15, 60, ...Array<number>(HOURS_OF_ASKING).fill(60), 1440];

/** What the other side has accepted is asked about from here on. */
export const ACCEPTED_RUNG = 2;
/** After so many questions a person is told. */
export const PERSON_AFTER = 4;

/** When to ask after `n` questions, and their number once that was done. */
export const askAfter = (now: Instant, n: number): Readonly<{ at: Instant; n: number }> => ({
  at: plusMinutes(now, LADDER[Math.min(n, LADDER.length - 1)] as number),
  n: n + 1,
});
