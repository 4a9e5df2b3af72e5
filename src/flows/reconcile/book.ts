/** What a run itself books and tells: the channel's fees by lender, and that it was compared and closed. */
import type { Evidence } from '../../domain/attempt.ts';
import type { Instant } from '../../domain/clock.ts';
import { HOUSE } from '../../domain/discrepancy.ts';
import { type NewEvent, OF_NOBODY } from '../../domain/event.ts';
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
  ...OF_NOBODY,
  lenderId: HOUSE,
  from,
  to: run.state,
  at,
  by: 'duly',
  why: type === 'matched' ? 'the file was compared row by row' : 'nothing of the day is unsettled',
  evidence: fileOf(run),
  data: { channel: run.channel, businessDate: run.businessDate, ...data },
});

/** Dr 6421 / Cr 1012.01 with each lender's fees of the file, above what is booked of the day already; none where nothing has changed. */
export async function feeEvents(world: World, run: Reconciliation, lenders: readonly LenderDay[]): Promise<NewEvent[]> {
  const was = new Map(run.booked.map((d) => [keyOf(d), d]));
  const now = new Map(lenders.map((d) => [keyOf(d), d]));
  const fee = (days: ReadonlyMap<string, LenderDay>, key: string): number => days.get(key)?.feeMinor ?? 0;
  const changed = [...new Set([...was.keys(), ...now.keys()])].filter((key) => fee(was, key) !== fee(now, key)).sort();
  const booked = await world.store.discrepancies.eventsOf(changed.map((key) => `${run.id}/${key}`));
  const last = new Map(booked.map((e) => [e.subject, e.n]));
  return changed.map((key) => {
    const { lenderId, currency } = (now.get(key) ?? was.get(key)) as LenderDay;
    const minor = fee(now, key) - fee(was, key);
    const subject = `${run.id}/${key}`;
    const n = (last.get(subject) ?? 0) + 1;
    return {
      ...OF_NOBODY,
      subject,
      n,
      type: 'reconciliation.feesBooked',
      lenderId,
      at: world.clock.now(),
      by: 'duly',
      why: n === 1 ? 'the channel’s fees, by its own file' : 'the corrected file has other fees',
      evidence: fileOf(run),
      currency,
      posting: entry([line('6421', minor), line(clearingAccount(run.channel), -minor)]),
      data: { channel: run.channel, businessDate: run.businessDate, feeMinor: fee(now, key) },
    };
  });
}

const keyOf = ({ lenderId, currency }: LenderDay): string => `${lenderId}/${currency}`;
const fileOf = ({ statementId }: Reconciliation): Evidence | null => (statementId ? { kind: 'statement', ref: statementId } : null);
