/**
 * What leaves the house, one function a resource: every field is named here, so nothing leaves by accident. Sealed accounts, hashes,
 * claims, buckets and the like have no line here and therefore no way out. Instants become ISO text in UTC when the answer is written.
 */
import type { Attempt } from '../domain/attempt.ts';
import type { Borrower } from '../domain/borrower.ts';
import type { Instant } from '../domain/clock.ts';
import type { DulyEvent } from '../domain/event.ts';
import { FAILURES } from '../domain/failures.ts';
import type { ApiKey, Lender } from '../domain/lender.ts';
import type { Mandate } from '../domain/mandate.ts';
import type { Notice } from '../domain/notice.ts';
import { expand } from '../domain/permit.ts';
import { type Amounts, type Hold, type Instalment, outstanding, outstandingBy, type Plan, total } from '../domain/plan.ts';
import type { CollectionsRecord, Payment, Skip } from '../domain/records.ts';
import type { Stop } from '../domain/stop.ts';
import type { SettlementQuote } from '../flows/early-settlement.ts';
import type { Explanation } from '../flows/explain-plan.ts';
import type { World } from '../flows/world.ts';
import type { TickRun, TickState } from '../tick-desk.ts';

export const lenderView = ({ id, name, code, timeZone, currency, lenderType, country, state, metadata, createdAt }: Lender) => ({
  id,
  name,
  code,
  timeZone,
  currency,
  lenderType,
  country,
  state,
  metadata,
  createdAt,
});

export function apiKeyView({ id, lenderId, name, scopes, prefix, expiresAt, revokedAt, createdAt }: ApiKey, now: Instant) {
  const state = revokedAt ? 'revoked' : expiresAt && expiresAt <= now ? 'expired' : 'active';
  return { id, lenderId, name, scopes, prefix, state, expiresAt, revokedAt, createdAt };
}

export const borrowerView = ({ id, externalId, name, phone, language, optedOutAt, createdAt }: Borrower) => ({
  id,
  externalId,
  name,
  phone,
  language,
  optedOutAt,
  createdAt,
});

export const mandateView = (m: Mandate) => ({
  id: m.id,
  borrowerId: m.borrowerId,
  externalId: m.externalId,
  rail: m.rail,
  channels: m.channels,
  agreementNo: m.agreementNo,
  accountLast4: m.accountLast4,
  isSalaryAccount: m.isSalaryAccount,
  currency: m.currency,
  perDebitCap: m.perDebitCap,
  dailyCap: m.dailyCap,
  monthlyCap: m.monthlyCap,
  periodCount: m.periodCount,
  amountKind: m.amountKind,
  validFrom: m.validFrom,
  validTo: m.validTo,
  evidence: m.evidence,
  state: m.state,
  rank: m.rank,
  createdAt: m.createdAt,
});

const amounts = ({ fee, penalty, interest, principal }: Amounts): Amounts => ({ fee, penalty, interest, principal });

export const instalmentView = (i: Instalment, plan: Pick<Plan, 'id' | 'currency'>) => ({
  id: i.id,
  planId: plan.id,
  n: i.n,
  dueDate: i.dueDate,
  state: i.state,
  currency: plan.currency,
  due: total(i.due),
  paid: total(i.paid),
  outstanding: outstanding(i),
  components: { due: amounts(i.due), paid: amounts(i.paid), outstanding: amounts(outstandingBy(i)) },
  scheduleVersion: i.scheduleVersion,
});

export const holdView = ({ id, kind, until, by, why, at }: Hold, planId: string) => ({ id, planId, kind, until, by, why, at });

const sumOf = (items: readonly Instalment[], of: (i: Instalment) => number): number => items.reduce((sum, i) => sum + of(i), 0);

/** Sums over what is still part of the schedule; `overdue` is what is outstanding on instalments past their day and grace. */
function totalsOf(plan: Plan) {
  const live = plan.instalments.filter((i) => i.state !== 'superseded');
  return {
    due: sumOf(live, (i) => total(i.due)),
    paid: sumOf(plan.instalments, (i) => total(i.paid)),
    outstanding: sumOf(live, outstanding),
    overdue: sumOf(
      live.filter((i) => i.state === 'overdue'),
      outstanding,
    ),
    overpaid: plan.receipts.reduce((sum, r) => sum + (r.back ? 0 : r.overpaid), 0),
  };
}

export const planView = (p: Plan) => ({
  id: p.id,
  externalId: p.externalId,
  borrowerId: p.borrowerId,
  mandateIds: p.mandateIds,
  currency: p.currency,
  state: p.state,
  strategy: { name: p.strategy.name, version: p.strategy.version },
  scheduleVersion: p.scheduleVersion,
  version: p.version,
  totals: totalsOf(p),
  nextAction: { kind: p.nextAction.kind, at: p.nextAction.at, because: p.nextAction.because },
  waitsUntil: p.deferral && { until: p.deferral.until, rule: p.deferral.rule },
  instalments: p.instalments.map((i) => instalmentView(i, p)),
  receipts: p.receipts.map((r) => ({
    id: r.id,
    kind: r.kind,
    amount: r.minor,
    valueDate: r.valueDate,
    bookedAt: r.bookedAt,
    refunded: r.refunded,
    takenBack: r.back,
    overpaid: r.overpaid,
    lines: r.lines.map((l) => ({
      instalmentId: l.instalmentId,
      component: l.component,
      amount: l.minor,
      scheduleVersion: l.scheduleVersion,
    })),
  })),
  holds: p.holds.map((h) => holdView(h, p.id)),
  penalty: { dailyRate: p.penalty.dailyRate, graceDays: p.penalty.graceDays, graceMode: p.penalty.graceMode },
  allocation: { order: p.allocation.order, direction: p.allocation.direction },
  paydayDeclared: p.paydayDeclared,
  collections: p.collections && { id: p.collections.id, openedAt: p.collections.openedAt, stage: p.collections.stage },
  metadata: p.metadata,
  createdAt: p.createdAt,
});

/** The ETag of a plan: moves with every change that a decision must see. */
export const etagOf = (plan: Plan): string => `"${plan.version}"`;

/** When the plan acts next on what this attempt aimed at; null when nothing of it is outstanding, or nothing is planned. */
function retryAt(a: Attempt, plan: Plan | null): Instant | null {
  if (plan?.state !== 'active' || plan.nextAction.kind === 'stop') return null;
  const left = plan.instalments.some((i) => a.aims.some((aim) => aim.instalmentId === i.id) && outstanding(i) > 0);
  return left ? plan.nextAction.at : null;
}

/** Why it did not go through, in three levels, and whether and when it is asked again. `plan` is null where it was not read. */
function failureView(a: Attempt, plan: Plan | null) {
  if (!a.failure) return null;
  const rule = FAILURES[a.failure];
  const retryable = rule.retry !== 'none';
  return {
    class: a.failure,
    rawCode: a.rawCode,
    rawText: a.rawText,
    says: rule.says,
    retryable,
    willRetryAt: retryable ? retryAt(a, plan) : null,
  };
}

export const attemptView = (a: Attempt, plan: Plan | null) => ({
  id: a.id,
  planId: a.planId,
  borrowerId: a.borrowerId,
  mandateId: a.mandateId,
  n: a.n,
  cycle: a.cycle,
  part: a.part,
  trigger: a.trigger,
  channel: a.channel,
  outTradeNo: a.outTradeNo,
  channelTradeNo: a.channelTradeNo,
  lenderReference: a.lenderReference,
  amount: a.amount.minor,
  refundedAmount: a.refundedMinor,
  currency: a.amount.currency,
  aims: a.aims.map((aim) => ({ instalmentId: aim.instalmentId, n: aim.n, amount: aim.minor })),
  accountLast4: a.accountLast4,
  businessDate: a.businessDate,
  dueDate: a.dueDate,
  scheduleVersion: a.scheduleVersion,
  strategy: { name: a.strategy.name, version: a.strategy.version },
  because: a.because,
  state: a.state,
  open: a.open,
  failure: failureView(a, plan),
  askedAgainAt: a.ask?.at ?? null,
  sendBy: a.sendBy,
  createdAt: a.createdAt,
  movedAt: a.movedAt,
});

/** The permit in full: each rule looked at, its counter and its source. Throws when the pack it names is no longer in the house: that is our fault. */
export function permitView(a: Attempt, packs: World['packs']) {
  const pack = packs.byName(a.permit.p, a.permit.v);
  if (!pack) throw new Error(`rule pack ${a.permit.p} ${a.permit.v} is gone, but ${a.id} rests on it`);
  const { kind: _kind, ...permit } = expand(a.permit, pack);
  return permit;
}

export const eventView = (e: DulyEvent) => ({
  id: e.id,
  subject: e.subject,
  n: e.n,
  type: e.type,
  planId: e.planId,
  borrowerId: e.borrowerId,
  from: e.from,
  to: e.to,
  at: e.at,
  by: e.by,
  why: e.why,
  evidence: e.evidence && {
    kind: e.evidence.kind,
    ref: e.evidence.ref,
    ...(e.evidence.rawCode === undefined ? {} : { rawCode: e.evidence.rawCode }),
    ...(e.evidence.rawText === undefined ? {} : { rawText: e.evidence.rawText }),
  },
  currency: e.currency,
  posting: e.posting.map((l) => ({
    account: l.account,
    minor: l.minor,
    instalmentId: l.instalmentId,
    component: l.component,
    scheduleVersion: l.scheduleVersion,
  })),
  data: e.data,
});

/** Event 1 of an attempt is its birth; it is told by the attempt itself, since the insert of the intent is the event. */
export const birthOf = (a: Attempt): ReturnType<typeof eventView> => ({
  id: `${a.id}:1`,
  subject: a.id,
  n: 1,
  type: `attempt.${a.born}`,
  planId: a.planId,
  borrowerId: a.borrowerId,
  from: null,
  to: a.born,
  at: a.createdAt,
  by: 'duly',
  why: a.because,
  evidence: null,
  currency: a.amount.currency,
  posting: [],
  data: { amount: a.amount.minor, channel: a.channel, outTradeNo: a.outTradeNo, trigger: a.trigger },
});

export const noticeView = (n: Notice) => ({
  id: n.id,
  planId: n.planId,
  borrowerId: n.borrowerId,
  key: n.key,
  template: n.template,
  language: n.language,
  text: n.text,
  toLast4: n.toLast4,
  announces: n.announces && {
    dueDate: n.announces.dueDate,
    debitDate: n.announces.debitDate,
    amount: n.announces.minor,
    accountLast4: n.announces.accountLast4,
  },
  state: n.state,
  why: n.why,
  gatewayNo: n.gatewayNo,
  tries: n.tries,
  createdAt: n.createdAt,
  sentAt: n.sentAt,
  deliveredAt: n.deliveredAt,
});

export const paymentView = (p: Payment) => ({
  id: p.id,
  planId: p.planId,
  borrowerId: p.borrowerId,
  externalId: p.externalId,
  amount: p.minor,
  currency: p.currency,
  valueDate: p.valueDate,
  targets: p.targets,
  note: p.note,
  at: p.at,
});

export const skipView = (s: Skip) => ({
  id: s.id,
  planId: s.planId,
  date: s.date,
  rule: s.rule,
  source: s.source,
  says: s.says,
  counters: s.counters && { before: s.counters.before, limit: s.counters.limit },
  trigger: s.trigger,
  dueDate: s.dueDate,
  amount: s.minor,
  retryAt: s.retryAt,
  at: s.at,
});

export const collectionView = (c: CollectionsRecord) => ({
  id: c.id,
  planId: c.planId,
  borrowerId: c.borrowerId,
  stage: c.stage,
  state: c.closedAt ? ('closed' as const) : ('open' as const),
  openedAt: c.openedAt,
  closedAt: c.closedAt,
  outstanding: c.outstandingMinor,
  currency: c.currency,
  because: c.because,
});

export const stopView = ({ scope, by, why, at }: Stop) => ({ scope, by, why, at });

export const runView = ({ name, startedAt, finishedAt, by, times, lookedAt, did, refused, failed, oldestDue, error }: TickRun) => ({
  name,
  startedAt,
  finishedAt,
  by,
  times: times ?? 1,
  lookedAt,
  did,
  refused,
  failed,
  oldestDue,
  error,
});

export const jobView = ({ name, cron, zone, paused, nextRunAt, lockedAt, lockedBy, lastRun }: TickState) => ({
  name,
  cron,
  zone,
  paused,
  nextRunAt,
  lockedAt,
  lockedBy,
  lastRun: lastRun && runView(lastRun),
});

export const quoteView = (q: SettlementQuote) => ({
  planId: q.planId,
  on: q.on,
  currency: q.currency,
  principal: q.principal,
  interest: q.interest,
  penalty: q.penalty,
  fee: q.fee,
  settlementFee: q.settlementFee,
  total: q.total,
});

const sentenceView = ({ at, text }: Explanation['next']) => ({ at, text });
export const explanationView = ({ id, title, sections, next }: Explanation) => ({
  id,
  title,
  sections: sections.map((s) => ({ title: s.title, sentences: s.sentences.map(sentenceView) })),
  next: sentenceView(next),
});
