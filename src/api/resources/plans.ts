/** Plans: registering (or only trying) one, finding it, and what it will do next and why. What people do to a plan is in plan-acts.ts. */
import Joi from 'joi';
import { businessDate } from '../../domain/clock.ts';
import type { Plan } from '../../domain/plan.ts';
import { quoteEarlySettlement } from '../../flows/early-settlement.ts';
import { explainPlan } from '../../flows/explain-plan.ts';
import { field } from '../../flows/input.ts';
import { planSchema, readPlanInput } from '../../flows/plan-input.ts';
import { type Preview, previewExisting, previewPlan } from '../../flows/preview.ts';
import { registerPlans } from '../../flows/register.ts';
import type { LenderStore } from '../../flows/store.ts';
import { lenderOfCall } from '../call.ts';
import { type Expand, equal, expandable, type ListQuery, listQuery, pageOf, range, span } from '../query.ts';
import { byId, id, READS, route, WRITES } from '../route.ts';
import { listOf } from '../shape.ts';
import { planShape, registeredShape } from '../shapes.ts';
import { explanationShape, previewShape, quoteShape } from '../shapes-done.ts';
import { borrowerView, etagOf, explanationView, instalmentView, mandateView, planView, quoteView } from '../views.ts';

const tag = 'Plans';
const find = byId('plan', (store) => store.plans);
const STATES = ['active', 'settled', 'earlySettled', 'restructured', 'writtenOff', 'cancelled'];

/** A preview for the wire: the rows of a plan that may not exist yet carry no ids. */
const previewView = ({ currency, schedule, debits, ifRefused }: Preview) => ({
  currency,
  schedule: schedule.map((i) => {
    const { n, dueDate, due, components } = instalmentView(i, { id: '', currency });
    return { n, dueDate, due, components: components.due };
  }),
  debits: debits.map(stepView),
  ifRefused: ifRefused.map(stepView),
});
const stepView = ({ kind, when, dueDate, trigger, amount, because, permit, refusal }: Preview['debits'][number]) => ({
  kind,
  when,
  dueDate,
  trigger,
  amount,
  because,
  permit: permit && { pack: permit.pack, rules: permit.rules, noticeId: permit.noticeId, slot: permit.slot, sendBy: permit.sendBy },
  refusal: refusal && {
    rule: refusal.rule,
    source: refusal.source,
    says: refusal.says,
    counters: refusal.counters,
    retryAt: refusal.retryAt,
  },
});

/** Plans with what `expand` names, one query a kind. */
export async function plansView(plans: readonly Plan[], expand: readonly string[], store: LenderStore) {
  const borrowers = expand.includes('borrower')
    ? new Map((await store.borrowers.many([...new Set(plans.map((p) => p.borrowerId))])).map((b) => [b.id, borrowerView(b)]))
    : null;
  const mandates = expand.includes('mandates')
    ? new Map((await store.mandates.many([...new Set(plans.flatMap((p) => p.mandateIds))])).map((m) => [m.id, mandateView(m)]))
    : null;
  return plans.map((p) => ({
    ...planView(p),
    ...(borrowers ? { borrower: borrowers.get(p.borrowerId) } : {}),
    ...(mandates ? { mandates: p.mandateIds.flatMap((m) => mandates.get(m) ?? []) } : {}),
  }));
}

export const PLANS = [
  route<Readonly<{ dryRun: boolean }>, unknown>({
    id: 'createPlan',
    method: 'post',
    path: '/v1/plans',
    tag,
    summary: 'Registers a plan with its borrower and mandate, in one call',
    says: 'Give explicit rows (`instalments`) or `terms` to generate them; a new `borrower` and `mandate` or the ids of known ones. Equal ones are found again; a repeat of the whole plan answers 200. With `dryRun=true` nothing is kept: the answer is the schedule and the debits that would be tried, when, and under which permit.',
    scopes: WRITES,
    tenancy: 'lender',
    money: true,
    query: Joi.object({ dryRun: Joi.boolean().default(false).description('true: keep nothing, answer with a preview') }),
    body: planSchema,
    reply: { status: 201, shape: Joi.alternatives(registeredShape, previewShape), says: 'The plan; with `dryRun=true` (200) the preview.' },
    refuses: ['PLAN_EXISTS_DIFFERENT', 'BORROWER_EXISTS_DIFFERENT', 'MANDATE_EXISTS_DIFFERENT'],
    example: {
      body: {
        externalId: 'L-new',
        currency: 'CNY',
        strategy: 'standard',
        borrower: { externalId: 'B-9', name: '张三', phone: '+8613800138000', language: 'zh' },
        mandate: { rail: 'simulator', account: '6222020000000090019', perDebitCap: 500000 },
        terms: { principal: 1200000, monthlyRate: '0.015', count: 12, method: 'levelPayment', firstDueDate: '2027-01-25' },
      },
    },
    async handle(call) {
      const input = readPlanInput(call.body, call.world);
      if (call.query.dryRun) return { status: 200, body: previewView(await previewPlan(call.world, lenderOfCall(call), input)) };
      const [registered] = await registerPlans(call.world, lenderOfCall(call), [input], call.actor);
      if (!registered) throw new Error('registerPlans answers once an input');
      if (registered.result === 'refused') throw registered.error;
      const { plan, result } = registered;
      return {
        status: result === 'created' ? 201 : 200,
        body: { ...planView(plan), result },
        headers: { etag: etagOf(plan), location: `/v1/plans/${plan.id}` },
      };
    },
  }),
  route<ListQuery & Expand>({
    id: 'listPlans',
    method: 'get',
    path: '/v1/plans',
    tag,
    summary: 'Lists plans',
    scopes: READS,
    tenancy: 'lender',
    money: false,
    query: listQuery('pln', {
      externalId: field.externalId(),
      borrowerId: field.id('brw'),
      state: Joi.string().valid(...STATES),
      ...span('created', 'registered'),
      ...expandable('borrower', 'mandates'),
    }),
    reply: { status: 200, shape: listOf(planShape), says: 'One page of plans.' },
    example: { query: 'externalId=L-1&expand[]=borrower' },
    async handle({ store, query }) {
      const { data, hasMore } = await store.plans.list(
        { ...equal(query, ['externalId', 'borrowerId', 'state']), ...range(query, 'created', 'createdAt', 'instant') },
        pageOf(query),
      );
      return { body: { data: await plansView(data, query.expand, store), hasMore } };
    },
  }),
  route<Expand, undefined, Plan>({
    id: 'getPlan',
    method: 'get',
    path: '/v1/plans/{id}',
    tag,
    summary: 'Reads one plan: its instalments, totals, holds, and what happens next',
    scopes: READS,
    tenancy: 'lender',
    ids: id('pln', 'plan'),
    money: false,
    query: Joi.object(expandable('borrower', 'mandates')),
    find,
    reply: { status: 200, shape: planShape, says: 'The plan. Its ETag goes into If-Match when the schedule is changed.' },
    example: { params: { id: '{pln}' }, query: 'expand[]=borrower&expand[]=mandates' },
    async handle({ subject, query, store }) {
      const [body] = await plansView([subject], query.expand, store);
      return { body, headers: { etag: etagOf(subject) } };
    },
  }),
  route<unknown, undefined, Plan>({
    id: 'previewPlan',
    method: 'get',
    path: '/v1/plans/{id}/preview',
    tag,
    summary: 'What will be sent and debited, when, and under which permit',
    scopes: READS,
    tenancy: 'lender',
    ids: id('pln', 'plan'),
    money: false,
    find,
    reply: { status: 200, shape: previewShape, says: 'The steps if every debit pays, and if each is refused for lack of funds.' },
    example: { params: { id: '{pln}' } },
    handle: async (call) => ({ body: previewView(await previewExisting(call.world, lenderOfCall(call), call.store, call.subject.id)) }),
  }),
  route<unknown, undefined, Plan>({
    id: 'explainPlan',
    method: 'get',
    path: '/v1/plans/{id}/explain',
    tag,
    summary: "The plan's story in words: what happened, under which rule, and what comes next",
    scopes: READS,
    tenancy: 'lender',
    ids: id('pln', 'plan'),
    money: false,
    find,
    reply: { status: 200, shape: explanationShape, says: 'The story.' },
    example: { params: { id: '{pln}' } },
    handle: async (call) => ({ body: explanationView(await explainPlan(call.world, call.store, call.subject.id)) }),
  }),
  route<Readonly<{ on?: string; feeShare: string }>, undefined, Plan>({
    id: 'quoteEarlySettlement',
    method: 'get',
    path: '/v1/plans/{id}/early-settlement',
    tag,
    summary: 'What settling the plan on a day would cost',
    scopes: READS,
    tenancy: 'lender',
    ids: id('pln', 'plan'),
    money: false,
    query: Joi.object({
      on: field.day().description("the day; today in the lender's zone when left out"),
      feeShare: field.rate().default('0').description('fee on the principal paid early, as a decimal fraction'),
    }),
    find,
    reply: { status: 200, shape: quoteShape, says: 'The quote, by component, in minor units.' },
    example: { params: { id: '{pln}' }, query: 'on={today}&feeShare=0.01' },
    async handle(call) {
      const lender = lenderOfCall(call);
      const on = call.query.on === undefined ? call.world.clock.today(lender.timeZone) : businessDate(call.query.on);
      return { body: quoteView(await quoteEarlySettlement(call.world, lender, call.subject.id, on, call.query.feeShare)) };
    },
  }),
];
