/**
 * Deposits: books the statements of our own accounts, row by row, so that 1002 is what the bank says it is, to the cent.
 *
 * A deposit goes to the lenders by their nets of the channel's file; what the file does not explain is the house's, in suspense, on a
 * discrepancy that closes when a corrected file explains it. Each row is a document that says what stands in the books for it: booking it again
 * posts the difference, which is nothing when nothing has changed. A superseded statement's rows are taken out before its successor's go in.
 */
import { type AccountRow, accountMove, type Booking, unplacedLines } from '../domain/account-row.ts';
import { bucketOf } from '../domain/borrower.ts';
import { type Discrepancy, HOUSE, isSettled, NEW_DISCREPANCY } from '../domain/discrepancy.ts';
import { opened, stepped } from '../domain/discrepancy-step.ts';
import { type NewEvent, OF_NOBODY } from '../domain/event.ts';
import { entry, type LedgerLine, reverse } from '../domain/ledger.ts';
import type { Reconciliation } from '../domain/reconciliation.ts';
import { NO_WORK, type TickReport } from '../domain/records.ts';
import type { Statement } from '../domain/statement.ts';
import { deposit, type Placed, place } from './deposits/place.ts';
import { Faults } from './faults.ts';
import { untilFresh } from './stale.ts';
import type { KeptLine } from './statement-store.ts';
import type { Tx } from './store.ts';
import type { World } from './world.ts';

const BATCH = 200;
const ROUNDS = 5;
const SEEN = 'deposits:seen';

/** Books everything that is not booked as it should be. Cheap where nothing has come since the last time. */
export async function bookDeposits(world: World): Promise<TickReport> {
  const { accountRows, admin } = world.store;
  const signature = await accountRows.signature();
  if (signature === (await admin.cursor.get(SEEN))) return NO_WORK;
  const faults = new Faults(world, 'book-deposits');
  const did =
    (await untilDone(accountRows.superseded, (row) => rebook(world, row, GONE), faults)) +
    (await untilDone(accountRows.unbooked, (statement) => bookStatement(world, statement, faults), faults)) +
    (await untilDone(accountRows.outdated, (row) => reviewDeposit(world, row), faults));
  faults.throwFirst();
  await admin.cursor.set(SEEN, signature);
  return { ...NO_WORK, lookedAt: did, did };
}

/** Works on what is found until nothing is, or until nothing of it can be done: what cannot holds up nothing else, and goes to `faults`. */
async function untilDone<T extends Readonly<{ id: string }>>(
  find: (limit: number) => Promise<T[]>,
  work: (one: T) => Promise<number>,
  faults: Faults,
): Promise<number> {
  let did = 0;
  for (let found = await find(BATCH); found.length; found = await find(BATCH)) {
    const before = did;
    for (const one of found) did += await faults.hold(one.id, () => work(one), 0);
    if (did === before) break;
  }
  return did;
}

async function bookStatement(world: World, statement: Statement, faults: Faults): Promise<number> {
  let did = 0;
  for (let after = 0; ; ) {
    const lines = await world.store.statements.lines(statement.id, after, BATCH);
    for (const line of lines) did += await faults.hold(`${statement.id}/${line.n}`, () => bookLine(world, statement, line), 0);
    if (lines.length < BATCH) return did;
    after = lines.at(-1)?.n ?? after;
  }
}

async function bookLine(world: World, statement: Statement, line: KeptLine): Promise<number> {
  const id = `${statement.id}/${line.n}`;
  if (await world.store.accountRows.get(id)) return 0;
  const moved = line.status === 'succeeded';
  const row: AccountRow = {
    ...accountMove(statement.source, moved ? line : { ...line, minor: 0, feeMinor: 0 }),
    ...{ id, statementId: statement.id, n: line.n, businessDate: statement.businessDate, kind: 'unplaced' },
    ...{ channel: null, day: null, ref: null, booked: [], runAt: null, live: true, version: 0 },
    ...{ unexplainedMinor: 0, absorbedMinor: 0, discrepancyId: null, discrepancies: 0 },
  };
  const placed = moved ? await untilFresh(ROUNDS, () => place(world, row, line)) : GONE;
  return rebook(world, row, placed);
}

async function reviewDeposit(world: World, row: AccountRow): Promise<number> {
  if (!row.channel || !row.day) return 0;
  return rebook(world, row, await deposit(world, row, { channel: row.channel, day: row.day }));
}

/** Nothing is to stand in the books for it. */
const GONE: Pick<Placed, 'bookings' | 'unexplainedMinor' | 'says'> & Partial<Placed> = {
  bookings: [],
  unexplainedMinor: 0,
  says: 'superseded',
};

/** Brings the books from what stands there for a row to what is to stand there; one transaction. */
const rebook = (world: World, seen: AccountRow, placed: typeof GONE): Promise<number> =>
  untilFresh(ROUNDS, () =>
    world.store.transact(async (tx) => {
      const [stored] = await tx.rows<AccountRow>('accountRows', [seen.id]);
      const row = stored ?? seen;
      // A corrected statement has taken its place meanwhile.
      if (!row.live && placed !== GONE) return 0;
      const events: NewEvent[] = [];
      const booked = bookedAfter(world, row, placed, events);
      const { held, changes } = await suspended(world, tx, row, placed, events);
      const { bookings: _, unexplainedMinor: __, says: ___, ...facts } = placed;
      const live = placed !== GONE || row.version === 0;
      const after: AccountRow = { ...row, ...facts, ...held, booked, live, version: row.version + 1 };
      const run = await deposited(world, tx, after);
      const rows = { ...changes.rows, ...(run ? { reconciliations: [run] } : {}), ...(stored ? { accountRows: [after] } : {}) };
      await tx.write({ events, rows, newRows: { ...changes.newRows, ...(stored ? {} : { accountRows: [after] }) } }, null);
      return 1;
    }),
  );

/** The lenders' side: the posting of each lender and currency is the difference between what stands there and what is to. */
function bookedAfter(
  world: World,
  row: AccountRow,
  { bookings, says }: Pick<Placed, 'bookings' | 'says'>,
  events: NewEvent[],
): AccountRow['booked'] {
  const was = new Map(row.booked.map((b) => [bookOf(b), b]));
  const now = new Map(bookings.map((b) => [bookOf(b), b]));
  return [...new Set([...was.keys(), ...now.keys()])].sort().flatMap((book) => {
    const { lenderId, currency } = (was.get(book) ?? now.get(book)) as Booking;
    const { n, lines: before } = was.get(book) ?? { n: 0, lines: [] };
    const lines = now.get(book)?.lines ?? [];
    const posting = entry([...reverse(before), ...lines]);
    if (!posting.length) return n ? [{ lenderId, currency, n, lines }] : [];
    events.push(rowEvent(world, row, { lenderId, currency, lines: posting }, n + 1, says));
    return [{ lenderId, currency, n: n + 1, lines }];
  });
}

const bookOf = ({ lenderId, currency }: Booking): string => `${lenderId}/${currency}`;

const rowEvent = (world: World, row: AccountRow, { lenderId, currency, lines }: Booking, n: number, says: string): NewEvent => ({
  ...OF_NOBODY,
  subject: `${row.id}/${lenderId}/${currency}`,
  n,
  type: n === 1 ? 'accountRow.booked' : 'accountRow.rebooked',
  lenderId,
  bucket: lenderId === HOUSE ? 0 : bucketOf(lenderId),
  at: world.clock.now(),
  by: 'duly',
  why: n === 1 ? 'a row of our own account’s statement' : says,
  evidence: { kind: 'statement', ref: row.id },
  currency,
  posting: lines,
  data: {
    ...{ account: row.account, businessDate: row.businessDate, ref: row.ref, channel: row.channel, day: row.day },
    // Both sides and the rate, as the bank's statement writes them.
    ...(row.fx ? { fx: row.fx, converted: { currency: row.currency, minor: row.minor + row.feeMinor } } : {}),
  },
});

type Changes = Readonly<{ rows: { discrepancies?: Discrepancy[] }; newRows: { discrepancies?: Discrepancy[] } }>;
type HeldOf = Pick<AccountRow, 'unexplainedMinor' | 'absorbedMinor' | 'discrepancyId' | 'discrepancies'>;

/** The house's side: what no lender's books explain lies in suspense on one discrepancy; what staff have taken from there stays taken. */
async function suspended(
  world: World,
  tx: Tx,
  row: AccountRow,
  { unexplainedMinor, says }: Pick<Placed, 'unexplainedMinor' | 'says'>,
  events: NewEvent[],
): Promise<Readonly<{ held: HeldOf; changes: Changes }>> {
  const [known] = row.discrepancyId ? await tx.rows<Discrepancy>('discrepancies', [row.discrepancyId]) : [];
  const ended = known !== undefined && isSettled(known.state);
  const absorbedMinor = ended ? row.unexplainedMinor : row.absorbedMinor;
  const minor = unexplainedMinor - absorbedMinor;
  const lines: readonly LedgerLine[] = minor === 0 ? [] : unplacedLines(row.account, minor);
  const at = world.clock.now();
  const held = { unexplainedMinor, absorbedMinor, discrepancyId: ended ? null : row.discrepancyId, discrepancies: row.discrepancies };
  const none = { rows: {}, newRows: {} };
  if (known && !ended) {
    const posting = entry([...reverse(known.suspense), ...lines]);
    if (!posting.length) return { held, changes: none };
    const evidence = { kind: 'statement' as const, ref: row.id };
    const step = lines.length
      ? { type: 'changed', set: { suspense: lines, theirsMinor: row.minor, oursMinor: row.minor - unexplainedMinor, says } }
      : { type: 'explained', move: 'correct' as const, set: { cause: 'correctedFile', ended: 'correctedFile' } };
    const { row: after, event } = stepped(known, {
      ...step,
      posting,
      evidence,
      at,
      by: 'duly',
      why: lines.length ? says : 'file and account agree',
    });
    events.push(event);
    return { held: lines.length ? held : { ...held, discrepancyId: null }, changes: { rows: { discrepancies: [after] }, newRows: {} } };
  }
  if (!lines.length) return { held, changes: none };
  const times = row.discrepancies + 1;
  const found: Discrepancy = {
    ...NEW_DISCREPANCY,
    id: world.ids.next('dis'),
    lenderId: HOUSE,
    key: `${row.id}:depositMismatch${times > 1 ? `#${times}` : ''}`,
    kind: 'depositMismatch',
    says,
    facts: { account: row.account, accountRow: row.id, channel: row.channel, day: row.day },
    bucket: 0,
    businessDate: row.businessDate,
    statementId: row.statementId,
    line: row.n,
    oursMinor: row.minor - unexplainedMinor,
    theirsMinor: row.minor,
    currency: row.currency,
    suspense: lines,
    state: 'suspense',
    openedAt: at,
  };
  const { row: first, event } = opened(found, { at, by: 'duly', why: says, evidence: { kind: 'statement', ref: row.id } });
  events.push(event);
  return { held: { ...held, discrepancyId: first.id, discrepancies: times }, changes: { rows: {}, newRows: { discrepancies: [first] } } };
}

/** The day's run learns that its money is there, as of the comparison that was booked; and that it is not, when the row is taken out. */
async function deposited(world: World, tx: Tx, row: AccountRow): Promise<Reconciliation | null> {
  if (row.kind !== 'deposit') return null;
  const [run] = await tx.rows<Reconciliation>('reconciliations', [`rec_${row.channel}_${row.day}`]);
  const there = row.live && row.booked.some((b) => b.lines.length > 0);
  if (!run || (run.depositedAt !== null) === there) return null;
  return { ...run, depositedAt: there ? world.clock.now() : null, version: run.version + 1 };
}
