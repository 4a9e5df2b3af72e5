/** Sums of reconciliation runs, by currency. */
import type { Reconciliation } from './reconciliation.ts';

type ByCurrency = Readonly<Record<string, number>>;

/** What the file has above our records. */
export const differenceOf = ({ oursMinor, theirsMinor }: Pick<Reconciliation, 'oursMinor' | 'theirsMinor'>): ByCurrency =>
  Object.fromEntries(
    [...new Set([...Object.keys(oursMinor), ...Object.keys(theirsMinor)])]
      .sort()
      .map((currency) => [currency, (theirsMinor[currency] ?? 0) - (oursMinor[currency] ?? 0)]),
  );
