/** A channel's files written by hand: a day's rows as a reader would have made them, put down as an accepted statement whose run waits. */

import type { Attempt } from '../../src/domain/attempt.ts';
import { addDays, atLocal, type BusinessDate, type Instant } from '../../src/domain/clock.ts';
import type { Reconciliation } from '../../src/domain/reconciliation.ts';
import type { Statement, StatementLine } from '../../src/domain/statement.ts';
import { runIdOf } from '../../src/flows/reconcile.ts';
import { toDoc } from '../../src/store/codec.ts';
import type { TestHouse } from './house.ts';

const CHANNEL = 'simulator';
type Row = Partial<StatementLine> & Readonly<{ outTradeNo: string | null; minor: number }>;

/** The row of a debit as the bank should have it; `change` makes it wrong. */
export const rowOf = (a: Attempt, change: Partial<StatementLine> = {}): Row => ({
  outTradeNo: a.outTradeNo,
  channelTradeNo: a.channelTradeNo,
  minor: a.amount.minor,
  ...change,
});
/** A debit given back. */
export const returnOf = (a: Attempt, change: Partial<StatementLine> = {}): Row =>
  rowOf(a, { kind: 'return', side: 'out', rawCode: 'R1', ...change });

const lineOf = (row: Row, line: number, date: BusinessDate): StatementLine => ({
  line,
  kind: 'payment',
  status: 'succeeded',
  side: 'in',
  refundNo: null,
  channelTradeNo: `T${line}`,
  mandateRef: null,
  accountLast4: null,
  currency: 'CNY',
  feeMinor: 0,
  count: 1,
  at: null,
  valueDate: date,
  rawCode: '00',
  rawText: '',
  counterparty: null,
  failure: null,
  fx: null,
  ...row,
});

/** Lays a day's file down, or its next issue, as `loaded`. */
export async function layFile(house: TestHouse, date: BusinessDate, rows: readonly Row[]): Promise<Statement> {
  const { world, database } = house;
  const store = world.store.statements;
  const source = { kind: 'channel', source: CHANNEL } as const;
  const issue = (await store.lastIssue(source, date)) + 1;
  const before = await store.accepted(source, date);
  const now = world.clock.now();
  const statement: Statement = {
    ...source,
    id: world.ids.next('stm'),
    businessDate: date,
    format: 'simulator',
    name: `${CHANNEL}-${date}-${issue}.csv`,
    sha256: world.ids.token(),
    bytes: 1,
    issue,
    state: 'loading',
    head: null,
    lines: rows.length,
    refusal: null,
    receivedAt: now,
    by: 'test',
    version: 1,
  };
  await store.insert(statement);
  await store.putLines(
    statement.id,
    rows.map((row, k) => lineOf(row, k + 1, date)),
    1,
  );
  const headers = database.db.collection<{ _id: string }>('statements');
  if (before) await headers.updateOne({ _id: before.id }, { $set: { state: 'superseded' } });
  await headers.updateOne({ _id: statement.id }, { $set: { state: 'accepted' } });
  const id = runIdOf(CHANNEL, date);
  const runs = database.db.collection<{ _id: string }>('reconciliations');
  const { _id, ...fresh } = toDoc(newRun(id, date, statement.id, atLocal(addDays(date, 1), '06:00', 'Asia/Shanghai')));
  const loaded = { state: 'loaded', statementId: statement.id };
  const has = await runs.updateOne({ _id: id }, { $set: loaded, $inc: { version: 1 } });
  if (!has.matchedCount) await runs.insertOne({ _id: String(_id), ...fresh });
  return { ...statement, state: 'accepted' };
}

const newRun = (id: string, businessDate: BusinessDate, statementId: string, expectedAt: Instant): Reconciliation => ({
  id,
  channel: CHANNEL,
  businessDate,
  state: 'loaded',
  statementId,
  comparedId: null,
  lines: 0,
  byResult: { matched: 0, carriedOver: 0, surplus: 0, shortage: 0, amountMismatch: 0, statusMismatch: 0, duplicate: 0 },
  oursMinor: {},
  theirsMinor: {},
  booked: [],
  depositedAt: null,
  expectedAt,
  runs: 0,
  ranAt: null,
  closedAt: null,
  eventN: 0,
  version: 1,
});
