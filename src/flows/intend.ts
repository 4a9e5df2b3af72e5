/** From a decision to an intent: choose the channel, ask the gate, and freeze everything the bank will be told. Pure but for ids. */
import { createHash } from 'node:crypto';
import type { Channel, DebitRequest } from '../channels/channel.ts';
import type { Aim, Attempt } from '../domain/attempt.ts';
import { earliest, plusMinutes } from '../domain/clock.ts';
import type { DebitDecision } from '../domain/decision.ts';
import { type DebitAsk, permit } from '../domain/gate.ts';
import type { Mandate } from '../domain/mandate.ts';
import { money } from '../domain/money.ts';
import { orderNumber } from '../domain/order-number.ts';
import { compact, type Refusal } from '../domain/permit.ts';
import { outstandingBy } from '../domain/plan.ts';
import { route } from '../domain/route.ts';
import { split } from '../domain/split.ts';
import type { Stop } from '../domain/stop.ts';
import type { Gathered } from './gather.ts';
import type { Sealed } from './store.ts';
import type { World } from './world.ts';

export type Intended = Readonly<{
  kind: 'intended';
  attempt: Attempt;
  channel: Channel;
  row: Gathered;
  decision: DebitDecision;
  stops: readonly Stop[];
}>;
export type Refused = Readonly<{ kind: 'refused'; refusal: Refusal; channel: string | null }>;

/** Sent through another channel than the best, so that its success stays known. */
const STANDBY_SHARE = 0.02;

/** The attempt a decision leads to, or the rule that stands against it. `part` goes on with a split whose earlier parts went through. */
export function intend(
  world: World,
  row: Gathered,
  stops: readonly Stop[],
  decision: DebitDecision,
  now: Date,
  part: number | null = null,
): Intended | Refused {
  const mandate = row.mandates.find((m) => m.id === decision.mandateId) as Sealed<Mandate>;
  const routed = routeFor(world, row, mandate, stops, decision, now);
  if (!routed.channel) {
    const says = `no channel is set up for rail ${mandate.rail} in ${row.plan.currency}`;
    return {
      kind: 'refused',
      channel: null,
      refusal: { kind: 'refusal', rule: 'noChannel', source: 'channel', says, counters: null, retryAt: null },
    };
  }
  const { channel } = routed;
  const { profile } = channel;
  const usedToday = (row.accountAttempts.get(mandate.accountKey) ?? []).reduce(
    (sum, a) => sum + (a.open || a.state === 'succeeded' ? a.amount.minor : 0),
    0,
  );
  const parts = split(decision.minor, {
    perDebitLimit: profile.perDebitLimit,
    dailyLimit: profile.dailyLimitPerAccount,
    usedToday,
    minPart: row.strategy.split.minPart,
  });
  const minor = parts?.today[0] ?? decision.minor;
  const inParts = part !== null || minor < decision.minor;
  const aims = inParts ? firstOf(decision.aims, minor) : decision.aims;
  const ask: DebitAsk = {
    planId: row.plan.id,
    mandateId: mandate.id,
    channel: profile.name,
    trigger: decision.trigger,
    cycle: decision.cycle,
    dueDate: decision.dueDate,
    aims,
    minor,
    currency: row.plan.currency,
    steppedDown: decision.steppedDown,
    part: inParts ? (part ?? 1) : null,
    penaltyMinor: penaltyIn(row, aims),
    at: now,
  };
  const answer = permit(ask, {
    now,
    zone: row.lender.timeZone,
    today: row.today,
    plan: row.assessed,
    mandate,
    strategy: row.strategy,
    attempts: row.attempts,
    accountAttempts: row.accountAttempts.get(mandate.accountKey) ?? [],
    mandateAttempts: row.mandateAttempts.get(mandate.id) ?? [],
    notices: row.notices,
    stops,
    pack: row.pack,
    channel: profile,
    channelBrake: world.brakes.get(profile.name) ?? { openUnknown: 0, recentShare: 0 },
    calendar: row.calendar,
  });
  if (answer.kind === 'refusal') return { kind: 'refused', refusal: answer, channel: profile.name };
  const n = Math.max(row.plan.lastN, ...row.attempts.map((a) => a.n)) + 1;
  const outTradeNo = orderNumber({
    lenderCode: row.lender.code,
    planExternalId: row.plan.externalId,
    n,
    grammar: profile.number,
    lenderReference: row.plan.externalId,
  });
  const validUntil = profile.requestExpiryMinutes === null ? null : plusMinutes(now, profile.requestExpiryMinutes);
  const facts = {
    id: world.ids.next('att'),
    lenderId: row.plan.lenderId,
    borrowerId: row.plan.borrowerId,
    planId: row.plan.id,
    mandateId: mandate.id,
    bucket: row.plan.bucket,
    n,
    cycle: decision.cycle,
    part: ask.part,
    trigger: decision.trigger,
    channel: profile.name,
    outTradeNo,
    lenderReference: row.plan.externalId,
    amount: money(minor, row.plan.currency),
    aims,
    accountKey: mandate.accountKey,
    accountLast4: mandate.accountLast4,
    businessDate: row.today,
    dueDate: decision.dueDate,
    scheduleVersion: row.plan.scheduleVersion,
    strategy: { name: row.strategy.name, version: row.strategy.version },
    validUntil,
  };
  const attempt: Attempt = {
    ...facts,
    slot: answer.slot,
    permit: compact(answer),
    because: decision.because,
    routed: routed.because,
    payloadHash: hash(payloadOf(facts, row, mandate.accountKey, mandate)),
    coreHash: coreHashOf(facts),
    claim: { token: '', partition: '', epoch: 0 },
    born: 'submitted',
    takenOn: null,
    returnedOn: null,
    refundedMinor: 0,
    state: 'submitted',
    open: true,
    eventN: 1,
    sendBy: validUntil ? earliest(answer.sendBy, validUntil) : answer.sendBy,
    createdAt: now,
    channelTradeNo: null,
    failure: null,
    rawCode: null,
    rawText: null,
    unknownBy: null,
    movedAt: now,
    ask: null,
  };
  return { kind: 'intended', attempt, channel, row, decision, stops };
}

/** The request as the channel port takes it; `account` in clear for the call, its key for the hash. */
export const payloadOf = (
  a: Pick<Attempt, 'outTradeNo' | 'amount' | 'businessDate' | 'validUntil' | 'aims'>,
  row: Gathered,
  account: string,
  mandate: Mandate,
): DebitRequest => ({
  outTradeNo: a.outTradeNo,
  amount: a.amount,
  rail: mandate.rail,
  account,
  agreementNo: mandate.agreementNo,
  valueDate: a.businessDate,
  validUntil: a.validUntil,
  memo: memoOf(row, a.aims),
});

/** 'L-1/3:110016': plan and instalment with what is asked for each; a 'p' marks the part that is penalty. */
function memoOf(row: Gathered, aims: readonly Aim[]): string {
  return aims
    .flatMap((aim) => {
      const instalment = row.assessed.instalments.find((i) => i.id === aim.instalmentId);
      const penalty = instalment ? penaltyFirst(outstandingBy(instalment), aim.minor) : 0;
      const name = `${row.plan.externalId}/${aim.n}`;
      return [...(aim.minor > penalty ? [`${name}:${aim.minor - penalty}`] : []), ...(penalty ? [`${name}p:${penalty}`] : [])];
    })
    .join(' ');
}

/** In the default order fees come before penalty, and both before the rest. */
const penaltyFirst = (left: Readonly<{ fee: number; penalty: number }>, minor: number): number =>
  Math.max(0, Math.min(left.penalty, minor - left.fee));

const penaltyIn = (row: Gathered, aims: readonly Aim[]): number =>
  aims.reduce((sum, aim) => {
    const instalment = row.assessed.instalments.find((i) => i.id === aim.instalmentId);
    return sum + (instalment ? penaltyFirst(outstandingBy(instalment), aim.minor) : 0);
  }, 0);

/** The first `minor` units of the aims, oldest first. */
function firstOf(aims: readonly Aim[], minor: number): Aim[] {
  const out: Aim[] = [];
  let left = minor;
  for (const aim of aims) {
    if (left <= 0) break;
    const take = Math.min(aim.minor, left);
    out.push({ ...aim, minor: take });
    left -= take;
  }
  return out;
}

/** Taken, or perhaps taken, from the account today. */
const usedToday = (row: Gathered, mandate: Mandate): number =>
  (row.accountAttempts.get(mandate.accountKey) ?? []).reduce((sum, a) => sum + (a.open || a.state === 'succeeded' ? a.amount.minor : 0), 0);

/** The channel and why. One that serves the mandate is taken even where it is closed now: the gate says so, and when it opens. */
function routeFor(
  world: World,
  row: Gathered,
  mandate: Mandate,
  stops: readonly Stop[],
  decision: DebitDecision,
  now: Date,
): Readonly<{ channel: Channel | null; because: string | null }> {
  const serving = [...world.channels.values()].filter(
    ({ profile }) =>
      profile.rails.includes(mandate.rail) &&
      (!mandate.channels.length || mandate.channels.includes(profile.name)) &&
      profile.currencies.some((c) => c === '*' || c === row.plan.currency),
  );
  if (serving.length < 2) return { channel: serving[0] ?? null, because: null };
  const last = row.attempts.at(-1);
  const facts = { on: true, successRate: null, usedToday: usedToday(row, mandate), nsf: null, stops };
  const chosen = route(
    {
      lenderId: row.plan.lenderId,
      planId: row.plan.id,
      n: row.attempts.length + 1,
      rail: mandate.rail,
      currency: row.plan.currency,
      minor: decision.minor,
      mandateChannels: mandate.channels,
      lossIfMissed: row.strategy.skip.lossIfMissed,
      standbyShare: STANDBY_SHARE,
      lastChannel: last?.channel ?? null,
      lastFailure: last?.failure ?? null,
    },
    serving.map(({ profile }) => ({ profile, facts })),
    now,
  );
  const widest = [...serving].sort((a, b) => (b.profile.perDebitLimit ?? Infinity) - (a.profile.perDebitLimit ?? Infinity))[0] as Channel;
  return { channel: serving.find((c) => c.profile.name === chosen.channel) ?? widest, because: chosen.because };
}

const hash = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('base64url');

/** What may never change about an attempt (invariant I6), hashed when it is intended. */
export const coreHashOf = (
  a: Pick<
    Attempt,
    'outTradeNo' | 'lenderId' | 'planId' | 'n' | 'amount' | 'aims' | 'mandateId' | 'accountKey' | 'channel' | 'businessDate'
  >,
): string =>
  hash([
    a.outTradeNo,
    a.lenderId,
    a.planId,
    a.n,
    a.amount.minor,
    a.amount.currency,
    a.aims.map((x) => [x.instalmentId, x.minor]),
    a.mandateId,
    a.accountKey,
    a.channel,
    a.businessDate,
  ]);
