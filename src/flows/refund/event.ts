/** A refund's own steps: the row as it is afterwards, and the event that tells of it. */
import type { Evidence } from '../../domain/attempt.ts';
import type { Instant } from '../../domain/clock.ts';
import type { NewEvent } from '../../domain/event.ts';
import type { LedgerLine } from '../../domain/ledger.ts';
import { next } from '../../domain/machine.ts';
import { REFUND, type Refund, type RefundEvent } from '../../domain/refund.ts';
import type { Actor } from '../actor.ts';

/** The house doing what its rules say. */
export const HOUSE_ACTS = (why: string): Actor => ({ by: 'duly', why });

export type RefundStep = Readonly<{
  /** Absent on steps that leave the state where it is; then `type` names them. */
  move?: RefundEvent;
  /** The event's type is `refund.` and this; by default the state reached. */
  type?: string;
  set?: Partial<Refund>;
  posting?: readonly LedgerLine[];
  data?: Readonly<Record<string, unknown>>;
  evidence?: Evidence;
  at: Instant;
  actor: Actor;
}>;

/** Throws IllegalTransition where its state does not take the move. */
export function stepped(r: Refund, step: RefundStep): Readonly<{ row: Refund; event: NewEvent }> {
  const { move, set = {}, at } = step;
  const state = move ? next(REFUND, r.state, move) : r.state;
  const row: Refund = {
    ...r,
    ...set,
    state,
    movedAt: state === r.state ? r.movedAt : at,
    eventN: r.eventN + 1,
    version: r.version + 1,
  };
  return { row, event: eventOf(r.state, row, step) };
}

/** The event of a refund that has just been asked for. The row as given is taken as event 1, version 1. */
export const born = (row: Refund, actor: Actor): NewEvent => eventOf(null, row, { at: row.createdAt, actor });

function eventOf(from: Refund['state'] | null, row: Refund, { type, posting = [], data = {}, evidence, at, actor }: RefundStep): NewEvent {
  return {
    subject: row.id,
    n: row.eventN,
    type: `refund.${type ?? row.state}`,
    lenderId: row.lenderId,
    borrowerId: row.borrowerId,
    planId: row.planId,
    bucket: row.bucket,
    from,
    to: row.state,
    at,
    by: actor.by,
    why: actor.why,
    evidence: evidence ?? null,
    currency: row.amount.currency,
    posting,
    data: {
      receiptId: row.receiptId,
      refundNo: row.refundNo,
      n: row.n,
      minor: row.amount.minor,
      way: row.way,
      channel: row.channel,
      outTradeNo: row.outTradeNo,
      channelTradeNo: row.channelTradeNo,
      ...(actor.keyId === undefined ? {} : { keyId: actor.keyId }),
      ...data,
    },
  };
}
