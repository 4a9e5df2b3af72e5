/** Lenders with agreements of their own, days that are reconciled by hand, and a payer that may lose, refuse or forget what it is told. */
import type { Answer, Channel, Outcome } from '../../src/channels/channel.ts';
import type { PayoutPort, PayoutRequest } from '../../src/channels/payout.ts';
import type { Clearing } from '../../src/domain/clearing.ts';
import { parseInstant } from '../../src/domain/clock.ts';
import type { Lender } from '../../src/domain/lender.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { Reconciliation } from '../../src/domain/reconciliation.ts';
import type { Agreement, Settlement } from '../../src/domain/settlement.ts';
import { newBatch } from '../../src/flows/settle/batch.ts';
import { transferOf } from '../../src/flows/settle/freeze.ts';
import { toDoc } from '../../src/store/codec.ts';
import { numbered, registered } from '../flows/bodies.ts';
import { withProfile } from './diary-world.ts';
import { lenderOf, type TestHouse } from './house.ts';
import { day } from './loan.ts';

/** All to the lender, who bears the channel's fee; the next day; by the fake payer. */
export const AGREEMENT: Agreement = {
  name: 'test',
  title: 'of a test',
  lenders: [],
  validFrom: day('2020-01-01'),
  shares: [],
  channelFee: 'lender',
  mode: 'afterReconciliation',
  cycle: { every: 'day', weekday: null, plusDays: 1, calendar: 'everyday', at: '10:00' },
  minimumMinor: 0,
  holdBack: { share: '0', days: 0 },
  coverage: '0',
  payout: 'fake',
};

/** A bank that lays out no files: its days are reconciled by hand. `expected`: whether the house knows that files should come. */
export function withoutFiles(house: TestHouse, expected = false): void {
  const { files: _, ...rest } = house.world.channels.get('simulator') as Channel;
  (house.world.channels as Map<string, Channel>).set('simulator', rest);
  if (!expected) withProfile(house, { statement: null });
}

/** A lender under an agreement of its own. */
export async function lenderUnder(house: TestHouse, change: Partial<Agreement> = {}): Promise<Lender> {
  const lender = lenderOf(house);
  await house.world.store.admin.lenders.insert(lender);
  (house.world.agreements as Agreement[]).push({ ...AGREEMENT, name: `of-${lender.code.toLowerCase()}`, ...change, lenders: [lender.id] });
  return lender;
}

let used = 0;
/** Plans of one instalment of this day, one for each amount, on accounts that end so and pay. */
export async function owing(house: TestHouse, lender: Lender, dueDate: string, minors: readonly number[], tail = '0019'): Promise<Plan[]> {
  const plans: Plan[] = [];
  for (const minor of minors) {
    const interest = minor > 10_000 ? 1_000 : 0;
    const body = numbered(++used, tail, { instalments: [{ dueDate, principal: minor - interest, interest }] });
    plans.push((await registered({ ...house, lender }, body)).plan);
  }
  return plans;
}

/** The day as reconciled, its file without differences and without stated fees. */
export async function reconciled(house: TestHouse, businessDate: string, change: Partial<Reconciliation> = {}): Promise<void> {
  const id = `rec_simulator_${businessDate}`;
  const run = {
    id,
    channel: 'simulator',
    businessDate: day(businessDate),
    state: 'matched',
    statementId: null,
    booked: [],
    depositedAt: null,
    ranAt: house.world.clock.now(),
    eventN: 1,
    version: 1,
    ...change,
  } as const;
  const { _id, ...set } = toDoc(run);
  await house.database.db.collection<{ _id: string }>('reconciliations').updateOne({ _id: id }, { $set: set }, { upsert: true });
}

export const batchesOf = async (house: TestHouse, lender: Lender): Promise<Settlement[]> =>
  (await house.world.store.of(lender.id).settlements.all({})).sort((a, b) => (a.id < b.id ? -1 : 1));
export const rowsOf = async (house: TestHouse, lender: Lender): Promise<Clearing[]> =>
  (await house.world.store.of(lender.id).clearings.all({})).sort((a, b) => a.number - b.number || (a.id < b.id ? -1 : 1));

/** Dr above zero, by account, of one lender's books; accounts at zero are left out. */
export async function booksOf(house: TestHouse, lender: Lender, ...accounts: readonly string[]): Promise<Record<string, number>> {
  const out: Record<string, number> = {};
  for (const account of accounts) out[account] = await house.world.store.settling.balance(lender.id, 'CNY', account);
  return out;
}

export type Mood = 'pays' | 'losesReply' | 'losesRequest' | 'refuses' | 'down' | 'accepts' | 'dies' | 'paysLess';

/** A payer of moods. What it has paid stands in `paid`, by number; a number is paid once. */
export class FakePayer implements PayoutPort {
  readonly name = 'fake';
  readonly account = 'settlement';
  readonly paid = new Map<string, number>();
  readonly asked: PayoutRequest[] = [];
  private readonly accepted = new Set<string>();
  mood: Mood = 'pays';

  async pay(request: PayoutRequest): Promise<Outcome> {
    this.asked.push(request);
    const { payoutNo, amount } = request;
    if (this.mood === 'dies') throw new Error('killed');
    if (this.mood === 'losesRequest') return { kind: 'unknown', rawCode: '', rawText: 'no answer' };
    if (this.mood === 'refuses')
      return { kind: 'failed', failure: 'accountInvalid', channelTradeNo: null, rawCode: '14', rawText: 'closed' };
    if (this.mood === 'down') return { kind: 'unsent', rawCode: '91', rawText: 'down' };
    if (this.mood === 'accepts') {
      this.accepted.add(payoutNo);
      return { kind: 'accepted', channelTradeNo: payoutNo, rawCode: '', rawText: 'later' };
    }
    if (this.paid.has(payoutNo)) return { kind: 'duplicate', rawCode: '94', rawText: 'known' };
    this.paid.set(payoutNo, amount.minor - (this.mood === 'paysLess' ? 1 : 0));
    if (this.mood === 'losesReply') return { kind: 'unknown', rawCode: '', rawText: 'no answer' };
    return (await this.query(payoutNo)) as Outcome;
  }

  async query(payoutNo: string): Promise<Answer> {
    const minor = this.paid.get(payoutNo);
    if (minor === undefined && this.accepted.has(payoutNo))
      return { kind: 'accepted', channelTradeNo: payoutNo, rawCode: '', rawText: 'later' };
    if (minor === undefined) return { kind: 'notFound', rawCode: '25', rawText: 'unknown number' };
    const echo = { amount: { minor, currency: 'CNY' }, accountLast4: '', at: parseInstant('2026-01-01T00:00:00Z') };
    return { kind: 'succeeded', channelTradeNo: `T${payoutNo}`, rawCode: '00', rawText: 'paid', echo };
  }
}

/** A batch of one transfer of 990, laid down in a state without having lived up to it. */
export async function layBatch(
  { world }: Pick<TestHouse, 'world'>,
  lender: Pick<Lender, 'id'>,
  change: Partial<Settlement>,
): Promise<Settlement> {
  const whole = (await world.store.admin.lenders.get(lender.id)) as Lender;
  const hash = world.ids.token();
  const blank = newBatch(world, whole, 'CNY', { ...AGREEMENT, payout: 'manual' }, world.clock.today(whole.timeZone));
  const state = change.state ?? 'cleared';
  const to = state === 'failed' ? 'failed' : state === 'transferring' ? 'sent' : 'planned';
  const batch: Settlement = {
    ...blank,
    sums: { ...blank.sums, grossMinor: 1_000, channelFeeMinor: 10, netMinor: 990 },
    transfers: [{ ...transferOf(lender.id, 'CNY', hash, 'lender', 990, 0), state: to }],
    contentsHash: hash,
    ...change,
    state,
  };
  await world.store.transact((tx) => tx.write({ events: [], newRows: { settlements: [batch] } }, null));
  return batch;
}
