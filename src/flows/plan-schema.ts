/** The joi schemas of a plan's registration, shared by the API's bodies, NDJSON lines, CSV rows and the OpenAPI document. */
import Joi from 'joi';
import { COMPONENTS } from '../domain/plan.ts';
import { METHODS } from '../domain/schedule.ts';
import { field } from './input.ts';

const MOST_INSTALMENTS = 600;
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

const instalmentSchema = Joi.object({
  dueDate: field.day().required(),
  principal: field.amount().required(),
  interest: field.amount().default(0),
  fee: field.amount().default(0),
}).meta({ title: 'InstalmentInput' });

export const instalmentsSchema = Joi.array().items(instalmentSchema).min(1).max(MOST_INSTALMENTS);

const termsSchema = Joi.object({
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
