/** A day of attempts and of a file's lines, made up: what matching is tried on. */
import type { Document } from 'mongodb';
import { type BusinessDate, businessDate, parseInstant } from '../../src/domain/clock.ts';
import type { Ours } from '../../src/domain/match.ts';
import type { Statement, StatementLine } from '../../src/domain/statement.ts';
import { NEW_LINE } from '../../src/statements/reader.ts';
import { toStored } from '../../src/store/codec.ts';
import { dayKeys } from '../../src/store/day-keys.ts';

export const CHANNEL = 'simulator';
const DAY = businessDate('2026-01-05');
const LENDERS = ['lnd_01K00000000000000000000001', 'lnd_01K00000000000000000000002'] as const;

/** Whole numbers below a bound, the same for the same seed. */
export function chance(seed: number): (below: number) => number {
  let state = (seed * 2654435761) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

export const headerOf = (id: string, day: BusinessDate, lines: number, more: Partial<Statement> = {}): Statement => ({
  id,
  kind: 'channel',
  source: CHANNEL,
  businessDate: day,
  format: 'simulator',
  name: `${id}.csv`,
  sha256: id,
  bytes: 1,
  issue: 1,
  state: 'accepted',
  head: null,
  lines,
  refusal: null,
  receivedAt: parseInstant('2026-01-06T06:00:00+08:00'),
  by: 'test',
  version: 2,
  ...more,
});

export const lineOf = (line: number, more: Partial<StatementLine>): StatementLine => ({
  ...NEW_LINE,
  line,
  kind: 'payment',
  side: 'in',
  minor: 0,
  currency: 'CNY',
  feeMinor: 10,
  valueDate: DAY,
  ...more,
});

export type Made = Readonly<{ doc: Document; ours: Ours; back: Ours | null }>;

/** An attempt as stored and as a match sees it; what it does not say is drawn: mostly taken on the day, some before, some not at all. */
export function attemptOf(k: number, draw: (below: number) => number, more: Readonly<{ takenOn?: BusinessDate | null }> = {}): Made {
  const fate = draw(100);
  const takenOn = more.takenOn !== undefined ? more.takenOn : fate < 90 ? DAY : fate < 94 ? businessDate('2026-01-04') : null;
  const returnedOn = takenOn === DAY && fate < 5 && more.takenOn === undefined ? DAY : null;
  const state = takenOn === null ? (fate < 97 ? 'unknown' : 'failed') : returnedOn ? 'returned' : 'succeeded';
  const late = draw(20) === 0;
  const at = parseInstant(late ? '2026-01-05T20:10:00+08:00' : '2026-01-05T09:10:00+08:00');
  const facts = {
    lenderId: LENDERS[k % 2] as string,
    outTradeNo: `D${k.toString(32).toUpperCase()}`,
    channelTradeNo: `T${k}`,
    accountLast4: null,
    state: state as Ours['state'],
  };
  const minor = 1000 + draw(200_000);
  const whole = { ...facts, channel: CHANNEL, amount: { minor, currency: 'CNY' }, takenOn, returnedOn };
  const doc = {
    _id: `att_${k}`,
    planId: `pln_${k}`,
    mandateId: `mnd_${k}`,
    n: 1,
    slotKey: `${k}`,
    accountKey: `${k}`,
    businessDate: DAY,
    open: false,
    createdAt: at,
    movedAt: at,
    ...(toStored(whole) as Document),
    ...dayKeys(whole),
  };
  const ours: Ours = {
    ...facts,
    kind: 'payment',
    attemptId: `att_${k}`,
    refundNo: null,
    mandateRef: null,
    minor,
    currency: 'CNY',
    day: takenOn,
    at,
    matchedIn: null,
  };
  return { doc, ours, back: returnedOn ? { ...ours, kind: 'return', day: returnedOn } : null };
}

/** A refund of an attempt that went out on `day`. */
export function refundDocOf({ ours }: Made, minor: number, day: BusinessDate): Readonly<{ doc: Document; ours: Ours }> {
  const refundNo = `R${ours.outTradeNo}`;
  const movedAt = parseInstant('2026-01-05T10:00:00+08:00');
  const facts = {
    channel: CHANNEL,
    outTradeNo: ours.outTradeNo,
    refundNo,
    lenderId: ours.lenderId,
    channelTradeNo: null,
    state: 'succeeded' as const,
  };
  const doc = {
    _id: `rfd_${refundNo}`,
    receiptId: ours.attemptId,
    n: 1,
    amount: { minor, currency: 'CNY' },
    paidOn: day,
    returnedOn: null,
    movedAt,
    ...facts,
  };
  const one: Ours = { ...ours, ...facts, kind: 'refund', minor, day, at: movedAt };
  return { doc: toStored(doc) as Document, ours: one };
}
