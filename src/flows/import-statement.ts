/**
 * A bank's file comes in whole or not at all. Its lines are streamed into the store under a header that says `loading`; when all of it has been
 * read and its own totals and our rules hold, one transaction makes it count, supersedes the file it corrects, and has its day reconciled. A
 * file that is refused leaves one row that says why and where, and no lines.
 */
import { createHash } from 'node:crypto';
import type { BusinessDate } from '../domain/clock.ts';
import { InvalidInput } from '../domain/errors.ts';
import type { Statement, StatementHead, StatementRefusal } from '../domain/statement.ts';
import type { Actor } from './actor.ts';
import { accept, refusedRow, running } from './statements/accept.ts';
import { refusalOf, refuse } from './statements/reader.ts';
import { dayOf, warningsOf } from './statements/rules.ts';
import { type Source, type SourceOf, sourceOf } from './statements/source.ts';
import type { World } from './world.ts';

export type StatementFile = SourceOf &
  Readonly<{
    name: string;
    /** Null: the format that the source's profile names. */
    format: string | null;
    /** Gives the same bytes each time it is called: they are read once for their hash and once for their rows. */
    bytes: () => AsyncIterable<Uint8Array>;
    /** The day it must be of; left out, the file's own word. */
    businessDate?: BusinessDate;
  }>;

/** As much of the world as an import touches. */
export type ImportWorld = Pick<World, 'clock' | 'ids' | 'store' | 'channels' | 'readers' | 'calendars' | 'log' | 'timers'>;

/** `fresh`: false where this very file was here before, so that nothing was done. A refused file is `statement.state` 'refused'. */
export type Imported = Readonly<{ statement: Statement; fresh: boolean }>;

/** While its file is read a load shows a sign of life so often, in milliseconds: well within the ten seconds after which it counts as dead. */
const SIGN_MS = 2_000;
/** Batches on their way to the database at once. */
const IN_FLIGHT = 3;
const NAME = /^[^\p{Cc}/\\]{1,200}$/u;

/**
 * Throws InvalidInput for a source, format or name that cannot be, and Conflict IMPORT_RUNNING while another import of this content is at work;
 * what is wrong with the file itself is no error but a refusal. May be repeated, and killed anywhere: once a dead one has been silent for ten
 * seconds the next import of the same content takes over.
 */
export async function importStatement(world: ImportWorld, file: StatementFile, actor: Actor): Promise<Imported> {
  const source = sourceOf(world, file, file.format);
  if (!NAME.test(file.name))
    throw new InvalidInput([
      {
        pointer: '/query/name',
        code: 'BAD_NAME',
        message: 'the name of a file is 1 to 200 characters without slashes or control characters',
      },
    ]);
  const { sha256, bytes } = await measure(file.bytes());
  const load = newLoad(world, source, file, actor, sha256, bytes);
  const before = await world.store.statements.byContent(file, sha256);
  const taken = before.find((s) => s.state === 'accepted' || s.state === 'superseded');
  const sameDay = file.businessDate === undefined || file.businessDate === taken?.businessDate;
  if (taken?.name === file.name && sameDay) return { statement: taken, fresh: false };
  if (taken)
    return refused(world, { ...load, businessDate: taken.businessDate }, before, {
      code: 'DUPLICATE_CONTENT',
      line: null,
      column: null,
      says: `the same content came as ${taken.name} of ${taken.businessDate} (${taken.id}); nothing is to be done unless the bank meant to send another file`,
    });
  for (const other of before.filter((s) => s.state === 'loading'))
    if (!(await world.store.statements.takeOver(other.id))) throw running(file.name);
  await world.store.statements.insert(load);
  try {
    const { head, lines } = await readInto(world, source, file, load);
    const businessDate = dayOf(head, file.businessDate ?? null, source);
    const whole = { ...head, warnings: [...head.warnings, ...(await warningsOf(world, source, head, businessDate))] };
    const statement = await accept(world, source, { ...load, businessDate, head: whole, lines });
    // Another import of the same file was first.
    if (statement.id !== load.id) await world.store.statements.dropLoad(load.id);
    return { statement, fresh: statement.id === load.id };
  } catch (error) {
    await world.store.statements.dropLoad(load.id);
    const refusal = refusalOf(error);
    if (!refusal) throw error;
    return refused(world, load, before, refusal);
  }
}

async function measure(input: AsyncIterable<Uint8Array>): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of input) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), bytes };
}

const newLoad = (world: ImportWorld, source: Source, file: StatementFile, actor: Actor, sha256: string, bytes: number): Statement => ({
  id: world.ids.next('stm'),
  kind: source.kind,
  source: source.source,
  // Until the file has said its own.
  businessDate: file.businessDate ?? source.today,
  format: source.reader.format,
  name: file.name,
  sha256,
  bytes,
  issue: 0,
  state: 'loading',
  head: null,
  lines: 0,
  refusal: null,
  receivedAt: world.clock.now(),
  by: actor.by,
  version: 1,
});

/** Shows a sign of life where one is due, however slowly the file comes. Throws IMPORT_RUNNING where another import has taken this one over. */
function signsOfLife({ timers, store }: ImportWorld, load: Statement): () => Promise<void> {
  let last = timers.monotonic();
  return async () => {
    if (timers.monotonic() - last < SIGN_MS) return;
    last = timers.monotonic();
    if (!(await store.statements.alive(load))) throw running(load.name);
  };
}

/** Streams the rows into the store; answers what the file says of itself once all is there. */
async function readInto(
  world: ImportWorld,
  { kind, source, profile, reader }: Source,
  file: StatementFile,
  load: Statement,
): Promise<{ head: StatementHead; lines: number }> {
  const hash = createHash('sha256');
  const sign = signsOfLife(world, load);
  const watched = async function* () {
    for await (const chunk of file.bytes()) {
      await sign();
      hash.update(chunk);
      yield chunk;
    }
  };
  const [only, more] = profile.currencies;
  const rows = reader.read(watched(), {
    zone: profile.zone,
    ...(only !== undefined && only !== '*' && more === undefined ? { currency: only } : {}),
    ...(file.businessDate ? { businessDate: file.businessDate } : {}),
    expected: {
      source,
      ...(kind === 'channel' ? { merchant: profile.merchant } : {}),
      ...(file.businessDate ? { businessDate: file.businessDate } : {}),
    },
  });
  const flights: Promise<void>[] = [];
  let lines = 0;
  try {
    for (;;) {
      const { done, value } = await rows.next();
      if (done) {
        await Promise.all(flights);
        if (hash.digest('hex') !== load.sha256)
          throw refuse('CHANGED_WHILE_READ', 'the file changed while it was read; import it again once it is complete');
        return { head: value, lines };
      }
      if (flights.length >= IN_FLIGHT) await flights.shift();
      await sign();
      const flight = world.store.statements.putLines(load.id, value, lines + 1);
      // A failure is met when its turn comes; until then it must not count as unhandled.
      flight.catch(() => undefined);
      flights.push(flight);
      lines += value.length;
    }
  } finally {
    await Promise.allSettled(flights);
    await rows.return?.(undefined as never);
  }
}

/** Keeps the refusal, once for one file and cause. */
async function refused(world: ImportWorld, load: Statement, before: readonly Statement[], refusal: StatementRefusal): Promise<Imported> {
  const same = before.find((s) => s.state === 'refused' && s.name === load.name && s.refusal?.code === refusal.code);
  if (same) return { statement: same, fresh: false };
  const statement = await refusedRow(world, { ...load, id: world.ids.next('stm') }, refusal);
  const { source, name } = statement;
  const whose = load.kind === 'channel' ? 'a channel' : 'an account of ours';
  world.log.error({ source, name, code: refusal.code, line: refusal.line }, `a statement of ${whose} was refused: ${refusal.says}`);
  return { statement, fresh: true };
}
