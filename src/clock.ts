/** The real clock, the movable one, and real time for patience. With `src/domain/clock.ts` and `src/ids.ts` the only place that asks the machine. */
import { setTimeout as wait } from 'node:timers/promises';
import { type Clock, dateIn, type Instant, instant, plusMs } from './domain/clock.ts';
import type { Timers } from './flows/world.ts';

export const systemTimers: Timers = {
  monotonic: () => performance.now(),
  sleep: (ms) => wait(ms, undefined, { ref: true }),
};

/** Epoch milliseconds of this machine. */
const machineNow = (): Instant => instant(Date.now());

export const systemClock: Clock = { now: machineNow, today: (zone) => dateIn(machineNow(), zone) };

/** A clock moved by hand: runs at real speed from where it was set unless frozen, and never goes back. */
export class MovableClock implements Clock {
  #base: Instant;
  #setAt: number;
  #frozen: boolean;

  constructor(
    start: Instant,
    private readonly timers: Timers = systemTimers,
    frozen = false,
  ) {
    this.#base = start;
    this.#setAt = timers.monotonic();
    this.#frozen = frozen;
  }

  now(): Instant {
    return this.#frozen ? this.#base : plusMs(this.#base, Math.floor(this.timers.monotonic() - this.#setAt));
  }

  today(zone: string) {
    return dateIn(this.now(), zone);
  }

  /** Sets the time; an earlier instant than now is ignored. */
  set(to: Instant, frozen: boolean): void {
    const now = this.now();
    this.#base = to > now ? to : now;
    this.#setAt = this.timers.monotonic();
    this.#frozen = frozen;
  }
}
