/** `duly explain ID`: why a plan or an attempt is where it is, and what happens next, when. */
import type { Command } from 'commander';
import { DulyError, NotFound } from '../domain/errors.ts';
import { asText, explainAttempt, explainPlan } from '../flows/explain-plan.ts';
import { withHouse } from './context.ts';
import { answer } from './output.ts';

export const explainCommand = (program: Command): Command =>
  program
    .command('explain')
    .argument('<id>', "a plan (pln_... or the lender's own id) or an attempt (att_... or its order number at the bank)")
    .description('the story of a plan or an attempt in words, with the rules it met and what comes next')
    .option('--data <dir>', 'the data folder (DULY_DATA_DIR)')
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  duly explain L-2026-000123')
    .action(async (id: string, { json, data }: { json?: boolean; data?: string }) =>
      withHouse({ role: 'explain', quiet: true, dataDir: data }, async (house) => {
        const { store } = house.world;
        const { lenderId, plan, attempt } = await subjectOf(house.database.db, [...house.world.channels.keys()], id);
        const bound = store.of(lenderId);
        const lender = await store.admin.lenders.get(lenderId);
        const story = attempt ? await explainAttempt(house.world, bound, attempt) : await explainPlan(house.world, bound, plan as string);
        answer(json, story, (s) => asText(s, lender?.timeZone ?? 'UTC'));
      }),
    );

type Db = Parameters<Parameters<typeof withHouse>[1]>[0]['database']['db'];

/** Whose plan or attempt an id is: operations look across lenders here. Throws NotFound, or AMBIGUOUS where two lenders or channels have it. */
export async function subjectOf(
  db: Db,
  channels: readonly string[],
  id: string,
): Promise<Readonly<{ lenderId: string; plan?: string; attempt?: string }>> {
  if (id.startsWith('att_')) {
    const attempt = await db.collection('attempts').findOne({ _id: id } as object, { projection: { lenderId: 1 } });
    if (attempt) return { lenderId: attempt.lenderId, attempt: id };
    throw new NotFound('attempt', id);
  }
  const plans = await db
    .collection('plans')
    .find(id.startsWith('pln_') ? ({ _id: id } as object) : { externalId: id }, { projection: { lenderId: 1 }, limit: 2 })
    .toArray();
  if (plans.length > 1) throw new DulyError('AMBIGUOUS', `several lenders have a plan ${id}: give its pln_ id`);
  if (!plans[0]) {
    const attempts = await db
      .collection('attempts')
      .find({ channel: { $in: channels }, outTradeNo: id }, { projection: { lenderId: 1 }, limit: 2 })
      .toArray();
    if (attempts.length > 1) throw new DulyError('AMBIGUOUS', `several channels have an order ${id}: give its att_ id`);
    if (attempts[0]) return { lenderId: attempts[0].lenderId, attempt: String(attempts[0]._id) };
    throw new NotFound('plan or attempt', id);
  }
  return { lenderId: plans[0].lenderId, plan: String(plans[0]._id) };
}
