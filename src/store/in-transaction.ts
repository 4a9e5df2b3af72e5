/** One transaction with our own patience: conflicts are tried again for seconds, a commit whose outcome is unknown is asked for again. */
import { type ClientSession, type MongoClient, MongoServerError } from 'mongodb';
import { DulyError } from '../domain/errors.ts';
import type { Timers } from '../flows/world.ts';

/** Something changed between reading and writing, or a unique key was taken. Read again and decide again. */
export class Stale extends DulyError {
  constructor(what: string, facts: Readonly<Record<string, unknown>> = {}) {
    super('STALE', `${what} changed meanwhile`, facts);
  }
}

/** How long one transaction may be retried; the driver's own 120 s would outlive the lease. */
const PATIENCE_MS = 5_000;

/** One transaction with our own patience; `body` may run more than once. Throws Stale where a unique key was taken. */
export async function inTransaction<T>(client: MongoClient, timers: Timers, body: (session: ClientSession) => Promise<T>): Promise<T> {
  const deadline = timers.monotonic() + PATIENCE_MS;
  for (let pause = 1; ; pause = Math.min(pause * 2, 100)) {
    const session = client.startSession();
    try {
      session.startTransaction({
        readConcern: { level: 'snapshot' },
        writeConcern: { w: 'majority', journal: true },
        readPreference: 'primary',
      });
      const result = await body(session);
      await commit(session, timers, deadline);
      return result;
    } catch (error) {
      if (session.inTransaction()) await session.abortTransaction().catch(() => undefined);
      if (error instanceof MongoServerError && error.code === 11000)
        throw new Stale('a unique key', { key: error.keyValue, index: error.message.match(/index: (\S+)/)?.[1] });
      if (!hasLabel(error, 'TransientTransactionError') || timers.monotonic() > deadline) throw error;
    } finally {
      await session.endSession();
    }
    await timers.sleep(pause);
  }
}

const hasLabel = (error: unknown, label: string): boolean =>
  error !== null &&
  typeof error === 'object' &&
  'hasErrorLabel' in error &&
  (error as { hasErrorLabel(l: string): boolean }).hasErrorLabel(label);

/** Commits, and asks again while the outcome is unknown: a commit is repeatable. */
async function commit(session: ClientSession, timers: Timers, deadline: number): Promise<void> {
  for (;;) {
    try {
      await session.commitTransaction();
      return;
    } catch (error) {
      if (!hasLabel(error, 'UnknownTransactionCommitResult') || timers.monotonic() > deadline) throw error;
      await timers.sleep(50);
    }
  }
}
