/**
 * From intent to bank and back: the intent is durable before the call, looked at again before the call, called outside any transaction, and
 * recorded as results come. Whatever cannot be known afterwards is `unknown`, never guessed.
 */
import type { Channel } from '../channels/channel.ts';
import type { Attempt, Claim } from '../domain/attempt.ts';
import type { NewEvent } from '../domain/event.ts';
import { stopFor } from '../domain/stop.ts';
import { type Intended, intend, payloadOf } from './intend.ts';
import type { Result, Said } from './moves.ts';
import { paceOf } from './pace.ts';
import { planEvent, record } from './record.ts';
import { type Held, inParallel } from './sweep.ts';
import type { World } from './world.ts';

export type Presented = Readonly<{ sent: number; lost: number }>;

/** Calls go on this long before the versions are looked at again. */
const LOOK_AGAIN_MS = 2_000;
/** Results are recorded so many at a time, or after so many milliseconds. */
const FLUSH_RESULTS = 500;
const FLUSH_MS = 250;
/** A call may not begin when the lease has less left than the call may take and the record needs. */
const RECORD_MARGIN_MS = 6_000;

export async function present(world: World, held: Held, intended: readonly Intended[]): Promise<Presented> {
  let sent = 0;
  let lost = 0;
  for (const batch of batches(world, intended)) {
    if (!(await held.keep())) break;
    let round: readonly Intended[] = batch;
    while (round.length) {
      const done = await presentBatch(world, held, round);
      sent += done.sent;
      lost += done.lost;
      round = done.nextParts;
    }
  }
  return { sent, lost };
}

/** No more intents at a time than the channel can be called with in a third of the lease. */
function* batches(world: World, intended: readonly Intended[]): Generator<readonly Intended[]> {
  const byChannel = new Map<Channel, Intended[]>();
  for (const item of intended) byChannel.set(item.channel, [...(byChannel.get(item.channel) ?? []), item]);
  for (const [channel, items] of byChannel) {
    const most = Math.max(1, Math.min(world.settings.batch, Math.floor((channel.profile.ratePerSecond * world.settings.leaseMs) / 3_000)));
    for (let from = 0; from < items.length; from += most) yield items.slice(from, from + most);
  }
}

async function presentBatch(
  world: World,
  held: Held,
  batch: readonly Intended[],
): Promise<Presented & Readonly<{ nextParts: readonly Intended[] }>> {
  const { work } = world.store;
  const claim: Claim = { token: world.ids.token(), partition: held.lease.partition, epoch: held.lease.epoch };
  const intents = batch.map(({ attempt }): Attempt => ({ ...attempt, claim }));
  const { mine, lost } = await work.insertIntents(intents, claim);
  const byId = new Map(batch.map((item) => [item.attempt.id, item]));
  await burn(world, held, batch, lost);
  await world.highWater.raise((batch[0] as Intended).channel.profile.name, world.clock.now());
  const results = new Caller(world, held, byId);
  const recorded = await results.run(mine);
  return { sent: results.sent, lost: lost.length, nextParts: nextParts(world, batch, recorded) };
}

/** The calls of one batch, and their results. */
class Caller {
  sent = 0;
  private pending: Result[] = [];
  private recording: Promise<void> = Promise.resolve();
  private readonly recorded: Attempt[] = [];
  private lookedAt = Number.NEGATIVE_INFINITY;
  private flushedAt: number;
  private changed: ReadonlyMap<string, string> = new Map();
  private looking: Promise<void> | null = null;

  constructor(
    private readonly world: World,
    private readonly held: Held,
    private readonly items: ReadonlyMap<string, Intended>,
  ) {
    this.flushedAt = world.timers.monotonic();
  }

  async run(mine: readonly Attempt[]): Promise<readonly Attempt[]> {
    const channel = (this.items.get(mine[0]?.id ?? '') as Intended | undefined)?.channel;
    if (!channel) return [];
    const pace = paceOf(channel, this.world.timers);
    await inParallel(mine, channel.profile.concurrency, async (attempt) => {
      await this.look(mine);
      await pace();
      this.pending.push(await this.call(attempt, channel));
      if (this.pending.length >= FLUSH_RESULTS || this.world.timers.monotonic() - this.flushedAt > FLUSH_MS) this.flush();
    });
    this.flush();
    await this.recording;
    return this.recorded;
  }

  /** Asks what changed since the decision: before the first call, and again after every two seconds of calling. */
  private async look(mine: readonly Attempt[]): Promise<void> {
    if (this.world.timers.monotonic() - this.lookedAt < LOOK_AGAIN_MS) return;
    this.looking ??= this.lookOnce(mine).finally(() => {
      this.looking = null;
    });
    await this.looking;
  }

  private async lookOnce(mine: readonly Attempt[]): Promise<void> {
    const { store, timers } = this.world;
    const at = timers.monotonic();
    const [{ plans, mandates }, stops, stands] = await Promise.all([
      store.work.lookAgain(
        mine.map((a) => a.planId),
        [...new Set(mine.map((a) => a.mandateId))],
      ),
      store.admin.stops.all(),
      store.work.leases.stands(this.held.lease),
    ]);
    const changed = new Map<string, string>();
    for (const a of mine) {
      const { row } = this.items.get(a.id) as Intended;
      const stop = stopFor(stops, a.lenderId, a.channel);
      if (!stands) changed.set(a.id, 'the partition moved to another worker');
      else if (plans.get(a.planId) !== row.plan.version) changed.set(a.id, 'the plan changed after the decision');
      else if (mandates.get(a.mandateId) !== row.mandates.find((m) => m.id === a.mandateId)?.version)
        changed.set(a.id, 'the mandate changed after the decision');
      else if (stop) changed.set(a.id, `stop switch ${stop.scope}`);
    }
    this.changed = changed;
    this.lookedAt = at;
  }

  private async call(attempt: Attempt, channel: Channel): Promise<Result> {
    const item = this.items.get(attempt.id) as Intended;
    const result = (said: Said, why: string): Result => ({
      attemptId: attempt.id,
      said,
      evidence: { kind: said.kind === 'unsent' ? 'self' : 'reply', ref: attempt.outTradeNo },
      by: 'duly',
      why,
    });
    const late = this.changed.get(attempt.id) ?? this.tooLate(attempt, channel);
    if (late) return result({ kind: 'unsent', rawCode: '', rawText: late }, late);
    const mandate = item.row.mandates.find((m) => m.id === attempt.mandateId) as Intended['row']['mandates'][number];
    const account = this.world.vault.open(mandate.accountSealed, `${mandate.lenderId}|mandate|${mandate.id}`);
    this.sent++;
    try {
      const said = await channel.debit(payloadOf(attempt, item.row, account, mandate));
      return result(said, saidInWords(said));
    } catch (error) {
      this.world.log.error({ attemptId: attempt.id, error: String(error) }, 'a channel threw');
      return result({ kind: 'unknown', rawCode: '', rawText: 'the channel adapter failed' }, 'the channel adapter failed');
    }
  }

  private tooLate(attempt: Attempt, channel: Channel): string | null {
    if (this.world.clock.now() > attempt.sendBy) return 'the time in which it may be sent is over';
    if (this.held.marginMs() < Math.min(channel.profile.callTimeoutMs + RECORD_MARGIN_MS, this.world.settings.leaseMs / 2))
      return 'the lease has too little left for a call';
    return null;
  }

  /** Results are recorded one batch after another, while further calls go on. */
  private flush(): void {
    const results = this.pending;
    this.pending = [];
    this.flushedAt = this.world.timers.monotonic();
    if (!results.length) return;
    this.recording = this.recording.then(async () => {
      const { attempts } = await record(this.world, this.held.lease, results);
      this.recorded.push(...attempts);
    });
    // Seen by `run`; without a handler here a failure during further calls would end the process.
    this.recording.catch(() => undefined);
  }
}

const saidInWords = (said: Said): string => (said.rawText ? `the bank says: ${said.rawText}` : `the bank says: ${said.kind}`);

/** Another plan holds our order number: said aloud, and the number is never used again. */
async function burn(
  world: World,
  held: Held,
  batch: readonly Intended[],
  lost: readonly Readonly<{ planId: string; guard: string }>[],
): Promise<void> {
  for (const { planId } of lost.filter((l) => l.guard === 'numberTaken')) {
    const { attempt } = batch.find((item) => item.attempt.planId === planId) as Intended;
    world.log.error({ planId, outTradeNo: attempt.outTradeNo }, 'order number is taken by another plan: burnt');
    await world.store.transact(async (tx) => {
      const [plan] = await tx.plans([planId]);
      if (!plan) return;
      const n = plan.eventN + 1;
      const burnt = { ...plan, eventN: n, lastN: Math.max(plan.lastN, attempt.n), version: plan.version + 1 };
      const event: NewEvent = planEvent(plan, n, 'plan.numberBurnt', 'the order number is taken by another plan', world.clock.now(), {
        outTradeNo: attempt.outTradeNo,
        attemptN: attempt.n,
      });
      await tx.write({ events: [event], plans: [burnt] }, held.lease);
    });
  }
}

/** The next part of each split whose last part went through; the first refusal stops the rest. */
function nextParts(world: World, batch: readonly Intended[], recorded: readonly Attempt[]): Intended[] {
  const out: Intended[] = [];
  for (const item of batch) {
    const done = recorded.find((a) => a.id === item.attempt.id);
    if (done?.part == null || done.state !== 'succeeded') continue;
    const left = item.decision.minor - done.amount.minor;
    if (left <= 0) continue;
    for (const list of [item.row.accountAttempts.get(done.accountKey)])
      list?.splice(
        list.findIndex((a) => a.id === done.id),
        1,
        done,
      );
    const aims = item.decision.aims.slice();
    let taken = done.amount.minor;
    const rest = aims.flatMap((aim) => {
      const used = Math.min(aim.minor, taken);
      taken -= used;
      return aim.minor > used ? [{ ...aim, minor: aim.minor - used }] : [];
    });
    const row = { ...item.row, attempts: [...item.row.attempts, done], plan: { ...item.row.plan, version: item.row.plan.version + 1 } };
    const next = intend(world, row, item.stops, { ...item.decision, minor: left, aims: rest }, world.clock.now(), done.part + 1);
    if (next.kind === 'intended') out.push(next);
  }
  return out;
}
