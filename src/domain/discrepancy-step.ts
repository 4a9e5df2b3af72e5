/** One step in a discrepancy's life: the row as it is after it, and the event that tells of it. Every step is an event; nothing is edited silently. */
import type { Evidence } from './attempt.ts';
import type { Instant } from './clock.ts';
import { agesAt, DISCREPANCY, type Discrepancy, type DiscrepancyEvent, isSettled } from './discrepancy.ts';
import type { NewEvent } from './event.ts';
import { entry, type LedgerLine } from './ledger.ts';
import { next } from './machine.ts';

export type Step = Readonly<{
  /** 'opened', 'assigned' ...: the event's type is `discrepancy.` and this. */
  type: string;
  /** The move of its state; absent on steps that leave it where it is. */
  move?: DiscrepancyEvent;
  set?: Partial<Discrepancy>;
  posting?: readonly LedgerLine[];
  data?: Readonly<Record<string, unknown>>;
  evidence?: Evidence;
  at: Instant;
  by: string;
  why: string;
  keyId?: string | undefined;
}>;

export type Stepped = Readonly<{ row: Discrepancy; event: NewEvent }>;

/** Throws IllegalTransition where its state does not take the move, an AssertionError where the posting does not balance. */
export function stepped(d: Discrepancy, step: Step): Stepped {
  const state = step.move ? next(DISCREPANCY, d.state, step.move) : d.state;
  const ending = isSettled(state) && !isSettled(d.state);
  const withdrawn = !ending && d.proposal && isOther(d, step) ? d.proposal : null;
  const row: Discrepancy = {
    ...d,
    ...step.set,
    ...(ending ? { closedAt: step.at, lookAt: null, proposal: null, underway: null } : {}),
    ...(withdrawn ? { proposal: null } : {}),
    suspense: entry([...d.suspense, ...(step.posting ?? [])]),
    state,
    eventN: d.eventN + 1,
    version: d.version + 1,
  };
  const { data } = step;
  return {
    row,
    event: eventOf(d, row, withdrawn ? { ...step, data: { ...data, withdrawn: { act: withdrawn.act, by: withdrawn.by } } } : step),
  };
}

/** What was proposed was proposed of this kind and sum: of another it is proposed anew. */
const isOther = (d: Discrepancy, { set, posting = [] }: Step): boolean =>
  posting.length > 0 || (set?.kind !== undefined && set.kind !== d.kind);

/** Several steps at once: one event each, and one version further, since they are written together. */
export function walked(d: Discrepancy, steps: readonly Step[]): Readonly<{ row: Discrepancy; events: readonly NewEvent[] }> {
  let row = d;
  const events = steps.map((s) => {
    const one = stepped(row, s);
    row = one.row;
    return one.event;
  });
  return { row: { ...row, version: d.version + 1 }, events };
}

/**
 * A discrepancy's first event, which puts the difference into suspense. The row as given is taken as event 1, version 1; what holds money is looked
 * at when it has aged, if not before.
 */
export function opened(d: Discrepancy, step: Pick<Step, 'at' | 'by' | 'why' | 'evidence' | 'data'>): Stepped {
  const row: Discrepancy = { ...d, lookAt: d.lookAt ?? (d.suspense.length ? agesAt(d.openedAt) : null), eventN: 1, version: 1 };
  return { row, event: { ...eventOf(row, row, { ...step, type: 'opened', posting: d.suspense }), from: 'open' } };
}

const eventOf = (d: Discrepancy, row: Discrepancy, { type, posting = [], data = {}, evidence, at, by, why, keyId }: Step): NewEvent => ({
  subject: d.id,
  n: row.eventN,
  type: `discrepancy.${type}`,
  lenderId: d.lenderId,
  borrowerId: null,
  planId: d.planId,
  bucket: d.bucket,
  from: d.state,
  to: row.state,
  at,
  by,
  why,
  evidence: evidence ?? null,
  currency: d.currency,
  posting: entry(posting),
  data: {
    kind: d.kind,
    attemptId: d.attemptId,
    channel: d.channel,
    businessDate: d.businessDate,
    outTradeNo: d.outTradeNo,
    cause: row.cause,
    ...(keyId === undefined ? {} : { keyId }),
    ...data,
  },
});
