/** What a lender sends to register a plan: the body of `POST /v1/plans`, a line of NDJSON, or a CSV row after its columns were read. */
import type { BusinessDate } from '../domain/clock.ts';
import { type Fault, InvalidInput } from '../domain/errors.ts';
import type { Mandate } from '../domain/mandate.ts';
import type { AllocationTerms, PenaltyTerms } from '../domain/plan.ts';
import type { Method } from '../domain/schedule.ts';
import { readInput } from './input.ts';
import { planSchema } from './plan-schema.ts';
import type { World } from './world.ts';

export { borrowerSchema, instalmentsSchema, mandateSchema, planSchema } from './plan-schema.ts';

export type BorrowerInput = Readonly<{ externalId: string; name: string; phone: string; language: string }>;

/** Amounts in minor units of the plan's currency; null: no such limit. */
export type MandateInput = Readonly<{
  externalId: string | null;
  rail: string;
  /** In clear: sealed before it is stored. */
  account: string;
  channels: readonly string[];
  agreementNo: string | null;
  isSalaryAccount: boolean;
  perDebitCap: number | null;
  dailyCap: number | null;
  monthlyCap: number | null;
  periodCount: number | null;
  amountKind: Mandate['amountKind'];
  validFrom: BusinessDate | null;
  validTo: BusinessDate | null;
  evidence: string | null;
}>;

/** One explicit row; minor units. */
export type InstalmentInput = Readonly<{ dueDate: BusinessDate; principal: number; interest: number; fee: number }>;

/** A schedule to be generated: `monthlyRate` is a decimal fraction in text, `count` instalments a month apart. */
export type TermsInput = Readonly<{
  principal: number;
  monthlyRate: string;
  count: number;
  method: Method;
  firstDueDate: BusinessDate;
}>;

/** Exactly one of `borrower` and `borrowerId`, of `mandates` and `mandateIds` (ranked, first one first), of `instalments` and `terms`. */
export type PlanInput = Readonly<{
  externalId: string;
  currency: string;
  strategy: string;
  borrower: BorrowerInput | null;
  borrowerId: string | null;
  mandates: readonly MandateInput[];
  mandateIds: readonly string[];
  instalments: readonly InstalmentInput[] | null;
  terms: TermsInput | null;
  penalty: PenaltyTerms | null;
  allocation: AllocationTerms | null;
  paydayDeclared: number | null;
  metadata: Readonly<Record<string, string>>;
}>;

type Raw = Partial<Omit<PlanInput, 'mandates' | 'mandateIds'>> &
  Pick<PlanInput, 'externalId' | 'currency' | 'strategy' | 'metadata'> & {
    mandate?: MandateInput;
    mandates?: MandateInput[];
    mandateId?: string;
    mandateIds?: string[];
  };

/** Reads a plan from outside; throws InvalidInput whose faults point at the fields. Nothing is looked up in the store. */
export function readPlanInput(value: unknown, world: Pick<World, 'strategies' | 'channels'>): PlanInput {
  const raw = readInput<Raw>(planSchema, value);
  const input: PlanInput = {
    externalId: raw.externalId,
    currency: raw.currency,
    strategy: raw.strategy,
    borrower: raw.borrower ?? null,
    borrowerId: raw.borrowerId ?? null,
    mandates: raw.mandates ?? (raw.mandate ? [raw.mandate] : []),
    mandateIds: raw.mandateIds ?? (raw.mandateId ? [raw.mandateId] : []),
    instalments: raw.instalments ?? null,
    terms: raw.terms ?? null,
    penalty: raw.penalty ?? null,
    allocation: raw.allocation ?? null,
    paydayDeclared: raw.paydayDeclared ?? null,
    metadata: raw.metadata,
  };
  const at = (i: number) => (raw.mandates ? `/mandates/${i}` : '/mandate');
  const faults = [
    ...strategyFaults(input, world),
    ...input.mandates.flatMap((m, i) => mandateFaults(m, at(i), world)),
    ...instalmentFaults(input.instalments ?? []),
  ];
  if (faults.length) throw new InvalidInput(faults);
  return input;
}

function strategyFaults({ strategy }: PlanInput, world: Pick<World, 'strategies'>): Fault[] {
  if (world.strategies.has(strategy)) return [];
  const known = [...world.strategies.keys()].join(', ');
  return [{ pointer: '/strategy', code: 'UNKNOWN_STRATEGY', message: `strategy ${strategy} is not known: use one of ${known}` }];
}

/** What is wrong with a mandate's rail, channels and dates, with pointers under `at`. */
export function mandateFaults(mandate: MandateInput, at: string, world: Pick<World, 'channels'>): Fault[] {
  const faults: Fault[] = [];
  const rails = new Set([...world.channels.values()].flatMap((c) => c.profile.rails));
  if (!rails.has(mandate.rail)) {
    const known = [...rails].join(', ');
    faults.push({
      pointer: `${at}/rail`,
      code: 'UNKNOWN_RAIL',
      message: `no channel serves the rail ${mandate.rail}: use one of ${known}`,
    });
  }
  mandate.channels.forEach((name, i) => {
    const serves = world.channels.get(name)?.profile.rails.includes(mandate.rail);
    if (!serves)
      faults.push({
        pointer: `${at}/channels/${i}`,
        code: 'UNKNOWN_CHANNEL',
        message: `channel ${name} does not serve the rail ${mandate.rail}: name one that does, or none`,
      });
  });
  if (mandate.validFrom && mandate.validTo && mandate.validTo < mandate.validFrom)
    faults.push({ pointer: `${at}/validTo`, code: 'BEFORE_START', message: 'validTo lies before validFrom: swap or mend them' });
  return faults;
}

/** Each row owes something, rows go forward in time, and their sum can be held exactly. */
function instalmentFaults(rows: readonly InstalmentInput[]): Fault[] {
  const faults: Fault[] = [];
  let sum = 0;
  rows.forEach((row, i) => {
    const owed = row.principal + row.interest + row.fee;
    sum += owed;
    if (owed === 0)
      faults.push({
        pointer: `/instalments/${i}/principal`,
        code: 'NOTHING_DUE',
        message: `instalments.${i} owes nothing: give it an amount, or leave the row out`,
      });
    const before = rows[i - 1];
    if (before && row.dueDate <= before.dueDate)
      faults.push({
        pointer: `/instalments/${i}/dueDate`,
        code: 'NOT_IN_ORDER',
        message: `instalments.${i}.dueDate is not after the row before it: send rows in order, one a day at most`,
      });
  });
  if (!Number.isSafeInteger(sum))
    faults.push({
      pointer: '/instalments',
      code: 'TOO_LARGE',
      message: 'the rows together are too large to be held exactly: split the plan',
    });
  return faults;
}
