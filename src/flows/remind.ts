/**
 * Sends messages to borrowers, at most one a key: losing a message beats sending two.
 *
 * The key is claimed by an insert before anything is sent, so of two workers one sends. An answer that was lost leaves the message `unsure`: it
 * is listed and never sent again on a guess. Each outcome and its event are written in one transaction a batch, guarded by the state as read.
 */
import type { Borrower } from '../domain/borrower.ts';
import type { Instant } from '../domain/clock.ts';
import type { RemindDecision } from '../domain/decision.ts';
import { inMoney } from '../domain/explain.ts';
import type { Lender } from '../domain/lender.ts';
import type { Notice } from '../domain/notice.ts';
import type { Plan } from '../domain/plan.ts';
import { type Move, tell } from './remind/moves.ts';
import { quietUntil, skipForQuiet } from './remind/quiet.ts';
import { dispatch } from './remind/send.ts';
import type { World } from './world.ts';

export { fetchDeliveries } from './remind/deliveries.ts';
export { markUnsure, retryNotices } from './remind/retry.ts';

/** `accountLast4`: of the account that the message names; empty where it names none. */
export type NoticeDraft = Readonly<{ plan: Plan; borrower: Borrower; lender: Lender; accountLast4: string; decision: RemindDecision }>;

export type NoticeReport = Readonly<{
  sent: number;
  failed: number;
  unsure: number;
  /** Opted out, or no number. */
  blocked: number;
  blockedByQuietHours: number;
  /** The key was taken: somebody else sends, or has sent it. */
  repeated: number;
  /** What quiet hours hold back: not claimed, to be decided on again at `at`. */
  later: readonly Readonly<{ planId: string; at: Instant }>[];
}>;

export async function sendNotices(world: World, drafts: readonly NoticeDraft[]): Promise<NoticeReport> {
  const now = world.clock.now();
  const quiet = drafts.map((draft) => ({ draft, until: quietUntil(world, draft.plan, draft.lender, now) }));
  const held = quiet.flatMap(({ draft, until }) => (until ? [{ draft, until }] : []));
  const ready = quiet.filter(({ until }) => !until).map(({ draft }) => draft);
  await skipForQuiet(world, held, now);
  const drawn = new Map(ready.map((draft) => [world.ids.next('ntc'), draft]));
  const mine = await world.store.notices.claim([...drawn].map(([id, draft]) => noticeOf(world, id, draft, now)));
  const moves = await dispatch(
    world,
    mine.filter((n) => n.state === 'sending').map((notice) => ({ notice, to: (drawn.get(notice.id) as NoticeDraft).borrower.phone })),
  );
  const blocked: Move[] = mine.filter((n) => n.state === 'blocked').map((notice) => ({ notice, event: null, set: {}, evidence: null }));
  await tell(world, [...moves, ...blocked]);
  const count = (state: Notice['state']) => moves.filter((m) => m.set.state === state).length;
  return {
    sent: count('sent'),
    failed: count('failed'),
    unsure: count('unsure'),
    blocked: blocked.length,
    blockedByQuietHours: held.length,
    repeated: ready.length - mine.length,
    later: held.map(({ draft, until }) => ({ planId: draft.plan.id, at: until })),
  };
}

/** The words of a message by name: amounts in major units with their currency, days, the account's tail, the lender's name. */
const valuesOf = ({ lender, accountLast4, decision, plan }: NoticeDraft): Readonly<Record<string, string>> => ({
  lender: lender.name,
  amount: inMoney(decision.minor, plan.currency),
  date: decision.debitDate,
  due: decision.dueDate,
  tail: accountLast4,
});

function noticeOf(world: World, id: string, draft: NoticeDraft, now: Instant): Notice {
  const { plan, borrower, decision, accountLast4 } = draft;
  const why = borrower.optedOutAt ? 'the borrower wants no messages' : borrower.phone === '' ? 'no phone number is known' : null;
  const { dueDate, debitDate, minor } = decision;
  const params = valuesOf(draft);
  return {
    id,
    lenderId: plan.lenderId,
    borrowerId: borrower.id,
    planId: plan.id,
    bucket: plan.bucket,
    key: decision.key,
    template: decision.template,
    language: borrower.language,
    params,
    text: world.templates.fill(decision.template, borrower.language, params),
    toLast4: borrower.phone.slice(-4),
    announces: decision.mandateId === null ? null : { dueDate, debitDate, minor, accountLast4 },
    state: why === null ? 'sending' : 'blocked',
    why,
    gatewayNo: null,
    tries: 1,
    retryAt: null,
    createdAt: now,
    sentAt: null,
    deliveredAt: null,
  };
}
