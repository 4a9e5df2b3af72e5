/** Reads an instant that a caller wrote: its form was checked by the schema, here whether there is such a moment. */
import { type Instant, parseInstant } from '../domain/clock.ts';
import { InvalidInput } from '../domain/errors.ts';

/** Throws InvalidInput at `pointer` for 30 February, 25 o'clock and the like. */
export function readInstant(text: string, pointer: string): Instant {
  try {
    return parseInstant(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const name = pointer.split('/').at(-1);
    throw new InvalidInput([
      { pointer, code: 'NOT_AN_INSTANT', message: `${name} is no moment of the calendar: send one such as 2027-01-25T09:10:00+08:00` },
    ]);
  }
}
