/**
 * What an act of the discrepancy desk does to the books. Pure: a discrepancy and an act go in; what is to be done and its posting come out.
 *
 * In suspense a difference stands on one of two accounts, against the channel's clearing account: 2241.01 where the file has more than we do
 * (surplus), 1221.01 where it has less (shortage). An act takes it from there:
 *
 *   accept     the file is right. Where an attempt says otherwise, the attempt is brought to what the file says, and the suspense is reversed
 *              when it agrees. Else a shortage was the channel's fee, taken inside the amount (Dr 6421 / Cr 1221.01), and a surplus is the
 *              lender's (Dr 2241.01 / Cr 2241.05); what belongs to no lender cannot be accepted.
 *   adjust     to a named account: a shortage Dr 6421 or 2241.05 / Cr 1221.01, a surplus Dr 2241.01 / Cr 6421, 2241.05 or 6022.
 *   refund     a surplus goes back the way it came; it stays in suspense until the refund's own row stands in a file, then both are reversed.
 *   writeOff   a shortage is borne by the house: Dr 6702 / Cr 1221.01. A surplus is somebody's money and is never written off.
 */
import { type Attempt, isOpen } from './attempt.ts';
import { ATTEMPT_KINDS, type Discrepancy, HOUSE, type MoneyAct, rowStatusOf } from './discrepancy.ts';
import { Conflict } from './errors.ts';
import { entry, type LedgerLine, line } from './ledger.ts';
import { SHORTAGE, SURPLUS } from './suspense.ts';

/** Accounts an adjustment may name, by the side the difference stands on. The lender's own account is not open to what belongs to no lender. */
const ADJUSTABLE: Readonly<Record<string, readonly string[]>> = { [SHORTAGE]: ['6421', '2241.05'], [SURPLUS]: ['6421', '2241.05', '6022'] };
export const ADJUSTMENT_ACCOUNTS = [...new Set(Object.values(ADJUSTABLE).flat())];

/** What the attempt is to become where it is the file that is right. */
export type Becomes = 'succeeded' | 'failed' | 'returned';

/** `attempt`: evidence for it, and the rest follows when it agrees; `post`: closed by this posting; `send`: a refund, closed by its row. */
export type Deed =
  | Readonly<{ kind: 'attempt'; becomes: Becomes }>
  | Readonly<{ kind: 'post'; posting: readonly LedgerLine[]; move: 'correct' | 'writeOff' }>
  /** `minor`: what goes back, as it was approved, whatever becomes of the suspense. */
  | Readonly<{ kind: 'send'; minor: number }>;

/** The line on a suspense account; undefined where nothing is in suspense. */
const held = (d: Discrepancy): LedgerLine | undefined => d.suspense.find((l) => l.account === SURPLUS || l.account === SHORTAGE);

/** Takes what is in suspense to another account. */
const taken = (from: LedgerLine, to: string): LedgerLine[] => entry([{ ...from, minor: -from.minor }, line(to, from.minor)]);

const cannot = (d: Discrepancy, act: MoneyAct, why: string, facts: Readonly<Record<string, unknown>> = {}): Conflict =>
  new Conflict('ACT_NOT_POSSIBLE', `discrepancy ${d.id} (${d.kind}) takes no ${act}: ${why}`, { id: d.id, act, ...facts });

/** Throws Conflict ACT_NOT_POSSIBLE where the act does not fit what was found. */
export function deedOf(d: Discrepancy, act: MoneyAct, facts: Readonly<Record<string, unknown>>, attempt: Attempt | null): Deed {
  const inSuspense = held(d);
  switch (act) {
    case 'accept':
      return accept(d, inSuspense, attempt);
    case 'adjust': {
      if (!inSuspense) throw cannot(d, act, 'nothing is in suspense');
      const account = String(facts.account);
      const open = (ADJUSTABLE[inSuspense.account] ?? []).filter((a) => d.lenderId !== HOUSE || a !== '2241.05');
      if (!open.includes(account)) throw cannot(d, act, `its account is one of ${open.join(', ')}`, { account });
      return { kind: 'post', posting: taken(inSuspense, account), move: 'correct' };
    }
    case 'refund':
      if (inSuspense?.account !== SURPLUS) throw cannot(d, act, 'only a surplus can be given back');
      if (!d.outTradeNo || !channelTradeNoOf(d)) throw cannot(d, act, 'the row has no numbers by which the channel could give it back');
      return { kind: 'send', minor: -inSuspense.minor };
    case 'writeOff':
      if (inSuspense?.account !== SHORTAGE) throw cannot(d, act, 'only a shortage can be written off: a surplus is somebody’s money');
      return { kind: 'post', posting: taken(inSuspense, '6702'), move: 'writeOff' };
  }
}

/** The channel's own number of the row that was found. */
export const channelTradeNoOf = (d: Discrepancy): string | null => (d.facts.channelTradeNo as string | null | undefined) ?? null;

function accept(d: Discrepancy, inSuspense: LedgerLine | undefined, attempt: Attempt | null): Deed {
  const becomes = attempt && becomesOf(d, attempt);
  if (becomes) return { kind: 'attempt', becomes };
  if ((ATTEMPT_KINDS as readonly string[]).includes(d.kind)) {
    if (attempt && isOpen(attempt.state))
      throw cannot(d, 'accept', 'its attempt is open: file a case for the attempt', { attemptId: attempt.id });
    return { kind: 'post', posting: [], move: 'correct' };
  }
  if (!inSuspense) throw cannot(d, 'accept', 'nothing is in suspense');
  if (d.facts.movement === 'return') throw cannot(d, 'accept', 'not all of the debit went back: adjust it, or write it off');
  if (inSuspense.account === SHORTAGE) {
    if (d.facts.movement && rowStatusOf(d) !== 'succeeded')
      throw cannot(d, 'accept', 'the file has no money of it that could be right: ask the channel, adjust it, or write it off');
    return { kind: 'post', posting: taken(inSuspense, '6421'), move: 'correct' };
  }
  if (d.lenderId === HOUSE) throw cannot(d, 'accept', 'it belongs to no lender: refund it, or adjust it');
  return { kind: 'post', posting: taken(inSuspense, '2241.05'), move: 'correct' };
}

/** What the file says became of the attempt, where the attempt says otherwise; null where the attempt is not what they differ in. */
export function becomesOf(d: Discrepancy, attempt: Attempt): Becomes | null {
  const { state } = attempt;
  // Money of another currency is none of this attempt's.
  if (d.currency !== null && d.currency !== attempt.amount.currency) return null;
  // A return of a part takes nothing back from the attempt: an attempt goes back whole or not at all.
  if (d.facts.movement === 'return') return state === 'succeeded' && d.theirsMinor === attempt.amount.minor ? 'returned' : null;
  if (d.kind === 'surplus') return state === 'succeeded' || state === 'returned' ? null : 'succeeded';
  // A row that is still pending denies nothing: the bank has not made up its mind.
  const denied = d.kind === 'shortage' || d.kind === 'carriedOver' || (d.kind === 'statusMismatch' && rowStatusOf(d) === 'failed');
  if (denied) return state === 'succeeded' ? 'failed' : null;
  return null;
}
