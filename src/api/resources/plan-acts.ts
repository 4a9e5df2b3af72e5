/** What people do to a plan. Each act binds at once; what had left before it is named in `inFlight` and runs to its end. */
import Joi from 'joi';
import { businessDate, parseInstant } from '../../domain/clock.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Acted } from '../../flows/acts.ts';
import { cancelPlan } from '../../flows/cancel.ts';
import { changePlan, type PlanChange } from '../../flows/change-plan.ts';
import { type HoldInput, placeHold, promiseToPay } from '../../flows/holds.ts';
import { field } from '../../flows/input.ts';
import { recordPayment } from '../../flows/payment.ts';
import { instalmentsSchema } from '../../flows/plan-input.ts';
import { lenderOfCall } from '../call.ts';
import { problem } from '../errors.ts';
import { byId, id, NO_BODY, route, WRITES } from '../route.ts';
import { actedShape, heldShape } from '../shapes.ts';
import { paymentBookedShape } from '../shapes-done.ts';
import { etagOf, holdView, paymentView, planView } from '../views.ts';

const tag = 'Plans';
const find = byId('plan', (store) => store.plans);
const who = { 'x-actor': 'li.na', 'x-reason': 'the borrower asked on the phone' };

const acted = ({ plan, inFlight }: Acted) => ({ body: { ...planView(plan), inFlight }, headers: { etag: etagOf(plan) } });

/** The version in If-Match; null when none was sent. What is no version of ours has surely changed. */
function versionOf(ifMatch: string | null): number | null {
  if (ifMatch === null) return null;
  if (!/^\d{1,15}$/.test(ifMatch)) throw problem('VERSION_CHANGED', 'If-Match is not the ETag of this plan as it is now: read it again');
  return Number(ifMatch);
}

type NewPayment = Readonly<{
  externalId: string | null;
  amount: number;
  valueDate: string | null;
  targets: readonly string[];
  note: string | null;
}>;

export const PLAN_ACTS = [
  route<unknown, NewPayment, Plan>({
    id: 'recordPayment',
    method: 'post',
    path: '/v1/plans/{id}/payments',
    tag,
    summary: 'Books what the borrower paid by other means',
    says: 'Unsubmitted debits are decided anew at once. If a debit that had left succeeds too, the second sum is an overpayment. `targets` names instalments a prepayment is for.',
    scopes: WRITES,
    tenancy: 'lender',
    ids: id('pln', 'plan'),
    money: true,
    find,
    body: Joi.object({
      amount: field.positiveAmount().required(),
      externalId: field.externalId().allow(null).default(null),
      valueDate: field.day().allow(null).default(null),
      targets: Joi.array().items(field.id('ins')).max(100).unique().default([]),
      note: field.note().allow(null).default(null),
    }).required(),
    reply: {
      status: 201,
      shape: paymentBookedShape,
      says: 'The payment and the plan after it; 200 when an equal one under this externalId was booked before.',
    },
    refuses: ['PAYMENT_EXISTS_DIFFERENT'],
    example: { params: { id: '{pln}' }, body: { amount: 10000, externalId: 'transfer-1' }, headers: who },
    async handle(call) {
      const { body, world, subject, actor } = call;
      const valueDate = body.valueDate === null ? null : businessDate(body.valueDate);
      const { payment, repeated, plan, inFlight } = await recordPayment(
        world,
        lenderOfCall(call),
        subject.id,
        { ...body, valueDate },
        actor,
      );
      return {
        status: repeated ? 200 : 201,
        body: { ...paymentView(payment), repeated, inFlight, plan: planView(plan) },
        headers: { etag: etagOf(plan) },
      };
    },
  }),
  route<unknown, Readonly<{ kind: HoldInput['kind']; until: string | null }>, Plan>({
    id: 'placeHold',
    method: 'post',
    path: '/v1/plans/{id}/holds',
    tag,
    summary: 'Stops the debits of a plan',
    says: 'Ends at `until`, or when a person releases it.',
    scopes: WRITES,
    tenancy: 'lender',
    ids: id('pln', 'plan'),
    money: true,
    find,
    body: Joi.object({
      kind: Joi.string().valid('dispute', 'hardship', 'death', 'bankruptcy', 'complaint', 'staff').required(),
      until: field.instant().allow(null).default(null),
    }).required(),
    reply: { status: 201, shape: heldShape, says: 'The hold, and what had left already.' },
    example: { params: { id: '{pln}' }, body: { kind: 'dispute', until: null }, headers: who },
    async handle(call) {
      const until = call.body.until === null ? null : parseInstant(call.body.until);
      const { hold, inFlight } = await placeHold(
        call.world,
        lenderOfCall(call),
        call.subject.id,
        { kind: call.body.kind, until },
        call.actor,
      );
      return { body: { ...holdView(hold, call.subject.id), inFlight } };
    },
  }),
  route<unknown, Readonly<{ date: string }>, Plan>({
    id: 'promiseToPay',
    method: 'post',
    path: '/v1/plans/{id}/promises',
    tag,
    summary: 'The borrower promises to pay on a day: the next debit waits until then',
    scopes: WRITES,
    tenancy: 'lender',
    ids: id('pln', 'plan'),
    money: true,
    find,
    body: Joi.object({ date: field.day().required() }).required(),
    reply: { status: 201, shape: heldShape, says: 'The promise, kept as a hold, and what had left already.' },
    example: { params: { id: '{pln}' }, body: { date: '{soon}' }, headers: who },
    async handle(call) {
      const { hold, inFlight } = await promiseToPay(
        call.world,
        lenderOfCall(call),
        call.subject.id,
        businessDate(call.body.date),
        call.actor,
      );
      return { body: { ...holdView(hold, call.subject.id), inFlight } };
    },
  }),
  route<unknown, Pick<PlanChange, 'instalments'>, Plan>({
    id: 'changeSchedule',
    method: 'post',
    path: '/v1/plans/{id}/schedule',
    tag,
    summary: 'Replaces everything not yet paid by new rows: a new version of the schedule',
    says: 'Send the ETag of the plan you read in If-Match; a plan that has moved since answers 412. Debits that had left run to their end and are allocated under the new version.',
    scopes: WRITES,
    tenancy: 'lender',
    ids: id('pln', 'plan'),
    money: true,
    find,
    body: Joi.object({ instalments: instalmentsSchema.required() }).required(),
    reply: { status: 200, shape: actedShape, says: 'The plan under its new schedule.' },
    refuses: ['VERSION_CHANGED'],
    example: {
      params: { id: '{pln}' },
      body: {
        instalments: [
          { dueDate: '{soon}', principal: 100000, interest: 1500 },
          { dueDate: '{later}', principal: 100000, interest: 1000 },
        ],
      },
      headers: who,
    },
    async handle(call) {
      const change = { instalments: call.body.instalments, ifVersion: versionOf(call.ifMatch) };
      return acted(await changePlan(call.world, lenderOfCall(call), call.subject.id, change, call.actor));
    },
  }),
  route<unknown, unknown, Plan>({
    id: 'cancelPlan',
    method: 'post',
    path: '/v1/plans/{id}/cancel',
    tag,
    summary: 'Cancels a plan',
    says: 'Nothing more is sent. Money that still comes in is booked.',
    scopes: WRITES,
    tenancy: 'lender',
    ids: id('pln', 'plan'),
    money: true,
    find,
    ...NO_BODY,
    reply: { status: 200, shape: actedShape, says: 'The plan, cancelled.' },
    refuses: ['ILLEGAL_TRANSITION'],
    example: { params: { id: '{pln}' }, headers: who },
    handle: async (call) => acted(await cancelPlan(call.world, lenderOfCall(call), call.subject.id, call.actor)),
  }),
];
