/**
 * Opening balances: what a lender, or the house, brings along from other books. One file for all, CSV `account,lender,currency,minor`, dr above
 * zero; each lender's rows sum to zero in each currency and are posted once, as one event a currency. Loans come by registering their plans.
 */
import type { Readable } from 'node:stream';
import { hashOf, type Opening, openingId } from '../domain/books.ts';
import { HOUSE } from '../domain/discrepancy.ts';
import { Conflict, type Fault, InvalidInput } from '../domain/errors.ts';
import { type NewEvent, OF_NOBODY } from '../domain/event.ts';
import { grouped } from '../domain/grouped.ts';
import { ACCOUNTS, entry, line } from '../domain/ledger.ts';
import { isCurrency } from '../domain/money.ts';
import type { Actor } from './actor.ts';
import { linesOf } from './import/lines.ts';
import { isStale } from './stale.ts';
import type { World } from './world.ts';

const HEADER = 'account,lender,currency,minor';
const MOST_ROWS = 100_000;
const MOST_FAULTS = 20;

type Row = Readonly<{ account: string; lenderId: string; currency: string; minor: number }>;
export type Opened = Readonly<{ lenderId: string; rows: number; hash: string; repeated: boolean }>;

/** Throws InvalidInput that names each bad line (nothing is posted), or Conflict OPENING_EXISTS_DIFFERENT for a lender opened with other balances. */
export async function openBooks(world: World, file: Readable, actor: Actor): Promise<Opened[]> {
  const rows = await readRows(world, file);
  const groups = grouped(rows, (row) => row.lenderId);
  assertZero(groups);
  for (const [lenderId, mine] of groups) await assertSame(world, lenderId, hashOf(mine));
  const out: Opened[] = [];
  for (const [lenderId, mine] of groups) out.push(await openOne(world, lenderId, mine, actor));
  return out;
}

/** Of the table, or below one of it: 1012.01:CHANNEL, 1002:ACCOUNT. */
const isAccount = (account: string): boolean => {
  const [above = '', own] = account.split(/:(.*)/s);
  return Object.hasOwn(ACCOUNTS, above) && (own === undefined || /^[\w.-]{1,60}$/.test(own));
};

async function readRows(world: World, file: Readable): Promise<Row[]> {
  const lenders = new Map<string, boolean>([[HOUSE, true]]);
  const rows: Row[] = [];
  const faults: Fault[] = [];
  const seen = new Set<string>();
  for await (const { n, text } of linesOf(file)) {
    const fault = (code: string, message: string) => faults.push({ pointer: `/${n}`, code, message: `line ${n}: ${message}` });
    if (n === 1 && text !== HEADER)
      throw new InvalidInput([{ pointer: '/1', code: 'BAD_HEADER', message: `line 1 is not '${HEADER}': write it so` }]);
    if (n === 1 || text === '') continue;
    if (rows.length === MOST_ROWS)
      throw new InvalidInput([
        { pointer: `/${n}`, code: 'TOO_MANY', message: `a file holds ${MOST_ROWS} rows at most: send the lenders in several` },
      ]);
    const [account = '', lenderId = '', currency = '', minor = '', ...more] = (text ?? '').split(',');
    const value = /^-?(0|[1-9]\d{0,15})$/.test(minor) ? Number(minor) : Number.NaN;
    if (!lenders.has(lenderId)) lenders.set(lenderId, (await world.store.admin.lenders.get(lenderId)) !== null);
    const key = `${account} ${lenderId} ${currency}`;
    if (text === null || more.length || minor === '') fault('BAD_FORMAT', `not four fields: write ${HEADER}`);
    else if (!isAccount(account))
      fault('UNKNOWN_ACCOUNT', `no ledger account ${JSON.stringify(account.slice(0, 40))}: docs/ledger.md lists them`);
    else if (!lenders.get(lenderId))
      fault('UNKNOWN_LENDER', `no lender ${JSON.stringify(lenderId.slice(0, 40))}: give a lender's id, or ${HOUSE}`);
    else if (!isCurrency(currency)) fault('UNKNOWN_CURRENCY', `${JSON.stringify(currency.slice(0, 10))} is not a currency of ISO 4217`);
    else if (!Number.isSafeInteger(value))
      fault('NOT_WHOLE', `${JSON.stringify(minor.slice(0, 30))} is no whole number: write minor units, below zero on the credit side`);
    else if (seen.has(key)) fault('REPEATED', `${account} of ${lenderId} in ${currency} stands above already: give each once`);
    else rows.push({ account, lenderId, currency, minor: value });
    seen.add(key);
    if (faults.length === MOST_FAULTS) break;
  }
  if (faults.length) throw new InvalidInput(faults);
  if (!rows.length)
    throw new InvalidInput([{ pointer: '', code: 'EMPTY', message: `the file holds no rows: write '${HEADER}' and one row an account` }]);
  return rows;
}

function assertZero(groups: ReadonlyMap<string, readonly Row[]>): void {
  const faults: Fault[] = [];
  for (const [lenderId, rows] of groups)
    for (const currency of new Set(rows.map((r) => r.currency))) {
      const sum = rows.reduce((s, r) => s + (r.currency === currency ? r.minor : 0), 0);
      if (sum !== 0)
        faults.push({
          pointer: '',
          code: 'NOT_BALANCED',
          message: `the ${currency} rows of ${lenderId} sum to ${sum}, not 0: what we do not know the other side of belongs on 2999`,
        });
    }
  if (faults.length) throw new InvalidInput(faults.slice(0, MOST_FAULTS));
}

async function assertSame(world: World, lenderId: string, hash: string): Promise<void> {
  const known = await world.store.books.opening(lenderId);
  if (known && known.hash !== hash)
    throw new Conflict(
      'OPENING_EXISTS_DIFFERENT',
      `the books of ${lenderId} were opened on ${known.openedAt.toISOString()} with other balances: nothing is posted twice`,
      {
        lenderId,
        hash: known.hash,
      },
    );
}

async function openOne(world: World, lenderId: string, rows: readonly Row[], actor: Actor): Promise<Opened> {
  const hash = hashOf(rows);
  const answer = { lenderId, rows: rows.length, hash };
  if (await world.store.books.opening(lenderId)) return { ...answer, repeated: true };
  const at = world.clock.now();
  const balances = rows.map(({ currency, account, minor }) => ({ currency, account, minor }));
  const opening: Opening = {
    id: openingId(lenderId),
    kind: 'opening',
    lenderId,
    hash,
    balances,
    openedAt: at,
    by: actor.by,
    why: actor.why,
    version: 1,
  };
  const events = [...new Set(rows.map((r) => r.currency))].map(
    (currency): NewEvent => ({
      ...OF_NOBODY,
      subject: `books_${lenderId}_${currency}`,
      n: 1,
      type: 'books.opened',
      lenderId,
      at,
      by: actor.by,
      why: actor.why,
      evidence: { kind: 'person', ref: hash },
      currency,
      posting: entry(rows.filter((r) => r.currency === currency).map((r) => line(r.account, r.minor))),
      data: { hash, ...(actor.keyId === undefined ? {} : { keyId: actor.keyId }) },
    }),
  );
  const audited = {
    id: world.ids.next('aud'),
    lenderId: lenderId === HOUSE ? null : lenderId,
    act: 'books.opened',
    ...actor,
    facts: { lenderId, hash, rows: rows.length },
    at,
  };
  try {
    await world.store.transact((tx) => tx.write({ events, newRows: { periods: [opening], audit: [audited] } }, null));
  } catch (error) {
    if (!isStale(error)) throw error;
    await assertSame(world, lenderId, hash);
    return { ...answer, repeated: true };
  }
  return { ...answer, repeated: false };
}
