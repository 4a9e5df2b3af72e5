/**
 * A sweep: every partition that can be had is taken, worked and given back. It looks at everything due, not at a slot, so a tick that was
 * missed, doubled or late loses nothing and repeats nothing.
 */
import { earliest } from '../domain/clock.ts';
import { NO_WORK, type TickReport } from '../domain/records.ts';
import type { Lease, WorkKind } from './store.ts';
import type { World } from './world.ts';

/** The lease a sweep works under; `keep` renews it in good time and answers false once it is lost. */
export class Held {
  /** Whether the brakes were read under this lease. */
  braked = false;

  constructor(
    private readonly world: World,
    public lease: Lease,
  ) {}

  /** Milliseconds for which the partition is surely ours. */
  marginMs(): number {
    return this.lease.safeUntilMs - this.world.timers.monotonic();
  }

  async keep(): Promise<boolean> {
    const { leaseMs } = this.world.settings;
    if (this.marginMs() > (2 / 3) * leaseMs) return true;
    const renewed = await this.world.store.work.leases.renew(this.lease, leaseMs);
    if (renewed) this.lease = renewed;
    return renewed !== null;
  }
}

/** What one look at a partition did, and whether another look may find more. */
export type Looked = TickReport & Readonly<{ more: boolean }>;

/** Runs `work` for each partition in turn until it finds no more. A partition in other hands is skipped; with nothing due none is taken. */
export async function sweep(world: World, kind: WorkKind, work: (held: Held) => Promise<Looked>): Promise<TickReport> {
  const { leases, partitionsWith } = world.store.work;
  const owner = `${world.settings.incarnation}:${world.ids.token().slice(0, 8)}`;
  let sum = NO_WORK;
  for (const partition of await partitionsWith(kind, world.clock.now())) {
    const lease = await leases.take(partition, owner, world.settings.leaseMs);
    if (!lease) continue;
    const held = new Held(world, lease);
    try {
      for (;;) {
        const report = await work(held);
        sum = add(sum, report);
        if (!report.more || !(await held.keep())) break;
      }
    } finally {
      await leases.free(held.lease);
    }
  }
  return sum;
}

export const add = (a: TickReport, b: TickReport): TickReport => ({
  lookedAt: a.lookedAt + b.lookedAt,
  did: a.did + b.did,
  refused: a.refused + b.refused,
  failed: a.failed + b.failed,
  oldestDue: a.oldestDue && b.oldestDue ? earliest(a.oldestDue, b.oldestDue) : (a.oldestDue ?? b.oldestDue),
});

/** `work` over `items`, at most `width` at a time, in order of start. */
export async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < items.length) await work(items[next++] as T);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
}
