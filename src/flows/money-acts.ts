/** The desk's acts that move money: proposed under one key, approved or rejected under another. What each does is src/domain/desk.ts. */
import type { Attempt } from '../domain/attempt.ts';
import { type Deed, deedOf } from '../domain/desk.ts';
import type { Discrepancy, MoneyAct, Proposal } from '../domain/discrepancy.ts';
import { Conflict } from '../domain/errors.ts';
import type { Actor } from './actor.ts';
import { actOn, assertUnsettled, type Decide } from './discrepancies.ts';
import { refundNoOf } from './reconcile/give-back.ts';
import { keyOfActor, otherKey } from './two-keys.ts';
import type { World } from './world.ts';

export type Proposed = Readonly<{ act: MoneyAct; facts: Readonly<Record<string, unknown>> }>;

/** Past tense, as events tell it. */
const DONE: Readonly<Record<MoneyAct, string>> = {
  accept: 'accepted',
  adjust: 'adjusted',
  refund: 'refundApproved',
  writeOff: 'writtenOff',
};

/** Puts an act up for a second person. Throws Conflict: PROPOSED_ALREADY, ACT_NOT_POSSIBLE, SECOND_KEY_REQUIRED, DISCREPANCY_SETTLED. */
export async function propose(world: World, seen: Discrepancy, { act, facts }: Proposed, actor: Actor): Promise<Discrepancy> {
  const attempt = await attemptOf(world, seen);
  const key = await attemptedBy(world, seen, actor, `propose ${act}`, () => keyOfActor(world, actor));
  return actOn(world, seen, actor, `propose ${act}`, (row) => {
    assertUnsettled(row);
    assertIdle(row);
    if (act === 'refund') assertRefunds(world, row);
    const proposal: Proposal = {
      act,
      facts: { ...facts, ...meant(deedOf(row, act, facts, attempt)) },
      keyId: key,
      by: actor.by,
      why: actor.why,
      at: world.clock.now(),
    };
    return { type: 'proposed', set: { proposal }, data: { act, facts: proposal.facts } };
  });
}

/** What an act is to make of the attempt: told with the proposal, since the attempt may be something else by the time it is approved. */
const meant = (deed: Deed): Readonly<Record<string, unknown>> => (deed.kind === 'attempt' ? { becomes: deed.becomes } : {});

/**
 * Does what was proposed, under another key than the proposer's. Where an attempt has to change first, or money to go back, the discrepancy
 * stays in suspense until that is done; it is looked at again at once.
 */
export async function approve(world: World, seen: Discrepancy, actor: Actor): Promise<Discrepancy> {
  const attempt = await attemptOf(world, seen);
  await secondKey(world, seen, actor, 'approve');
  return actOn(world, seen, actor, 'approve', (row) => {
    assertUnsettled(row);
    const { act, facts, keyId: proposedBy, by } = proposalOf(row);
    const deed = deedOf(row, act, facts, attempt);
    if (meant(deed).becomes !== facts.becomes)
      throw new Conflict(
        'ACT_NOT_POSSIBLE',
        `the attempt of ${row.id} has changed since ${act} was proposed: reject it, and propose anew`,
        {
          id: row.id,
          act,
        },
      );
    const data = { act, facts, proposedBy: by, proposedKeyId: proposedBy };
    return { ...done(world, row, deed, act, actor.by), data };
  });
}

/** Takes the proposal off the table, under another key than the proposer's. */
export async function reject(world: World, seen: Discrepancy, actor: Actor): Promise<Discrepancy> {
  await secondKey(world, seen, actor, 'reject');
  return actOn(world, seen, actor, 'reject', (row) => {
    assertUnsettled(row);
    const { act, by } = proposalOf(row);
    return { type: 'rejected', set: { proposal: null }, data: { act, proposedBy: by } };
  });
}

function done(world: World, row: Discrepancy, deed: Deed, act: MoneyAct, by: string): ReturnType<Decide> {
  const type = DONE[act];
  switch (deed.kind) {
    case 'post':
      return { type, move: deed.move, posting: deed.posting, set: { ended: act } };
    case 'attempt':
      return {
        type,
        set: {
          proposal: null,
          underway: { act: 'accept', ref: `${row.id}:${row.eventN + 1}`, by, minor: null, answer: null },
          lookAt: world.clock.now(),
        },
      };
    case 'send':
      return {
        type,
        set: {
          proposal: null,
          underway: { act: 'refund', ref: refundNoOf(row), by, minor: deed.minor, answer: null },
          lookAt: world.clock.now(),
          looks: 0,
        },
      };
  }
}

const attemptOf = async (world: World, { attemptId }: Discrepancy): Promise<Attempt | null> =>
  attemptId === null ? null : ((await world.store.work.attempts([attemptId]))[0] ?? null);

/** Where nothing is proposed the act itself says so. */
const secondKey = async (world: World, { proposal, ...seen }: Discrepancy, actor: Actor, act: string): Promise<void> => {
  if (proposal) await attemptedBy(world, { proposal, ...seen }, actor, act, () => otherKey(world, proposal.keyId, actor));
};

/** A refusal at the key is told in the discrepancy's log like any other. */
async function attemptedBy<T>(world: World, seen: Discrepancy, actor: Actor, act: string, check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    await actOn(world, seen, actor, act, () => {
      throw error;
    });
    throw error;
  }
}

function proposalOf(row: Discrepancy): Proposal {
  if (!row.proposal) throw new Conflict('NOTHING_PROPOSED', `nothing is proposed on ${row.id}: propose an act first`, { id: row.id });
  return row.proposal;
}

function assertIdle(row: Discrepancy): void {
  const what = row.proposal ? `${row.proposal.act} is proposed already` : row.underway ? `${row.underway.act} is under way` : null;
  if (what) throw new Conflict('PROPOSED_ALREADY', `${what} on ${row.id}: it is decided first`, { id: row.id });
}

function assertRefunds(world: World, row: Discrepancy): void {
  if (!world.channels.get(row.channel ?? '')?.refund)
    throw new Conflict('ACT_NOT_POSSIBLE', `channel ${row.channel} gives nothing back: adjust it, and pay it out by transfer`, {
      id: row.id,
    });
}
