/** The demo's figures of the money side: what the statements said, what was settled, and whether the books hold. */
import type { Document } from 'mongodb';
import type { House } from '../../app.ts';
import { RESULTS } from '../../domain/discrepancy.ts';
import { type BooksFigures, bookFigures } from '../../flows/check-books.ts';
import { counted, type FaultCounts, foundIn } from './found.ts';

export type MoneyFigures = Readonly<{
  /** `byResult`: rows that agree by the files as they stand in the end, and all that ever differed. */
  reconciliation: Readonly<{ lines: number; matched: number; byResult: Readonly<Record<string, number>>; openAfterQuiet: number }>;
  faults: Readonly<{ injected: FaultCounts; found: FaultCounts }>;
  settlement: Readonly<{ batches: number; net: number; heldBack: number; advanced: number }>;
  books: BooksFigures;
}>;

export async function moneyFiguresOf({ world, database, bank }: House): Promise<MoneyFigures> {
  const { db } = database;
  const sums = async (collection: string, match: Document, fields: Readonly<Record<string, Document | string>>): Promise<Document> => {
    const group = Object.fromEntries(Object.entries(fields).map(([name, of]) => [name, { $sum: of }]));
    const [row = {}] = await db
      .collection(collection)
      .aggregate<Document>([{ $match: match }, { $group: { _id: null, n: { $sum: 1 }, ...group } }])
      .toArray();
    return row;
  };
  const of = (row: Document, field: string): number => Number(row[field] ?? 0);
  const runs = await sums('reconciliations', {}, { lines: '$lines', matched: '$byResult.matched' });
  const byResult: Record<string, number> = { matched: of(runs, 'matched') };
  for (const kind of RESULTS.slice(1))
    byResult[kind] = await db.collection('discrepancies').countDocuments({ kind, businessDate: { $type: 'string' } });
  const paid = await sums(
    'settlements',
    { state: { $in: ['settled', 'reported'] } },
    {
      net: '$sums.netMinor',
      held: { $subtract: ['$sums.heldBackMinor', '$sums.releasedMinor'] },
      advanced: '$sums.advancedMinor',
    },
  );
  return {
    reconciliation: {
      lines: of(runs, 'lines'),
      matched: of(runs, 'matched'),
      byResult,
      openAfterQuiet: await db.collection('discrepancies').countDocuments({ state: { $in: ['open', 'suspense', 'carriedOver'] } }),
    },
    faults: { injected: counted(new Map(Object.entries((await bank?.putIn()) ?? {}))), found: await foundIn(db) },
    settlement: { batches: of(paid, 'n'), net: of(paid, 'net'), heldBack: of(paid, 'held'), advanced: of(paid, 'advanced') },
    books: await bookFigures(world),
  };
}

/** The lines of it in `duly demo`'s words. `major` writes minor units as money. */
export function moneyInWords({ reconciliation, faults, settlement, books }: MoneyFigures, major: (minor: number) => string): string[] {
  const listed = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .filter(([, n]) => n > 0)
      .map(([k, n]) => `${k} ${n}`)
      .join(', ');
  const missed = Object.entries(faults.injected).filter(([k, n]) => faults.found[k as keyof FaultCounts] !== n);
  const injected = listed(faults.injected) || 'none';
  return [
    `statements      ${reconciliation.lines} rows: ${listed(reconciliation.byResult) || 'none'}; ${reconciliation.openAfterQuiet} left open`,
    `faults in files ${injected}${missed.length ? `; BUT FOUND: ${listed(faults.found) || 'none'}` : injected === 'none' ? '' : ', all found'}`,
    `settled         ${major(settlement.net)} in ${settlement.batches} batches, ${major(settlement.heldBack)} held back, ${major(settlement.advanced)} advanced`,
    `books           ${books.entries} entries, trial balance ${books.trialBalance}; vouchers ${books.voucherCheck}, ledgers ${books.ledgerCheck}, cash ${books.cashCheck}`,
  ];
}
