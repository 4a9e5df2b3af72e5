/** What must hold of a plan's money by our own books: no double debit (I1), receipts and events agree (I12), the arithmetic (I14), nothing forgotten (I4). */
import type { Attempt } from '../domain/attempt.ts';
import { assess } from '../domain/booking.ts';
import { addDays, dateIn, plusMs } from '../domain/clock.ts';
import type { LedgerLine } from '../domain/ledger.ts';
import {
  ANSWER_PENDING,
  COMPONENTS,
  type Component,
  type Instalment,
  outstanding,
  outstandingBy,
  type Plan,
  type Receipt,
  total,
} from '../domain/plan.ts';
import type { Dossier, Rules } from './dossier.ts';
import type { Findings } from './findings.ts';
import { checkRefunds, refundedTwice } from './refunds.ts';

const DAY_MS = 86_400_000;
/** A next action further off than this states no moment: nobody would notice that it never comes. */
const FURTHEST_DAYS = 45;

export function checkLoan(out: Findings, d: Dossier, { now }: Rules): void {
  for (const id of ['I1', 'I4', 'I14']) out.looked(id, d.plan.instalments.length);
  out.looked('I12', d.plan.receipts.length);
  takenOnce(out, d);
  receiptsHaveTheirCause(out, d);
  checkRefunds(out, d);
  arithmetic(out, d, dateIn(now, d.lender?.timeZone ?? 'UTC'));
  notForgotten(out, d, now);
}

/** Money found later than its day re-assesses the penalty, so that what was rightly asked then may be more than what is due now. */
export const penaltyMayShrink = (plan: Plan, zone: string): boolean =>
  plan.penalty.dailyRate !== '0' && plan.receipts.some((r) => r.back || r.valueDate < dateIn(r.bookedAt, zone));

/** Succeeded after it had ended otherwise: the bank's doing, found by a statement or a person. */
const wasLate = (d: Dossier, a: Attempt): boolean =>
  (d.events.get(a.id) ?? []).some((e) => e.to === 'succeeded' && ['failed', 'unsent', 'voided', 'returned'].includes(e.from ?? ''));

/** What of an instalment's debits was refunded, at most: so much may be debited again. */
export function givenBack(d: Dossier): Map<string, number> {
  const refunded = new Map(d.plan.receipts.map((r) => [r.id, r.refunded]));
  const out = new Map<string, number>();
  for (const a of d.attempts)
    if (a.state === 'succeeded')
      for (const aim of a.aims) out.set(aim.instalmentId, (out.get(aim.instalmentId) ?? 0) + Math.min(refunded.get(a.id) ?? 0, aim.minor));
  return out;
}

function takenOnce(out: Findings, d: Dossier): void {
  const taken = new Map<string, number>();
  for (const a of d.attempts)
    if (a.state === 'succeeded' && !wasLate(d, a))
      for (const aim of a.aims) taken.set(aim.instalmentId, (taken.get(aim.instalmentId) ?? 0) + aim.minor);
  if (!taken.size || penaltyMayShrink(d.plan, d.lender?.timeZone ?? 'UTC')) return;
  const back = givenBack(d);
  for (const i of d.plan.instalments) {
    const minor = (taken.get(i.id) ?? 0) - (back.get(i.id) ?? 0);
    // A waived instalment owes what it had paid; a superseded one lost its penalty. Debits on their way were asked before.
    const due = total(i.due);
    if (minor > due && i.state !== 'waived' && !(i.state === 'superseded' && d.plan.penalty.dailyRate !== '0'))
      out.report('I1', 'debits of an instalment succeeded for more than was due', i.id, { planId: d.plan.id, n: i.n, taken: minor, due });
  }
}

function receiptsHaveTheirCause(out: Findings, d: Dossier): void {
  const receipts = new Map(d.plan.receipts.map((r) => [r.id, r]));
  const paid = new Map(d.payments.map((p) => [p.id, p.minor]));
  for (const a of d.attempts) {
    const r = receipts.get(a.id);
    const stands = r !== undefined && !r.back;
    if ((a.state === 'succeeded') !== stands || (r && r.minor !== a.amount.minor))
      out.report('I12', 'an attempt and its receipt disagree', a.id, {
        state: a.state,
        minor: a.amount.minor,
        receipt: r?.minor ?? null,
        back: r?.back ?? null,
      });
    paid.set(a.id, a.amount.minor);
  }
  for (const p of d.payments)
    if (receipts.get(p.id)?.minor !== p.minor)
      out.report('I12', 'a payment and its receipt disagree', p.id, { minor: p.minor, receipt: receipts.get(p.id)?.minor ?? null });
  for (const r of d.plan.receipts)
    if (!paid.has(r.id)) out.report('I12', 'a receipt has neither attempt nor payment', r.id, { planId: d.plan.id, minor: r.minor });
}

/** Lines of these accounts with a component are allocations: over all postings they sum to minus what is paid. */
const ALLOCATED: ReadonlySet<string> = new Set(['1303.01', '1132.01', '1132.02', '6021']);
const key = (instalmentId: string, component: string): string => `${instalmentId} ${component}`;

function arithmetic(out: Findings, d: Dossier, today: ReturnType<typeof dateIn>): void {
  const { plan } = d;
  const standing = plan.receipts.filter((r) => !r.back);
  const lines = sums(standing.flatMap((r) => r.lines.map((l) => [key(l.instalmentId, l.component), l.minor] as const)));
  const postings = postingsOf(d);
  const posted = sums(
    postings
      .filter((l) => ALLOCATED.has(l.account) && l.component)
      .map((l) => [key(l.instalmentId ?? '', l.component ?? ''), -l.minor] as const),
  );
  const again = assess(plan, today);
  const paidAgain = new Map(again.instalments.map((i) => [i.id, i.paid]));
  for (const i of plan.instalments)
    for (const c of COMPONENTS) component(out, i, c, { lines, posted, again: paidAgain.get(i.id)?.[c] ?? 0 });
  for (const r of standing)
    wholeReceipt(
      out,
      plan,
      r,
      again.receipts.find((x) => x.id === r.id),
    );
  const overpaid = standing.reduce((s, r) => s + r.overpaid, 0);
  const surplus = -postings.reduce((s, l) => s + (l.account === '2241.02' ? l.minor : 0), 0);
  refundedTwice(out, plan, postings);
  if (overpaid !== surplus) out.report('I14', 'the surplus of a plan is not what lies on 2241.02', plan.id, { overpaid, surplus });
}

type Told = Readonly<{ lines: ReadonlyMap<string, number>; posted: ReadonlyMap<string, number>; again: number }>;

function component(out: Findings, i: Instalment, c: Component, told: Told): void {
  const facts = { n: i.n, component: c, due: i.due[c], paid: i.paid[c] };
  const lines = told.lines.get(key(i.id, c)) ?? 0;
  const posted = told.posted.get(key(i.id, c)) ?? 0;
  if (!Number.isSafeInteger(i.due[c]) || outstandingBy(i)[c] < 0 || i.paid[c] < 0 || (i.paid[c] > i.due[c] && i.state !== 'superseded'))
    out.report('I14', 'more is paid on an instalment than is due', i.id, facts);
  if (i.paid[c] !== lines) out.report('I14', 'what is paid is not the sum of the receipts’ lines', i.id, { ...facts, lines });
  if (i.paid[c] !== posted) out.report('I14', 'what is paid is not what the postings say', i.id, { ...facts, posted });
  if (i.paid[c] !== told.again) out.report('I14', 'allocating the receipts anew gives another sum', i.id, { ...facts, again: told.again });
}

function wholeReceipt(out: Findings, plan: Plan, r: Receipt, again: Receipt | undefined): void {
  const allocated = r.lines.reduce((s, l) => s + l.minor, 0) + r.overpaid;
  if (allocated !== r.minor - r.refunded)
    out.report('I14', 'a receipt is not the sum of its lines, its surplus and its refunds', r.id, {
      planId: plan.id,
      minor: r.minor,
      refunded: r.refunded,
      allocated,
    });
  if (again && again.overpaid !== r.overpaid)
    out.report('I14', 'allocating the receipts anew gives another sum', r.id, {
      planId: plan.id,
      overpaid: r.overpaid,
      again: again.overpaid,
    });
}

/** Of the plan, its attempts and refunds: nothing else books on it. */
function postingsOf(d: Dossier): LedgerLine[] {
  return [d.plan, ...d.attempts, ...d.refunds].flatMap(({ id }) => (d.events.get(id) ?? []).flatMap((e) => e.posting));
}

function sums(parts: readonly (readonly [string, number])[]): Map<string, number> {
  const out = new Map<string, number>();
  for (const [k, minor] of parts) out.set(k, (out.get(k) ?? 0) + minor);
  return out;
}

/**
 * "An attempt or a recorded skip for that date" is read so: an attempt that aims at the instalment, a skip of the plan on or after its due date,
 * or a next action that is stated. A stop is stated; a wait without a moment is stated by its reason, but a wait for the bank's answer needs an
 * open attempt; any other action is stated by a moment that is not a day past and not absurdly far off.
 */
function notForgotten(out: Findings, d: Dossier, now: Date): void {
  const { plan } = d;
  const zone = d.lender?.timeZone ?? 'UTC';
  if (plan.state !== 'active' || d.attempts.some((a) => a.open)) return;
  const owed = plan.instalments.filter((i) => outstanding(i) > 0);
  const { kind, at, because } = plan.nextAction;
  if (owed.length && kind === 'wait' && at === null && because === ANSWER_PENDING) {
    out.report('I4', 'a plan waits for an answer that nobody will give', plan.id, { because });
    return;
  }
  const held = plan.holds.some((h) => h.until === null || h.until > now);
  const stated =
    at === null
      ? (kind === 'stop' || kind === 'wait') && because !== ''
      : at > plusMs(now, -DAY_MS) && at < plusMs(now, FURTHEST_DAYS * DAY_MS);
  if (held || stated) return;
  const today = dateIn(now, zone);
  for (const i of owed) {
    if (addDays(i.dueDate, plan.penalty.graceDays) >= today) continue;
    const tried = d.attempts.some((a) => a.aims.some((aim) => aim.instalmentId === i.id));
    if (!tried && !d.skips.some((s) => s.date >= i.dueDate))
      out.report('I4', 'an overdue instalment was never debited and nobody said why', i.id, {
        planId: plan.id,
        n: i.n,
        dueDate: i.dueDate,
        nextAction: plan.nextAction,
      });
  }
}
