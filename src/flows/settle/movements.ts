/**
 * Movements for settlement: laid down from the lender's feed, one row an event that moved a receipt's money, before anything is settled.
 *
 * What an event brought is read off its own posting, so the parts can be recomputed from the books alone. A row's id is its event's: reading
 * the feed again lays nothing down twice.
 */
import { type Clearing, type MovementKind, NO_PARCEL, type Parcel, sumOf } from '../../domain/clearing.ts';
import type { BusinessDate } from '../../domain/clock.ts';
import type { DulyEvent } from '../../domain/event.ts';
import type { LedgerLine } from '../../domain/ledger.ts';
import { PAYABLE } from '../../domain/settlement.ts';
import { untilFresh } from '../stale.ts';
import type { World } from '../world.ts';

/** Events of the feed read at once, and rows laid down in one transaction. */
const BATCH = 1_000;
const RELAY = 1_000;
const ROUNDS = 5;

const cursorOf = (lenderId: string): string => `clearing:${lenderId}`;

/** Brings every feed up to its events; answers how many were new. */
export async function relayAll({ store }: World): Promise<number> {
  for (let did = 0; ; ) {
    const read = await store.relay(RELAY);
    did += read;
    if (read < RELAY) return did;
  }
}

/** Lays down what the lender's feed tells since the last time. */
export async function layDown(world: World, lenderId: string): Promise<void> {
  const { cursor } = world.store.admin;
  for (let from = Number((await cursor.get(cursorOf(lenderId))) ?? 0); ; ) {
    const { read, items } = await world.store.settling.moneyEvents(lenderId, from, BATCH);
    if (read === from) return;
    await untilFresh(ROUNDS, () => insert(world, items));
    await cursor.set(cursorOf(lenderId), String(read));
    // The feed's numbers have no gaps: less than a whole batch was its end.
    if (read - from < BATCH) return;
    from = read;
  }
}

/** Another process may lay down the same: what it had already is left out, what it takes meanwhile makes this one read again. */
async function insert(world: World, items: readonly Readonly<{ number: number; event: DulyEvent }>[]): Promise<void> {
  const known = await world.store.settling.known(items.map((i) => i.event.id));
  const rows = items.flatMap(({ number, event }) => (known.has(event.id) ? [] : movementOf(number, event)));
  if (rows.length) await world.store.transact((tx) => tx.write({ events: [], newRows: { clearings: rows } }, null));
}

const KINDS: Readonly<Record<string, MovementKind>> = {
  'attempt.succeeded': 'payment',
  'attempt.returned': 'return',
  'attempt.failed': 'denial',
};

/** The row of an event, if it moved money that is settled: a debit, its way back, a refund, or what a discrepancy gave to the lender. */
function movementOf(number: number, event: DulyEvent): Clearing[] {
  const kind = KINDS[event.type] ?? (event.subject.startsWith('rfd_') ? 'refund' : 'adjustment');
  const parcel = kind === 'adjustment' ? adjusted(event.posting) : parcelOf(event.posting);
  const minor = sumOf(parcel);
  if (minor === 0 || event.currency === null) return [];
  const { data, subject } = event;
  return [
    {
      id: event.id,
      lenderId: event.lenderId,
      currency: event.currency,
      kind,
      number,
      receiptId: (data.receiptId as string | undefined) ?? subject,
      planId: event.planId,
      channel: (data.channel as string | null | undefined) ?? null,
      outTradeNo: (data.outTradeNo as string | null | undefined) ?? null,
      // Money on its way back is believed at once: what may be gone is never paid out.
      day: kind === 'payment' ? ((data.takenOn as BusinessDate | null | undefined) ?? null) : null,
      minor,
      parcel,
      parts: null,
      channelFeeMinor: 0,
      bearer: null,
      agreement: null,
      settlementId: null,
      advanced: false,
      at: event.at,
      bucket: 0,
      version: 1,
    },
  ];
}

/** What receipts hold more or less of by a posting: its allocation lines and what it made overpaid. Income on 6011 only accrues. */
function parcelOf(posting: readonly LedgerLine[]): Parcel {
  const parcel = { ...NO_PARCEL };
  for (const { account, component, minor } of posting)
    if (account === '2241.02') parcel.overpaid -= minor;
    else if (component !== null && account !== '6011') parcel[component] -= minor;
  return parcel;
}

/** What a discrepancy's end gave to the lender, or took: booked as payable already, it is only paid with the next batch. */
const adjusted = (posting: readonly LedgerLine[]): Parcel => ({
  ...NO_PARCEL,
  overpaid: posting.reduce((sum, l) => sum - (l.account === PAYABLE.lender ? l.minor : 0), 0),
});
