/**
 * Which debits a plan would see, when, and under which permit. Nothing is written.
 *
 * The real decider and the real gate walk a copy of the plan through time, once as if every debit paid and once as if each were refused for lack of
 * funds; the reminders on the way are taken as sent and delivered.
 */
import type { AttemptFact, Trigger } from '../domain/attempt.ts';
import { assess } from '../domain/booking.ts';
import { type BusinessDate, dateIn, type Instant, plusHours } from '../domain/clock.ts';
import { NotFound } from '../domain/errors.ts';
import type { Lender } from '../domain/lender.ts';
import type { Mandate } from '../domain/mandate.ts';
import type { Permit, Refusal } from '../domain/permit.ts';
import type { Instalment } from '../domain/plan.ts';
import { fingerprint } from './fingerprint.ts';
import { calendarOf, type Gathered, gather, strategyOf } from './gather.ts';
import type { PlanInput } from './plan-input.ts';
import { walk } from './preview/walk.ts';
import { lookUp } from './register/book.ts';
import { assertSamePlan, type Drawn, draw } from './register/judge.ts';
import type { LenderStore } from './store.ts';
import type { World } from './world.ts';

export type PreviewStep = Readonly<{
  kind: 'remind' | 'debit';
  when: Instant;
  dueDate: BusinessDate;
  /** Null on a reminder. */
  trigger: Trigger | null;
  /** Minor units. */
  amount: number;
  because: string;
  /** What the gate would write; both null on a reminder. */
  permit: Permit | null;
  refusal: Refusal | null;
}>;

export type Preview = Readonly<{
  currency: string;
  schedule: readonly Instalment[];
  /** If every debit pays. */
  debits: readonly PreviewStep[];
  /** If each one is refused for insufficient funds. */
  ifRefused: readonly PreviewStep[];
}>;

/** Steps shown of each future. */
const MOST_STEPS = 100;

/** Of a plan that is not registered; throws what registering it would throw. An equal one that is registered is shown as it stands. */
export async function previewPlan(world: World, lender: Lender, input: PlanInput): Promise<Preview> {
  const keys = input.mandates.map((m) => world.vault.accountKey(lender.id, m.account));
  const print = fingerprint(input, keys);
  const book = await lookUp(world, lender, [input]);
  const known = book.plans.get(input.externalId);
  if (known) {
    assertSamePlan(known, print);
    return previewExisting(world, lender, world.store.of(lender.id), known.id);
  }
  const now = world.clock.now();
  const drawn = draw(input, keys, print, book, { world, lender, actor: { by: 'preview', why: 'preview' }, now });
  return previewOf(world, await rowOf(world, lender, drawn, now), now);
}

/** Of a registered plan, from now on; throws NotFound. */
export async function previewExisting(world: World, _lender: Lender, store: LenderStore, planId: string): Promise<Preview> {
  const plan = await store.plans.get(planId);
  if (!plan) throw new NotFound('plan', planId);
  const batch = await gather(world, [plan]);
  return previewOf(world, batch.rows[0] as Gathered, batch.now);
}

function previewOf(world: World, row: Gathered, now: Instant): Preview {
  return {
    currency: row.plan.currency,
    schedule: row.assessed.instalments,
    debits: walk(world, row, now, 'pays', MOST_STEPS),
    ifRefused: walk(world, row, now, 'refused', MOST_STEPS),
  };
}

const MANDATE_DAYS = 62;

/** What `gather` would find for a plan just registered. */
async function rowOf(world: World, lender: Lender, { plan, borrower, mandates, newMandates }: Drawn, now: Instant): Promise<Gathered> {
  const today = dateIn(now, lender.timeZone);
  const old = mandates.filter((m) => !newMandates.some((n) => n.id === m.id));
  const accounts = old.map((m) => ({ lenderId: lender.id, accountKey: m.accountKey, businessDate: today }));
  const { work } = world.store;
  const [byAccount, byMandate] = await Promise.all([
    accounts.length ? work.attemptsOfAccounts(accounts) : [],
    old.length
      ? work.attemptsOfMandates(
          old.map((m) => m.id),
          plusHours(now, -24 * MANDATE_DAYS),
          [],
        )
      : [],
  ]);
  const of = (list: readonly AttemptFact[], pick: (a: AttemptFact) => boolean) => list.filter(pick);
  const { country, lenderType } = lender;
  const rail = (mandates.find((m) => m.state === 'active') ?? mandates[0])?.rail ?? 'unknown';
  const pack = world.packs.packFor({ rail, country, lenderType, on: today });
  return {
    plan,
    assessed: assess(plan, today),
    lender,
    borrower,
    mandates: mandates.map((m: Mandate) => ({ ...m, accountSealed: '' })),
    attempts: [],
    notices: [],
    strategy: strategyOf(world, plan),
    pack,
    calendar: calendarOf(world, pack.calendar),
    today,
    accountAttempts: new Map(mandates.map((m) => [m.accountKey, of(byAccount, (a) => a.accountKey === m.accountKey)])),
    mandateAttempts: new Map(mandates.map((m) => [m.id, of(byMandate, (a) => a.mandateId === m.id)])),
  };
}
