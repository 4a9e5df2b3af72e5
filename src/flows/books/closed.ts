/** Closed months stand: their sums, made anew from the postings, are those that were stored and hashed. */
import { hashOf } from '../../domain/books.ts';
import { type Verdict, Verdicts } from '../../domain/verdict.ts';
import { bookedLenders } from '../books.ts';
import type { BooksReader, BooksScope } from '../books-store.ts';

export async function checkClosed(books: BooksReader, scope: BooksScope): Promise<Verdict> {
  const out = new Verdicts();
  for (const lenderId of await bookedLenders(books, scope)) {
    const sums = new Map<string, { currency: string; account: string; minor: number }>();
    let from = null;
    for (const period of await books.periods(lenderId)) {
      out.look();
      for (const { currency, account, dr, cr } of await books.turnover({ lenderIds: [lenderId] }, from, period.until)) {
        const key = `${currency} ${account}`;
        sums.set(key, { currency, account, minor: (sums.get(key)?.minor ?? 0) + dr - cr });
      }
      if (hashOf(period.balances) !== period.hash) out.offend('the balances of a closed period are not those that were hashed', period.id);
      if (hashOf([...sums.values()]) !== period.hash)
        out.offend('something was posted into a closed period, or taken out of it', period.id);
      from = period.until;
    }
  }
  return out.verdict();
}
