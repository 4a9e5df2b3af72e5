/**
 * Putting intents down: durable before any call. The insert claims the number and the unique indexes say who won.
 *
 * After an unclean insert (a write error, a write-concern error, a time-out) each intent is read again, majority, by (plan, n) and by number:
 * mine by token and payload: call; another's: leave it; another plan on my number: say so; absent: drop it.
 * An E11000 names one index only, so it is never believed alone.
 */
import type { Db, Document } from 'mongodb';
import type { Attempt, Claim } from '../domain/attempt.ts';
import type { IntentResult } from '../flows/store.ts';
import { attemptDoc, fromDoc, WITHOUT_DERIVED } from './codec.ts';

export async function insertIntents(db: Db, intents: readonly Attempt[], claim: Claim): Promise<IntentResult> {
  if (!intents.length) return { mine: [], lost: [] };
  const attempts = db.collection<Document>('attempts');
  try {
    await attempts.insertMany(intents.map(attemptDoc), { ordered: false });
    return { mine: intents, lost: [] };
  } catch (unclean) {
    return readAgain(db, intents, claim).catch(() => {
      throw unclean;
    });
  }
}

/** What became of intents whose insert did not come back clean. */
export async function readAgain(db: Db, intents: readonly Attempt[], claim: Claim): Promise<IntentResult> {
  const found = (
    await db
      .collection<Document>('attempts')
      .find(
        {
          $or: [
            ...intents.map(({ planId, n }) => ({ planId, n })),
            ...intents.map(({ channel, outTradeNo }) => ({ channel, outTradeNo })),
            ...intents.map(({ planId }) => ({ planId, open: true })),
          ],
        },
        { readConcern: { level: 'majority' }, readPreference: 'primary', projection: WITHOUT_DERIVED },
      )
      .toArray()
  ).map((d) => fromDoc<Attempt>(d));
  const mine: Attempt[] = [];
  const lost: { planId: string; guard: string }[] = [];
  for (const intent of intents) {
    const there = found.find((a) => a.planId === intent.planId && a.n === intent.n);
    if (there && there.claim.token === claim.token && there.payloadHash === intent.payloadHash) mine.push(intent);
    else lost.push({ planId: intent.planId, guard: guardOf(intent, found, Boolean(there)) });
  }
  return { mine, lost };
}

function guardOf(intent: Attempt, found: readonly Attempt[], numberedTwice: boolean): string {
  if (found.some((a) => a.channel === intent.channel && a.outTradeNo === intent.outTradeNo && a.planId !== intent.planId))
    return 'numberTaken';
  if (found.some((a) => a.planId === intent.planId && a.open)) return 'openAttempt';
  return numberedTwice ? 'planNumber' : 'absent';
}
