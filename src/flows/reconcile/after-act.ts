/**
 * What staff have settled, seen against a later file. An act takes a difference out of suspense and leaves the file's sum on clearing; when a
 * corrected file has another sum there, or none, so much lies on clearing that no file ever pays in. No file undoes what two persons have done:
 * the rest is a discrepancy of its own, which explains itself where the file comes back to what was settled.
 */
import type { Instant } from '../../domain/clock.ts';
import { type Discrepancy, isSettled, NEW_DISCREPANCY } from '../../domain/discrepancy.ts';
import { clearingAccount, type LedgerLine } from '../../domain/ledger.ts';
import { suspenseOf } from '../../domain/suspense.ts';
import type { Day, Found } from './found.ts';

/** The cause of such a rest. */
export const AFTER_ACT = 'correctedAfterAct';

const onClearing = (lines: readonly LedgerLine[], channel: string): number =>
  lines.reduce((sum, l) => sum + (l.account === clearingAccount(channel) ? l.minor : 0), 0);

/** What a discrepancy's postings have on clearing. */
export const clearingOf = (d: Discrepancy): number => onClearing(d.suspense, d.channel ?? '');

/** What a settled one has left on clearing for good: by an act of staff, or as one of a pair whose other is the refund's own row. */
export const leftBy = (d: Discrepancy): number =>
  isSettled(d.state) && d.facts.movement ? clearingOf(d) + ((d.facts.pairedMinor as number | undefined) ?? 0) : 0;

/** What the file has of a thing above what our books and the acts on it have; `fresh` is null where the file and our books agree. */
export function beyondActs(known: Discrepancy, left: number, fresh: Found | null, day: Day, now: Instant): Found {
  const minor = (fresh ? onClearing(fresh.suspense, day.channel) : 0) - left;
  const { lenderId, planId, bucket, outTradeNo, currency } = known;
  return {
    ...NEW_DISCREPANCY,
    ...{ lenderId, planId, bucket, outTradeNo, currency },
    key: known.key,
    kind: minor > 0 ? 'surplus' : 'shortage',
    says: `the file has ${minor} beyond what ${known.id} was settled for`,
    facts: { movement: 'other', theirs: null, channelTradeNo: fresh?.facts.channelTradeNo ?? null, refundNo: null, suggestion: null },
    channel: day.channel,
    businessDate: day.businessDate,
    statementId: day.statementId,
    theirsMinor: fresh?.theirsMinor ?? null,
    suspense: suspenseOf(day.channel, minor),
    cause: AFTER_ACT,
    state: 'suspense',
    openedAt: now,
    lookAt: now,
  };
}
