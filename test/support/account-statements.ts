/** Statements of our own account, laid down row by row, and what they leave in the books. */
import type { Lender } from '../../src/domain/lender.ts';
import type { LenderDay, Reconciliation } from '../../src/domain/reconciliation.ts';
import type { StatementLine } from '../../src/domain/statement.ts';
import { NEW_LINE } from '../../src/statements/reader.ts';
import { toDoc } from '../../src/store/codec.ts';
import type { TestHouse } from './house.ts';
import { day } from './loan.ts';
import { booksOf } from './settling.ts';

/** Below zero what went out. */
export type Row = Partial<StatementLine> & Readonly<{ minor: number }>;
export const row = (minor: number, change: Partial<StatementLine> = {}): Row => ({ kind: 'transfer', minor, ...change });
export const deposit = (minor: number, date: string): Row => row(minor, { channelTradeNo: `simulator:${date}` });

let made = 0;
/** An accepted statement of our account; `takes` supersedes another. Answers its id. */
export async function layStatement(house: TestHouse, date: string, rows: readonly Row[], takes?: string): Promise<string> {
  const { statements } = house.world.store;
  const id = `stm_${String(++made).padStart(26, '0')}`;
  const header = {
    ...{
      id,
      kind: 'account',
      source: 'settlement',
      businessDate: day(date),
      format: 'simulator-account',
      name: id,
      sha256: id,
      bytes: 1,
    },
    ...{ issue: made, state: 'accepted', head: null, lines: rows.length, refusal: null, receivedAt: house.world.clock.now(), by: 'test' },
  };
  const headers = house.database.db.collection<{ _id: string }>('statements');
  await headers.insertOne(toDoc(header) as never);
  if (takes) await headers.updateOne({ _id: takes }, { $set: { state: 'superseded' } as never });
  const lines = rows.map(
    (r, k): StatementLine => ({
      ...NEW_LINE,
      ...{ line: k + 4, kind: 'other', currency: 'CNY', at: house.world.clock.now(), valueDate: day(date), rawCode: '', rawText: '' },
      ...r,
      minor: Math.abs(r.minor),
      side: r.minor < 0 ? 'out' : 'in',
    }),
  );
  await statements.putLines(id, lines, 1);
  return id;
}

/** What a lender, or nobody, has in a day's file. */
export const share = (of: Lender | 'house', paidMinor: number, feeMinor = 0): LenderDay => ({
  ...{ lenderId: of === 'house' ? of : of.id, currency: 'CNY', paidCount: 1, paidMinor, returnedCount: 0, returnedMinor: 0 },
  ...{ refundedCount: 0, refundedMinor: 0, feeMinor },
});

export const houseBooks = async (house: TestHouse, ...accounts: string[]): Promise<Record<string, number>> =>
  booksOf(house, { id: 'house' } as Lender, ...accounts);

/** Over all books. */
export const totalOf = async (house: TestHouse, account: string): Promise<number> =>
  Number(
    (
      await house.database.db
        .collection('balances')
        .aggregate([{ $match: { account } }, { $group: { _id: null, minor: { $sum: '$minor' } } }])
        .toArray()
    )[0]?.minor ?? 0,
  );

export const runOf = async (house: TestHouse, date: string): Promise<Reconciliation> =>
  (await house.world.store.settling.runs([`rec_simulator_${date}`]))[0] as Reconciliation;
