/** Settlements and their rows as answers show them. */
import type { Clearing } from '../domain/clearing.ts';
import type { Settlement } from '../domain/settlement.ts';
import type { Made } from '../flows/settle.ts';

export const settlementView = (s: Settlement) => ({
  id: s.id,
  lenderId: s.lenderId,
  currency: s.currency,
  agreement: s.agreement,
  mode: s.mode,
  state: s.state,
  from: s.from,
  to: s.to,
  payOn: s.payOn,
  sums: {
    gross: s.sums.grossMinor,
    channelFee: s.sums.channelFeeMinor,
    shares: s.sums.sharesMinor,
    returns: s.sums.returnsMinor,
    refunds: s.sums.refundsMinor,
    adjustments: s.sums.adjustmentsMinor,
    trueUp: s.sums.trueUpMinor,
    heldBack: s.sums.heldBackMinor,
    released: s.sums.releasedMinor,
    advanced: s.sums.advancedMinor,
    net: s.sums.netMinor,
  },
  transfers: s.transfers.map(({ party, minor, payoutNo, state, sentAt, rawText }) => ({
    party,
    amount: minor,
    payoutNo,
    state,
    sentAt,
    note: rawText,
  })),
  payout: s.payout,
  releaseOn: s.releaseOn,
  releasedIn: s.releasedIn,
  contentsHash: s.contentsHash,
  rows: s.rows,
  makerKeyId: s.makerKeyId,
  approverKeyId: s.approverKeyId,
  createdAt: s.createdAt,
  movedAt: s.movedAt,
});

export const settlementRowView = (row: Clearing) => ({
  id: row.id,
  kind: row.kind,
  receiptId: row.receiptId,
  planId: row.planId,
  channel: row.channel,
  outTradeNo: row.outTradeNo,
  day: row.day,
  amount: row.minor,
  parts: row.parts,
  channelFee: row.channelFeeMinor,
  feeBorneBy: row.bearer,
  advanced: row.advanced,
  at: row.at,
});

export const madeView = ({ currency, cleared, waiting }: Made) => ({
  currency,
  cleared: cleared && settlementView(cleared),
  waiting: waiting && settlementView(waiting),
});
