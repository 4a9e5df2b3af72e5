/** What the bank really took, told by its book and the memos in it alone. */
import type { OrderTruth } from './book.ts';
import type { BookRow } from './types.ts';

export type DoubleDebit = Readonly<{ due: string; takenMinor: number; dueMinor: number }>;

export type BankTruth = Readonly<{
  /** Taken less returned, by currency. */
  collectedMinor: Readonly<Record<string, number>>;
  /** Given back on our word, by currency: beside `collectedMinor`, not in it. */
  refundedMinor: Readonly<Record<string, number>>;
  /** Orders taken at least once, whether returned later or not. */
  takenOrders: number;
  returnedOrders: number;
  /** Requests that came again under a number the bank had. */
  repeats: number;
  /** Orders whose memo cannot be read or does not add up to the amount. */
  badMemos: readonly string[];
  /** Net taken by due ('externalId/n'), penalty apart. */
  byDue: ReadonlyMap<string, number>;
  /** Dues for which more was taken and not returned than was due; a due that the map lacks counts as 0. */
  doubleDebits(dues: ReadonlyMap<string, number>): readonly DoubleDebit[];
}>;

/** One part of a memo: 'L-1/3:110016', or 'L-1/3p:690' for the penalty on it. */
export type MemoPart = Readonly<{ due: string; penalty: boolean; minor: number }>;

const PART = /^(\S+)\/(\d+)(p?):(\d+)$/;

/** Reads a memo such as 'L-1/3:110016 L-1/3p:690'; null when it has another form. */
export function readMemo(memo: string): readonly MemoPart[] | null {
  const parts: MemoPart[] = [];
  for (const text of memo.split(' ')) {
    const found = PART.exec(text);
    if (!found) return null;
    parts.push({ due: `${found[1]}/${found[2]}`, penalty: found[3] === 'p', minor: Number(found[4]) });
  }
  return parts;
}

/** Folds the orders of a book; one pass, nothing kept but the sums. */
export async function gather(orders: AsyncIterable<OrderTruth>): Promise<BankTruth> {
  const collected: Record<string, number> = {};
  const refunded: Record<string, number> = {};
  const byDue = new Map<string, number>();
  const badMemos: string[] = [];
  const counts = { taken: 0, returned: 0, repeats: 0 };
  for await (const order of orders) {
    counts.taken += order.takenTimes > 0 ? 1 : 0;
    counts.returned += order.outcome === 'returned' ? 1 : 0;
    counts.repeats += order.rows.filter((r) => r.fact === 'repeat').length;
    for (const row of order.rows) {
      if (row.fact === 'refunded') refunded[row.amount.currency] = (refunded[row.amount.currency] ?? 0) + row.amount.minor;
      const sign = signOf(row);
      if (sign === 0) continue;
      collected[row.amount.currency] = (collected[row.amount.currency] ?? 0) + sign * row.amount.minor;
      const parts = readMemo(row.memo);
      const sum = parts?.reduce((minor, p) => minor + p.minor, 0);
      if (sum !== row.amount.minor) badMemos.push(row._id);
      for (const part of parts ?? []) if (!part.penalty) byDue.set(part.due, (byDue.get(part.due) ?? 0) + sign * part.minor);
    }
  }
  return {
    collectedMinor: collected,
    refundedMinor: refunded,
    takenOrders: counts.taken,
    returnedOrders: counts.returned,
    repeats: counts.repeats,
    badMemos,
    byDue,
    doubleDebits: (dues) =>
      [...byDue].map(([due, takenMinor]) => ({ due, takenMinor, dueMinor: dues.get(due) ?? 0 })).filter((d) => d.takenMinor > d.dueMinor),
  };
}

const signOf = (row: BookRow): number => (row.fact === 'taken' ? 1 : row.fact === 'returned' ? -1 : 0);
