/** A dossier: everything stored about one plan, gathered in batches, for checks that are pure functions of it. */

import type { Document } from 'mongodb';
import { BOOK } from '../channels/simulator/book.ts';
import { SUFFIXES } from '../channels/simulator/ledger.ts';
import type { BookRow } from '../channels/simulator/types.ts';
import type { Attempt } from '../domain/attempt.ts';
import type { Borrower } from '../domain/borrower.ts';
import type { Calendar } from '../domain/calendar.ts';
import type { ChannelProfile } from '../domain/channel-profile.ts';
import type { Instant } from '../domain/clock.ts';
import type { Discrepancy } from '../domain/discrepancy.ts';
import type { DulyEvent } from '../domain/event.ts';
import { grouped, indexed } from '../domain/grouped.ts';
import type { Lender } from '../domain/lender.ts';
import type { Mandate } from '../domain/mandate.ts';
import type { Notice } from '../domain/notice.ts';
import type { Plan } from '../domain/plan.ts';
import type { Payment, Skip } from '../domain/records.ts';
import type { Refund } from '../domain/refund.ts';
import type { Strategy } from '../domain/strategy.ts';
import type { RulePacks } from '../flows/world.ts';
import { fromDoc } from '../store/codec.ts';
import type { Snapshot } from './snapshot.ts';

/** What the database does not hold: the rules the debits are judged by, and the time. */
export type Rules = Readonly<{
  now: Instant;
  packs: RulePacks;
  strategies: ReadonlyMap<string, Strategy>;
  profiles: ReadonlyMap<string, ChannelProfile>;
  calendars: ReadonlyMap<string, Calendar>;
}>;

type Owned = Readonly<{ id: string; lenderId: string; planId: string }>;
export type CollectionsFact = Owned & Readonly<{ closedAt: Instant | null }>;

export type Dossier = Readonly<{
  plan: Plan;
  lender: Lender | undefined;
  borrower: Pick<Borrower, 'id' | 'lenderId'> | undefined;
  mandates: ReadonlyMap<string, Mandate>;
  /** By n. */
  attempts: readonly Attempt[];
  /** Stored events of the plan, its attempts and refunds, by subject, oldest first. */
  events: ReadonlyMap<string, readonly DulyEvent[]>;
  notices: ReadonlyMap<string, Notice>;
  skips: readonly Skip[];
  payments: readonly Payment[];
  /** By n. */
  refunds: readonly Refund[];
  cases: readonly CollectionsFact[];
  discrepancies: readonly Discrepancy[];
  /** The bank's rows by attempt; null where there is no bank's book to read. */
  orders: ReadonlyMap<string, readonly BookRow[]> | null;
}>;

/** What lies beside a plan, by collection; the rest of each must be found by it. */
export const CHILDREN = ['attempts', 'notices', 'skips', 'payments', 'refunds', 'collections'] as const;
export type Tally = Record<(typeof CHILDREN)[number], number>;

const PLANS = 200;
const NOTICE_FIELDS = { text: 0, params: 0 };

/** Every plan's dossier, a batch of plans at a time, each batch of one moment; `tally` counts what was found with them. */
export async function* dossiers(db: Snapshot, withBank: boolean, tally: Tally): AsyncGenerator<readonly Dossier[]> {
  for (let last = ''; ; ) {
    await db.renewIfOld();
    const plans = (await db.all('plans', { _id: { $gt: last } }, { sort: { _id: 1 }, limit: PLANS })).map((doc) => fromDoc<Plan>(doc));
    last = plans.at(-1)?.id ?? '';
    if (!last) return;
    yield await gather(db, plans, withBank, tally);
  }
}

async function gather(db: Snapshot, plans: readonly Plan[], withBank: boolean, tally: Tally): Promise<Dossier[]> {
  const read = async <T>(name: string, filter: Document, projection: Document = {}): Promise<T[]> =>
    (await db.all(name, filter, { projection })).map((d) => fromDoc<T>(d));
  const ids = plans.map((p) => p.id);
  const lenderIds = [...new Set(plans.map((p) => p.lenderId))];
  const ofPlans = { planId: { $in: ids } };
  const ofLenders = { lenderId: { $in: lenderIds }, ...ofPlans };
  const attempts = (await read<Attempt>('attempts', ofPlans, { slotKey: 0, takenKey: 0, returnedKey: 0 })).sort((a, b) => a.n - b.n);
  const attemptIds = attempts.map((a) => a.id);
  const notices = await read<Notice>('notices', ofPlans, NOTICE_FIELDS);
  const skips = await read<Skip>('skips', ofPlans);
  const payments = await read<Payment>('payments', ofLenders);
  const refunds = (await read<Refund>('refunds', ofLenders)).sort((a, b) => a.n - b.n);
  const cases = await read<CollectionsFact>('collections', ofLenders, { lenderId: 1, planId: 1, closedAt: 1 });
  const discrepancies = await read<Discrepancy>('discrepancies', { attemptId: { $in: attemptIds } });
  const events = await eventsOf(db, plans, attempts, refunds);
  const mandates = indexed(
    await read<Mandate>('mandates', inIds([...plans.flatMap((p) => p.mandateIds), ...attempts.map((a) => a.mandateId)])),
  );
  const borrowers = indexed(await read<Borrower>('borrowers', inIds(plans.map((p) => p.borrowerId)), { lenderId: 1 }));
  const lenders = indexed(await read<Lender>('lenders', inIds(lenderIds)));
  const orders = withBank ? await ordersOf(db, attempts) : null;
  const found = { attempts, notices, skips, payments, refunds, collections: cases };
  for (const name of CHILDREN) tally[name] += found[name].length;
  const planOf = new Map(attempts.map((a) => [a.id, a.planId]));
  const by = {
    attempts: byPlan(attempts),
    notices: byPlan(notices),
    skips: byPlan(skips),
    payments: byPlan(payments),
    refunds: byPlan(refunds),
    cases: byPlan(cases),
    discrepancies: grouped(discrepancies, (d) => planOf.get(d.attemptId ?? '') ?? ''),
  };
  return plans.map((plan) => ({
    plan,
    lender: lenders.get(plan.lenderId),
    borrower: borrowers.get(plan.borrowerId),
    mandates,
    attempts: by.attempts.get(plan.id) ?? [],
    events,
    notices: indexed(by.notices.get(plan.id) ?? []),
    skips: by.skips.get(plan.id) ?? [],
    payments: by.payments.get(plan.id) ?? [],
    refunds: by.refunds.get(plan.id) ?? [],
    cases: by.cases.get(plan.id) ?? [],
    discrepancies: by.discrepancies.get(plan.id) ?? [],
    orders,
  }));
}

/** By primary key: an attempt's from 2 (its birth is stored with it), a plan's and a refund's from 1. */
async function eventsOf(
  db: Snapshot,
  plans: readonly Plan[],
  attempts: readonly Attempt[],
  refunds: readonly Refund[],
): Promise<Map<string, DulyEvent[]>> {
  const numbered = (id: string, from: number, to: number) =>
    Array.from({ length: Math.max(0, to - from + 1) }, (_, k) => `${id}:${from + k}`);
  const ids = [
    ...[...plans, ...refunds].flatMap((x) => numbered(x.id, 1, x.eventN)),
    ...attempts.flatMap((a) => numbered(a.id, 2, a.eventN)),
  ];
  const events = (await db.all('events', inIds(ids))).map((d) => fromDoc<DulyEvent>(d)).sort((a, b) => a.n - b.n);
  return grouped(events, (e) => e.subject);
}

async function ordersOf(db: Snapshot, attempts: readonly Attempt[]): Promise<Map<string, BookRow[]>> {
  const keyOf = new Map(attempts.map((a) => [`${a.channel}/${a.outTradeNo}`, a.id]));
  const ids = [...keyOf.keys()].flatMap((key) => SUFFIXES.map((suffix) => key + suffix));
  const rows = await db.all<BookRow>(BOOK, inIds(ids));
  return grouped(rows, (row) => keyOf.get(`${row.channel}/${row.orderNo}`) ?? '');
}

const inIds = (ids: readonly string[]): Document => ({ _id: { $in: [...new Set(ids)] } });
const byPlan = <T extends { planId: string }>(list: readonly T[]): Map<string, T[]> => grouped(list, (x) => x.planId);
