/** The one retry of a message that the gateway could not take, and messages whose sender died half way. */
import { dateIn, type Instant, plusMinutes } from '../../domain/clock.ts';
import type { Notice } from '../../domain/notice.ts';
import { NO_WORK, type TickReport } from '../../domain/records.ts';
import { writeFresh } from '../stale.ts';
import type { World } from '../world.ts';
import { moveOf, tell } from './moves.ts';
import { quietUntil } from './quiet.ts';
import { dispatch, type Outgoing } from './send.ts';

/** A send that is not back after this long has lost its sender. */
const SEND_MINUTES = 10;

/** Tries failed messages once more under their old key, outside quiet hours, unless the debit they announce has come. */
export async function retryNotices(world: World, limit: number): Promise<TickReport> {
  const now = world.clock.now();
  const due = await world.store.notices.retryable(now, limit);
  if (!due.length) return NO_WORK;
  const { ready, late } = await sorted(world, due, now);
  await world.store.notices.record(late.map(({ id }) => ({ id, set: { retryAt: null } })));
  const taken = await take(world, ready);
  const moves = await dispatch(world, taken);
  await tell(world, moves);
  const sent = moves.filter((m) => m.set.state === 'sent').length;
  const oldestDue = due.reduce<Instant | null>((at, n) => (n.retryAt && (!at || n.retryAt < at) ? n.retryAt : at), null);
  return { lookedAt: due.length, did: sent, refused: due.length - ready.length, failed: moves.length - sent, oldestDue };
}

/** What may be said now; what has lost its meaning, or its reader. Those that quiet hours hold back are in neither. */
async function sorted(world: World, due: readonly Notice[], now: Instant): Promise<Readonly<{ ready: Outgoing[]; late: Notice[] }>> {
  const ids = (pick: (n: Notice) => string) => [...new Set(due.map(pick))];
  const byId = <T extends { id: string }>(list: readonly T[]) => new Map(list.map((x) => [x.id, x]));
  const [plans, borrowers, lenders] = await Promise.all([
    world.store.work.plans(ids((n) => n.planId)).then(byId),
    world.store.work.borrowers(ids((n) => n.borrowerId)).then(byId),
    world.store.work.lenders(ids((n) => n.lenderId)).then(byId),
  ]);
  const ready: Outgoing[] = [];
  const late: Notice[] = [];
  for (const notice of due) {
    const [plan, borrower, lender] = [plans.get(notice.planId), borrowers.get(notice.borrowerId), lenders.get(notice.lenderId)];
    const tooLate = lender && notice.announces && dateIn(now, lender.timeZone) >= notice.announces.debitDate;
    if (!plan || !lender || !borrower || borrower.optedOutAt || tooLate) late.push(notice);
    else if (!quietUntil(world, plan, lender, now)) ready.push({ notice, to: borrower.phone });
  }
  return { ready, late };
}

/** failed → sending, guarded: of two workers one gets it. No event of its own: the outcome is the next one. */
async function take(world: World, ready: readonly Outgoing[]): Promise<Outgoing[]> {
  const moves = ready.map(({ notice, to }) => ({
    notice,
    to,
    set: moveOf(notice, 'retry', { tries: notice.tries + 1, retryAt: null }).set,
  }));
  const mine = await writeFresh(moves, (part) =>
    world.store.transact((tx) =>
      tx.write({ events: [], notices: part.map(({ notice, set }) => ({ id: notice.id, from: notice, set })) }, null),
    ),
  );
  return mine.map(({ notice, to, set }) => ({ notice: { ...notice, ...set }, to }));
}

/** `sending` for longer than a send can take: it may have gone out, so it is never sent again; a delivery report may still clear it up. */
export async function markUnsure(world: World, limit: number): Promise<TickReport> {
  const now = world.clock.now();
  const stale = await world.store.notices.stale(plusMinutes(now, -SEND_MINUTES), limit);
  if (!stale.length) return NO_WORK;
  await tell(
    world,
    stale.map((notice) => moveOf(notice, 'lose', { why: 'the sender stopped half way', retryAt: null })),
  );
  return { ...NO_WORK, lookedAt: stale.length, did: stale.length, oldestDue: stale[0]?.createdAt ?? null };
}
