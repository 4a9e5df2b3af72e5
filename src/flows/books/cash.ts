/** 账实: what our books say lies on each of our bank accounts is what the bank's last statement says, and its statements follow on one another. */
import { type Verdict, Verdicts } from '../../domain/verdict.ts';
import type { AccountDay, BooksReader } from '../books-store.ts';

/** '1002:' accounts are posted from the bank's statements alone; the plain 1002 is a lender's own and none of them is ours. */
const OURS = /^1002:./;

export async function checkCash(books: BooksReader): Promise<Verdict> {
  const out = new Verdicts();
  const ledger = new Map<string, number>();
  for (const b of await books.balances({})) {
    if (!OURS.test(b.account)) continue;
    const key = `${b.account} ${b.currency}`;
    ledger.set(key, (ledger.get(key) ?? 0) + b.minor);
  }
  const days = await books.accountDays();
  for (const account of new Set(days.map((d) => d.account))) {
    const [last, before] = days.filter((d) => d.account === account) as [AccountDay, AccountDay | undefined];
    out.look();
    const facts = { statementId: last.statementId, businessDate: last.businessDate };
    if (last.closing === null || last.currency === null) {
      out.offend('an account statement states no closing balance', account, facts);
      continue;
    }
    const key = `${account} ${last.currency}`;
    const booked = ledger.get(key) ?? 0;
    ledger.delete(key);
    if (booked !== last.closing)
      out.offend('the ledger is not what the bank states', key, {
        ...facts,
        ledger: booked,
        bank: last.closing,
        difference: booked - last.closing,
      });
    if (before && last.opening !== null && before.closing !== null && before.currency === last.currency && before.closing !== last.opening)
      out.offend('a statement does not open where the one before closed', key, { ...facts, opening: last.opening, before: before.closing });
  }
  for (const [key, minor] of ledger)
    if (minor !== 0) out.offend('the ledger holds money on an account of which no statement came', key, { ledger: minor });
  return out.verdict();
}
