/** The moment at which a file begins to count, or its refusal: one transaction each. */
import type { BusinessDate, Instant } from '../../domain/clock.ts';
import { type Discrepancy, HOUSE, isSettled, RESULTS } from '../../domain/discrepancy.ts';
import { stepped } from '../../domain/discrepancy-step.ts';
import { Conflict } from '../../domain/errors.ts';
import { type NewEvent, OF_NOBODY } from '../../domain/event.ts';
import { next } from '../../domain/machine.ts';
import { RECONCILIATION, type Reconciliation } from '../../domain/reconciliation.ts';
import { STATEMENT, type Statement, type StatementRefusal } from '../../domain/statement.ts';
import type { ImportWorld } from '../import-statement.ts';
import { runIdOf } from '../reconcile.ts';
import { untilFresh } from '../stale.ts';
import type { Tx } from '../store.ts';
import { expectedAt } from './expected-at.ts';
import { holdOrder } from './rules.ts';
import type { Source } from './source.ts';

export const running = (name: string): Conflict =>
  new Conflict('IMPORT_RUNNING', `another import of ${name} is under way; look at what became of it, or try again in ten seconds`, {
    name,
  });

/**
 * Makes a load count: its lines are there, its totals hold. Answers the same content's other load where that was first. Throws a refusal where a
 * later issue is here, IMPORT_RUNNING or STALE where another import took this one over.
 */
export async function accept(world: ImportWorld, source: Source, load: Statement): Promise<Statement> {
  const kept = await world.store.statements.countLines(load.id);
  if (kept !== load.lines) throw running(load.name);
  return untilFresh(5, async () => {
    const last = await world.store.statements.accepted(source, load.businessDate);
    if (last?.sha256 === load.sha256) return last;
    holdOrder(load, last);
    const issue = (await world.store.statements.lastIssue(source, load.businessDate)) + 1;
    return world.store.transact((tx) => acceptOnce(world, tx, source, { ...load, issue }, last));
  });
}

/** What a file that did not come in time is known by. */
export const lateKey = (channel: string, day: BusinessDate): string => `${channel}:${day}:lateFile`;

async function acceptOnce(world: ImportWorld, tx: Tx, source: Source, load: Statement, last: Statement | null): Promise<Statement> {
  const at = world.clock.now();
  const accepted: Statement = { ...load, state: next(STATEMENT, load.state, 'accept'), version: load.version + 1 };
  const events: NewEvent[] = [statementEvent(accepted, 1, 'accepted', load.state, at, `${load.lines} lines of ${load.businessDate}`)];
  const statements: Statement[] = [];
  if (last) {
    const old: Statement = { ...last, state: next(STATEMENT, last.state, 'supersede'), version: last.version + 1 };
    statements.push(old);
    events.push(statementEvent(old, 2, 'superseded', last.state, at, `${accepted.name} takes its place`));
  }
  statements.push(accepted);
  const run = source.kind === 'channel' ? await loadedRun(world, tx, source, accepted, events) : null;
  // Looked for once the transaction has read: whoever tells of it after that meets this one at the house's events, and one of the two is done again.
  const late: readonly Discrepancy[] = run ? await world.store.discrepancies.byKeys([lateKey(run.channel, run.businessDate)]) : [];
  const closing = late
    .filter((d) => !isSettled(d.state))
    .map((d) =>
      stepped(d, {
        type: 'explained',
        move: 'correct',
        set: { cause: 'arrivedLate', ended: 'arrivedLate' },
        at,
        by: 'duly',
        why: `${accepted.name} has come`,
      }),
    );
  events.push(...closing.map((c) => c.event));
  await tx.write(
    {
      events,
      ...(run?.version === 1 ? { newRows: { reconciliations: [run] } } : {}),
      rows: {
        statements,
        ...(run && run.version > 1 ? { reconciliations: [run] } : {}),
        ...(closing.length ? { discrepancies: closing.map((c) => c.row) } : {}),
      },
    },
    null,
  );
  return accepted;
}

/** The day's run, to be compared with this file. */
async function loadedRun(world: ImportWorld, tx: Tx, source: Source, file: Statement, events: NewEvent[]): Promise<Reconciliation> {
  const [there] = await tx.rows<Reconciliation>('reconciliations', [runIdOf(file.source, file.businessDate)]);
  const run = there ?? newRun(file.source, file.businessDate, expectedAt(world, source.profile, file.businessDate) ?? file.receivedAt);
  const state = next(RECONCILIATION, run.state, run.state === 'waitingFile' ? 'load' : 'reload');
  const after = { ...run, state, statementId: file.id, eventN: run.eventN + 1, version: there ? run.version + 1 : 1 };
  events.push({
    ...OF_NOBODY,
    lenderId: HOUSE,
    subject: run.id,
    n: after.eventN,
    type: 'reconciliation.loaded',
    from: run.state,
    to: state,
    at: world.clock.now(),
    by: 'duly',
    why: `${file.name} has come`,
    evidence: { kind: 'statement', ref: file.id },
    data: { channel: run.channel, businessDate: run.businessDate, statementId: file.id, issue: file.issue },
  });
  return after;
}

/** A run that waits for its file. */
export const newRun = (channel: string, businessDate: BusinessDate, at: Instant): Reconciliation => ({
  id: runIdOf(channel, businessDate),
  channel,
  businessDate,
  state: 'waitingFile',
  statementId: null,
  comparedId: null,
  lines: 0,
  byResult: Object.fromEntries(RESULTS.map((r) => [r, 0])) as Reconciliation['byResult'],
  oursMinor: {},
  theirsMinor: {},
  booked: [],
  depositedAt: null,
  expectedAt: at,
  runs: 0,
  ranAt: null,
  closedAt: null,
  eventN: 0,
  version: 1,
});

/** The row of a refused file: it says why, and has no lines. */
export async function refusedRow(world: ImportWorld, load: Statement, refusal: StatementRefusal): Promise<Statement> {
  const at = world.clock.now();
  const row: Statement = { ...load, state: next(STATEMENT, load.state, 'refuse'), refusal, lines: 0, head: null };
  await world.store.transact((tx) =>
    tx.write({ events: [statementEvent(row, 1, 'refused', load.state, at, refusal.says)], newRows: { statements: [row] } }, null),
  );
  return row;
}

/** A file is the house's own: it holds several lenders' rows. */
const statementEvent = (row: Statement, n: number, type: string, from: string, at: Instant, why: string): NewEvent => ({
  ...OF_NOBODY,
  lenderId: HOUSE,
  subject: row.id,
  n,
  type: `statement.${type}`,
  from,
  to: row.state,
  at,
  by: row.by,
  why,
  data: {
    kind: row.kind,
    source: row.source,
    businessDate: row.businessDate,
    name: row.name,
    issue: row.issue,
    code: row.refusal?.code ?? null,
  },
});
