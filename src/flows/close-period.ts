/**
 * Closes a month of one lender's books (结账): its closing balances and their hash are stored once, and the transaction that moves money refuses
 * whatever would be posted before its end. What is found later is posted in the open period. No money moves: one key and an audit row are enough.
 */
import { hashOf, type Period, periodAfter, periodId, periodOf, spanOf } from '../domain/books.ts';
import { dateIn, type Instant, plusMinutes } from '../domain/clock.ts';
import { HOUSE } from '../domain/discrepancy.ts';
import { Conflict, InvalidInput, NotFound } from '../domain/errors.ts';
import type { Actor } from './actor.ts';
import { balancesAt, bookedLenders, zoneOf } from './books.ts';
import { checkBooks, verdictInWords } from './check-books.ts';
import { isStale } from './stale.ts';
import type { World } from './world.ts';

/** What was decided just before the end may still be on its way into the books. */
const SETTLE_MINUTES = 60;

export type Closed = Readonly<{ period: Period; repeated: boolean }>;

/**
 * Closes it for one lender, for HOUSE, or (null) for everybody who has books, as far as they are not closed. Repeating it changes nothing.
 * Throws InvalidInput for what is no month, Conflict PERIOD_NOT_OVER, PERIOD_BEFORE_OPEN or BOOKS_NOT_RIGHT (with what is wrong).
 */
export async function closePeriod(world: World, period: string, lenderId: string | null, actor: Actor): Promise<Closed[]> {
  const { books } = world.store;
  if (lenderId !== null && lenderId !== HOUSE && !(await world.store.admin.lenders.get(lenderId))) throw new NotFound('lender', lenderId);
  const out: Closed[] = [];
  const lenderIds = await bookedLenders(books, lenderId === null ? {} : { lenderIds: [lenderId] });
  for (const id of lenderIds) {
    const known = (await books.periods(id)).find((p) => p.period === period);
    out.push(known ? { period: known, repeated: true } : await closeOne(world, period, id, actor));
  }
  return out;
}

async function closeOne(world: World, period: string, lenderId: string, actor: Actor): Promise<Closed> {
  const { books } = world.store;
  const zone = await zoneOf(world, lenderId);
  const { from, until } = monthOf(period, zone);
  const now = world.clock.now();
  if (now < plusMinutes(until, SETTLE_MINUTES))
    throw new Conflict('PERIOD_NOT_OVER', `${period} ends at ${until.toISOString()}: close it an hour after that`, { period, until });
  await assertNext(world, period, lenderId, zone);
  const first = await books.firstEntryAt(lenderId);
  // Of a month before anything was posted there is nothing to be right or wrong.
  if (first && first < until) await assertRight(world, lenderId);
  const balances = (await balancesAt(books, lenderId, until)).map(({ currency, account, minor }) => ({ currency, account, minor }));
  const row: Period = {
    id: periodId(lenderId, period),
    kind: 'period',
    lenderId,
    period,
    zone,
    from,
    until,
    entries: await books.countEntries({ lenderIds: [lenderId] }, { from, until }),
    balances,
    hash: hashOf(balances),
    closedAt: now,
    by: actor.by,
    why: actor.why,
    keyId: actor.keyId ?? null,
    version: 1,
  };
  const audited = {
    id: world.ids.next('aud'),
    lenderId: lenderId === HOUSE ? null : lenderId,
    act: 'books.closed',
    ...actor,
    facts: { period, lenderId, hash: row.hash, entries: row.entries },
    at: now,
  };
  try {
    await world.store.transact((tx) => tx.write({ events: [], newRows: { periods: [row], audit: [audited] } }, null));
  } catch (error) {
    const other = isStale(error) ? (await books.periods(lenderId)).find((p) => p.period === period) : undefined;
    if (!other) throw error;
    return { period: other, repeated: true };
  }
  return { period: row, repeated: false };
}

function monthOf(period: string, zone: string): Readonly<{ from: Instant; until: Instant }> {
  try {
    return spanOf(period, zone);
  } catch {
    throw new InvalidInput([
      { pointer: '/period', code: 'NOT_A_MONTH', message: `period '${period}' is not a month: write it as 2026-01` },
    ]);
  }
}

/** Periods are closed one after another, without a gap from the first that has a posting on. */
async function assertNext(world: World, period: string, lenderId: string, zone: string): Promise<void> {
  const { books } = world.store;
  const last = await books.lastPeriod(lenderId, null);
  const first = await books.firstEntryAt(lenderId);
  const due = last ? periodAfter(last.period) : first ? periodOf(dateIn(first, zone)) : period;
  if (last ? due !== period : period > due)
    throw new Conflict('PERIOD_BEFORE_OPEN', `the next period of ${lenderId} to be closed is ${due}, not ${period}`, {
      lenderId,
      period,
      due,
    });
}

async function assertRight(world: World, lenderId: string): Promise<void> {
  const { ok, at: _, ...verdicts } = await checkBooks(world, { lenderIds: [lenderId] });
  if (ok) return;
  const wrong = Object.entries(verdicts).filter(([, v]) => !v.ok);
  // The accounts at the banks hold every lender's money: which of them differs, and by how much, is the house's alone to know.
  const says = wrong
    .map(([name, v]) => `${name}: ${name === 'cashCheck' ? 'the house’s accounts are not what the banks state' : verdictInWords(v)}`)
    .join('; ');
  throw new Conflict('BOOKS_NOT_RIGHT', `the books of ${lenderId} are not right, so nothing is closed: ${says}`.slice(0, 900), {
    lenderId,
  });
}
