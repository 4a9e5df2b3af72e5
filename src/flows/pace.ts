/** Keeps calls under a channel's rate: a token bucket a channel and process, in real time. */
import type { Channel } from '../channels/channel.ts';
import type { Timers } from './world.ts';

const paces = new WeakMap<Channel, () => Promise<void>>();

/** Resolves when the next call may begin. */
export function paceOf(channel: Channel, timers: Timers): () => Promise<void> {
  const known = paces.get(channel);
  if (known) return known;
  const perMs = channel.profile.ratePerSecond / 1_000;
  const most = Math.max(1, channel.profile.ratePerSecond / 10);
  let tokens = most;
  let at = timers.monotonic();
  const pace = async () => {
    const now = timers.monotonic();
    tokens = Math.min(most, tokens + (now - at) * perMs);
    at = now;
    tokens -= 1;
    if (tokens < 0) await timers.sleep(Math.ceil(-tokens / perMs));
  };
  paces.set(channel, pace);
  return pace;
}
