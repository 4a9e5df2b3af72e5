/** A clock that stands still until a test moves it. */
import { type Clock, dateIn, type Instant, parseInstant, plusMinutes } from '../../src/domain/clock.ts';

export type HandClock = Clock & Readonly<{ to(instant: string | Instant): void; pass(minutes: number): void }>;

export function handClock(start: string): HandClock {
  let at = parseInstant(start);
  return {
    now: () => at,
    today: (zone) => dateIn(at, zone),
    to: (instant) => {
      at = typeof instant === 'string' ? parseInstant(instant) : instant;
    },
    pass: (minutes) => {
      at = plusMinutes(at, minutes);
    },
  };
}
