/**
 * What is behind a discrepancy that comparing files has found, and what follows. Pure, and asked again and again: whatever is known by now goes
 * in, the steps to be taken come out, none where nothing is new.
 *
 * A cause is named from evidence alone: the attempt as it stands, the channel's own answer, the file of the next day. Nothing is denied or
 * given back here.
 */
import { type Attempt, isOpen } from './attempt.ts';
import type { Instant } from './clock.ts';
import { becomesOf } from './desk.ts';
import { type Asked, type Discrepancy, isSettled, rowStatusOf } from './discrepancy.ts';
import type { Step } from './discrepancy-step.ts';
import { reverse } from './ledger.ts';
import { oursNow, restated, suspenseOf } from './suspense.ts';

export type Known = Readonly<{
  attempt: Attempt | null;
  /** What our refund of this number has moved, below zero; null where there is none. */
  refundMinor: number | null;
  /** What the channel answered just now; null when it was not asked. */
  asked: Asked | null;
  /** The file of the day after has been compared. */
  nextDayPassed: boolean;
  now: Instant;
}>;

/** Steps without who and when; each is one event. */
export type Finding = Pick<Step, 'type' | 'why'> & Partial<Pick<Step, 'move' | 'set' | 'posting' | 'data' | 'evidence'>>;

/** The file's sum of a discrepancy, + towards us. */
export const theirsOf = (d: Discrepancy): number => (d.facts.theirs as { minor: number } | null | undefined)?.minor ?? 0;
const isPayment = (d: Discrepancy): boolean => d.facts.movement === 'payment';

/** Whether the channel's own word is wanted before anything else: never on what it has said by a row of its own that fits an attempt. */
export function wantsAsking(d: Discrepancy, attempt: Attempt | null): boolean {
  if (d.asked && d.asked.kind !== 'unknown') return false;
  if (!isPayment(d)) return false;
  if (d.kind === 'surplus') return attempt === null;
  // What was carried over has waited its run: from then on it is a shortage like any other.
  return d.state !== 'carriedOver';
}

export function findings(d: Discrepancy, known: Known): Finding[] {
  // Late files and deposits that differ are explained by those who found them.
  if (isSettled(d.state) || !d.channel || !d.facts.movement) return [];
  const out: Finding[] = [];
  if (known.asked)
    out.push({
      type: 'queried',
      why: `asked the channel: ${known.asked.rawText || known.asked.kind}`,
      set: { asked: known.asked },
      data: { asked: known.asked },
    });
  const asked = known.asked ?? d.asked;
  const ours = d.facts.movement === 'refund' ? known.refundMinor : oursNow(d, known.attempt);
  const wanted = ours === null ? d.suspense : suspenseOf(d.channel, theirsOf(d) - ours);
  if (d.suspense.length > 0 && wanted.length === 0) return [...out, agreed(d, known)];
  if (d.suspense.length === 0 && d.facts.theirs && isUnknown(d)) return [...out, harmless(d)];
  const cause = d.cause ?? causeOf(d, known, asked);
  const lapses = d.state === 'carriedOver' && known.nextDayPassed;
  const posting = ours === null ? [] : restated(d, d.channel, theirsOf(d), ours);
  if (posting.length)
    out.push({
      type: 'restated',
      why: `our side of it has changed: ${ours} with us, ${theirsOf(d)} in the file`,
      ...(d.state === 'open' ? { move: 'suspend' as const } : {}),
      posting,
      set: { oursMinor: ours === null ? d.oursMinor : Math.abs(ours) },
    });
  if (isDone(d, known))
    out.push({
      type: 'released',
      why: 'the attempt is what it was accepted to be: what is left is open to the next act',
      set: { underway: null },
    });
  if (lapses) out.push({ type: 'lapsed', why: 'the next day’s file does not have it either', move: 'lapse', set: { cause } });
  else if (cause !== d.cause) out.push({ type: 'tested', why: SAYS[cause as string] ?? `its cause: ${cause}`, set: { cause } });
  return out;
}

/** What was accepted has nothing more to change of the attempt. */
const isDone = (d: Discrepancy, { attempt }: Known): boolean =>
  d.underway?.act === 'accept' && (attempt === null || becomesOf(d, attempt) === null);

/** Both sides agree by now: what was held is reversed. */
function agreed(d: Discrepancy, known: Known): Finding {
  const cause = d.cause ?? agreementOf(d, known);
  return {
    type: 'explained',
    why: SAYS[cause] ?? 'both sides agree',
    move: 'correct',
    posting: reverse(d.suspense),
    set: { cause, ended: 'agrees' },
    ...(known.attempt ? { evidence: { kind: 'self' as const, ref: known.attempt.id } } : {}),
  };
}

function agreementOf(d: Discrepancy, { attempt }: Known): string {
  if (d.facts.movement === 'return') return 'lateReturn';
  if (d.facts.movement === 'refund') return 'lateRefund';
  if (d.kind === 'surplus') return isOpen((d.facts.attemptState ?? 'unknown') as Attempt['state']) ? 'lostResult' : 'lateSuccess';
  return attempt?.takenOn === null ? 'neverTaken' : 'agrees';
}

/** A number nobody knows, by a row that moved nothing. */
const isUnknown = (d: Discrepancy): boolean => d.attemptId === null && theirsOf(d) === 0;
const harmless = (d: Discrepancy): Finding => ({
  type: 'explained',
  why: 'a row of a number nobody knows, which moved no money',
  move: 'correct',
  set: { cause: d.cause ?? 'unknownRow', ended: 'noMoney' },
});

/** Null while nothing proves one. */
function causeOf(d: Discrepancy, known: Known, asked: Asked | null): string | null {
  switch (d.kind) {
    case 'carriedOver':
      return known.nextDayPassed ? 'missingRow' : null;
    case 'shortage':
      if (asked?.kind === 'notFound' && isPayment(d)) return 'notFound';
      return known.nextDayPassed ? 'missingRow' : null;
    case 'amountMismatch':
      if (asked?.minor === undefined || asked.minor === null) return null;
      return asked.minor === d.oursMinor ? 'changedAmount' : 'otherAmount';
    case 'statusMismatch':
      if (rowStatusOf(d) === 'succeeded') return null;
      return asked?.kind === 'succeeded' ? 'changedStatus' : null;
    case 'duplicate': {
      const number = d.facts.channelTradeNo;
      if (number !== null && (number === known.attempt?.channelTradeNo || number === asked?.channelTradeNo))
        return asked ? 'doubledRow' : null;
      return asked?.kind === 'succeeded' || asked?.kind === 'returned' ? 'takenTwice' : null;
    }
    case 'surplus':
      if (d.attemptId !== null) return isPayment(d) && theirsOf(d) !== known.attempt?.amount.minor ? 'otherAmount' : null;
      if (d.outTradeNo === null) return 'unknownRow';
      if (asked?.kind === 'notFound') return 'unknownRow';
      return asked?.kind === 'succeeded' ? 'notOurs' : null;
    default:
      return null;
  }
}

/** What a corrected file that shows it no more proves to have been wrong in the one before. */
export function causeIfCorrected(d: Discrepancy): string {
  if (d.cause) return d.cause;
  switch (d.kind) {
    case 'carriedOver':
    case 'shortage':
      return 'missingRow';
    case 'amountMismatch':
      return 'changedAmount';
    case 'statusMismatch':
      return 'changedStatus';
    case 'duplicate':
      return 'doubledRow';
    default:
      return d.attemptId === null ? 'unknownRow' : 'correctedFile';
  }
}

const SAYS: Readonly<Record<string, string>> = {
  lostResult: 'the file tells how a debit ended whose answer was lost',
  lateSuccess: 'the file has a debit taken that stood as ended',
  lateReturn: 'the file alone told that the money went back',
  lateRefund: 'our refund stands in both by now',
  neverTaken: 'the channel itself says that it was never taken',
  missingRow: 'the row is missing from this file and from the next',
  notFound: 'the channel does not know the number: a person decides',
  changedAmount: 'the channel itself says our amount: the file’s is wrong',
  otherAmount: 'the channel moved another amount than was asked: a person decides',
  changedStatus: 'the channel itself says that it was taken: the file’s status is wrong',
  doubledRow: 'the row repeats another with the same number of the channel’s',
  takenTwice: 'a second debit under one order number: a person decides what goes back',
  unknownRow: 'the channel itself does not know the number either',
  notOurs: 'the channel took it, under a number that we never sent',
};
