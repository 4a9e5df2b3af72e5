/** `duly settle`: the settlement run by hand. Approving takes a key of its own, as over the API. */
import type { Command } from 'commander';
import { madeView, settlementView } from '../api/settlement-views.ts';
import { type BusinessDate, businessDate, isBusinessDate } from '../domain/clock.ts';
import { DulyError, NotFound } from '../domain/errors.ts';
import type { ApiKey, Lender } from '../domain/lender.ts';
import type { Actor } from '../flows/actor.ts';
import { everyLender } from '../flows/lenders.ts';
import { approve, type Made, settle, settleDue } from '../flows/settle.ts';
import type { World } from '../flows/world.ts';
import { withHouse } from './context.ts';
import { actorOf, holderOf } from './key-holder.ts';
import { answer } from './output.ts';

type Flags = Readonly<{ lender?: string; through?: string; approve?: string; key?: string; data?: string; json?: boolean }>;

export const settleCommand = (program: Command): Command =>
  program
    .command('settle')
    .description('makes the settlement batches that are due and pays what is approved; or clears through a day, or approves a batch')
    .option('--lender <id>', 'this lender alone')
    .option('--through <date>', 'clear what is confirmed through this statement day, beside the cycle; takes --key')
    .option('--approve <batch>', 'approve this batch, under a key that did not make it')
    .option('--key <key>', 'your API key: who makes a batch with it cannot approve it')
    .option('--data <dir>', 'the data folder (DULY_DATA_DIR)')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  duly settle\n  duly settle --lender lnd_... --through 2026-01-31 --key sk_live_...\n  duly settle --approve stl_... --key sk_live_...',
    )
    .action(async (flags: Flags) =>
      withHouse({ role: 'settle', quiet: true, dataDir: flags.data }, async ({ world }) => {
        const done = await settleByHand(world, flags);
        answer(flags.json, done, inWords);
      }),
    );

type Done = Readonly<{ approved: SettlementView | null; made: readonly ReturnType<typeof madeView>[]; did: number; failed: number }>;
type SettlementView = ReturnType<typeof settlementView>;

/** What the flags ask for: an approval, or batches made and the approved ones paid. */
export async function settleByHand(world: World, flags: Omit<Flags, 'json' | 'data'>): Promise<Done> {
  const actor = await staff(world, flags.key);
  if (flags.approve) return { approved: settlementView(await approved(world, flags.approve, actor)), made: [], did: 1, failed: 0 };
  const through = flags.through === undefined ? null : dayOf(flags.through);
  // What is cleared beside the cycle is somebody's own choice: its maker must be known, or he could approve it.
  if (through !== null && actor.keyId === undefined) throw new DulyError('SECOND_KEY_REQUIRED', 'say whose key makes it: --key KEY');
  const made: Made[] = [];
  for (const lender of await lendersOf(world, flags.lender)) made.push(...(await settle(world, lender, through, actor)));
  const { did, failed } = await settleDue(world);
  return { approved: null, made: made.map(madeView), did, failed };
}

function inWords({ approved: batch, made }: Done): string {
  if (batch) return `${batch.id}: approved, to be paid on ${batch.payOn}`;
  return made.length ? made.map(oneInWords).join('\n') : 'nothing is due';
}

const oneInWords = ({ currency, cleared, waiting }: Done['made'][number]): string => {
  if (cleared) return `${cleared.id}: ${cleared.rows} rows, net ${cleared.sums.net} ${currency} (minor units), ${cleared.state}`;
  return `${waiting?.id}: waits open in ${currency}, its net is below the minimum`;
};

async function approved(world: World, batchId: string, actor: Actor) {
  if (actor.keyId === undefined) throw new DulyError('SECOND_KEY_REQUIRED', 'say whose key approves it: --key KEY');
  const batch = await world.store.settling.get(batchId);
  if (!batch) throw new NotFound('settlement', batchId);
  return approve(world, batch, actor);
}

const BY_HAND: Actor = { by: 'duly settle', why: 'run by hand' };

const isStaff = (key: ApiKey): boolean => key.lenderId === null && key.scopes.some((s) => s === 'ops:write' || s === 'admin');

const staff = async (world: World, key: string | undefined): Promise<Actor> =>
  key === undefined
    ? BY_HAND
    : actorOf(await holderOf(world, key, isStaff, 'of the house’s own staff: give one with ops:write that is bound to no lender'));

async function lendersOf(world: World, id: string | undefined): Promise<readonly Lender[]> {
  if (id !== undefined) {
    const one = await world.store.admin.lenders.get(id);
    if (!one) throw new NotFound('lender', id);
    return [one];
  }
  const all: Lender[] = [];
  for await (const lender of everyLender(world)) all.push(lender);
  return all;
}

function dayOf(text: string): BusinessDate {
  if (!isBusinessDate(text)) throw new DulyError('NOT_A_DAY', `--through ${text} is no day: write it as 2026-01-31`);
  return businessDate(text);
}
