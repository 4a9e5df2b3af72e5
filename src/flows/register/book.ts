/** What a batch of registrations names and what of it exists, by every key under which it can be found; and what is to be written. */
import type { Borrower } from '../../domain/borrower.ts';
import type { NewEvent } from '../../domain/event.ts';
import type { Lender } from '../../domain/lender.ts';
import type { Mandate } from '../../domain/mandate.ts';
import type { Plan } from '../../domain/plan.ts';
import { hasEnded } from '../parties.ts';
import type { PlanInput } from '../plan-input.ts';
import type { Changes, Sealed } from '../store.ts';
import type { World } from '../world.ts';

export class Book {
  readonly plans = new Map<string, Plan>();
  private readonly borrowers = new Map<string, Borrower>();
  private readonly borrowersByExternalId = new Map<string, Borrower>();
  private readonly mandates = new Map<string, Mandate>();
  private readonly mandatesByExternalId = new Map<string, Mandate>();
  private readonly mandatesByAccount = new Map<string, Mandate>();
  readonly newPlans: Plan[] = [];
  readonly newBorrowers: Borrower[] = [];
  readonly newMandates: Sealed<Mandate>[] = [];
  readonly events: NewEvent[] = [];

  addBorrower(b: Borrower): void {
    this.borrowers.set(b.id, b);
    this.borrowersByExternalId.set(b.externalId, b);
  }

  addMandate(m: Mandate): void {
    this.mandates.set(m.id, m);
    if (m.externalId !== null) this.mandatesByExternalId.set(m.externalId, m);
    if (!hasEnded(m)) this.mandatesByAccount.set(place(m.borrowerId, m.rail, m.accountKey), m);
  }

  borrower(id: string): Borrower | undefined {
    return this.borrowers.get(id);
  }

  borrowerCalled(externalId: string): Borrower | undefined {
    return this.borrowersByExternalId.get(externalId);
  }

  mandate(id: string): Mandate | undefined {
    return this.mandates.get(id);
  }

  mandateCalled(externalId: string | null): Mandate | undefined {
    return externalId === null ? undefined : this.mandatesByExternalId.get(externalId);
  }

  /** The live mandate of a borrower on this rail and account. */
  mandateAt(borrowerId: string, rail: string, accountKey: string): Mandate | undefined {
    return this.mandatesByAccount.get(place(borrowerId, rail, accountKey));
  }

  borrowerIds(): string[] {
    return [...this.borrowers.keys()];
  }

  changes(): Changes {
    const { newPlans, newBorrowers, newMandates, events } = this;
    return { newPlans, newBorrowers, newMandates, events };
  }
}

const place = (borrowerId: string, rail: string, accountKey: string): string => `${borrowerId}|${rail}|${accountKey}`;
const present = (values: readonly (string | null | undefined)[]): string[] => [...new Set(values.filter((v) => typeof v === 'string'))];

/** At most eight queries a batch: by external id, by id, and what belongs to the plans and borrowers found so. */
export async function lookUp(world: World, lender: Lender, inputs: readonly PlanInput[]): Promise<Book> {
  const store = world.store.of(lender.id);
  const book = new Book();
  const named = present(inputs.flatMap((i) => i.mandates.map((m) => m.externalId)));
  const [plans, called, borrowers, mandates, mandatesCalled] = await Promise.all([
    store.plans.all({ externalId: present(inputs.map((i) => i.externalId)) }),
    store.borrowers.all({ externalId: present(inputs.map((i) => i.borrower?.externalId)) }),
    store.borrowers.many(present(inputs.map((i) => i.borrowerId))),
    store.mandates.many(present(inputs.flatMap((i) => i.mandateIds))),
    named.length ? store.mandates.all({ externalId: named }) : [],
  ]);
  for (const p of plans) book.plans.set(p.externalId, p);
  for (const b of [...called, ...borrowers]) book.addBorrower(b);
  for (const m of [...mandates, ...mandatesCalled]) book.addMandate(m);
  const owners = book.borrowerIds();
  const [live, ofPlans, ownersOfPlans] = await Promise.all([
    owners.length ? store.mandates.all({ borrowerId: owners, live: true }) : [],
    store.mandates.many(present(plans.flatMap((p) => p.mandateIds)).filter((id) => !book.mandate(id))),
    store.borrowers.many(present(plans.map((p) => p.borrowerId)).filter((id) => !book.borrower(id))),
  ]);
  for (const b of ownersOfPlans) book.addBorrower(b);
  for (const m of [...ofPlans, ...live]) book.addMandate(m);
  return book;
}
