/**
 * The due sweep: decide, permit, remind, hand over, debit. Everything due is looked at; the decider alone says what is to be done, the gate
 * alone says whether a debit may leave. Safe to run twice at once: the lease, the notice key and the intent's unique indexes each let one win.
 */
import { fallDue } from '../domain/booking.ts';
import { addDays, atLocal, plusMinutes } from '../domain/clock.ts';
import { decideNext } from '../domain/decide.ts';
import type { DebitDecision, Decision } from '../domain/decision.ts';
import type { NewEvent } from '../domain/event.ts';
import { type NextAction, outstanding, type Plan } from '../domain/plan.ts';
import { type CollectionsRecord, NO_WORK, type Skip, type TickReport } from '../domain/records.ts';
import { collectionOf, type Gathered, gather } from './gather.ts';
import { type Intended, intend } from './intend.ts';
import { present } from './present.ts';
import { planEvent } from './record.ts';
import { type NoticeDraft, sendNotices } from './remind.ts';
import { type Held, type Looked, sweep } from './sweep.ts';
import type { World } from './world.ts';

/** Decisions about one plan in one pass; more than this is a decider that does not move on. */
const MOST_STEPS = 12;

export const collect = (world: World): Promise<TickReport> => sweep(world, 'plans', (held) => collectBatch(world, held));

type Next = Readonly<{ id: string; version: number; nextAction: NextAction; deferral?: Plan['deferral'] }>;

/** What one pass over a batch wants done. */
class Desk {
  readonly events: NewEvent[] = [];
  readonly plans = new Map<string, Plan>();
  readonly opened: CollectionsRecord[] = [];
  readonly closed: { id: string; at: Date }[] = [];
  readonly drafts: NoticeDraft[] = [];
  readonly nexts: Next[] = [];
  readonly skips: Skip[] = [];
  readonly intended: Intended[] = [];

  constructor(
    readonly world: World,
    readonly now: Date,
  ) {}

  next(plan: Plan, nextAction: NextAction, deferral?: Plan['deferral']): void {
    this.nexts.push({ id: plan.id, version: plan.version, nextAction, deferral });
  }
}

async function collectBatch(world: World, held: Held): Promise<Looked> {
  const due = await world.store.work.duePlans(held.lease, world.clock.now(), world.settings.batch);
  if (!due.length) return { ...NO_WORK, more: false };
  const [batch] = await Promise.all([gather(world, due), readBrakes(world, held)]);
  const desk = new Desk(world, batch.now);
  for (const row of batch.rows) decideRow(desk, row, batch.stops);
  if (desk.plans.size && !(await writePlans(world, held, desk))) return { ...NO_WORK, lookedAt: due.length, more: true };
  const told = await sendNotices(world, desk.drafts);
  // What quiet hours hold back has no key yet: the plan is looked at again when they end at the latest.
  const quietUntil = new Map(told.later.map((l) => [l.planId, l.at]));
  const nexts = desk.nexts.map((n): Next => {
    const at = quietUntil.get(n.id);
    const sooner = at && !(n.nextAction.at && n.nextAction.at < at);
    return sooner ? { ...n, nextAction: { kind: 'remind', at, because: 'a message waits for the end of the quiet hours' } } : n;
  });
  await Promise.all([world.store.work.putSkips(desk.skips), world.store.work.setNext(nexts)]);
  const sent = await present(world, held, desk.intended);
  const oldestDue = due[0]?.nextAction.at ?? null;
  // Results set their plans to be decided on at once; a message sent just now may let a debit follow.
  const more =
    due.length === world.settings.batch ||
    sent.sent + sent.lost > 0 ||
    desk.nexts.some((n) => n.nextAction.at !== null && n.nextAction.at <= desk.now);
  return {
    more,
    lookedAt: due.length,
    did: desk.drafts.length + sent.sent + desk.events.length,
    refused: desk.skips.length,
    failed: sent.lost,
    oldestDue,
  };
}

/** Once a lease: what the banks have left unanswered. */
async function readBrakes(world: World, held: Held): Promise<void> {
  if (held.braked) return;
  held.braked = true;
  for (const name of world.channels.keys()) world.brakes.set(name, await world.store.work.channelBrake(name));
}

/** False when a plan changed under us: it is still due, and the next pass sees it as it is now. */
async function writePlans(world: World, held: Held, desk: Desk): Promise<boolean> {
  try {
    const changes = { events: desk.events, plans: [...desk.plans.values()], newCollections: desk.opened, closeCollections: desk.closed };
    await world.store.transact((tx) => tx.write(changes, held.lease));
    return true;
  } catch (error) {
    if ((error as { code?: string }).code !== 'STALE') throw error;
    return false;
  }
}

function decideRow(desk: Desk, gathered: Gathered, stops: Parameters<typeof intend>[2]): void {
  const { now } = desk;
  let row = fallenDue(desk, gathered);
  let collection = collectionOf(row, now);
  for (let step = 0; step < MOST_STEPS; step++) {
    const decision = decideNext(collection, row.calendar);
    const at = decision.kind === 'stop' ? null : decision.at;
    if (decision.kind === 'stop' || decision.kind === 'wait' || at === null || at > now) {
      desk.next(row.plan, nextOf(decision));
      return;
    }
    if (decision.kind === 'debit') {
      // A message that was only just sent gives no notice yet: the debit is decided on again once it is in the books.
      if (step > 0 && desk.drafts.some((d) => d.plan.id === row.plan.id))
        desk.next(row.plan, { kind: 'decide', at: now, because: decision.because });
      else debit(desk, row, decision, stops);
      return;
    }
    if (decision.kind === 'remind') {
      const last4 = row.mandates.find((m) => m.id === decision.mandateId)?.accountLast4 ?? '';
      desk.drafts.push({ plan: row.plan, borrower: row.borrower, lender: row.lender, accountLast4: last4, decision });
      collection = { ...collection, noticeKeys: new Set([...collection.noticeKeys, decision.key]) };
      continue;
    }
    row = decision.kind === 'escalate' ? handedOver(desk, row, decision.stage, decision.because) : recalled(desk, row, decision.because);
    collection = { ...collection, plan: row.assessed };
  }
  desk.world.log.error({ planId: row.plan.id }, 'the decider does not move on: left alone for an hour');
  desk.next(row.plan, { kind: 'decide', at: plusMinutes(now, 60), because: 'the decision did not settle' });
}

const nextOf = (d: Decision): NextAction =>
  d.kind === 'stop' ? { kind: 'stop', at: null, because: d.because } : { kind: d.kind, at: d.at, because: d.because };

/** One event a pass and plan; later changes of the same pass ride on the version it wrote. */
function change(
  desk: Desk,
  row: Gathered,
  plan: Plan,
  event: Omit<NewEvent, 'subject' | 'n' | 'lenderId' | 'borrowerId' | 'planId' | 'bucket' | 'currency'> & Pick<NewEvent, 'currency'>,
): Gathered {
  const n = plan.eventN + 1;
  const version = desk.plans.has(plan.id) ? plan.version : plan.version + 1;
  const changed: Plan = { ...plan, eventN: n, version };
  desk.events.push({ ...planEvent(plan, n, event.type, event.why, desk.now, event.data), posting: event.posting });
  desk.plans.set(plan.id, changed);
  return { ...row, plan: changed, assessed: changed };
}

/** What fell due since it was last looked at: its interest is income now, its penalty as assessed. */
function fallenDue(desk: Desk, row: Gathered): Gathered {
  const { plan, posting } = fallDue(row.plan, row.today);
  const same = plan.instalments.every((i, k) => i.state === row.plan.instalments[k]?.state);
  if (!posting.length && same) return row;
  const why = `as of ${row.today}`;
  return change(desk, row, plan, { ...planEvent(plan, 0, 'plan.fellDue', why, desk.now, { through: row.today }), posting });
}

function handedOver(desk: Desk, row: Gathered, stage: string, because: string): Gathered {
  const id = desk.world.ids.next('col');
  const { plan } = row;
  const outstandingMinor = plan.instalments.reduce((sum, i) => sum + (i.dueDate <= row.today ? outstanding(i) : 0), 0);
  const known = plan.collections;
  if (!known)
    desk.opened.push({
      id,
      lenderId: plan.lenderId,
      planId: plan.id,
      borrowerId: plan.borrowerId,
      bucket: plan.bucket,
      stage,
      openedAt: desk.now,
      closedAt: null,
      outstandingMinor,
      currency: plan.currency,
      because,
    });
  const collections = known ? { ...known, stage } : { id, openedAt: desk.now, stage };
  const type = known ? 'plan.collectionsStage' : 'plan.handedOver';
  return change(
    desk,
    row,
    { ...plan, collections },
    planEvent(plan, 0, type, because, desk.now, { caseId: collections.id, stage, outstandingMinor }),
  );
}

function recalled(desk: Desk, row: Gathered, because: string): Gathered {
  const { plan } = row;
  if (plan.collections) desk.closed.push({ id: plan.collections.id, at: desk.now });
  return change(
    desk,
    row,
    { ...plan, collections: null },
    planEvent(plan, 0, 'plan.recalled', because, desk.now, { caseId: plan.collections?.id ?? null }),
  );
}

function debit(desk: Desk, row: Gathered, decision: DebitDecision, stops: Parameters<typeof intend>[2]): void {
  const answer = intend(desk.world, row, stops, decision, desk.now);
  if (answer.kind === 'intended') {
    desk.intended.push(answer);
    // Another plan of this batch on the same account or mandate must see it.
    row.accountAttempts.get(answer.attempt.accountKey)?.push(answer.attempt);
    row.mandateAttempts.get(answer.attempt.mandateId)?.push(answer.attempt);
    return;
  }
  const { refusal, channel } = answer;
  const tomorrow = atLocal(addDays(row.today, 1), '00:00', row.lender.timeZone);
  const until = refusal.retryAt && refusal.retryAt > desk.now ? refusal.retryAt : tomorrow;
  desk.skips.push({
    id: desk.world.ids.next('skp'),
    lenderId: row.plan.lenderId,
    planId: row.plan.id,
    bucket: row.plan.bucket,
    date: row.today,
    rule: refusal.rule,
    source: refusal.source,
    says: refusal.says,
    counters: refusal.counters,
    trigger: decision.trigger,
    dueDate: decision.dueDate,
    minor: decision.minor,
    retryAt: refusal.retryAt,
    at: desk.now,
  });
  desk.world.log.info({ planId: row.plan.id, rule: refusal.rule, channel }, 'debit refused by the gate');
  desk.next(row.plan, { kind: 'wait', at: until, because: refusal.says }, { until, rule: refusal.rule });
}
