/** Moves of notices, each with its event, written together: the feed never says something that the notice does not. */
import type { Evidence } from '../../domain/attempt.ts';
import type { NewEvent } from '../../domain/event.ts';
import { next } from '../../domain/machine.ts';
import { NOTICE, type Notice, type NoticeEvent } from '../../domain/notice.ts';
import { writeFresh } from '../stale.ts';
import type { World } from '../world.ts';

/** `notice` as read; `event` null for one born `blocked`, which moves nowhere but is told all the same. */
export type Move = Readonly<{ notice: Notice; event: NoticeEvent | null; set: Partial<Notice>; evidence: Evidence | null }>;

export const moveOf = (notice: Notice, event: NoticeEvent, set: Partial<Notice>, evidence: Evidence | null = null): Move => ({
  notice,
  event,
  set: { ...set, state: next(NOTICE, notice.state, event) },
  evidence,
});

const BATCH = 500;

/** Writes the moves; one that somebody else has made meanwhile is left as it stands. */
export async function tell(world: World, moves: readonly Move[]): Promise<void> {
  for (let at = 0; at < moves.length; at += BATCH)
    await writeFresh(moves.slice(at, at + BATCH), (part) => {
      const moving = part.filter((m) => m.event !== null);
      const notices = moving.map(({ notice, set }) => ({ id: notice.id, from: notice, set }));
      return world.store.transact((tx) => tx.write({ notices, events: part.map((m) => eventOf(world, m)) }, null));
    });
}

/** Each try has one event for its outcome, numbered as the try; a delivery report after it is the next. */
const numberOf = ({ tries, state }: Notice): number => (state === 'sending' || state === 'blocked' ? tries : tries + 1);

function eventOf(world: World, { notice, set, evidence }: Move): NewEvent {
  const after = { ...notice, ...set };
  const { key, template, announces } = notice;
  return {
    subject: notice.id,
    n: numberOf(notice),
    type: `notice.${after.state}`,
    lenderId: notice.lenderId,
    borrowerId: notice.borrowerId,
    planId: notice.planId,
    bucket: notice.bucket,
    from: after.state === notice.state ? null : notice.state,
    to: after.state,
    at: world.clock.now(),
    by: 'duly',
    why: after.why ?? `message "${template}"`,
    evidence,
    currency: null,
    posting: [],
    data: { key, template, debitDate: announces?.debitDate ?? null, minor: announces?.minor ?? null },
  };
}
