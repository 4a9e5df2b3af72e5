/** A look-up that is remembered for a moment, so that a burst of calls costs one question. What is not there is asked for again. */
import type { Timers } from '../flows/world.ts';

const MOST_KEPT = 10_000;

/** `ms`: how long an answer may be out of date. Calls that come while the question is open share its answer. */
export function remember<T>(timers: Timers, ms: number, look: (name: string) => Promise<T | null>): (name: string) => Promise<T | null> {
  const kept = new Map<string, Readonly<{ answer: Promise<T | null>; until: number }>>();
  return (name) => {
    const now = timers.monotonic();
    const found = kept.get(name);
    if (found && found.until > now) return found.answer;
    if (kept.size >= MOST_KEPT) kept.clear();
    const forget = () => void kept.delete(name);
    const answer = look(name).then(
      (value) => {
        if (value === null) forget();
        return value;
      },
      (error) => {
        forget();
        throw error;
      },
    );
    kept.set(name, { answer, until: now + ms });
    return answer;
  };
}
