/**
 * A lender's statement (机构对账单), row by row: what each event did to the money we hold for the lender. That money lies on the channels, on its way
 * and on our accounts; sums in suspense are set apart until they are explained, and our fee is not the lender's.
 */

import type { Instant } from './clock.ts';
import type { DulyEvent } from './event.ts';
import type { LedgerLine } from './ledger.ts';
import { COMPONENTS, type Component } from './plan.ts';

export const MOVEMENTS = ['debit', 'return', 'refund', 'fee', 'adjustment', 'settlement'] as const;
export type MovementKind = (typeof MOVEMENTS)[number];

export type Movement = Readonly<{
  /** The event's. */
  id: string;
  kind: MovementKind;
  at: Instant;
  currency: string;
  /** Above zero: more is held for the lender. */
  minor: number;
  /** What of it paid, or no longer pays, each component; `overpaid`: owed to the borrower. */
  parts: Readonly<Record<Component | 'overpaid', number>>;
  planId: string | null;
  /** The attempt, refund, batch, run or discrepancy it is about. */
  subject: string;
  orderNo: string | null;
  /** The debit's own event that a refund or return belongs to is found by its order number. */
  channel: string | null;
  channelTradeNo: string | null;
  why: string;
}>;

/**
 * What we hold for a lender. The plain 1002 is its own account; suspense is counted against the money it stands for. The channel's fees are the
 * lender's only from when they are cleared to it (Cr 6421), as our fee is (Cr 6022); what is written off is ours.
 */
const HELD = /^(1002:|1012\.|1221\.01$|2241\.01$|6022$|6421$|6702$)/;
export const heldIn = (posting: readonly Readonly<{ account: string; minor: number }>[]): number =>
  posting.reduce((sum, l) => sum + (HELD.test(l.account) ? l.minor : 0), 0);

const KINDS: readonly Readonly<{ type: RegExp; kind: MovementKind }>[] = [
  { type: /^attempt\.succeeded$/, kind: 'debit' },
  { type: /^attempt\./, kind: 'return' },
  { type: /^refund\./, kind: 'refund' },
  { type: /^discrepancy\./, kind: 'adjustment' },
  { type: /^settlement\./, kind: 'settlement' },
];

function kindOf(event: DulyEvent): MovementKind {
  if (event.posting.some((l) => l.account === '6421' || l.account === '6022')) return 'fee';
  return KINDS.find(({ type }) => type.test(event.type))?.kind ?? 'adjustment';
}

/** The row of an event; null where it changed nothing of what is held for the lender: money moving from the channel to our account, or a self-payment. */
export function movementOf(event: DulyEvent): Movement | null {
  const minor = heldIn(event.posting);
  if (minor === 0 || event.currency === null) return null;
  const text = (name: string): string | null => (typeof event.data[name] === 'string' ? (event.data[name] as string) : null);
  return {
    id: event.id,
    kind: kindOf(event),
    at: event.at,
    currency: event.currency,
    minor,
    parts: partsOf(event.posting),
    planId: event.planId,
    subject: event.subject,
    orderNo: text('outTradeNo'),
    channel: text('channel'),
    channelTradeNo: text('channelTradeNo'),
    why: event.why,
  };
}

function partsOf(posting: readonly LedgerLine[]): Movement['parts'] {
  const of = (fits: (l: LedgerLine) => boolean) => -posting.reduce((s, l) => s + (fits(l) ? l.minor : 0), 0);
  const parts = Object.fromEntries(COMPONENTS.map((c) => [c, of((l) => l.component === c && l.account !== '6011')])) as Record<
    Component,
    number
  >;
  return { ...parts, overpaid: of((l) => l.account === '2241.02') };
}

/** Sums of one currency, for the statement's control row. */
export type MovementTotals = Readonly<{
  currency: string;
  /** Held before the first row, and after the last: opening + sum of all rows. */
  opening: number;
  closing: number;
  byKind: Readonly<Record<MovementKind, Readonly<{ count: number; minor: number }>>>;
}>;

export const noTotals = (currency: string, opening: number): MovementTotals => ({
  currency,
  opening,
  closing: opening,
  byKind: Object.fromEntries(MOVEMENTS.map((kind) => [kind, { count: 0, minor: 0 }])) as MovementTotals['byKind'],
});

export function withMovement(t: MovementTotals, { kind, minor }: Movement): MovementTotals {
  const was = t.byKind[kind];
  return { ...t, closing: t.closing + minor, byKind: { ...t.byKind, [kind]: { count: was.count + 1, minor: was.minor + minor } } };
}
