/** Domain objects to documents and back: `id` is `_id`, and every amount is a Long so that no shell or report ever sees a float. */
import { type Document, Long } from 'mongodb';
import type { Attempt } from '../domain/attempt.ts';
import { dayKeys } from './day-keys.ts';

const AMOUNTS = new Set([
  'minor',
  'fee',
  'penalty',
  'interest',
  'principal',
  'perDebitCap',
  'dailyCap',
  'monthlyCap',
  'overpaid',
  'refunded',
  'outstandingMinor',
  'oursMinor',
  'theirsMinor',
  'feeMinor',
  'netMinor',
  'grossMinor',
  'refundedMinor',
  'inMinor',
  'outMinor',
  'unexplainedMinor',
  'absorbedMinor',
  'channelFeeMinor',
  'sharesMinor',
  'returnsMinor',
  'refundsMinor',
  'adjustmentsMinor',
  'trueUpMinor',
  'heldBackMinor',
  'releasedMinor',
  'advancedMinor',
  'lender',
  'funder',
  'guarantor',
  'servicer',
]);

/** Plain values to what is stored: numbers under an amount's name become Longs, at any depth. */
export function toStored(value: unknown, key = ''): unknown {
  if (typeof value === 'number') return AMOUNTS.has(key) ? Long.fromNumber(value) : value;
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map((v) => toStored(v, key));
  const out: Document = {};
  for (const [k, v] of Object.entries(value)) if (v !== undefined) out[k] = toStored(v, k);
  return out;
}

export function toDoc(record: Readonly<{ id: string }>): Document {
  const { id, ...rest } = record;
  return { _id: id, ...(toStored(rest) as Document) };
}

export function fromDoc<T>(doc: Document): T {
  const { _id, ...rest } = doc;
  return { id: _id, ...rest } as T;
}

const ENDED = new Set(['revoked', 'expired', 'cancelled', 'rejected']);

/** `live` is what the unique index on (borrower, rail, account) looks at: an ended mandate frees its account. */
export const mandateDoc = (mandate: Readonly<{ id: string; state: string }>): Document => ({
  ...toDoc(mandate),
  live: !ENDED.has(mandate.state),
});

/** What the index on an account's day compares: '1', '2' ... up to the cap; '1.2' for the second part of a split; the attempt's own id once its slot is free. */
export const slotKey = (a: Readonly<{ id: string; slot: number | null; part: number | null }>): string =>
  a.slot === null ? a.id : a.part === null || a.part === 1 ? String(a.slot) : `${a.slot}.${a.part}`;

/** What an attempt's document has beside its fields: derived, for indexes alone. Every read leaves them out. */
export const DERIVED = ['slotKey', 'takenKey', 'returnedKey'] as const;
export const WITHOUT_DERIVED = { slotKey: 0, takenKey: 0, returnedKey: 0 } as const;

export const attemptDoc = (attempt: Attempt): Document => ({
  ...toDoc(attempt),
  slotKey: slotKey(attempt),
  ...dayKeys(attempt),
});
