/** A settlement batch as a document: born open, moved by events. Every move is one event of the batch, numbered, and guarded by its version. */
import { bucketOf } from '../../domain/borrower.ts';
import { atLocal, type BusinessDate, type Instant } from '../../domain/clock.ts';
import { type NewEvent, OF_NOBODY } from '../../domain/event.ts';
import { entry, type LedgerLine } from '../../domain/ledger.ts';
import type { Lender } from '../../domain/lender.ts';
import { next } from '../../domain/machine.ts';
import { type Agreement, SETTLEMENT, type Settlement, type SettlementEvent, type SettlementSums } from '../../domain/settlement.ts';
import type { Actor } from '../actor.ts';
import type { World } from '../world.ts';

export const NO_SUMS: SettlementSums = {
  grossMinor: 0,
  channelFeeMinor: 0,
  sharesMinor: 0,
  returnsMinor: 0,
  refundsMinor: 0,
  adjustmentsMinor: 0,
  trueUpMinor: 0,
  heldBackMinor: 0,
  releasedMinor: 0,
  advancedMinor: 0,
  netMinor: 0,
};

/** A batch not yet stored, as its first event leaves it. */
export function newBatch(world: World, lender: Lender, currency: string, agreement: Agreement, payOn: BusinessDate): Settlement {
  const now = world.clock.now();
  return {
    id: world.ids.next('stl'),
    lenderId: lender.id,
    currency,
    agreement: agreement.name,
    mode: agreement.mode,
    from: null,
    to: null,
    payOn,
    payFrom: payFromOf(lender, agreement, payOn),
    sums: NO_SUMS,
    transfers: [],
    payout: agreement.payout,
    releaseOn: null,
    releasedIn: null,
    contentsHash: null,
    rows: 0,
    makerKeyId: null,
    approverKeyId: null,
    state: 'open',
    askAt: null,
    asks: 0,
    createdAt: now,
    movedAt: now,
    bucket: bucketOf(lender.id),
    eventN: 1,
    version: 1,
  };
}

/** From when on a batch of that day is paid. */
export const payFromOf = ({ timeZone }: Lender, { cycle }: Agreement, payOn: BusinessDate): Instant => atLocal(payOn, cycle.at, timeZone);

type Told = Readonly<{
  type: string;
  posting?: readonly LedgerLine[];
  data?: Readonly<Record<string, unknown>>;
  evidence?: NewEvent['evidence'];
}>;

/** The event that opens a batch. */
export const openedEvent = (batch: Settlement, actor: Actor): NewEvent => ({
  ...eventOf(batch, batch, { type: 'opened' }, actor),
  from: null,
});

/** One move: the batch after it, and the event that tells of it. Throws IllegalTransition where its state does not take the move. */
export function moved(
  batch: Settlement,
  move: SettlementEvent | null,
  set: Partial<Settlement>,
  told: Told,
  actor: Actor,
  at: Instant,
): Readonly<{ batch: Settlement; event: NewEvent }> {
  const state = move ? next(SETTLEMENT, batch.state, move) : batch.state;
  const after = { ...batch, ...set, state, movedAt: at, eventN: batch.eventN + 1, version: batch.version + 1 };
  return { batch: after, event: eventOf(batch, after, told, actor) };
}

const eventOf = (before: Settlement, after: Settlement, { type, posting = [], data = {}, evidence }: Told, actor: Actor): NewEvent => ({
  ...OF_NOBODY,
  subject: after.id,
  n: after.eventN,
  type: `settlement.${type}`,
  lenderId: after.lenderId,
  bucket: after.bucket,
  from: before.state,
  to: after.state,
  at: after.movedAt,
  by: actor.by,
  why: actor.why,
  evidence: evidence ?? null,
  currency: after.currency,
  posting: entry(posting),
  data: { payOn: after.payOn, ...data, ...(actor.keyId === undefined ? {} : { keyId: actor.keyId }) },
});
