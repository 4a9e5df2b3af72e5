/**
 * The discrepancy desk: what staff may do about a difference. Every act is an event of the discrepancy, with who, under which key, and why;
 * an act that was refused is one too, so that of two people who act at once the log has both.
 *
 * Acts that move money are proposed under one key and approved under another (money-acts.ts).
 */
import { type Discrepancy, isSettled } from '../domain/discrepancy.ts';
import { type Step, stepped } from '../domain/discrepancy-step.ts';
import { Conflict, type DulyError, IllegalTransition, NotFound } from '../domain/errors.ts';
import type { Actor } from './actor.ts';
import { askChannel } from './reconcile/ask-channel.ts';
import { untilFresh } from './stale.ts';
import type { World } from './world.ts';

/** What an act makes of the row as read inside the transaction; it may run more than once. */
export type Decide = (row: Discrepancy) => Pick<Step, 'type'> & Partial<Omit<Step, 'type' | 'at' | 'by' | 'keyId'>>;

/**
 * Runs an act on the discrepancy as the caller saw it. Throws Conflict CHANGED_MEANWHILE where somebody else was faster, and whatever `decide`
 * throws; a refusal of either kind is recorded before it is thrown.
 */
export async function actOn(world: World, seen: Discrepancy, actor: Actor, act: string, decide: Decide): Promise<Discrepancy> {
  try {
    return await untilFresh(5, () => actOnce(world, seen, actor, decide));
  } catch (error) {
    if (error instanceof Conflict || error instanceof IllegalTransition) await recordRefusal(world, seen.id, actor, act, error);
    throw error;
  }
}

const actOnce = (world: World, seen: Discrepancy, actor: Actor, decide: Decide): Promise<Discrepancy> =>
  world.store.transact(async (tx) => {
    const [row] = await tx.rows<Discrepancy>('discrepancies', [seen.id]);
    if (!row) throw new NotFound('discrepancy', seen.id);
    if (row.version !== seen.version)
      throw new Conflict('CHANGED_MEANWHILE', `somebody else has acted on ${seen.id} meanwhile: read it again`, { id: seen.id });
    const { by, why, keyId } = actor;
    const step = stepped(row, { at: world.clock.now(), by, why, keyId, ...decide(row) });
    await tx.write({ events: [step.event], rows: { discrepancies: [step.row] } }, null);
    return step.row;
  });

/** That it was refused is told in the same log as what was done, after it. */
const recordRefusal = (world: World, id: string, actor: Actor, act: string, { code, message }: DulyError): Promise<void> =>
  untilFresh(20, () =>
    world.store.transact(async (tx) => {
      const [row] = await tx.rows<Discrepancy>('discrepancies', [id]);
      if (!row) return;
      const { by, why, keyId } = actor;
      const step = stepped(row, { type: 'refused', at: world.clock.now(), by, why, keyId, data: { act, code, says: message } });
      await tx.write({ events: [step.event], rows: { discrepancies: [step.row] } }, null);
    }),
  );

/** Throws Conflict DISCREPANCY_SETTLED. */
export function assertUnsettled(d: Discrepancy): void {
  if (isSettled(d.state))
    throw new Conflict('DISCREPANCY_SETTLED', `discrepancy ${d.id} is ${d.state}: nothing is left to be done`, {
      id: d.id,
      state: d.state,
    });
}

/** Whose it is from now on; null takes it from whoever has it. */
export const assign = (world: World, seen: Discrepancy, owner: string | null, actor: Actor): Promise<Discrepancy> =>
  actOn(world, seen, actor, 'assign', (row) => {
    assertUnsettled(row);
    return { type: 'assigned', set: { owner }, data: { owner, before: row.owner } };
  });

/** Words for whoever reads it next, also after it was settled. Nothing about the borrower belongs in them. */
export const note = (world: World, seen: Discrepancy, text: string, actor: Actor): Promise<Discrepancy> =>
  actOn(world, seen, actor, 'note', () => ({ type: 'noted', data: { text } }));

/** Asks the channel what it knows of the number and keeps the answer. Throws Conflict ACT_NOT_POSSIBLE where there is no number to ask about. */
export async function query(world: World, seen: Discrepancy, actor: Actor): Promise<Discrepancy> {
  const asked = (await askChannel(world, seen))?.asked;
  return actOn(world, seen, actor, 'query', (row) => {
    assertUnsettled(row);
    if (!asked)
      throw new Conflict('ACT_NOT_POSSIBLE', `discrepancy ${row.id} has no number the channel could be asked about`, { id: row.id });
    return { type: 'queried', set: { asked, lookAt: row.channel && row.businessDate ? world.clock.now() : row.lookAt }, data: { asked } };
  });
}
