/**
 * Settlement (结算): what each lender is owed over a cycle is cleared into a batch, approved under another key than its maker's, and paid once.
 *
 * How to read it: settle/movements.ts lays down what moved, settle/attach.ts says what goes into a batch, settle/freeze.ts clears it,
 * settle/pay.ts pays it. Everything looks at what there is and may be repeated.
 */
import { addDays, type BusinessDate, dateIn, earliest, type Instant, instant, plusHours } from '../domain/clock.ts';
import { lastPayDay, nextLook } from '../domain/cycle.ts';
import { Conflict } from '../domain/errors.ts';
import type { Lender } from '../domain/lender.ts';
import { NO_WORK, type TickReport } from '../domain/records.ts';
import type { Settlement } from '../domain/settlement.ts';
import type { Actor } from './actor.ts';
import { Faults } from './faults.ts';
import { everyLender } from './lenders.ts';
import { type Filling, fill } from './settle/attach.ts';
import { moved } from './settle/batch.ts';
import { freeze } from './settle/freeze.ts';
import { layDown, relayAll } from './settle/movements.ts';
import { answered, isOpen, renewed, workOn } from './settle/pay.ts';
import { agreementOf, calendarOf } from './settle/terms.ts';
import { untilFresh } from './stale.ts';
import { add } from './sweep.ts';
import { assertOther, keyOfActor } from './two-keys.ts';
import type { World } from './world.ts';

const BATCH = 100;
const ROUNDS = 5;
const LOOK = 'settle:look';
const HOUSE_ACTOR: Actor = { by: 'duly', why: "the cycle of the lender's agreement" };

/** What there was in a currency: the batch that was cleared, or the one that waits open, below the minimum. */
export type Made = Readonly<{ currency: string; cleared: Settlement | null; waiting: Settlement | null }>;

/** Makes every batch whose pay day has come, pays what is approved and asks about what is silent. */
export async function settleDue(world: World): Promise<TickReport> {
  const now = world.clock.now();
  let sum = NO_WORK;
  let look: Instant | null = null;
  const faults = new Faults(world, 'settle');
  await relayAll(world);
  const atWork = await world.store.settling.lendersAtWork(addDays(dateIn(now, 'UTC'), 1));
  for await (const lender of everyLender(world)) {
    const settleOne = async (): Promise<number> => {
      const next = nextLook(agreementOf(world, lender).cycle, now, lender.timeZone);
      look = look ? earliest(look, next) : next;
      if (!atWork.has(lender.id)) return 0;
      return (await settleFed(world, lender, null, HOUSE_ACTOR)).filter((m) => m.cleared).length;
    };
    const did = await faults.hold(lender.id, settleOne, 0);
    sum = add(sum, { ...NO_WORK, lookedAt: did, did });
  }
  sum = add(sum, await payDue(world, faults));
  await lookAgainAt(world, look ?? plusHours(now, 1));
  faults.throwFirst();
  return sum;
}

/** Written where it has changed alone: between two pay days it is the same at every run. */
async function lookAgainAt({ store }: World, look: Instant): Promise<void> {
  const { cursor } = store.admin;
  const value = String(look.getTime());
  if ((await cursor.get(LOOK)) !== value) await cursor.set(LOOK, value);
}

/** When settlement next has something to do by itself; the present where it never looked. */
export async function nextSettlement(world: World): Promise<Instant> {
  const [look, payment] = await Promise.all([world.store.admin.cursor.get(LOOK), world.store.settling.nextPayment()]);
  const at = look === null ? world.clock.now() : instant(Number(look));
  return payment === null ? at : earliest(at, payment);
}

/**
 * Clears what the lender is owed. By the cycle (`through` null) once a pay day; by hand whatever is confirmed through that statement day,
 * paid on the next bank day. Answers each currency in which there was anything to do.
 */
export async function settle(world: World, lender: Lender, through: BusinessDate | null, actor: Actor): Promise<Made[]> {
  await relayAll(world);
  return settleFed(world, lender, through, actor);
}

/** The same for a lender whose feed is up to its events. */
async function settleFed(world: World, lender: Lender, through: BusinessDate | null, actor: Actor): Promise<Made[]> {
  const agreement = agreementOf(world, lender);
  const calendar = calendarOf(world, agreement);
  const now = world.clock.now();
  const payOn =
    through === null ? lastPayDay(agreement.cycle, now, calendar, lender.timeZone) : calendar.onOrAfter(dateIn(now, lender.timeZone));
  await layDown(world, lender.id);
  const { settling } = world.store;
  const places = await settling.places(lender.id);
  const waiting = await world.store.of(lender.id).settlements.all({ state: 'open' });
  const freed = await settling.releasableCurrencies(lender.id, payOn);
  const made: Made[] = [];
  for (const currency of [...new Set([...places.map((p) => p.currency), ...waiting.map((s) => s.currency), ...freed])].sort()) {
    const last = await settling.lastPayOn(lender.id, currency);
    if (through === null && last !== null && last >= payOn) continue;
    const filling: Filling = { lender, currency, agreement, payOn, through, actor };
    const one = await untilFresh(ROUNDS, () => make(world, filling));
    if (one.cleared || one.waiting) made.push(one);
  }
  return made;
}

async function make(world: World, filling: Filling): Promise<Made> {
  const filled = await fill(world, filling);
  const cleared = await freeze(world, filling, filled);
  return { currency: filling.currency, cleared, waiting: cleared ? null : filled };
}

/** What is wrong with one batch, as a payer that is not set up any more, holds up none after it; it goes to `faults`. */
async function payDue(world: World, faults: Faults): Promise<TickReport> {
  let sum = NO_WORK;
  const due = await world.store.settling.toPay(world.clock.now(), BATCH);
  for (const batch of due) {
    const worked = await faults.hold<unknown>(batch.id, () => workOn(world, batch), false);
    sum = add(sum, { ...NO_WORK, lookedAt: 1, did: worked ? 1 : 0, failed: worked ? 0 : 1 });
  }
  return sum;
}

/**
 * Approves a cleared batch under another key than its maker's, which may be revoked by now: what it is made of is frozen. Throws Conflict
 * SECOND_KEY_REQUIRED, IllegalTransition.
 */
export async function approve(world: World, seen: Settlement, actor: Actor): Promise<Settlement> {
  // Whose it is shows the batch as it is written over, not as the caller had seen it: open batches have no maker yet.
  return act(world, seen, async (batch, now) => {
    const approverKeyId = await keyOfActor(world, actor);
    assertOther(batch.makerKeyId, approverKeyId);
    return moved(batch, 'approve', { approverKeyId }, { type: 'approved', data: { contentsHash: batch.contentsHash } }, actor, now);
  });
}

/**
 * Sends the refused transfers of a failed batch again, under new numbers; its contents and approval stand. What a person has said was not paid
 * goes again under another key than theirs: two persons' word against a double payment. Throws Conflict SECOND_KEY_REQUIRED, IllegalTransition.
 */
export async function retry(world: World, seen: Settlement, actor: Actor): Promise<Settlement> {
  const keyId = await keyOfActor(world, actor);
  return act(world, seen, (batch, now) => {
    for (const transfer of batch.transfers) if (transfer.state === 'failed') assertOther(transfer.deniedUnder, keyId);
    return moved(batch, 'retry', { transfers: renewed(batch), askAt: null, asks: 0 }, { type: 'retried' }, actor, now);
  });
}

/** `notPaid` says that a transfer under way was surely not made; it may then be retried under a new number. */
export type Confirmation = Readonly<{ payoutNo: string; outcome: 'paid' | 'notPaid'; evidence: string }>;

/** A person's word on a transfer under way, for payment files, payouts by hand and payers that stay silent. Throws Conflict NOT_UNDER_WAY. */
export async function confirm(
  world: World,
  seen: Settlement,
  { payoutNo, outcome, evidence }: Confirmation,
  actor: Actor,
): Promise<Settlement> {
  await keyOfActor(world, actor);
  return untilFresh(ROUNDS, async () => {
    const batch = await current(world, seen);
    const transfer = batch.transfers.find((t) => t.payoutNo === payoutNo);
    if (!transfer || !isOpen(transfer))
      throw new Conflict('NOT_UNDER_WAY', `${payoutNo} is no transfer of ${batch.id} that waits for an answer`, { id: batch.id, payoutNo });
    const said = { rawCode: 'person', rawText: evidence };
    const echo = { amount: { minor: transfer.minor, currency: batch.currency }, accountLast4: '', at: world.clock.now() };
    return answered(
      world,
      batch,
      payoutNo,
      outcome === 'paid'
        ? { kind: 'succeeded', ...said, channelTradeNo: payoutNo, echo }
        : { kind: 'failed', ...said, failure: 'riskRefused', channelTradeNo: null },
      { kind: 'person', ref: evidence },
      actor,
    );
  });
}

type Move = ReturnType<typeof moved>;
type Step = (batch: Settlement, now: Instant) => Move | Promise<Move>;

async function act(world: World, seen: Settlement, step: Step): Promise<Settlement> {
  return untilFresh(ROUNDS, async () => {
    const { batch, event } = await step(await current(world, seen), world.clock.now());
    await world.store.transact((tx) => tx.write({ events: [event], rows: { settlements: [batch] } }, null));
    return batch;
  });
}

const current = async (world: World, seen: Settlement): Promise<Settlement> =>
  (await world.store.of(seen.lenderId).settlements.get(seen.id)) ?? seen;
