/** Calls the gateway, a few at a time, and says what became of each message. */
import { type Instant, plusMinutes } from '../../domain/clock.ts';
import type { Notice } from '../../domain/notice.ts';
import type { SendOutcome } from '../../sms/gateway.ts';
import { changeBorrower } from '../borrowers.ts';
import { inParallel } from '../sweep.ts';
import type { World } from '../world.ts';
import { type Move, moveOf } from './moves.ts';

/** `to`: E.164. */
export type Outgoing = Readonly<{ notice: Notice; to: string }>;

const WIDTH = 16;
const RETRY_MINUTES = 30;
const MOST_TRIES = 2;

/** Sends each once. Never throws for what the gateway did; the moves are still to be told. */
export async function dispatch(world: World, outgoing: readonly Outgoing[]): Promise<Move[]> {
  const moves = new Map<string, Move>();
  const optedOut: Notice[] = [];
  await inParallel(outgoing, WIDTH, async ({ notice, to }) => {
    const { id, template, language, text, params } = notice;
    const outcome = await world.sms.send({ id, to, template, language, text, params }).catch(lost);
    moves.set(id, moveFor(notice, outcome, world.clock.now()));
    if (outcome.kind === 'failed' && outcome.optOut) optedOut.push(notice);
  });
  for (const notice of optedOut) await optOut(world, notice);
  return outgoing.map(({ notice }) => moves.get(notice.id) as Move);
}

/** A fault of ours in the connector after the bytes may have left: as lost as any other answer. */
const lost = (error: unknown): SendOutcome => ({ kind: 'unknown', error: error instanceof Error ? error.message : String(error) });

function moveFor(notice: Notice, outcome: SendOutcome, now: Instant): Move {
  switch (outcome.kind) {
    case 'sent': {
      const { gatewayNo } = outcome;
      return moveOf(notice, 'take', { gatewayNo, sentAt: now, why: null, retryAt: null }, { kind: 'reply', ref: gatewayNo });
    }
    case 'unknown':
      return moveOf(notice, 'lose', { why: `the gateway's answer was lost: ${outcome.error}`, retryAt: null });
    case 'failed': {
      const { rawCode, rawText, again } = outcome;
      const retryAt = again !== 'never' && notice.tries < MOST_TRIES ? plusMinutes(now, RETRY_MINUTES) : null;
      return moveOf(notice, 'fail', { why: `${rawCode} ${rawText}`.trim(), retryAt }, { kind: 'reply', ref: rawCode, rawCode, rawText });
    }
  }
}

/** The receiver said stop: no message of any kind goes to them any more. */
async function optOut(world: World, notice: Notice): Promise<void> {
  const [lender] = await world.store.work.lenders([notice.lenderId]);
  if (!lender) return;
  await changeBorrower(world, lender, notice.borrowerId, { optedOut: true }, { by: 'duly', why: `stop was said to ${world.sms.name}` });
}
