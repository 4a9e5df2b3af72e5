/** Loads what decisions about a batch of plans need: a fixed number of queries, whatever the size of the batch. */

import type { AttemptFact } from '../domain/attempt.ts';
import { assess } from '../domain/booking.ts';
import type { Borrower } from '../domain/borrower.ts';
import type { Calendar } from '../domain/calendar.ts';
import { type BusinessDate, dateIn, type Instant, plusHours } from '../domain/clock.ts';
import type { Collection } from '../domain/collection.ts';
import { grouped, indexed } from '../domain/grouped.ts';
import type { Lender } from '../domain/lender.ts';
import type { Mandate } from '../domain/mandate.ts';
import type { NoticeFact } from '../domain/notice.ts';
import type { Plan } from '../domain/plan.ts';
import type { RulePack } from '../domain/rule-pack.ts';
import type { Stop } from '../domain/stop.ts';
import type { Strategy } from '../domain/strategy.ts';
import type { Sealed } from './store.ts';
import type { World } from './world.ts';

/** One plan with everything that a decision and a permit look at. */
export type Gathered = Readonly<{
  /** As stored; `assessed` is the same as of today. */
  plan: Plan;
  assessed: Plan;
  lender: Lender;
  borrower: Borrower;
  mandates: readonly Sealed<Mandate>[];
  attempts: readonly AttemptFact[];
  notices: readonly NoticeFact[];
  strategy: Strategy;
  pack: RulePack;
  calendar: Calendar;
  today: BusinessDate;
  /** Tried today on each of the borrower's accounts by any plan; grows while the batch is being decided. */
  accountAttempts: ReadonlyMap<string, AttemptFact[]>;
  /** Under each mandate, by any plan; grows while the batch is being decided. */
  mandateAttempts: ReadonlyMap<string, AttemptFact[]>;
}>;

export type Batch = Readonly<{ now: Instant; rows: readonly Gathered[]; stops: readonly Stop[] }>;

const MANDATE_DAYS = 62;

export async function gather(world: World, plans: readonly Plan[]): Promise<Batch> {
  const { work, admin } = world.store;
  const now = world.clock.now();
  const ids = plans.map((p) => p.id);
  const mandateIds = [...new Set(plans.flatMap((p) => p.mandateIds))];
  const [lenders, borrowers, mandates, attempts, notices, byMandate, stops] = await Promise.all([
    work.lenders([...new Set(plans.map((p) => p.lenderId))]).then(indexed),
    work.borrowers([...new Set(plans.map((p) => p.borrowerId))]).then(indexed),
    work.mandates(mandateIds).then(indexed),
    work.attemptsOfPlans(ids).then((list) => grouped(list, (a) => a.planId)),
    work.noticesOfPlans(ids).then((list) => grouped(list, (n) => n.planId)),
    work.attemptsOfMandates(mandateIds, plusHours(now, -24 * MANDATE_DAYS), ids).then((list) => grouped(list, (a) => a.mandateId)),
    admin.stops.all(),
  ]);
  // Two plans of one batch may share a mandate.
  for (const a of [...attempts.values()].flat()) byMandate.get(a.mandateId)?.push(a) ?? byMandate.set(a.mandateId, [a]);
  const today = new Map([...lenders].map(([id, l]) => [id, dateIn(now, l.timeZone)]));
  const accounts = new Map(
    [...mandates.values()].map((m) => [
      `${m.lenderId}|${m.accountKey}`,
      { lenderId: m.lenderId, accountKey: m.accountKey, businessDate: today.get(m.lenderId) as BusinessDate },
    ]),
  );
  const byAccount = grouped(await work.attemptsOfAccounts([...accounts.values()]), (a) => `${a.lenderId}|${a.accountKey}`);
  for (const key of accounts.keys()) if (!byAccount.has(key)) byAccount.set(key, []);
  for (const id of mandateIds) if (!byMandate.has(id)) byMandate.set(id, []);
  const rows = plans.map((plan): Gathered => {
    const lender = lenders.get(plan.lenderId) as Lender;
    const own = plan.mandateIds.map((id) => mandates.get(id)).filter((m) => m !== undefined);
    const date = today.get(plan.lenderId) as BusinessDate;
    const pack = world.packs.packFor({
      rail: (own.find((m) => m.state === 'active') ?? own[0])?.rail ?? 'unknown',
      country: lender.country,
      lenderType: lender.lenderType,
      on: date,
    });
    return {
      plan,
      assessed: assess(plan, date),
      lender,
      borrower: borrowers.get(plan.borrowerId) as Borrower,
      mandates: own,
      attempts: attempts.get(plan.id) ?? [],
      notices: notices.get(plan.id) ?? [],
      strategy: strategyOf(world, plan),
      pack,
      calendar: calendarOf(world, pack.calendar),
      today: date,
      accountAttempts: new Map(own.map((m) => [m.accountKey, byAccount.get(`${m.lenderId}|${m.accountKey}`) as AttemptFact[]])),
      mandateAttempts: new Map(own.map((m) => [m.id, byMandate.get(m.id) as AttemptFact[]])),
    };
  });
  return { now, rows, stops };
}

/** The decider's view of a row. */
export const collectionOf = (row: Gathered, now: Instant): Collection => ({
  plan: row.assessed,
  mandates: row.mandates,
  attempts: row.attempts,
  noticeKeys: new Set(row.notices.map((n) => n.key)),
  strategy: row.strategy,
  pack: row.pack,
  now,
  zone: row.lender.timeZone,
});

export function strategyOf(world: World, plan: Pick<Plan, 'id' | 'strategy'>): Strategy {
  const strategy = world.strategies.get(plan.strategy.name);
  if (!strategy) throw new Error(`plan ${plan.id} follows strategy ${plan.strategy.name}, which config/strategies does not hold`);
  return strategy;
}

export function calendarOf(world: World, name: string): Calendar {
  const calendar = world.calendars.get(name);
  if (!calendar) throw new Error(`no calendar ${name} in config/calendars`);
  return calendar;
}
