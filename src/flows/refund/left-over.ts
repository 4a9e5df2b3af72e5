/**
 * The house's own rule: what was paid too much is given back after the days that the strategy says, unless somebody chose otherwise. Any refund
 * of the receipt, even a cancelled one, is such a choice; so is a hold on the plan.
 */
import { earliest, type Instant, plusMs } from '../../domain/clock.ts';
import { DulyError } from '../../domain/errors.ts';
import { inMoney } from '../../domain/explain.ts';
import { grouped, indexed } from '../../domain/grouped.ts';
import type { Plan, Receipt } from '../../domain/plan.ts';
import { NO_WORK, type TickReport } from '../../domain/records.ts';
import type { Strategy } from '../../domain/strategy.ts';
import { insertRefund } from '../refund.ts';
import type { World } from '../world.ts';
import { HOUSE_ACTS } from './event.ts';
import { wayOf } from './way.ts';

const DAY_MS = 86_400_000;
const PAGE = 200;

type LeftOver = Readonly<{ plan: Plan; receipt: Receipt; at: Instant; days: number }>;

/** Asks for a refund of every overpayment that has waited its days. */
export async function refundLeftOver(world: World): Promise<TickReport> {
  let report = NO_WORK;
  for await (const { plan, receipt, at, days } of leftOvers(world)) {
    if (at > world.clock.now()) continue;
    const [lender] = await world.store.work.lenders([plan.lenderId]);
    if (!lender) continue;
    const over = inMoney(receipt.overpaid, plan.currency);
    const because = `${over} more than was owed came in ${days} day${days === 1 ? '' : 's'} ago and nobody said what to do with it`;
    const ask = { receiptId: receipt.id, amount: receipt.overpaid, way: null, because };
    const still = (now: Receipt, others: readonly unknown[]): boolean => now.overpaid === receipt.overpaid && others.length === 0;
    const made = await insertRefund(world, lender, ask, HOUSE_ACTS(because), null, still).catch(expected);
    report = { ...report, lookedAt: report.lookedAt + 1, did: report.did + (made ? 1 : 0), refused: report.refused + (made ? 0 : 1) };
  }
  return report;
}

/** When the next overpayment has waited its days; null where no strategy gives any back. */
export async function nextLeftOver(world: World): Promise<Instant | null> {
  let next: Instant | null = null;
  for await (const { at } of leftOvers(world)) next = next ? earliest(next, at) : at;
  return next;
}

/** Somebody was faster: what to do with it is decided already. */
function expected(error: unknown): null {
  if (error instanceof DulyError) return null;
  throw error;
}

/** Overpayments that will be given back by rule, of plans whose strategy has one. */
async function* leftOvers(world: World): AsyncGenerator<LeftOver> {
  const daysOf = new Map([...world.strategies.values()].flatMap((s) => (s.overpayment ? [[keyOf(s), s.overpayment.refundAfterDays]] : [])));
  const strategies = [...world.strategies.values()].filter((s) => s.overpayment);
  for (let after = ''; strategies.length; ) {
    const plans = await world.store.refunds.overpaid(strategies, after, PAGE);
    const candidates = plans
      .filter((plan) => plan.holds.length === 0)
      .flatMap((plan) => plan.receipts.filter((r) => r.overpaid > 0 && !r.back).map((receipt) => ({ plan, receipt })));
    const ids = candidates.map(({ receipt }) => receipt.id);
    const known = grouped(await world.store.refunds.ofReceipts(ids), (r) => r.receiptId);
    const attempts = indexed(await world.store.work.attempts(ids.filter((id) => id.startsWith('att_'))));
    for (const { plan, receipt } of candidates) {
      const days = daysOf.get(keyOf(plan.strategy));
      if (days === undefined || known.has(receipt.id) || !hasWay(world, plan, attempts.get(receipt.id) ?? null)) continue;
      yield { plan, receipt, days, at: plusMs(receipt.bookedAt, days * DAY_MS) };
    }
    after = plans.at(-1)?.id ?? '';
    if (plans.length < PAGE) return;
  }
}

const keyOf = ({ name, version }: Pick<Strategy, 'name' | 'version'>): string => `${name} ${version}`;

function hasWay(world: World, plan: Plan, attempt: Parameters<typeof wayOf>[2]): boolean {
  try {
    return Boolean(wayOf(world, { way: null }, attempt, plan));
  } catch (error) {
    return Boolean(expected(error));
  }
}
