/**
 * Telling the borrower that more came in than was owed, the day it was booked (domain.md, hard rule 12): mostly a debit that succeeded although
 * he had paid by his own hand meanwhile. Said whatever becomes of the plan, for it may be settled by that very money.
 */
import type { Collection } from '../collection.ts';
import type { RemindDecision } from '../decision.ts';
import { inMoney } from '../explain.ts';
import { addDays, localDate, outOfQuiet } from './hours.ts';

/** Days after the booking at which the message is old news: what was found out by then is told by a person. */
const STALE_DAYS = 2;

/** The message about the oldest overpayment that nobody was told of; null when there is none. Not sent to a borrower who has died. */
export function overpaidMessage({ plan, noticeKeys, strategy, now, zone }: Collection): RemindDecision | null {
  const today = localDate(now, zone);
  const receipt = plan.receipts.find(
    (r) =>
      r.overpaid > 0 &&
      !r.back &&
      !noticeKeys.has(`${r.id}:overpaid`) &&
      today <= addDays(localDate(r.bookedAt, zone), STALE_DAYS) &&
      !plan.holds.some((h) => h.kind === 'death'),
  );
  if (!receipt) return null;
  const { id, minor, overpaid, valueDate, bookedAt } = receipt;
  const money = (m: number): string => inMoney(m, plan.currency);
  return {
    kind: 'remind',
    at: outOfQuiet(bookedAt, strategy.quietHours, zone),
    template: 'overpaid',
    key: `${id}:overpaid`,
    instalmentIds: receipt.targets,
    dueDate: valueDate,
    mandateId: null,
    debitDate: valueDate,
    minor: overpaid,
    because: `of the ${money(minor)} that came in on ${valueDate}, ${money(overpaid)} is more than was owed`,
  };
}
