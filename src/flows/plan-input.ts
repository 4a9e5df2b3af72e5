/** What a lender sends to register a plan: the body of `POST /v1/plans`, a line of NDJSON, or a CSV row after its columns were read. */
import Joi from 'joi';
import type { BusinessDate } from '../domain/clock.ts';
import { type Fault, InvalidInput } from '../domain/errors.ts';
import type { Mandate } from '../domain/mandate.ts';
import type { AllocationTerms, PenaltyTerms } from '../domain/plan.ts';
import { COMPONENTS } from '../domain/plan.ts';
import { field, readInput } from './input.ts';
import type { World } from './world.ts';

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

export const METHODS = ['levelPayment', 'equalPrincipal', 'interestOnly', 'bullet'] as const;
/** A schedule to be generated: `monthlyRate` is a decimal fraction in text, `count` instalments a month apart. */
export type TermsInput = Readonly<{
  principal: number;
  monthlyRate: string;
  count: number;
  method: (typeof METHODS)[number];
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

export const MOST_INSTALMENTS = 600;
const MOST_MANDATES = 5;

export const borrowerSchema = Joi.object({
  externalId: field.externalId().required(),
  name: field.name().required(),
  phone: field.phone().required(),
  language: field.language().default('zh'),
}).meta({ title: 'BorrowerInput' });

export const mandateSchema = Joi.object({
  externalId: field.externalId().allow(null).default(null),
  rail: Joi.string().min(1).max(40).required(),
  account: field.account().required(),
  channels: Joi.array().items(Joi.string().min(1).max(40)).max(10).unique().default([]),
  agreementNo: field.externalId().allow(null).default(null),
  isSalaryAccount: Joi.boolean().default(false),
  perDebitCap: field.positiveAmount().allow(null).default(null),
  dailyCap: field.positiveAmount().allow(null).default(null),
  monthlyCap: field.positiveAmount().allow(null).default(null),
  periodCount: field.count(1, 10_000).allow(null).default(null),
  amountKind: Joi.string().valid('maximum', 'fixed').default('maximum'),
  validFrom: field.day().allow(null).default(null),
  validTo: field.day().allow(null).default(null),
  evidence: field.note().allow(null).default(null),
}).meta({ title: 'MandateInput' });

export const instalmentSchema = Joi.object({
  dueDate: field.day().required(),
  principal: field.amount().required(),
  interest: field.amount().default(0),
  fee: field.amount().default(0),
}).meta({ title: 'InstalmentInput' });

export const instalmentsSchema = Joi.array().items(instalmentSchema).min(1).max(MOST_INSTALMENTS);

export const termsSchema = Joi.object({
  principal: field.positiveAmount().required(),
  monthlyRate: field.rate().required(),
  count: field.count(1, MOST_INSTALMENTS).required(),
  method: Joi.string()
    .valid(...METHODS)
    .required(),
  firstDueDate: field.day().required(),
}).meta({ title: 'TermsInput' });

/** The body of `POST /v1/plans`. What joi cannot say (sums, order of rows, known strategies and rails) is checked in `readPlanInput`. */
export const planSchema = Joi.object({
  externalId: field.externalId().required(),
  currency: field.currency().required(),
  strategy: Joi.string().min(1).max(60).required(),
  borrower: borrowerSchema,
  borrowerId: field.id('brw'),
  mandate: mandateSchema,
  mandates: Joi.array().items(mandateSchema).min(1).max(MOST_MANDATES),
  mandateId: field.id('mnd'),
  mandateIds: Joi.array().items(field.id('mnd')).min(1).max(MOST_MANDATES).unique(),
  instalments: instalmentsSchema,
  terms: termsSchema,
  penalty: Joi.object({
    dailyRate: field.rate().required(),
    graceDays: field.count(0, 365).default(3),
    graceMode: Joi.string().valid('retroactive', 'deferred').default('retroactive'),
  }),
  allocation: Joi.object({
    order: Joi.array()
      .items(Joi.string().valid(...COMPONENTS))
      .length(COMPONENTS.length)
      .unique()
      .default([...COMPONENTS]),
    direction: Joi.string().valid('horizontal', 'vertical').default('horizontal'),
  }),
  paydayDeclared: field.count(1, 31).allow(null),
  metadata: field.metadata().default({}),
})
  .xor('borrower', 'borrowerId')
  .xor('mandate', 'mandates', 'mandateId', 'mandateIds')
  .xor('instalments', 'terms')
  .required()
  .meta({ title: 'PlanInput' });

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
export function instalmentFaults(rows: readonly InstalmentInput[]): Fault[] {
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
