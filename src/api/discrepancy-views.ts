/** Discrepancies and reconciliation runs as answers show them. */
import { type Instant, plusMs } from '../domain/clock.ts';
import type { Discrepancy } from '../domain/discrepancy.ts';
import type { LenderDay, Reconciliation } from '../domain/reconciliation.ts';
import { differenceOf } from '../domain/run-sums.ts';

const DAY_MS = 86_400_000;

export const discrepancyView = (d: Discrepancy, now: Instant) => ({
  id: d.id,
  lenderId: d.lenderId,
  kind: d.kind,
  state: d.state,
  says: d.says,
  planId: d.planId,
  attemptId: d.attemptId,
  channel: d.channel,
  businessDate: d.businessDate,
  outTradeNo: d.outTradeNo,
  statementId: d.statementId,
  line: d.line,
  ours: d.oursMinor,
  theirs: d.theirsMinor,
  currency: d.currency,
  inSuspense: d.closedAt ? 0 : d.suspense.reduce((sum, l) => sum + (l.account.startsWith('1012.01:') ? l.minor : 0), 0),
  cause: d.cause,
  ended: d.ended,
  owner: d.owner,
  proposal: d.proposal,
  underway: d.underway && { act: d.underway.act, ref: d.underway.ref, by: d.underway.by, answer: d.underway.answer },
  asked: d.asked && {
    kind: d.asked.kind,
    minor: d.asked.minor,
    rawCode: d.asked.rawCode,
    rawText: d.asked.rawText,
    at: d.asked.at,
  },
  facts: d.facts,
  ageDays: wholeDays(d.openedAt, d.closedAt ?? now),
  alertedAt: d.alertedAt,
  openedAt: d.openedAt,
  closedAt: d.closedAt,
});

/** A moment that long before `now`. */
export const daysBefore = (now: Instant, days: number): Instant => plusMs(now, -days * DAY_MS);
const wholeDays = (from: Instant, to: Instant): number => Math.max(0, Math.floor((to.getTime() - from.getTime()) / DAY_MS));

const lenderDayView = (d: LenderDay) => ({
  lenderId: d.lenderId,
  currency: d.currency,
  paidCount: d.paidCount,
  paid: d.paidMinor,
  returnedCount: d.returnedCount,
  returned: d.returnedMinor,
  refundedCount: d.refundedCount,
  refunded: d.refundedMinor,
  fee: d.feeMinor,
});

export const reconciliationView = (r: Reconciliation) => ({
  id: r.id,
  channel: r.channel,
  businessDate: r.businessDate,
  state: r.state,
  statementId: r.statementId,
  lines: r.lines,
  byResult: r.byResult,
  ours: r.oursMinor,
  theirs: r.theirsMinor,
  difference: differenceOf(r),
  lenders: r.booked.map(lenderDayView),
  expectedAt: r.expectedAt,
  depositedAt: r.depositedAt,
  runs: r.runs,
  ranAt: r.ranAt,
  closedAt: r.closedAt,
});
