/**
 * Clears a batch: sums what lies in it, keeps back the agreed share, releases what was kept long enough, and freezes its contents under a hash.
 * A net below the agreement's minimum, or below 1, waits open for the next batch: what went back is netted there.
 */
import { createHash, type Hash } from 'node:crypto';
import { type Clearing, dueTo } from '../../domain/clearing.ts';
import { addDays, type BusinessDate } from '../../domain/clock.ts';
import { clearingAccount, type LedgerLine, line } from '../../domain/ledger.ts';
import { roundHalfUp } from '../../domain/money.ts';
import { type Agreement, PAYABLE, type Settlement, type SettlementSums, type Transfer } from '../../domain/settlement.ts';
import type { World } from '../world.ts';
import type { Filling } from './attach.ts';
import { moved, NO_SUMS, newBatch, openedEvent, payFromOf } from './batch.ts';

const SLICE = 1_000;
/** Where the money that is collected comes from, and what the channel charged and we earn. */
const FUNDING = '2999';
const CHANNEL_FEES = '6421';
const SERVICING = '6022';

/** The batch as cleared (in pass-through mode: reported); null where it waits. Throws STALE where another hand was faster. */
export async function freeze(world: World, filling: Filling, filled: Settlement | null): Promise<Settlement | null> {
  const { lender, currency, agreement, payOn, actor } = filling;
  const released = await world.store.settling.releasable(lender.id, currency, payOn);
  if (!filled && !released.length) return null;
  const batch = filled ?? newBatch(world, lender, currency, agreement, payOn);
  const total = await totalOf(world, filled);
  const releasedMinor = released.reduce((sum, s) => sum + s.sums.heldBackMinor, 0);
  const sums = sumsOf(total, agreement, releasedMinor);
  const others = (['funder', 'guarantor'] as const).map((party) => ({ party, minor: total[party] }));
  const reports = agreement.mode === 'passThrough';
  if (reports ? total.rows === 0 : sums.netMinor < Math.max(agreement.minimumMinor, 1) || others.some((o) => o.minor < 0)) return null;

  for (const s of released) total.hash.update(`released ${s.id}\n`);
  const contentsHash = total.hash.update(`kept ${sums.heldBackMinor}\n`).digest('hex');
  const due = [{ party: 'lender' as const, minor: sums.netMinor }, ...others.filter((o) => o.minor > 0)];
  const set: Partial<Settlement> = {
    agreement: agreement.name,
    mode: agreement.mode,
    payout: agreement.payout,
    payOn,
    payFrom: payFromOf(lender, agreement, payOn),
    from: total.from,
    to: total.to,
    sums,
    transfers: reports ? [] : due.map((d) => transferOf(lender.id, currency, contentsHash, d.party, d.minor, 0)),
    releaseOn: sums.heldBackMinor ? addDays(payOn, agreement.holdBack.days) : null,
    contentsHash,
    rows: total.rows,
    makerKeyId: actor.keyId ?? null,
  };
  const now = world.clock.now();
  const posting = reports ? reportPosting(total) : clearingPosting(total);
  const cleared = moved(batch, 'clear', set, { type: 'cleared', posting, data: { sums, rows: total.rows, contentsHash } }, actor, now);
  const last = reports ? moved(cleared.batch, 'report', {}, { type: 'reported' }, actor, now) : cleared;
  const stored = { ...last.batch, version: filled ? filled.version + 1 : 1 };
  const before = filled ? [] : [openedEvent(batch, actor)];
  const freed = released.map((s) => ({ ...s, releasedIn: batch.id, version: s.version + 1 }));
  await world.store.transact((tx) =>
    tx.write(
      {
        events: [...before, cleared.event, ...(reports ? [last.event] : [])],
        newRows: filled ? {} : { settlements: [stored] },
        rows: { settlements: [...(filled ? [stored] : []), ...freed] },
      },
      null,
    ),
  );
  return stored;
}

type Total = {
  rows: number;
  hash: Hash;
  from: BusinessDate | null;
  to: BusinessDate | null;
  funder: number;
  guarantor: number;
  servicer: number;
  /** All that was cleared, adjustments apart: these are booked as payable already. */
  movedMinor: number;
  /** Channel's fees that the lender bears, and of them what is no true-up. */
  feeMinor: number;
  plainFeeMinor: number;
  byKind: Record<Clearing['kind'], number>;
  advanced: number;
  byChannel: Map<string, { moved: number; fee: number }>;
};

/** Reads the batch's rows once, in their order. */
async function totalOf(world: World, batch: Settlement | null): Promise<Total> {
  const total: Total = {
    ...{ rows: 0, from: null, to: null, funder: 0, guarantor: 0, servicer: 0, movedMinor: 0, feeMinor: 0, plainFeeMinor: 0, advanced: 0 },
    hash: createHash('sha256'),
    byKind: { payment: 0, return: 0, denial: 0, refund: 0, adjustment: 0, trueUp: 0 },
    byChannel: new Map(),
  };
  let after: Readonly<{ number: number; id: string }> | null = null;
  for (let more = batch !== null; more; ) {
    const rows: Clearing[] = await world.store.settling.rowsOf((batch as Settlement).id, after, SLICE);
    for (const row of rows) count(total, row);
    after = rows.at(-1) ?? null;
    more = rows.length === SLICE;
  }
  return total;
}

function count(total: Total, row: Clearing): void {
  const { parts, minor, day, kind, channelFeeMinor, bearer } = row;
  const fee = bearer === 'lender' ? channelFeeMinor : 0;
  total.rows++;
  total.hash.update(`${row.id} ${minor} ${parts?.lender} ${parts?.funder} ${parts?.guarantor} ${parts?.servicer} ${fee}\n`);
  if (day !== null && (total.from === null || day < total.from)) total.from = day;
  if (day !== null && (total.to === null || day > total.to)) total.to = day;
  total.funder += dueTo('funder', row);
  total.guarantor += dueTo('guarantor', row);
  total.servicer += parts?.servicer ?? 0;
  total.byKind[kind] += minor;
  total.feeMinor += fee;
  if (kind !== 'trueUp' && kind !== 'denial') total.plainFeeMinor += fee;
  if (row.advanced) total.advanced += minor;
  if (kind === 'adjustment') return;
  total.movedMinor += minor;
  const channel = total.byChannel.get(row.channel ?? '') ?? { moved: 0, fee: 0 };
  total.byChannel.set(row.channel ?? '', { moved: channel.moved + minor, fee: channel.fee + fee });
}

function sumsOf(total: Total, { holdBack }: Agreement, releasedMinor: number): SettlementSums {
  const { byKind, plainFeeMinor, feeMinor } = total;
  const sums = {
    ...NO_SUMS,
    grossMinor: byKind.payment,
    channelFeeMinor: plainFeeMinor,
    sharesMinor: total.funder + total.guarantor + total.servicer,
    returnsMinor: minus(byKind.return),
    refundsMinor: minus(byKind.refund),
    adjustmentsMinor: byKind.adjustment,
    // What was denied after it had been settled, and fees that turned out otherwise.
    trueUpMinor: byKind.denial - (feeMinor - plainFeeMinor),
    releasedMinor,
    advancedMinor: total.advanced,
  };
  const due =
    sums.grossMinor -
    sums.channelFeeMinor -
    sums.sharesMinor -
    sums.returnsMinor -
    sums.refundsMinor +
    sums.adjustmentsMinor +
    sums.trueUpMinor;
  const heldBackMinor = roundHalfUp(holdBack.share, Math.max(due, 0));
  return { ...sums, heldBackMinor, netMinor: due - heldBackMinor + releasedMinor };
}

/** 0 and not minus zero. */
const minus = (minor: number): number => 0 - minor;

/** Dr 2999 with what was collected, Cr what each party is owed, our fee, and the channel's fee where the lender bears it. */
const clearingPosting = (t: Total): LedgerLine[] => [
  line(FUNDING, t.movedMinor),
  line(PAYABLE.lender, minus(t.movedMinor - t.funder - t.guarantor - t.servicer - t.feeMinor)),
  line(PAYABLE.funder, minus(t.funder)),
  line(PAYABLE.guarantor, minus(t.guarantor)),
  line(SERVICING, minus(t.servicer)),
  line(CHANNEL_FEES, minus(t.feeMinor)),
];

/** The channel has paid the lender itself: what it took for us is off its clearing account. */
const reportPosting = (t: Total): LedgerLine[] =>
  [...t.byChannel].flatMap(([channel, { moved: minor, fee }]) => [
    line(FUNDING, minor),
    line(clearingAccount(channel), minus(minor - fee)),
    line(CHANNEL_FEES, minus(fee)),
  ]);

/** A transfer not yet sent. */
export const transferOf = (
  lenderId: string,
  currency: string,
  contentsHash: string,
  party: Transfer['party'],
  minor: number,
  tries: number,
): Transfer => ({
  party,
  minor,
  payoutNo: `P${createHash('sha256').update(`payout ${lenderId} ${currency} ${contentsHash} ${party} ${tries}`).digest('hex').slice(0, 23).toUpperCase()}`,
  tries,
  state: 'planned',
  sentAt: null,
  rawText: null,
  deniedUnder: null,
});
