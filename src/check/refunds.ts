/** What must hold of the refunds of a plan's receipts: what was given back (I12), and never more than came in (I14). */
import type { LedgerLine } from '../domain/ledger.ts';
import type { Plan } from '../domain/plan.ts';
import { isLive } from '../domain/refund.ts';
import type { Dossier } from './dossier.ts';
import type { Findings } from './findings.ts';

export function checkRefunds(out: Findings, d: Dossier): void {
  out.looked('I12', d.refunds.length);
  const receipts = new Map(d.plan.receipts.map((r) => [r.id, r]));
  const attempts = new Map(d.attempts.map((a) => [a.id, a]));
  for (const r of d.refunds)
    if (!receipts.has(r.receiptId))
      out.report('I12', 'a refund is of a receipt that its plan does not have', r.id, { receiptId: r.receiptId });
  for (const receipt of d.plan.receipts) {
    const of = d.refunds.filter((r) => r.receiptId === receipt.id);
    const sum = (fits: (r: (typeof of)[number]) => boolean): number => of.reduce((s, r) => s + (fits(r) ? r.amount.minor : 0), 0);
    const done = sum((r) => r.state === 'succeeded');
    const attempt = attempts.get(receipt.id);
    if (receipt.refunded !== done || (attempt && attempt.refundedMinor !== done))
      out.report('I12', 'what was given back of a receipt is not what its refunds came to', receipt.id, {
        receipt: receipt.refunded,
        attempt: attempt?.refundedMinor ?? null,
        refunds: done,
      });
    const promised = sum((r) => isLive(r.state));
    if (promised > receipt.minor)
      out.report('I14', 'refunds made and under way come to more than came in', receipt.id, { received: receipt.minor, promised });
    const gap = of.findIndex((r, k) => r.n !== k + 1);
    if (gap >= 0)
      out.report('I14', 'the refunds of a receipt are not numbered without a gap', receipt.id, { expected: gap + 1, found: of[gap]?.n });
  }
  for (const a of d.attempts)
    if (a.refundedMinor !== 0 && !receipts.has(a.id))
      out.report('I12', 'an attempt that took nothing was given back', a.id, { refunded: a.refundedMinor });
}

/** What a payer's bank took back although we had refunded it lies on 1221.01 by the postings of the plan. */
export function refundedTwice(out: Findings, plan: Plan, postings: readonly LedgerLine[]): void {
  const twice = plan.receipts.reduce((s, r) => s + (r.back ? r.refunded : 0), 0);
  const booked = postings.reduce((s, l) => s + (l.account === '1221.01' ? l.minor : 0), 0);
  if (twice !== booked) out.report('I14', 'what was refunded and taken back is not what lies on 1221.01', plan.id, { twice, booked });
}
