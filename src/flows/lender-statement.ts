/**
 * The statement a lender gets for a business date: every movement of the money held for it, from the postings of that day in the lender's zone.
 * The file is made anew whenever it is asked for, in constant memory; when its rows differ from those handed out before, it is the next issue.
 */
import { createHash } from 'node:crypto';
import { atLocal, type BusinessDate } from '../domain/clock.ts';
import { csvText } from '../domain/csv-cell.ts';
import { Conflict } from '../domain/errors.ts';
import { grouped } from '../domain/grouped.ts';
import type { Lender } from '../domain/lender.ts';
import { heldIn, MOVEMENTS, type Movement, type MovementTotals, movementOf, noTotals, withMovement } from '../domain/movement.ts';
import { balancesAt, endOf } from './books.ts';
import type { Issue } from './books-store.ts';
import type { World } from './world.ts';

/** A movement with the names the lender itself gave. */
export type StatementRow = Movement & Readonly<{ externalId: string | null; lenderReference: string | null }>;

export type LenderStatement = Readonly<{
  date: BusinessDate;
  zone: string;
  issue: Issue;
  totals: readonly MovementTotals[];
  /** Header, column names, one line a movement, control rows, end row; each with its line break. Throws Conflict VERSION_CHANGED, before the control rows, where the day has moved on. */
  lines(): AsyncIterable<string>;
}>;

const BATCH = 500;
export const COLUMNS = [
  ...['record', 'kind', 'id', 'at', 'currency', 'amount', 'principal', 'interest', 'penalty', 'fee', 'overpaid'],
  ...['planExternalId', 'orderNo', 'reference', 'channel', 'channelTradeNo', 'why'],
] as const;

const spanOf = (date: BusinessDate, zone: string) => ({ from: atLocal(date, '00:00', zone), until: endOf(date, zone) });

/** The rows of a day in order, a batch at a time; `after`: from behind that movement on. */
export async function* movements(world: World, lender: Lender, date: BusinessDate): AsyncGenerator<readonly StatementRow[]> {
  const filter = { lenderId: lender.id, ...spanOf(date, lender.timeZone) };
  for await (const events of world.store.books.stream(filter, BATCH))
    yield named(
      world,
      lender.id,
      events.flatMap((e) => movementOf(e) ?? []),
    );
}

async function named(world: World, lenderId: string, rows: readonly Movement[]): Promise<StatementRow[]> {
  const store = world.store.of(lenderId);
  const ids = (pick: (m: Movement) => string | null) => [...new Set(rows.flatMap((m) => pick(m) ?? []))];
  const plans = new Map((await store.plans.many(ids((m) => m.planId))).map((p) => [p.id, p.externalId]));
  const attempts = new Map(
    (await store.attempts.many(ids((m) => (m.subject.startsWith('att_') ? m.subject : null)))).map((a) => [a.id, a.lenderReference]),
  );
  return rows.map((m) => ({ ...m, externalId: plans.get(m.planId ?? '') ?? null, lenderReference: attempts.get(m.subject) ?? null }));
}

/** Reads the day once for its sums and hash, and gives it its issue number; `lines` reads it again to write it out. */
export async function lenderStatement(world: World, lender: Lender, date: BusinessDate): Promise<LenderStatement> {
  const hash = createHash('sha256');
  const totals = await openings(world, lender, date);
  let rows = 0;
  for await (const batch of movements(world, lender, date))
    for (const row of batch) {
      hash.update(lineOf(row));
      totals.set(row.currency, withMovement(totals.get(row.currency) ?? noTotals(row.currency, 0), row));
      rows += 1;
    }
  const sums = [...totals.values()].sort((a, b) => (a.currency < b.currency ? -1 : 1));
  const made = { sha256: hash.digest('hex'), rows, madeAt: world.clock.now() };
  const issue = await world.store.books.issue(lender.id, date, made);
  const lines = () => fileLines(world, lender, date, issue, sums);
  return { date, zone: lender.timeZone, issue, totals: sums, lines };
}

/** What was held for the lender when the day began, by currency. */
async function openings(world: World, lender: Lender, date: BusinessDate): Promise<Map<string, MovementTotals>> {
  const { from } = spanOf(date, lender.timeZone);
  const byCurrency = grouped(await balancesAt(world.store.books, lender.id, from), (b) => b.currency);
  return new Map([...byCurrency].map(([currency, balances]) => [currency, noTotals(currency, heldIn(balances))]));
}

async function* fileLines(
  world: World,
  lender: Lender,
  date: BusinessDate,
  issue: Issue,
  totals: readonly MovementTotals[],
): AsyncGenerator<string> {
  yield `H,duly-lender-statement,1,${lender.id},${date},${lender.timeZone},${issue.n}\n`;
  yield `${COLUMNS.join(',')}\n`;
  const hash = createHash('sha256');
  for await (const batch of movements(world, lender, date)) {
    const text = batch.map(lineOf).join('');
    hash.update(text);
    if (text) yield text;
  }
  // On a day that is not over a movement may have come since its sums were made: rather none of the file's ends than wrong ones.
  if (hash.digest('hex') !== issue.sha256)
    throw new Conflict('VERSION_CHANGED', `the day ${date} has moved on while its statement was written: ask for it again`);
  for (const t of totals)
    yield `T,${t.currency},${t.opening},${MOVEMENTS.flatMap((k) => [t.byKind[k].count, t.byKind[k].minor]).join(',')},${t.closing}\n`;
  yield `E,${issue.rows},${issue.sha256}\n`;
}

const lineOf = (m: StatementRow): string => {
  const texts = [m.externalId, m.orderNo, m.lenderReference, m.channel, m.channelTradeNo, m.why].map((t) => csvText(t ?? ''));
  const { principal, interest, penalty, fee, overpaid } = m.parts;
  return `${['M', m.kind, m.id, m.at.toISOString(), m.currency, m.minor, principal, interest, penalty, fee, overpaid, ...texts].join(',')}\n`;
};

/** A page of the same rows, from behind the movement `after` on (null: from the first). */
export async function statementPage(
  world: World,
  lender: Lender,
  date: BusinessDate,
  after: string | null,
  limit: number,
): Promise<Readonly<{ data: readonly StatementRow[]; hasMore: boolean }>> {
  const filter = { lenderId: lender.id, ...spanOf(date, lender.timeZone) };
  const found: Movement[] = [];
  for (let at = after; ; ) {
    const events = await world.store.books.entries(filter, at, BATCH);
    found.push(...events.flatMap((e) => movementOf(e) ?? []));
    at = events.at(-1)?.id ?? null;
    if (found.length > limit || events.length < BATCH) break;
  }
  return { data: await named(world, lender.id, found.slice(0, limit)), hasMore: found.length > limit };
}

/** One order with what happened to it beneath: the debit, and the returns, refunds and corrections of that day. */
export type Folded = Readonly<{ key: string; orderNo: string | null; currency: string; net: number; rows: readonly StatementRow[] }>;

/** Folds rows by order number; what belongs to no order stands alone. */
export function fold(rows: readonly StatementRow[]): Folded[] {
  const groups = grouped(rows, (r) => `${r.orderNo ?? r.id} ${r.currency}`);
  return [...groups.values()].map((group) => {
    const { orderNo, id, currency } = group[0] as StatementRow;
    return { key: orderNo ?? id, orderNo, currency, net: group.reduce((s, r) => s + r.minor, 0), rows: group };
  });
}
