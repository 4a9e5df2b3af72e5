/**
 * Paying a batch: the durable intent comes before the call, a silent answer is asked about on the ladder, and nothing is paid again on a guess.
 *
 * Each transfer has its own number and state; the batch's state is read off them. Only these end a transfer that may have been paid: the
 * payer's answer, a row of our account's statement, a person's word, or two of the account's statements that lack it while the payer does not
 * know the number either. A transfer that surely never left takes a new number and goes again on the ladder.
 */
import type { Answer, Outcome } from '../../channels/channel.ts';
import type { PayoutRequest } from '../../channels/payout.ts';
import { askAfter } from '../../domain/ask-ladder.ts';
import type { Evidence } from '../../domain/attempt.ts';
import { addDays, dateIn } from '../../domain/clock.ts';
import { IN_TRANSIT, type LedgerLine, line } from '../../domain/ledger.ts';
import { PAYABLE, type Settlement, type SettlementEvent, type SettlementState, type Transfer } from '../../domain/settlement.ts';
import type { Actor } from '../actor.ts';
import { isStale } from '../stale.ts';
import type { World } from '../world.ts';
import { moved } from './batch.ts';
import { transferOf } from './freeze.ts';
import { payerOf } from './terms.ts';

const HOUSE_ACTOR: Actor = { by: 'duly', why: 'the batch is approved and its day has come' };

/** Sends what is approved and asks about what is silent. `false` where another hand was faster. */
export async function workOn(world: World, batch: Settlement): Promise<boolean> {
  try {
    if (batch.state === 'approved') await send(world, batch, HOUSE_ACTOR);
    else await ask(world, batch);
    return true;
  } catch (error) {
    if (!isStale(error)) throw error;
    return false;
  }
}

/** The intent, then the call: killed in between, the transfer stands as sent and is asked about. */
async function send(world: World, seen: Settlement, actor: Actor): Promise<void> {
  const port = payerOf(world, seen.payout);
  const now = world.clock.now();
  const numbers = seen.transfers.filter((t) => t.state === 'planned').map((t) => t.payoutNo);
  const transfers = seen.transfers.map((t): Transfer => (t.state === 'planned' ? { ...t, state: 'sent', sentAt: now } : t));
  const { at: askAt, n: asks } = askAfter(now, 0);
  const move = seen.state === 'approved' ? 'transfer' : null;
  const told = { type: 'transferring', data: { payoutNos: numbers, payout: seen.payout } };
  const { batch, event } = moved(seen, move, { transfers, askAt, asks }, told, actor, now);
  await world.store.transact((tx) => tx.write({ events: [event], rows: { settlements: [batch] } }, null));
  let latest = batch;
  for (const payoutNo of numbers) {
    const request = requestOf(latest, payoutNo);
    const outcome = await port.pay(request).catch((error: unknown) => silent(`the payout call failed: ${String(error)}`));
    latest = await answered(world, latest, payoutNo, outcome, { kind: 'reply', ref: payoutNo }, actor);
  }
}

async function ask(world: World, seen: Settlement): Promise<void> {
  const port = payerOf(world, seen.payout);
  const actor = { by: 'duly', why: `asked ${port.name} about its answer` };
  // What never left takes its new number from here on.
  if (seen.transfers.some((t) => t.state === 'planned')) return send(world, seen, HOUSE_ACTOR);
  let latest = await postponed(world, seen);
  for (const { payoutNo } of seen.transfers.filter(isOpen)) {
    const answer = await port.query(payoutNo).catch((error: unknown) => silent(`the query failed: ${String(error)}`));
    const proved = answer.kind === 'notFound' && (await neverPaid(world, latest, payoutNo));
    latest = await answered(world, latest, payoutNo, proved ? absent(answer) : answer, { kind: 'query', ref: payoutNo }, actor);
  }
}

/** The next question is set before this one is put: a payer that never answers is not asked in a circle. */
async function postponed(world: World, seen: Settlement): Promise<Settlement> {
  const { at: askAt, n: asks } = askAfter(world.clock.now(), seen.asks);
  const batch = { ...seen, askAt, asks, version: seen.version + 1 };
  await world.store.transact((tx) => tx.write({ events: [], rows: { settlements: [batch] } }, null));
  return batch;
}

export const isOpen = ({ state }: Transfer): boolean => state === 'sent' || state === 'unknown';

/** It was said to have failed, and our account's own statement shows that it left. */
const isBelied = ({ state }: Transfer, { kind }: Outcome | Answer, evidence: Evidence): boolean =>
  state === 'failed' && kind === 'succeeded' && evidence.kind === 'statement';

const requestOf = (batch: Settlement, payoutNo: string): PayoutRequest => {
  const { party, minor } = batch.transfers.find((t) => t.payoutNo === payoutNo) as Transfer;
  const beneficiary = party === 'lender' ? `lender:${batch.lenderId}` : `${party}:${batch.lenderId}`;
  return {
    payoutNo,
    amount: { minor, currency: batch.currency },
    beneficiary,
    memo: `${payoutNo} ${batch.from ?? ''} ${batch.to ?? ''}`.trim(),
  };
};

const silent = (rawText: string) => ({ kind: 'unknown' as const, rawCode: '', rawText });
const absent = ({ rawCode, rawText }: Answer): Outcome => ({
  kind: 'failed',
  failure: 'channelDown',
  channelTradeNo: null,
  rawCode,
  rawText: `not on the account's statements of the day and the day after, and not known to the payer: ${rawText}`,
});

/** The account's statements of the day it was sent and of the next are there, and neither has it. */
async function neverPaid(world: World, batch: Settlement, payoutNo: string): Promise<boolean> {
  const { sentAt } = batch.transfers.find((t) => t.payoutNo === payoutNo) as Transfer;
  if (!sentAt) return false;
  const { account } = payerOf(world, batch.payout);
  const bank = [...world.channels.values()].find(({ profile }) => profile.statement?.account === account);
  if (!bank) return false;
  const day = dateIn(sentAt, bank.profile.zone);
  const found = await Promise.all(
    [day, addDays(day, 1)].map((d) => world.store.statements.accepted({ kind: 'account', source: account }, d)),
  );
  const ids = found.flatMap((statement) => statement?.id ?? []);
  return ids.length === found.length && (await world.store.statements.linesOf(ids, [payoutNo])).length === 0;
}

/** What somebody said of one transfer. Answers that come late or twice change nothing. */
export async function answered(
  world: World,
  seen: Settlement,
  payoutNo: string,
  said: Outcome | Answer,
  evidence: Evidence,
  actor: Actor,
): Promise<Settlement> {
  const transfer = seen.transfers.find((t) => t.payoutNo === payoutNo);
  if (!transfer || !(isOpen(transfer) || isBelied(transfer, said, evidence))) return seen;
  const denied = said.kind === 'failed' && evidence.kind === 'person';
  const after = { ...transferAfter(seen, transfer, said), ...(denied ? { deniedUnder: actor.keyId ?? null } : {}) };
  if (after.state === transfer.state && after.rawText === transfer.rawText) return seen;
  const transfers = seen.transfers.map((t) => (t === transfer ? after : t));
  const now = world.clock.now();
  const to = stateOf(transfers);
  const posting = after.state === 'paid' ? paidPosting(after) : [];
  const { at, n } = askAfter(now, said.kind === 'accepted' ? Math.max(seen.asks - 1, 2) : Math.max(seen.asks - 1, 0));
  const asks = to === 'transferring' || to === 'unknown' ? { askAt: said.kind === 'duplicate' ? now : at, asks: n } : { askAt: null };
  const type =
    after.state === 'paid' ? 'transferred' : after.state === 'failed' ? 'refused' : after.state === 'planned' ? 'unsent' : said.kind;
  const { rawCode, rawText } = said;
  const told = { type, posting, data: { party: after.party, payoutNo, minor: after.minor }, evidence: { ...evidence, rawCode, rawText } };
  const { batch, event } = moved(seen, moveTo(seen.state, to), { transfers, ...asks }, told, actor, now);
  await world.store.transact((tx) => tx.write({ events: [event], rows: { settlements: [batch] } }, null));
  return batch;
}

function transferAfter(batch: Settlement, t: Transfer, said: Outcome | Answer): Transfer {
  const rawText = said.rawText;
  switch (said.kind) {
    case 'succeeded': {
      const { minor, currency } = said.echo.amount;
      if (minor === t.minor && currency === batch.currency) return { ...t, state: 'paid', rawText };
      return {
        ...t,
        state: 'unknown',
        rawText: `the payer says it paid ${minor} ${currency}, asked for were ${t.minor} ${batch.currency}`,
      };
    }
    case 'accepted':
      return { ...t, rawText };
    case 'failed':
      return { ...t, state: 'failed', rawText };
    case 'unsent':
      return { ...transferOf(batch.lenderId, batch.currency, batch.contentsHash ?? '', t.party, t.minor, t.tries + 1), rawText };
    default:
      return { ...t, state: 'unknown', rawText };
  }
}

/** The batch's state by its transfers: what is silent weighs most, then what is under way, then what was refused. */
function stateOf(transfers: readonly Transfer[]): SettlementState {
  if (transfers.some((t) => t.state === 'unknown')) return 'unknown';
  if (transfers.some((t) => t.state === 'sent' || t.state === 'planned')) return 'transferring';
  return transfers.some((t) => t.state === 'failed') ? 'failed' : 'settled';
}

const MOVES: Readonly<Partial<Record<SettlementState, SettlementEvent>>> = {
  unknown: 'lose',
  transferring: 'transfer',
  failed: 'fail',
  settled: 'settle',
};
const moveTo = (from: SettlementState, to: SettlementState): SettlementEvent | null => (from === to ? null : (MOVES[to] ?? null));

/** Dr what the party was owed, Cr funds in transit: the account's own statement says when it left. */
const paidPosting = ({ party, minor }: Transfer): LedgerLine[] => [line(PAYABLE[party], minor), line(IN_TRANSIT, -minor)];

/** Refused transfers under new numbers, for the approved batch to be sent again. */
export const renewed = (batch: Settlement): readonly Transfer[] =>
  batch.transfers.map((t) =>
    t.state === 'failed' ? transferOf(batch.lenderId, batch.currency, batch.contentsHash ?? '', t.party, t.minor, t.tries + 1) : t,
  );
