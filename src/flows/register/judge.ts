/** One registration against what is known: created, found again, or refused with the reason. What it adds goes into the book only when all of it stands. */
import { type Borrower, bucketOf } from '../../domain/borrower.ts';
import { Conflict, DulyError, InvalidInput, NotFound } from '../../domain/errors.ts';
import { onRegistered } from '../../domain/ledger.ts';
import type { Mandate } from '../../domain/mandate.ts';
import { COMPONENTS, type Instalment, type Plan } from '../../domain/plan.ts';
import { explicitRows, generate, instalmentsOf } from '../../domain/schedule.ts';
import { planEvent } from '../acts.ts';
import { differingParts, fingerprint } from '../fingerprint.ts';
import {
  borrowerEvent,
  type MandateOf,
  mandateEvent,
  newBorrower,
  newMandate,
  type Registering,
  sameBorrower,
  sameMandate,
  usableMandate,
} from '../parties.ts';
import type { MandateInput, PlanInput } from '../plan-input.ts';
import type { Sealed } from '../store.ts';
import type { Book } from './book.ts';

/** `refused` carries the error to throw: PLAN_EXISTS_DIFFERENT, BORROWER_EXISTS_DIFFERENT, MANDATE_EXISTS_DIFFERENT, NOT_FOUND or INVALID_INPUT. */
export type Registered =
  | Readonly<{ result: 'created' | 'existing'; plan: Plan; borrower: Borrower; mandates: readonly Mandate[] }>
  | Readonly<{ result: 'refused'; error: DulyError }>;

export function judge(input: PlanInput, book: Book, registering: Registering): Registered {
  const { world, lender } = registering;
  const keys = input.mandates.map((m) => world.vault.accountKey(lender.id, m.account));
  const print = fingerprint(input, keys);
  try {
    const known = book.plans.get(input.externalId);
    return known ? existing(known, print, book) : created(input, keys, print, book, registering);
  } catch (error) {
    if (error instanceof DulyError) return { result: 'refused', error };
    throw error;
  }
}

function existing(plan: Plan, print: string, book: Book): Registered {
  assertSamePlan(plan, print);
  const borrower = book.borrower(plan.borrowerId) as Borrower;
  return { result: 'existing', plan, borrower, mandates: plan.mandateIds.map((id) => book.mandate(id) as Mandate) };
}

/** Throws Conflict PLAN_EXISTS_DIFFERENT naming the parts that differ from what was registered. */
export function assertSamePlan(plan: Plan, print: string): void {
  const fields = differingParts(plan.registeredHash, print);
  if (fields.length)
    throw new Conflict(
      'PLAN_EXISTS_DIFFERENT',
      `plan ${plan.externalId} is registered with another ${fields.join(', ')}: send the registered content, use a new externalId, or change the plan`,
      { planId: plan.id, externalId: plan.externalId, fields },
    );
}

function created(input: PlanInput, keys: readonly string[], print: string, book: Book, registering: Registering): Registered {
  const drawn = draw(input, keys, print, book, registering);
  const { plan, borrower, mandates, newMandates } = drawn;
  if (!book.borrower(borrower.id)) {
    book.addBorrower(borrower);
    book.newBorrowers.push(borrower);
    book.events.push(borrowerEvent(borrower, 'borrower.registered', registering, { externalId: borrower.externalId }));
  }
  for (const mandate of newMandates) {
    book.addMandate(mandate);
    book.newMandates.push(mandate);
    book.events.push(mandateEvent(mandate, 'mandate.registered', null, registering));
  }
  book.plans.set(plan.externalId, plan);
  book.newPlans.push(plan);
  const { externalId, strategy, instalments } = plan;
  const data = {
    externalId,
    strategy,
    instalments: instalments.length,
    principal: instalments.reduce((sum, i) => sum + i.due.principal, 0),
    firstDueDate: instalments[0]?.dueDate,
    lastDueDate: instalments.at(-1)?.dueDate,
  };
  book.events.push(planEvent(plan, 1, 'plan.registered', registering, { to: plan.state, posting: onRegistered(plan), data }));
  return { result: 'created', plan, borrower, mandates };
}

/** What an input would register; `newMandates` are those of `mandates` that do not exist yet. */
export type Drawn = Readonly<{ plan: Plan; borrower: Borrower; mandates: readonly Mandate[]; newMandates: readonly Sealed<Mandate>[] }>;

/** Builds what an input would register, writing nothing. Throws what makes it impossible. */
export function draw(input: PlanInput, keys: readonly string[], print: string, book: Book, registering: Registering): Drawn {
  const instalments = scheduleOf(input, registering);
  const borrower = borrowerOf(input, book, registering);
  const { currency } = input;
  const newMandates: Sealed<Mandate>[] = [];
  const mandateOf = (m: MandateInput, rank: number): Mandate => {
    const of: MandateOf = { borrowerId: borrower.id, currency, accountKey: keys[rank] as string };
    const known = book.mandateCalled(m.externalId) ?? book.mandateAt(borrower.id, m.rail, of.accountKey);
    if (known) return sameMandate(known, m, of);
    if (newMandates.some((n) => n.rail === m.rail && n.accountKey === of.accountKey)) throw twice(rank);
    newMandates.push(newMandate(m, of, rank, registering));
    return newMandates.at(-1) as Mandate;
  };
  const mandates = input.mandateIds.length
    ? input.mandateIds.map((id) => usableMandate(book.mandate(id), id, { borrowerId: borrower.id, currency }))
    : input.mandates.map(mandateOf);
  return { plan: planOf(input, print, borrower, mandates, instalments, registering), borrower, mandates, newMandates };
}

const twice = (rank: number): InvalidInput =>
  new InvalidInput([{ pointer: `/mandates/${rank}/account`, code: 'REPEATED', message: 'mandates names one account twice: keep one' }]);

function borrowerOf({ borrower, borrowerId }: PlanInput, book: Book, registering: Registering): Borrower {
  if (borrower) {
    const known = book.borrowerCalled(borrower.externalId);
    return known ? sameBorrower(known, borrower) : newBorrower(borrower, registering);
  }
  const known = book.borrower(borrowerId ?? '');
  if (!known) throw new NotFound('borrower', borrowerId ?? '');
  return known;
}

function scheduleOf({ terms, instalments }: PlanInput, { world }: Registering): Instalment[] {
  const rows = terms ? generate(terms) : explicitRows(instalments ?? []);
  const ids = rows.map(() => world.ids.next('ins'));
  return instalmentsOf(rows, ids, 1);
}

/** About to be decided on; the strategy is pinned by its version of today. */
function planOf(
  input: PlanInput,
  registeredHash: string,
  borrower: Borrower,
  mandates: readonly Mandate[],
  instalments: readonly Instalment[],
  { world, lender, now }: Registering,
): Plan {
  const strategy = world.strategies.get(input.strategy);
  if (!strategy) throw new NotFound('strategy', input.strategy);
  return {
    id: world.ids.next('pln'),
    lenderId: lender.id,
    borrowerId: borrower.id,
    externalId: input.externalId,
    bucket: bucketOf(borrower.id),
    currency: input.currency,
    strategy: { name: strategy.name, version: strategy.version },
    mandateIds: [...new Set(mandates.map((m) => m.id))],
    state: 'active',
    scheduleVersion: 1,
    instalments,
    receipts: [],
    penalty: input.penalty ?? { dailyRate: '0', graceDays: 3, graceMode: 'retroactive' },
    allocation: input.allocation ?? { order: COMPONENTS, direction: 'horizontal' },
    holds: [],
    paydayDeclared: input.paydayDeclared,
    deferral: null,
    collections: null,
    nextAction: { kind: 'decide', at: now, because: 'plan.registered' },
    lastN: 0,
    eventN: 1,
    version: 1,
    metadata: input.metadata,
    registeredHash,
    createdAt: now,
  };
}
