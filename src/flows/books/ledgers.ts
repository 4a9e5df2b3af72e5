/** 账账: the general ledger against the subledgers, the stored balances against the postings, and everything against zero. */
import { type Balance, trialBalances } from '../../domain/books.ts';
import { type Verdict, Verdicts } from '../../domain/verdict.ts';
import { balancesAt, bookedLenders } from '../books.ts';
import type { BooksReader, BooksScope, Subledger } from '../books-store.ts';

/** Accounts that a subledger explains to the last unit; a family such as '1303' is compared as a whole. */
const EXPLAINED = ['1012.02', '1303', '1132.01', '1132.02', '2241.02', '1221.01', '2241.01', '2241.03', '2241.05', '2241.06'] as const;
const FAMILIES = ['1303'];

/** The account or family that is compared; null where no subledger keeps it. */
function explainedAs(account: string): string | null {
  if (account.startsWith('1012.01:')) return account;
  return EXPLAINED.find((a) => account === a || (FAMILIES.includes(a) && account.startsWith(`${a}.`))) ?? null;
}

export async function checkLedgers(books: BooksReader, scope: BooksScope): Promise<Verdict> {
  const out = new Verdicts();
  const balances = await books.balances(scope);
  for (const t of trialBalances(balances)) {
    out.look();
    if (t.difference !== 0)
      out.offend('the trial balance is not zero', `${t.lenderId} ${t.currency}`, { dr: t.dr, cr: t.cr, difference: t.difference });
  }
  await againstPostings(out, books, scope, balances);
  await againstSubledgers(out, books, scope, balances);
  return out.verdict();
}

/** Balance rows are kept along with the postings; the postings are the truth. */
async function againstPostings(out: Verdicts, books: BooksReader, scope: BooksScope, balances: readonly Balance[]): Promise<void> {
  const stored = sums(balances);
  for (const lenderId of await bookedLenders(books, scope))
    for (const b of await balancesAt(books, lenderId, null)) {
      const key = keyOf(b);
      out.look();
      if ((stored.get(key) ?? 0) !== b.minor)
        out.offend('a balance is not the sum of its postings', key, { balance: stored.get(key) ?? 0, postings: b.minor });
      stored.delete(key);
    }
  for (const [key, minor] of stored) if (minor !== 0) out.offend('a balance has no postings', key, { balance: minor });
}

async function againstSubledgers(out: Verdicts, books: BooksReader, scope: BooksScope, balances: readonly Balance[]): Promise<void> {
  const explained = (rows: readonly Subledger[]): Subledger[] =>
    rows.flatMap((r) => {
      const account = explainedAs(r.account);
      return account ? [{ ...r, account }] : [];
    });
  const ledger = sums(explained(balances));
  const openings = (await books.openings(scope)).flatMap(({ lenderId, balances: rows }) => rows.map((b) => ({ ...b, lenderId })));
  const parts = [
    openings,
    await books.ofPlans(scope),
    await books.ofAttempts(scope),
    await books.ofRefunds(scope),
    await books.ofDiscrepancies(scope),
    await books.ofReconciliations(scope),
    await books.ofAccountRows(scope),
    await books.ofSettlements(scope),
  ];
  const subledger = sums(explained(parts.flat()));
  for (const key of new Set([...ledger.keys(), ...subledger.keys()])) {
    out.look();
    const [has, should] = [ledger.get(key) ?? 0, subledger.get(key) ?? 0];
    if (has !== should)
      out.offend('an account is not what its subledger comes to', key, { ledger: has, subledger: should, difference: has - should });
  }
}

const keyOf = (b: Subledger): string => `${b.lenderId} ${b.currency} ${b.account}`;

function sums(rows: readonly Subledger[]): Map<string, number> {
  const out = new Map<string, number>();
  for (const r of rows) out.set(keyOf(r), (out.get(keyOf(r)) ?? 0) + r.minor);
  return out;
}
