/** A channel's files written by hand: a day's rows as a reader would have made them, put down as an accepted statement whose run waits. */
import type { Attempt } from '../../src/domain/attempt.ts';
import { addDays, atLocal, type BusinessDate } from '../../src/domain/clock.ts';
import type { Statement, StatementLine } from '../../src/domain/statement.ts';
import { runIdOf } from '../../src/flows/reconcile.ts';
import { newRun } from '../../src/flows/statements/accept.ts';
import { NEW_LINE } from '../../src/statements/reader.ts';
import { toDoc } from '../../src/store/codec.ts';
import type { TestHouse } from './house.ts';
import { CHANNEL, headerOf } from './statement-day.ts';

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
  ...NEW_LINE,
  line,
  kind: 'payment',
  side: 'in',
  channelTradeNo: `T${line}`,
  currency: 'CNY',
  valueDate: date,
  rawCode: '00',
  ...row,
});

/** Lays a day's file down, or its next issue, as `loaded`. */
export async function layFile(house: TestHouse, date: BusinessDate, rows: readonly Row[]): Promise<Statement> {
  const { world, database } = house;
  const store = world.store.statements;
  const source = { kind: 'channel', source: CHANNEL } as const;
  const issue = (await store.lastIssue(source, date)) + 1;
  const before = await store.accepted(source, date);
  const name = `${CHANNEL}-${date}-${issue}.csv`;
  const loading = { name, sha256: world.ids.token(), issue, state: 'loading', receivedAt: world.clock.now(), version: 1 } as const;
  const statement = headerOf(world.ids.next('stm'), date, rows.length, loading);
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
  const loaded = { state: 'loaded', statementId: statement.id } as const;
  const { _id, ...fresh } = toDoc({ ...newRun(CHANNEL, date, atLocal(addDays(date, 1), '06:00', 'Asia/Shanghai')), ...loaded });
  const has = await runs.updateOne({ _id: id }, { $set: loaded, $inc: { version: 1 } });
  if (!has.matchedCount) await runs.insertOne({ _id: String(_id), ...fresh });
  return { ...statement, state: 'accepted' };
}
