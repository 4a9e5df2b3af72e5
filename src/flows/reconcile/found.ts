/**
 * What a verdict finds, as a discrepancy: one for each thing (an order number, a movement, a currency) of a channel's day, whatever it is found
 * as, so that looking again finds the same one and a corrected file changes it.
 */
import type { Attempt, AttemptState } from '../../domain/attempt.ts';
import type { BusinessDate, Instant } from '../../domain/clock.ts';
import { type Discrepancy, type DiscrepancyKind, HOUSE, NEW_DISCREPANCY } from '../../domain/discrepancy.ts';
import type { Ours, Verdict } from '../../domain/match.ts';
import { effectOf } from '../../domain/match-verdict.ts';
import { type Movement, suspenseOf } from '../../domain/suspense.ts';

/** The day that is looked at, and the file it is held against. */
export type Day = Readonly<{ channel: string; businessDate: BusinessDate; statementId: string }>;

export type Found = Omit<Discrepancy, 'id'>;

/** Our record of the very movement that the row is of: a row that gives back stands beside the debit, not for it. */
const recordOf = (v: Verdict): Ours | null =>
  v.result === 'duplicate' || (v.theirs && v.ours && v.theirs.kind !== v.ours.kind) ? null : v.ours;

/** What the file moved, + towards us: the difference and what our records of that day have. */
function movedBy(v: Verdict, day: Day): number {
  if (!v.theirs) return 0;
  const record = recordOf(v);
  return v.differenceMinor + (record?.day === day.businessDate ? effectOf(record) : 0);
}

/** What our books hold of it, whatever day it is of. */
const bookedBy = (v: Verdict): number => {
  const record = recordOf(v);
  return record ? effectOf(record) : 0;
};

const movementOf = (v: Verdict): Movement => {
  // One row of several debits is nobody's own: a person sorts it out.
  if (v.more.length) return 'other';
  const kind = v.theirs?.kind ?? v.ours?.kind;
  return kind === 'payment' || kind === 'return' || kind === 'refund' ? kind : 'other';
};

/** The thing a verdict is about, within a channel's day. */
export function thingOf(v: Verdict): string {
  const number = v.theirs?.refundNo ?? v.ours?.refundNo ?? v.theirs?.outTradeNo ?? v.ours?.outTradeNo;
  const named = number ?? v.theirs?.channelTradeNo ?? `line${v.theirs?.line}`;
  const currency = v.theirs?.currency ?? v.ours?.currency;
  return `${named}:${movementOf(v)}:${currency}${v.result === 'duplicate' ? ':again' : ''}`;
}

/** `key` is unique; `attempt` is that of `v.ours`. */
export function foundOf(v: Verdict, day: Day, key: string, attempt: Attempt | null, now: Instant): Found {
  const moved = movedBy(v, day);
  const { theirs, ours } = v;
  const carried = v.result === 'carriedOver';
  const suspense = suspenseOf(day.channel, moved - bookedBy(v));
  return {
    ...NEW_DISCREPANCY,
    lenderId: ours?.lenderId ?? HOUSE,
    key,
    kind: v.result as DiscrepancyKind,
    says: v.says,
    facts: {
      movement: movementOf(v),
      theirs: theirs && { minor: moved, kind: theirs.kind, status: theirs.status, feeMinor: theirs.feeMinor, valueDate: theirs.valueDate },
      channelTradeNo: theirs?.channelTradeNo ?? null,
      refundNo: theirs?.refundNo ?? ours?.refundNo ?? null,
      attemptState: (ours?.kind === 'refund' ? null : (attempt?.state ?? null)) as AttemptState | null,
      suggestion: v.suggestion,
      ...(v.more.length ? { more: v.more.map((o) => o.attemptId) } : {}),
    },
    planId: attempt?.planId ?? null,
    attemptId: attempt?.id ?? null,
    bucket: attempt?.bucket ?? 0,
    channel: day.channel,
    businessDate: day.businessDate,
    outTradeNo: theirs?.outTradeNo ?? ours?.outTradeNo ?? null,
    statementId: day.statementId,
    line: theirs?.line ?? null,
    oursMinor: recordOf(v)?.minor ?? null,
    theirsMinor: theirs?.minor ?? null,
    currency: theirs?.currency ?? ours?.currency ?? null,
    suspense,
    state: carried ? 'carriedOver' : suspense.length ? 'suspense' : 'open',
    openedAt: now,
    lookAt: now,
  };
}
