/**
 * What staff do about money during the demo, under two keys: Li Na proposes and makes, Chen Jie approves. Each working morning, after the
 * bank's files are in, they ask about what differs, approve what is to be settled, and end by hand what neither bank nor house has explained.
 */
import type { House } from '../../app.ts';
import { dateIn, daysBetween } from '../../domain/clock.ts';
import { ATTEMPT_KINDS, type Discrepancy, type MoneyAct } from '../../domain/discrepancy.ts';
import { DulyError } from '../../domain/errors.ts';
import type { Actor } from '../../flows/actor.ts';
import { assign, query } from '../../flows/discrepancies.ts';
import { everyLender } from '../../flows/lenders.ts';
import { approve, propose } from '../../flows/money-acts.ts';
import { approve as approveBatch, retry } from '../../flows/settle.ts';
import { giveBackOverpayments } from './overpaid.ts';

type Act = Readonly<{ act: MoneyAct; facts: Readonly<Record<string, unknown>> }>;
export type Desk = Readonly<{ maker: string; approver: string }>;

const LI_NA = 'staff: Li Na';
const CHEN_JIE = 'staff: Chen Jie';
/** The bank puts its own faults right within three days; what is older is ended by people. */
const PATIENCE_DAYS = 5;

/** Makes the two keys. Their secrets are nowhere: nobody calls the API with them. */
export async function openDesk({ world }: House): Promise<Desk> {
  const key = async (name: string): Promise<string> => {
    const id = world.ids.next('key');
    const secret = { hash: world.ids.token(), prefix: 'sk_demo' };
    const facts = { id, lenderId: null, name, scopes: ['ops:write' as const], expiresAt: null, revokedAt: null };
    await world.store.admin.keys.insert({ ...facts, ...secret, createdAt: world.clock.now() });
    return id;
  };
  return { maker: await key(LI_NA), approver: await key(CHEN_JIE) };
}

/** A morning at the desk. Level-triggered: what is done already is left alone. */
export async function atTheDesk(house: House, desk: Desk): Promise<void> {
  await differences(house, desk);
  for await (const lender of everyLender(house.world)) {
    await settlements(house, desk, lender.id);
    const why = 'more than was owed came in';
    await giveBackOverpayments(house, lender, li(desk, why), chen(desk, why));
  }
}

const li = ({ maker }: Desk, why: string): Actor => ({ by: LI_NA, why, keyId: maker });
const chen = ({ approver }: Desk, why: string): Actor => ({ by: CHEN_JIE, why, keyId: approver });

/** Approves what was cleared, and sends again what was refused. */
async function settlements({ world }: House, desk: Desk, lenderId: string): Promise<void> {
  const batches = await world.store.of(lenderId).settlements.all({ state: ['cleared', 'failed'] });
  for (const batch of batches)
    if (batch.state === 'cleared') await approveBatch(world, batch, chen(desk, 'sums looked over'));
    else await retry(world, batch, li(desk, 'the bank refused it'));
}

async function differences(house: House, desk: Desk): Promise<void> {
  const { world } = house;
  for (let after: string | undefined; ; ) {
    const { data, hasMore } = await world.store.discrepancies.list({ state: ['open', 'suspense', 'carriedOver'] }, { limit: 200, after });
    for (const row of data)
      await lookAt(house, desk, row).catch((error: unknown) => {
        // Changed meanwhile, or an act that does not fit: it is told in the discrepancy's own log, and the next morning looks again.
        if (!(error instanceof DulyError)) throw error;
      });
    after = data.at(-1)?.id;
    if (!hasMore || !after) return;
  }
}

async function lookAt({ world }: House, desk: Desk, found: Discrepancy): Promise<void> {
  let row = found;
  if (!row.owner) {
    row = await assign(world, row, LI_NA, li(desk, 'mine to explain'));
    if (row.outTradeNo && row.channel) row = await query(world, row, li(desk, 'what does the bank know of it?'));
  }
  const zone = world.channels.get(row.channel ?? '')?.profile.zone ?? 'UTC';
  const age = daysBetween(dateIn(row.openedAt, zone), world.clock.today(zone));
  const act = age < PATIENCE_DAYS || row.underway ? null : actFor(row);
  if (!act) return;
  if (!row.proposal) row = await proposed(world, row, act, li(desk, 'the bank has not put it right'));
  await approve(world, row, chen(desk, 'as proposed'));
}

/** What the file has no money of cannot be accepted from it: then it is borne. */
const proposed = (world: House['world'], row: Discrepancy, act: Act, actor: Actor): Promise<Discrepancy> =>
  propose(world, row, act, actor).catch((error: unknown) => {
    if (row.kind !== 'shortage' || !(error instanceof DulyError) || error.code !== 'ACT_NOT_POSSIBLE') throw error;
    return propose(world, row, { act: 'writeOff', facts: {} }, actor);
  });

/** What people do with what is left: the file is right about what is ours, a stranger's money goes back, and a loss is borne. */
function actFor(row: Discrepancy): Act | null {
  if ((ATTEMPT_KINDS as readonly string[]).includes(row.kind)) return { act: 'accept', facts: {} };
  if (row.kind === 'lateFile' || row.kind === 'depositMismatch') return null;
  if (row.attemptId) return { act: 'accept', facts: {} };
  return row.kind === 'surplus' || row.kind === 'duplicate' ? { act: 'refund', facts: {} } : { act: 'writeOff', facts: {} };
}
