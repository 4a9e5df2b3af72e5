/**
 * Refunds (退款): asked for under one key, approved under another, sent by `src/flows/refund/send.ts`. A refund is a record of its own with a
 * number of its own; what it is of keeps its amount. Whatever was asked for and may still happen counts against what came in, so that the sum of
 * refunds can never be more: it is added up inside the transaction that inserts, and of two at once the second number already exists.
 */
import { Conflict, IllegalTransition, InvalidInput, NotFound } from '../domain/errors.ts';
import type { Lender } from '../domain/lender.ts';
import { money } from '../domain/money.ts';
import type { Plan, Receipt } from '../domain/plan.ts';
import { isLive, type Refund } from '../domain/refund.ts';
import { refundNumber } from '../domain/refund-number.ts';
import type { Actor } from './actor.ts';
import { born, stepped } from './refund/event.ts';
import { type RefundWay, wayOf } from './refund/way.ts';
import { untilFresh } from './stale.ts';
import type { Tx } from './store.ts';
import { keyOfActor, otherKey } from './two-keys.ts';
import type { World } from './world.ts';

export type RefundAsk = Readonly<{
  /** A debit (att_) or a self-payment (pay_) of this lender. */
  receiptId: string;
  /** Minor units, above 0. */
  amount: number;
  /** Null: back the way it came where that can be, else by transfer. */
  way: Refund['way'] | null;
  because: string;
}>;

/** Times a request is begun anew where others ask for the same receipt's money. */
const ROUNDS = 5;

/**
 * Asks for a refund. Throws NotFound for a receipt that this lender does not have, Conflict NOT_RECEIVED (it did not come in, or went back),
 * REFUND_TOO_LARGE, REFUND_WAY_CLOSED, or SECOND_KEY_REQUIRED where the actor came with no key.
 */
export async function requestRefund(world: World, lender: Lender, ask: RefundAsk, actor: Actor): Promise<Refund> {
  return insertRefund(world, lender, ask, actor, await keyOfActor(world, actor));
}

/** `askedBy` null: by the house's own rule, which is its own approval. `fits` is held against the receipt as read in the transaction. */
export async function insertRefund(
  world: World,
  lender: Lender,
  ask: RefundAsk,
  actor: Actor,
  askedBy: string | null,
  fits: (receipt: Receipt, others: readonly Refund[]) => boolean = () => true,
): Promise<Refund> {
  const { receiptId, amount } = ask;
  if (!Number.isSafeInteger(amount) || amount <= 0)
    throw new InvalidInput([{ pointer: '/amount', code: 'NOT_AN_AMOUNT', message: 'amount is no sum above zero: give whole minor units' }]);
  const store = world.store.of(lender.id);
  const attempt = receiptId.startsWith('att_') ? await store.attempts.get(receiptId) : null;
  const payment = receiptId.startsWith('pay_') ? await store.payments.get(receiptId) : null;
  const planId = attempt?.planId ?? payment?.planId;
  const seen = planId === undefined ? null : await store.plans.get(planId);
  if (!seen) throw new NotFound('receipt', receiptId);
  const way = wayOf(world, ask, attempt, seen);
  return untilFresh(ROUNDS, () =>
    world.store.transact(async (tx) => {
      const [plan] = await tx.plans([seen.id]);
      const receipt = plan?.receipts.find((r) => r.id === receiptId);
      if (!plan || !receipt || receipt.back)
        throw new Conflict(
          'NOT_RECEIVED',
          `${receiptId} ${receipt ? 'went back already' : 'did not come in'}: there is nothing to give back`,
          {
            receiptId,
          },
        );
      const others = await tx.refundsOf([receiptId]);
      assertLeft(receipt, others, amount);
      if (!fits(receipt, others))
        throw new Conflict('REFUND_NOT_DUE', `${receiptId} is not to be given back by rule any more`, { receiptId });
      const row = asked(world, lender, plan, ask, way, others, actor, askedBy);
      await tx.write({ events: [born(row, actor)], newRows: { refunds: [row] } }, null);
      return row;
    }),
  );
}

/** Done refunds and those that may still happen, in minor units. */
const promised = (refunds: readonly Refund[]): number => refunds.reduce((sum, r) => sum + (isLive(r.state) ? r.amount.minor : 0), 0);

function assertLeft(receipt: Receipt, others: readonly Refund[], minor: number): void {
  const left = receipt.minor - promised(others);
  if (minor <= left) return;
  throw new Conflict(
    'REFUND_TOO_LARGE',
    `of the ${receipt.minor} of ${receipt.id}, ${left} is left to give back, not ${minor}: ask for less`,
    { receiptId: receipt.id, left },
  );
}

function asked(
  world: World,
  lender: Lender,
  plan: Plan,
  ask: RefundAsk,
  { way, channel, grammar, outTradeNo, channelTradeNo, beneficiary }: RefundWay,
  others: readonly Refund[],
  actor: Actor,
  askedBy: string | null,
): Refund {
  const now = world.clock.now();
  const n = (others.at(-1)?.n ?? 0) + 1;
  return {
    id: world.ids.next('rfd'),
    lenderId: plan.lenderId,
    borrowerId: plan.borrowerId,
    planId: plan.id,
    bucket: plan.bucket,
    receiptId: ask.receiptId,
    refundNo: refundNumber(lender.code, ask.receiptId, n, grammar),
    n,
    amount: money(ask.amount, plan.currency),
    way,
    channel,
    beneficiary,
    outTradeNo,
    channelTradeNo,
    askedBy,
    approvedBy: null,
    because: ask.because || actor.why,
    rawCode: null,
    rawText: null,
    state: 'requested',
    paidOn: null,
    returnedOn: null,
    askAt: askedBy === null ? now : null,
    asks: 0,
    sentAt: null,
    createdAt: now,
    movedAt: now,
    eventN: 1,
    version: 1,
  };
}

/**
 * Lets a refund go out. Throws NotFound, IllegalTransition where it is not waiting for approval any more, or Conflict SECOND_KEY_REQUIRED
 * where the key is the one that asked.
 */
export async function approveRefund(world: World, lender: Lender, id: string, actor: Actor): Promise<Refund> {
  const { askedBy } = await get(world, lender, id);
  if (askedBy === null) throw new IllegalTransition('refund', 'requested by rule', 'approve');
  const approvedBy = await otherKey(world, askedBy, actor);
  return act(world, id, (row) => {
    if (row.state !== 'requested' || row.approvedBy !== null) throw new IllegalTransition('refund', wordOf(row), 'approve');
    const now = world.clock.now();
    return stepped(row, { type: 'approved', set: { approvedBy, askAt: now }, at: now, actor });
  });
}

/** Takes a refund back that has not left. Throws NotFound, or IllegalTransition where it has. */
export async function cancelRefund(world: World, lender: Lender, id: string, actor: Actor): Promise<Refund> {
  await get(world, lender, id);
  return act(world, id, (row) => stepped(row, { move: 'cancel', set: { askAt: null }, at: world.clock.now(), actor }));
}

const wordOf = (row: Refund): string => (row.state === 'requested' ? 'requested and approved' : row.state);

async function get(world: World, lender: Lender, id: string): Promise<Refund> {
  const row = await world.store.of(lender.id).refunds.get(id);
  if (!row) throw new NotFound('refund', id);
  return row;
}

const act = (world: World, id: string, step: (row: Refund) => ReturnType<typeof stepped>): Promise<Refund> =>
  untilFresh(ROUNDS, () =>
    world.store.transact(async (tx: Tx) => {
      const [before] = await tx.rows<Refund>('refunds', [id]);
      if (!before) throw new NotFound('refund', id);
      const { row, event } = step(before);
      await tx.write({ events: [event], rows: { refunds: [row] } }, null);
      return row;
    }),
  );
