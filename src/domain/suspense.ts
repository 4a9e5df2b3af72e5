/** Money nobody has explained yet (挂账): which difference between a file and our records lies in suspense, and on which side. */
import type { Attempt } from './attempt.ts';
import type { Discrepancy } from './discrepancy.ts';
import { clearingAccount, entry, type LedgerLine, line, reverse } from './ledger.ts';

/** More in the file than with us, and less. */
export const SURPLUS = '2241.01';
export const SHORTAGE = '1221.01';

/** What the channel moved, as its rows say: a debit towards us, money going back away from us. */
export type Movement = 'payment' | 'return' | 'refund' | 'other';

/**
 * The posting that makes the day's movement on the channel's account what the file says: `minor` is the file above our records, + towards us.
 * Dr 1012.01 / Cr 2241.01 for a surplus, Dr 1221.01 / Cr 1012.01 for a shortage; empty for zero.
 */
export const suspenseOf = (channel: string, minor: number): LedgerLine[] =>
  entry([line(clearingAccount(channel), minor), line(minor > 0 ? SURPLUS : SHORTAGE, -minor)]);

/** What our books have of the movement as they stand now, + towards us; null where it is none of an attempt's. */
export function oursNow(d: Discrepancy, attempt: Attempt | null): number | null {
  if (d.kind === 'duplicate') return 0;
  const movement = (d.facts.movement ?? 'payment') as Movement;
  if (movement === 'refund' || movement === 'other') return null;
  if (!attempt) return 0;
  if (d.currency !== attempt.amount.currency) return 0;
  if (movement === 'payment') return attempt.takenOn === null ? 0 : attempt.amount.minor;
  return attempt.returnedOn === null ? 0 : -attempt.amount.minor;
}

/** What is still to be posted so that suspense holds the file's sum (`theirs`, + towards us) above ours: empty where it does. */
export const restated = (d: Discrepancy, channel: string, theirs: number, ours: number): LedgerLine[] =>
  entry([...reverse(d.suspense), ...suspenseOf(channel, theirs - ours)]);
