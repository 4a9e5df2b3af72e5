/**
 * Faults of the bank's files as the house found them, by kind: counted from discrepancies by what turned out to be behind them, from files that
 * were refused, and from alarms about files that were late. What the bank put in is known to the bank alone, and is not looked at here.
 */
import type { Db, Document } from 'mongodb';

export const FAULT_KINDS = [
  'missingRow',
  'unknownRow',
  'changedAmount',
  'changedStatus',
  'doubledRow',
  'lateRow',
  'lateReturn',
  'lateFile',
  'renamedFile',
  'badTrailer',
] as const;
export type FaultCounts = Readonly<Record<(typeof FAULT_KINDS)[number], number>>;

const CAUSES: readonly string[] = FAULT_KINDS.slice(0, 7);
/** Why a file was refused that was not read before. */
const REFUSALS: Readonly<Record<string, string>> = { DUPLICATE_CONTENT: 'renamedFile', TOTALS_DIFFER: 'badTrailer' };

export async function foundIn(db: Db): Promise<FaultCounts> {
  const count = (collection: string, field: string, filter: Document) =>
    db
      .collection(collection)
      .aggregate<{ _id: string; n: number }>([{ $match: filter }, { $group: { _id: `$${field}`, n: { $sum: 1 } } }])
      .toArray();
  const found = new Map<string, number>();
  const add = (kind: string | undefined, n: number) => kind && found.set(kind, (found.get(kind) ?? 0) + n);
  for (const { _id, n } of await count('discrepancies', 'cause', { cause: { $in: CAUSES } })) add(_id, n);
  for (const { _id, n } of await count('statements', 'refusal.code', { state: 'refused' })) add(REFUSALS[_id], n);
  for (const { n } of await count('discrepancies', 'kind', { kind: 'lateFile' })) add('lateFile', n);
  return counted(found);
}

/** Every kind, zero where there is none. */
export const counted = (some: ReadonlyMap<string, number>): FaultCounts =>
  Object.fromEntries(FAULT_KINDS.map((kind) => [kind, some.get(kind) ?? 0])) as FaultCounts;
