/**
 * One effect an Idempotency-Key. The key belongs to one lender, method, address and body; the first answer is kept and given again.
 * An answer that says "again later", or a fault of ours, is not kept: the key is free for the next try.
 */
import { createHash } from 'node:crypto';
import type { World } from '../flows/world.ts';
import { problem } from './errors.ts';

/** An answer ready for the wire. */
export type Answer = Readonly<{ status: number; body: string; headers: Readonly<Record<string, string>>; text?: AsyncIterable<string> }>;
/** `keep`: what a repeat gets; null when it is to run afresh. */
export type Done = Readonly<{ answer: Answer; keep: Answer | null }>;

const KEY = /^[\x20-\x7e]{1,255}$/;

/** The caller's key; throws IDEMPOTENCY_KEY_MISSING when absent, empty, longer than 255 characters or not printable ASCII. */
export function keyOf(header: string | undefined): string {
  if (header === undefined || !KEY.test(header))
    throw problem('IDEMPOTENCY_KEY_MISSING', 'send an Idempotency-Key header of 1 to 255 printable characters');
  return header;
}

export const requestHash = (...parts: readonly string[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/** Runs `act` once for this key, or gives the kept answer again. `owner`: the lender's id, or 'admin' for acts of the whole house. */
export async function once(world: World, owner: string, key: string, hash: string, act: () => Promise<Done>): Promise<Answer> {
  const kept = await world.store.idempotency.begin(owner, key, hash, world.clock.now());
  if (kept) {
    if (kept.requestHash !== hash)
      throw problem('IDEMPOTENCY_KEY_REUSED', 'this Idempotency-Key was first used with another method, address or body');
    if (kept.state === 'running') throw problem('IDEMPOTENCY_IN_PROGRESS', 'the first call with this Idempotency-Key has not ended yet');
    return { status: kept.status, body: kept.body, headers: { ...kept.headers, 'idempotent-replayed': 'true' } };
  }
  let done: Done;
  try {
    done = await act();
  } catch (error) {
    await world.store.idempotency.forget(owner, key);
    throw error;
  }
  // Outside the catch: when only the filing fails, the act stands and its key must not open the door a second time.
  if (done.keep) await world.store.idempotency.finish(owner, key, done.keep);
  else await world.store.idempotency.forget(owner, key);
  return done.answer;
}
