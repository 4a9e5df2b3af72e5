/** Borrowers and mandates as an input names them: found again when equal, built when new, refused when the same id stands for something else. */
import { type Borrower, bucketOf } from '../domain/borrower.ts';
import type { Instant } from '../domain/clock.ts';
import { Conflict, InvalidInput, NotFound } from '../domain/errors.ts';
import type { NewEvent } from '../domain/event.ts';
import type { Lender } from '../domain/lender.ts';
import type { Mandate, MandateState } from '../domain/mandate.ts';
import type { Actor } from './actor.ts';
import { canonical } from './fingerprint.ts';
import type { BorrowerInput, MandateInput } from './plan-input.ts';
import type { Sealed } from './store.ts';
import type { World } from './world.ts';

export type Registering = Readonly<{ world: World; lender: Lender; actor: Actor; now: Instant }>;

const BORROWER_FIELDS = ['name', 'phone', 'language'] as const;

/** The borrower of this external id, where equal; throws Conflict BORROWER_EXISTS_DIFFERENT naming what differs. */
export function sameBorrower(known: Borrower, input: BorrowerInput): Borrower {
  const differing = BORROWER_FIELDS.filter((f) => known[f] !== input[f]);
  if (differing.length)
    throw new Conflict(
      'BORROWER_EXISTS_DIFFERENT',
      `borrower ${input.externalId} is registered with another ${differing.join(', ')}: send the registered content, or change the borrower first`,
      { borrowerId: known.id, externalId: input.externalId, fields: differing },
    );
  return known;
}

export function newBorrower(input: BorrowerInput, { world, lender, now }: Registering): Borrower {
  const id = world.ids.next('brw');
  return { id, lenderId: lender.id, ...input, optedOutAt: null, bucket: bucketOf(id), version: 1, createdAt: now };
}

const MANDATE_FIELDS = [
  'rail',
  'channels',
  'agreementNo',
  'isSalaryAccount',
  'perDebitCap',
  'dailyCap',
  'monthlyCap',
  'periodCount',
  'amountKind',
  'validFrom',
  'validTo',
  'evidence',
] as const;

export type MandateOf = Readonly<{ borrowerId: string; currency: string; accountKey: string }>;

/** The mandate of this external id or account, where equal; throws Conflict MANDATE_EXISTS_DIFFERENT naming what differs. */
export function sameMandate(known: Mandate, input: MandateInput, of: MandateOf): Mandate {
  const differing: string[] = MANDATE_FIELDS.filter((f) => canonical(known[f]) !== canonical(input[f]));
  if (known.borrowerId !== of.borrowerId) differing.unshift('borrower');
  if (known.accountKey !== of.accountKey) differing.unshift('account');
  if (known.currency !== of.currency) differing.push('currency');
  if (input.externalId !== null && known.externalId !== input.externalId) differing.push('externalId');
  if (differing.length) {
    const name = input.externalId ?? `of the account ending ${known.accountLast4}`;
    throw new Conflict(
      'MANDATE_EXISTS_DIFFERENT',
      `mandate ${name} is registered with another ${differing.join(', ')}: send the registered content, or revoke that mandate first`,
      { mandateId: known.id, externalId: input.externalId, fields: differing },
    );
  }
  return known;
}

/** The simulator signs at once; other rails are active only with the bank's agreement number and proof of consent. */
const bornAs = (input: MandateInput): MandateState =>
  input.rail === 'simulator' || (input.agreementNo !== null && input.evidence !== null) ? 'active' : 'pending';

/** `rank`: place among the borrower's accounts, 0 first. */
export function newMandate(input: MandateInput, of: MandateOf, rank: number, { world, lender, now }: Registering): Sealed<Mandate> {
  const id = world.ids.next('mnd');
  const { account, ...facts } = input;
  return {
    id,
    lenderId: lender.id,
    ...facts,
    ...of,
    accountLast4: account.slice(-4),
    accountSealed: world.vault.seal(account, `${lender.id}|mandate|${id}`),
    state: bornAs(input),
    rank,
    version: 1,
    eventN: 1,
    bucket: bucketOf(of.borrowerId),
    createdAt: now,
  };
}

/** A mandate named by its id must be the borrower's, in the plan's currency, and not ended. */
export function usableMandate(known: Mandate | undefined, id: string, of: Omit<MandateOf, 'accountKey'>): Mandate {
  if (known?.borrowerId !== of.borrowerId) throw new NotFound('mandate', id);
  const fault = (code: string, message: string) => new InvalidInput([{ pointer: '/mandateIds', code, message }]);
  if (known.currency !== of.currency)
    throw fault('CURRENCY_DIFFERS', `mandate ${id} is in ${known.currency}, the plan in ${of.currency}: name one in the plan's currency`);
  if (ENDED.has(known.state)) throw fault('MANDATE_ENDED', `mandate ${id} is ${known.state}: name one that can still be debited`);
  return known;
}

const ENDED: ReadonlySet<MandateState> = new Set(['revoked', 'expired', 'cancelled', 'rejected']);
export const hasEnded = (mandate: Mandate): boolean => ENDED.has(mandate.state);

const happened = { planId: null, from: null, evidence: null, currency: null, posting: [] };

export const borrowerEvent = (
  borrower: Borrower,
  type: string,
  { actor, now }: Pick<Registering, 'actor' | 'now'>,
  data: NewEvent['data'],
): NewEvent => ({
  ...happened,
  subject: borrower.id,
  // A borrower's events are numbered by its version: each change is one event.
  n: borrower.version,
  type,
  lenderId: borrower.lenderId,
  borrowerId: borrower.id,
  to: null,
  at: now,
  by: actor.by,
  why: actor.why,
  data,
  bucket: borrower.bucket,
});

export const mandateEvent = (
  mandate: Mandate,
  type: string,
  from: MandateState | null,
  { actor, now }: Pick<Registering, 'actor' | 'now'>,
): NewEvent => ({
  ...happened,
  subject: mandate.id,
  n: mandate.eventN,
  type,
  lenderId: mandate.lenderId,
  borrowerId: mandate.borrowerId,
  from,
  to: mandate.state,
  at: now,
  by: actor.by,
  why: actor.why,
  data: { rail: mandate.rail, externalId: mandate.externalId },
  bucket: mandate.bucket,
});
