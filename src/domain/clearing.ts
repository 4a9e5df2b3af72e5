/**
 * Clearing (清分): what each party gets of one movement of money. Pure.
 *
 * A receipt is split as a whole and not movement by movement: the parts of a movement are what its receipt comes to afterwards less what it
 * came to before. So the parts of every movement sum to it, and whatever takes the last of a receipt back splits back exactly what was split.
 */
import type { BusinessDate, Instant } from './clock.ts';
import { decimal, halfUp } from './decimal.ts';
import { COMPONENTS, type Component, NOTHING } from './plan.ts';
import type { Agreement, Party, Share } from './settlement.ts';

/** What a movement brought, by component, and what no instalment could take. Below zero where money went back. */
export type Parcel = Readonly<Record<Component | 'overpaid', number>>;
export const NO_PARCEL: Parcel = { ...NOTHING, overpaid: 0 };
const PARCEL = [...COMPONENTS, 'overpaid'] as const;

export const sumOf = (parcel: Parcel): number => PARCEL.reduce((sum, part) => sum + parcel[part], 0);
export const together = (a: Parcel, b: Parcel): Parcel => ({
  fee: a.fee + b.fee,
  penalty: a.penalty + b.penalty,
  interest: a.interest + b.interest,
  principal: a.principal + b.principal,
  overpaid: a.overpaid + b.overpaid,
});

export type Parts = Readonly<Record<Party, number>>;
export const NO_PARTS: Parts = { lender: 0, funder: 0, guarantor: 0, servicer: 0 };
export const addParts = (a: Parts, b: Parts): Parts => ({
  lender: a.lender + b.lender,
  funder: a.funder + b.funder,
  guarantor: a.guarantor + b.guarantor,
  servicer: a.servicer + b.servicer,
});
const minus = (a: Parts, b: Parts): Parts => ({
  lender: a.lender - b.lender,
  funder: a.funder - b.funder,
  guarantor: a.guarantor - b.guarantor,
  servicer: a.servicer - b.servicer,
});

/** `payment` a debit that succeeded; `return` taken back by the payer's bank; `denial` never taken after all; `refund` given back by us;
 * `adjustment` of a discrepancy, booked to the lender already; `trueUp` what an advance came to when the bank's file was there. */
export type MovementKind = 'payment' | 'return' | 'denial' | 'refund' | 'adjustment' | 'trueUp';

/** One movement with its parts: it lies in one settlement batch or waits for one, so nothing is settled twice. */
export type Clearing = Readonly<{
  /** Of the event that moved the money; `….trueUp` for the correction of an advance. */
  id: string;
  lenderId: string;
  currency: string;
  kind: MovementKind;
  /** Its place in the lender's feed: the order in which movements are cleared. */
  number: number;
  /** The receipt that it adds to or takes from. */
  receiptId: string;
  planId: string | null;
  channel: string | null;
  outTradeNo: string | null;
  /** The channel's business day on which the file must confirm it; null where nothing is to be waited for. */
  day: BusinessDate | null;
  minor: number;
  parcel: Parcel;
  /** Null until it lies in a batch. Without the channel's fee; they sum to `minor`. */
  parts: Parts | null;
  /** What the channel charged, and who bears it. */
  channelFeeMinor: number;
  bearer: 'lender' | 'servicer' | null;
  agreement: string | null;
  settlementId: string | null;
  /** Put into a batch before the bank's file was there; `true` until the file has confirmed or corrected it. */
  advanced: boolean;
  at: Instant;
  bucket: number;
  version: number;
}>;

/** What a party is due of a cleared movement: its part less the channel's fee where it bears that. Over all parties plus the fee this is `minor`. */
export const dueTo = (party: Party, { parts, bearer, channelFeeMinor }: Pick<Clearing, 'parts' | 'bearer' | 'channelFeeMinor'>): number =>
  (parts ?? NO_PARTS)[party] - (bearer === party ? channelFeeMinor : 0);

/** share × minor, half up, away from zero for what went back, so that a sum and its reversal round alike. */
function shareOf(share: string, minor: number): number {
  const { num, den } = decimal(share);
  const size = Number(halfUp(num * BigInt(Math.abs(minor)), den));
  return minor < 0 ? -size : size;
}

const asked = ({ of, share, fixed, min }: Share, parcel: Parcel): number =>
  Math.max(min, fixed + of.reduce((sum, component) => sum + shareOf(share, parcel[component]), 0));

/**
 * Splits what a receipt holds. Each share is rounded half up by component, is at least its minimum and at most what is left; the shares are
 * served in the agreement's order and the lender takes the remainder, overpayments too: they are refunded from what is due to the lender.
 */
export function split({ shares }: Pick<Agreement, 'shares'>, holds: Parcel): Parts {
  const parts: Record<Party, number> = { ...NO_PARTS };
  let left = sumOf(holds);
  for (const share of left > 0 ? shares : []) {
    const part = Math.min(Math.max(asked(share, holds), 0), left);
    parts[share.party] += part;
    left -= part;
  }
  return { ...parts, lender: left };
}

/** The parts of one movement on a receipt that held `before`, of which `cleared` was split so far. */
export const clear = (agreement: Pick<Agreement, 'shares'>, movement: Parcel, before = NO_PARCEL, cleared = NO_PARTS): Parts =>
  minus(split(agreement, together(before, movement)), cleared);
