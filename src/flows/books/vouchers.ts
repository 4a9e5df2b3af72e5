/**
 * 账证: every posting lies in an event, and every event points to its voucher: the attempt, plan, refund, batch, run or discrepancy it is about,
 * which exists, is of the same lender, and agrees in amount wherever the event alone tells it.
 */

import { openingId } from '../../domain/books.ts';
import type { Instant } from '../../domain/clock.ts';
import type { DulyEvent } from '../../domain/event.ts';
import { clearingAccount, SELF_PAYMENT_ACCOUNT } from '../../domain/ledger.ts';
import { type Verdict, Verdicts } from '../../domain/verdict.ts';
import { bookedLenders } from '../books.ts';
import type { BooksReader, BooksScope, Vouched } from '../books-store.ts';

type Row = Readonly<Record<string, unknown>>;
/** What an event must have moved on which account; null where its row does not tell. */
type Told = Readonly<{ account: string; minor: number }> | null;
type Voucher = Readonly<{ collection: Vouched; id: string; tells?: (event: DulyEvent, row: Row) => Told }>;

const BATCH = 1_000;

/** Checks the postings of each lender from an instant on (null: from the end of its last closed period). */
export async function checkVouchers(books: BooksReader, scope: BooksScope, from: Instant | null): Promise<Verdict> {
  const out = new Verdicts();
  for (const lenderId of await bookedLenders(books, scope)) {
    const since = from ?? (await books.lastPeriod(lenderId, null))?.until ?? null;
    for await (const events of books.stream({ lenderId, ...(since ? { from: since } : {}) }, BATCH)) await checkBatch(out, books, events);
  }
  return out.verdict();
}

async function checkBatch(out: Verdicts, books: BooksReader, events: readonly DulyEvent[]): Promise<void> {
  const vouchers = new Map(events.map((e) => [e.id, voucherOf(e)]));
  const rows = new Map<Vouched, ReadonlyMap<string, Row>>();
  for (const collection of new Set([...vouchers.values()].flatMap((v) => (v ? [v.collection] : [])))) {
    const ids = new Set([...vouchers.values()].flatMap((v) => (v?.collection === collection ? [v.id] : [])));
    rows.set(collection, await books.rows(collection, [...ids]));
  }
  for (const event of events) {
    out.look();
    const voucher = vouchers.get(event.id);
    if (!voucher) {
      await checkOpening(out, books, event);
      continue;
    }
    const row = rows.get(voucher.collection)?.get(voucher.id);
    if (!row) out.offend('a posting points to a voucher that does not exist', event.id, { collection: voucher.collection, id: voucher.id });
    else agrees(out, event, voucher, row);
  }
}

function agrees(out: Verdicts, event: DulyEvent, voucher: Voucher, row: Row): void {
  if (row.lenderId !== undefined && row.lenderId !== event.lenderId)
    out.offend('a posting is another lender’s than its voucher', event.id, { lenderId: event.lenderId, voucher: row.lenderId });
  const told = voucher.tells?.(event, row) ?? null;
  const posted = told && event.posting.reduce((s, l) => s + (l.account === told.account ? l.minor : 0), 0);
  if (told && posted !== told.minor) out.offend('a posting and its voucher differ in amount', event.id, { ...told, posted });
}

async function checkOpening(out: Verdicts, books: BooksReader, event: DulyEvent): Promise<void> {
  const opening = event.type === 'books.opened' ? await books.opening(event.lenderId) : null;
  if (!opening) {
    out.offend('a posting points to no voucher', event.id, { subject: event.subject, type: event.type });
    return;
  }
  const mine = opening.balances.filter((b) => b.currency === event.currency && b.minor !== 0);
  const same =
    mine.length === event.posting.length && event.posting.every((l) => mine.some((b) => b.account === l.account && b.minor === l.minor));
  if (!same) out.offend('a posting and its voucher differ in amount', event.id, { opening: openingId(event.lenderId) });
}

const amountOf = (row: Row): number => Number((row.amount as Readonly<{ minor: unknown }> | undefined)?.minor);

/** Where the voucher of an event lies, by its subject; null for what is neither. */
function voucherOf(event: DulyEvent): Voucher | null {
  const { subject } = event;
  const id = subject.split('/')[0] as string;
  switch (subject.slice(0, subject.indexOf('_'))) {
    case 'att':
      return { collection: 'attempts', id, tells: ofAttempt };
    case 'pln':
      return event.type === 'plan.paid'
        ? { collection: 'payments', id: String(event.data.paymentId), tells: ofPayment }
        : { collection: 'plans', id };
    case 'rfd':
      return { collection: 'refunds', id, tells: ofRefund };
    case 'stl':
      return { collection: 'settlements', id };
    case 'rec':
      return { collection: 'reconciliations', id };
    case 'dis':
      return { collection: 'discrepancies', id };
    case 'stm':
      return { collection: 'accountRows', id: subject.split('/').slice(0, 2).join('/') };
    default:
      return null;
  }
}

function ofAttempt(event: DulyEvent, row: Row): Told {
  const sign = event.to === 'succeeded' ? 1 : event.from === 'succeeded' ? -1 : 0;
  return { account: clearingAccount(String(row.channel)), minor: sign === 0 ? 0 : sign * amountOf(row) };
}

const ofPayment = (_: DulyEvent, row: Row): Told => ({ account: SELF_PAYMENT_ACCOUNT, minor: Number(row.minor) });

function ofRefund(event: DulyEvent, row: Row): Told {
  const sign = event.to === 'succeeded' ? -1 : event.to === 'returned' ? 1 : 0;
  const account = row.way === 'channel' ? clearingAccount(String(row.channel)) : '1012.02';
  return { account, minor: sign === 0 ? 0 : sign * amountOf(row) };
}
