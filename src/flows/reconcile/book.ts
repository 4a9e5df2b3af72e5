/** What a run itself books and tells: the channel's fees by lender, and that it was compared and closed. */
import type { Instant } from '../../domain/clock.ts';
import { HOUSE } from '../../domain/discrepancy.ts';
import type { NewEvent } from '../../domain/event.ts';
import { clearingAccount, entry, line } from '../../domain/ledger.ts';
import type { LenderDay, Reconciliation } from '../../domain/reconciliation.ts';
import type { World } from '../world.ts';

/** The run's events belong to the house: a channel's file holds several lenders' rows. */
export const runEvent = (
  run: Reconciliation,
  type: 'matched' | 'closed',
  from: string,
  at: Instant,
  data: Readonly<Record<string, unknown>>,
): NewEvent => ({
  subject: run.id,
  n: run.eventN,
  type: `reconciliation.${type}`,
  lenderId: HOUSE,
  borrowerId: null,
  planId: null,
  bucket: 0,
  from,
  to: run.state,
  at,
  by: 'duly',
  why: type === 'matched' ? 'the file was compared row by row' : 'nothing of the day is unsettled',
  evidence: run.statementId ? { kind: 'statement', ref: run.statementId } : null,
  currency: null,
  posting: [],
  data: { channel: run.channel, businessDate: run.businessDate, ...data },
});

/** Dr 6421 / Cr 1012.01 with each lender's fees of the file, above what is booked of the day already; none where nothing has changed. */
export async function feeEvents(world: World, run: Reconciliation, lenders: readonly LenderDay[]): Promise<NewEvent[]> {
  const was = new Map(run.booked.map((d) => [keyOf(d), d]));
  const now = new Map(lenders.map((d) => [keyOf(d), d]));
  const events: NewEvent[] = [];
  for (const key of [...new Set([...was.keys(), ...now.keys()])].sort()) {
    const { lenderId, currency } = (now.get(key) ?? was.get(key)) as LenderDay;
    const minor = (now.get(key)?.feeMinor ?? 0) - (was.get(key)?.feeMinor ?? 0);
    if (minor === 0) continue;
    const subject = `${run.id}/${lenderId}/${currency}`;
    const n = ((await world.store.discrepancies.eventsOf(subject)).at(-1)?.n ?? 0) + 1;
    events.push({
      subject,
      n,
      type: 'reconciliation.feesBooked',
      lenderId,
      borrowerId: null,
      planId: null,
      bucket: 0,
      from: null,
      to: null,
      at: world.clock.now(),
      by: 'duly',
      why: n === 1 ? 'the channel’s fees, by its own file' : 'the corrected file has other fees',
      evidence: run.statementId ? { kind: 'statement', ref: run.statementId } : null,
      currency,
      posting: entry([line('6421', minor), line(clearingAccount(run.channel), -minor)]),
      data: { channel: run.channel, businessDate: run.businessDate, feeMinor: now.get(key)?.feeMinor ?? 0 },
    });
  }
  return events;
}

const keyOf = ({ lenderId, currency }: LenderDay): string => `${lenderId}/${currency}`;
