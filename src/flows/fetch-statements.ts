/**
 * Fetching what the banks have laid out, and knowing what they should have: each day of a channel's calendar gets a reconciliation run that waits
 * for its file, and a file that is late is told aloud once, until it comes. Repeatable; killed anywhere it goes on from there.
 */
import type { Channel } from '../channels/channel.ts';
import { bankDayOf, type ChannelProfile } from '../domain/channel-profile.ts';
import { addDays, type BusinessDate, businessDate, type Instant } from '../domain/clock.ts';
import { type Discrepancy, HOUSE, NEW_DISCREPANCY } from '../domain/discrepancy.ts';
import { opened } from '../domain/discrepancy-step.ts';
import type { Reconciliation } from '../domain/reconciliation.ts';
import { NO_WORK, type TickReport } from '../domain/records.ts';
import { importStatement } from './import-statement.ts';
import { isStale } from './stale.ts';
import { lateKey, newRun } from './statements/accept.ts';
import { expectedAt, lateAt } from './statements/expected-at.ts';
import { add } from './sweep.ts';
import type { World } from './world.ts';

/** Runs that wait for their file are looked at so many at once. */
const LOOK = 200;
const ACTOR = { by: 'duly', why: 'laid out by the bank' };
const filesCursor = (channel: string): string => `files:${channel}`;
/** The last day that has a run. */
const expectCursor = (channel: string): string => `expected:${channel}`;

/** The job: new files are imported, runs are opened for days whose file should be here, late files are told of, dead loads taken away. */
export async function fetchStatements(world: World): Promise<TickReport> {
  let sum = NO_WORK;
  for (const load of await world.store.statements.deadLoads()) await world.store.statements.takeOver(load.id);
  const faults: unknown[] = [];
  for (const channel of world.channels.values()) {
    sum = add(sum, await expectFiles(world, channel.profile));
    // What is wrong with one bank's box holds up no other's, nor the alarm about its own files.
    sum = add(sum, await fetchFiles(world, channel).catch((error: unknown) => noted(faults, error)));
    sum = add(sum, await tellLate(world, channel.profile));
  }
  if (faults.length) throw faults[0];
  return sum;
}

const noted = (faults: unknown[], error: unknown): TickReport => {
  faults.push(error);
  return NO_WORK;
};

/** One file at a time, so that a file that cannot be dealt with holds up none before it and is met again next time. */
async function fetchFiles(world: World, { profile, files }: Channel): Promise<TickReport> {
  let sum = NO_WORK;
  if (!files || !profile.statement) return sum;
  const name = filesCursor(profile.name);
  for (;;) {
    const { items, cursor } = await files(await world.store.admin.cursor.get(name), 1);
    const [file] = items;
    if (!file || cursor === null) return sum;
    const source = file.kind === 'channel' ? profile.name : profile.statement.account;
    const asked = { kind: file.kind, source, name: file.name, format: null, bytes: file.bytes };
    const { statement } = await importStatement(world, asked, ACTOR).catch(unlessRunning);
    if (!statement) return sum;
    await world.store.admin.cursor.set(name, cursor);
    const good = statement.state !== 'refused';
    sum = add(sum, { ...NO_WORK, lookedAt: 1, did: good ? 1 : 0, failed: good ? 0 : 1 });
  }
}

/** Another worker has the file in hand: it is met again next time, if that one dies. */
const unlessRunning = (error: unknown): Readonly<{ statement: null }> => {
  if ((error as { code?: string }).code !== 'IMPORT_RUNNING') throw error;
  return { statement: null };
};

/** The first day that has no run yet. Expectations begin with the day on which the channel was first looked at. */
async function nextDay(world: World, profile: ChannelProfile): Promise<BusinessDate> {
  const last = await world.store.admin.cursor.get(expectCursor(profile.name));
  if (last) return following(world, profile, businessDate(last));
  const today = bankDayOf(profile, world.clock.now());
  const calendar = world.calendars.get(profile.statement?.calendar ?? '');
  const first = calendar ? calendar.onOrAfter(today) : today;
  await world.store.admin.cursor.set(expectCursor(profile.name), addDays(first, -1));
  return first;
}

function following(world: World, { statement }: ChannelProfile, day: BusinessDate): BusinessDate {
  const calendar = world.calendars.get(statement?.calendar ?? '');
  return calendar ? calendar.onOrAfter(addDays(day, 1)) : addDays(day, 1);
}

/** Opens a run for each day whose file should be here by now. */
async function expectFiles(world: World, profile: ChannelProfile): Promise<TickReport> {
  let sum = NO_WORK;
  if (!profile.statement) return sum;
  for (let day = await nextDay(world, profile); ; day = following(world, profile, day)) {
    const at = expectedAt(world, profile, day) as Instant;
    if (at > world.clock.now()) return sum;
    const run = newRun(profile.name, day, at);
    if (!(await world.store.reconciliations.get(run.id)))
      // Somebody else's run of the same day is as good.
      await world.store.transact((tx) => tx.write({ events: [], newRows: { reconciliations: [run] } }, null)).catch(unlessStale);
    await world.store.admin.cursor.set(expectCursor(profile.name), day);
    sum = add(sum, { ...NO_WORK, lookedAt: 1, did: 1 });
  }
}

const unlessStale = (error: unknown): void => {
  if (!isStale(error)) throw error;
};

/** Runs that wait for a file of which nothing was told yet, however many are told of and still wait. */
async function waiting(world: World, profile: ChannelProfile): Promise<Reconciliation[]> {
  const untold: Reconciliation[] = [];
  for (let after = ''; ; ) {
    const where = { channel: profile.name, state: 'waitingFile' };
    const { data, hasMore } = await world.store.reconciliations.list(where, { limit: LOOK, ...(after && { after }) });
    const told = new Set((await world.store.discrepancies.byKeys(data.map((r) => lateKey(r.channel, r.businessDate)))).map((d) => d.key));
    untold.push(...data.filter((r) => !told.has(lateKey(r.channel, r.businessDate))));
    if (!hasMore) return untold;
    after = data.at(-1)?.id ?? '';
  }
}

async function tellLate(world: World, profile: ChannelProfile): Promise<TickReport> {
  let sum = NO_WORK;
  const now = world.clock.now();
  for (const run of await waiting(world, profile)) {
    if (lateAt(profile, run.expectedAt) > now) continue;
    const { channel, businessDate: day } = run;
    const says = `the file of ${channel} of ${day}, expected by ${run.expectedAt.toISOString()}, has not come`;
    const late: Discrepancy = {
      ...NEW_DISCREPANCY,
      id: world.ids.next('dis'),
      lenderId: HOUSE,
      key: lateKey(channel, day),
      kind: 'lateFile',
      says,
      facts: { runId: run.id, expectedAt: run.expectedAt },
      bucket: 0,
      channel,
      businessDate: day,
      openedAt: now,
    };
    const { row, event } = opened(late, { at: now, by: 'duly', why: says });
    await world.store
      .transact(async (tx) => {
        const [there] = await tx.rows<Reconciliation>('reconciliations', [run.id]);
        if (there?.state !== 'waitingFile') return;
        await tx.write({ events: [event], newRows: { discrepancies: [row] } }, null);
      })
      .catch(unlessStale);
    world.log.error({ channel, businessDate: day, expectedAt: run.expectedAt }, says);
    sum = add(sum, { ...NO_WORK, lookedAt: 1, did: 1 });
  }
  return sum;
}

/** When the job next has work on the test clock: the next file that lies ready, the next that is expected, the next that is late. */
export async function nextFile(world: World): Promise<Instant | null> {
  const dues: Instant[] = [];
  for (const { profile, files } of world.channels.values()) {
    if (!profile.statement) continue;
    const [ready, day, runs] = await Promise.all([
      files ? world.store.admin.cursor.get(filesCursor(profile.name)).then(world.simulated.filesDue) : null,
      nextDay(world, profile),
      waiting(world, profile),
    ]);
    if (ready) dues.push(ready);
    dues.push(expectedAt(world, profile, day) as Instant);
    for (const run of runs) dues.push(lateAt(profile, run.expectedAt));
  }
  return dues.reduce<Instant | null>((first, at) => (first === null || at < first ? at : first), null);
}
