/**
 * Sends refunds that may go, and asks about those without an answer. `processing` is durable before the call, so a sender that dies leaves a
 * question, never a guess; only the same number with the same content is sent again, and only while the bank would know it as a repeat.
 */
import type { Answer, Outcome } from '../../channels/channel.ts';
import { askAfter } from '../../domain/ask-ladder.ts';
import type { Evidence } from '../../domain/attempt.ts';
import { earliest, type Instant, plusMinutes } from '../../domain/clock.ts';
import type { Receipt } from '../../domain/plan.ts';
import type { TickReport } from '../../domain/records.ts';
import { isSent, type Refund } from '../../domain/refund.ts';
import { type Stop, stopFor } from '../../domain/stop.ts';
import { isStale } from '../stale.ts';
import { add, inParallel } from '../sweep.ts';
import type { World } from '../world.ts';
import { refundAnswered } from './answer.ts';
import { HOUSE_ACTS, stepped } from './event.ts';
import { nextLeftOver, refundLeftOver } from './left-over.ts';
import { otherSideOf } from './other-side.ts';

const BATCH = 200;
const WIDTH = 8;
/** A refund that a switch stops, or whose channel is not set up, is looked at again then. */
const LATER_MINUTES = 15;

/** One pass: overpayments left for their days, refunds to be sent, answers that are missing. Safe to run at any time, twice, and killed anywhere. */
export async function sendRefunds(world: World): Promise<TickReport> {
  const left = await refundLeftOver(world);
  const due = await world.store.refunds.due(world.clock.now(), BATCH);
  if (!due.length) return left;
  const stops = await world.store.admin.stops.all();
  const ready: Refund[] = [];
  const fresh = new Set<string>();
  for (const refund of due) {
    const claimed = isSent(refund.state) ? null : await claim(world, refund, stops);
    if (claimed) fresh.add(claimed.id);
    if (claimed || isSent(refund.state)) ready.push(claimed ?? refund);
  }
  const heard = new Map<string, Heard>();
  await inParallel(ready, WIDTH, async (refund) => void heard.set(refund.id, await hear(world, refund, fresh.has(refund.id))));
  let failed = 0;
  // In the order in which they were due, whatever order the answers came in: the same run records the same events.
  for (const { id } of ready) {
    const { said, evidence, why } = heard.get(id) as Heard;
    const row = await refundAnswered(world, { refundId: id, said, evidence, actor: HOUSE_ACTS(why) });
    if (row.state === 'unknown') failed++;
  }
  const did = ready.length - failed;
  return add(left, { lookedAt: due.length, did, refused: due.length - ready.length, failed, oldestDue: due[0]?.askAt ?? null });
}

/** When a refund is next sent or asked about. */
export async function nextRefund(world: World): Promise<Instant | null> {
  const [due, left] = await Promise.all([world.store.refunds.nextDue(), nextLeftOver(world)]);
  return due && left ? earliest(due, left) : (due ?? left);
}

/** Marks it as sent, durably, before anything leaves; null where it may not go now or another sender has it. */
async function claim(world: World, seen: Refund, stops: readonly Stop[]): Promise<Refund | null> {
  try {
    return await world.store.transact(async (tx) => {
      const [row] = await tx.rows<Refund>('refunds', [seen.id]);
      if (!row || row.version !== seen.version || row.state !== 'requested') return null;
      const now = world.clock.now();
      const [plan] = await tx.plans([row.planId]);
      const pointless = noLonger(
        row,
        plan?.receipts.find((r) => r.id === row.receiptId),
      );
      if (pointless) {
        const { row: gone, event } = stepped(row, { move: 'cancel', set: { askAt: null }, at: now, actor: HOUSE_ACTS(pointless) });
        await tx.write({ events: [event], rows: { refunds: [gone] } }, null);
        return null;
      }
      if (stopFor(stops, row.lenderId, row.channel) || !otherSideOf(world, row)) {
        const later = { ...row, askAt: plusMinutes(now, LATER_MINUTES), version: row.version + 1 };
        await tx.write({ events: [], rows: { refunds: [later] } }, null);
        return null;
      }
      const ask = askAfter(now, 0);
      const actor = HOUSE_ACTS(row.askedBy === null ? row.because : 'a second key approved it');
      const sent = stepped(row, { move: 'send', set: { sentAt: now, askAt: ask.at, asks: 0 }, at: now, actor });
      await tx.write({ events: [sent.event], rows: { refunds: [sent.row] } }, null);
      return sent.row;
    });
  } catch (error) {
    if (isStale(error)) return null;
    throw error;
  }
}

/** Why it would be wrong to send it now; null when it would not. */
function noLonger(row: Refund, receipt: Receipt | undefined): string | null {
  if (!receipt || receipt.back) return 'the payer’s bank has taken the money back already';
  if (row.askedBy === null && row.amount.minor > receipt.overpaid) return 'it is owed on the plan now';
  return null;
}

type Heard = Readonly<{ said: Outcome | Answer; evidence: Evidence; why: string }>;

/** Sends what was just claimed, and asks about the rest. `unknown` where the other side is not there, or breaks. */
async function hear(world: World, refund: Refund, fresh: boolean): Promise<Heard> {
  const side = otherSideOf(world, refund);
  if (!side)
    return { said: nothing(`${refund.channel} is not set up`), evidence: { kind: 'query', ref: refund.refundNo }, why: 'nobody to ask' };
  const broken = (error: unknown): Outcome & Answer => nothing(`the call failed: ${String(error)}`);
  const send = async (why: string): Promise<Heard> => {
    const said = await side.send().catch(broken);
    return { said, evidence: { kind: 'reply', ref: refund.refundNo }, why };
  };
  if (fresh) return send('sent to the bank');
  const said = await side.query().catch(broken);
  if (said.kind === 'notFound' && refund.sentAt && side.mayRepeat(refund.sentAt, world.clock.now()))
    return send('the bank does not know it and has had time to: sent again under the same number');
  const evidence = { kind: 'query' as const, ref: `${refund.refundNo}?${refund.asks}` };
  return { said, evidence, why: `asked the bank: ${said.rawText || said.kind}` };
}

const nothing = (rawText: string): Readonly<{ kind: 'unknown'; rawCode: string; rawText: string }> => ({
  kind: 'unknown',
  rawCode: '',
  rawText,
});
