/** Attempts: every debit that was made, with the permit it rested on and everything that happened to it. */
import Joi from 'joi';
import { type Attempt, TRIGGERS } from '../../domain/attempt.ts';
import { grouped } from '../../domain/grouped.ts';
import { explainAttempt } from '../../flows/explain-plan.ts';
import { field } from '../../flows/input.ts';
import { resolveAttempt, type Verdict } from '../../flows/resolve.ts';
import type { LenderStore } from '../../flows/store.ts';
import type { World } from '../../flows/world.ts';
import { lenderOfCall } from '../call.ts';
import { caseBody } from '../case-body.ts';
import { daySpan, type Expand, equal, expandable, type ListQuery, listQuery, pageOf, range, span } from '../query.ts';
import { byId, id, READS, route, STAFF_WRITES } from '../route.ts';
import { listOf } from '../shape.ts';
import { attemptShape, caseShape, explanationShape } from '../shapes-done.ts';
import { attemptView, birthOf, eventView, explanationView, permitView } from '../views.ts';
import { plansView } from './plans.ts';

const tag = 'Attempts';
const find = byId('attempt', (store) => store.attempts);
const STATES = ['created', 'submitted', 'accepted', 'unknown', 'succeeded', 'failed', 'unsent', 'voided', 'returned'];
const EXPANDS = ['permit', 'events', 'plan', 'plan.borrower'] as const;

/** Attempts with what `expand` names: one query for their plans, one for their events. */
async function attemptsView(attempts: readonly Attempt[], expand: readonly string[], store: LenderStore, world: World) {
  const withBorrower = expand.includes('plan.borrower');
  const plans = new Map((await store.plans.many([...new Set(attempts.map((a) => a.planId))])).map((p) => [p.id, p]));
  const views =
    withBorrower || expand.includes('plan')
      ? new Map((await plansView([...plans.values()], withBorrower ? ['borrower'] : [], store)).map((v) => [v.id, v]))
      : null;
  const events = expand.includes('events') ? grouped(await store.eventsOf(attempts.map((a) => a.id)), (e) => e.subject) : null;
  return attempts.map((a) => {
    const stored = (events?.get(a.id) ?? []).map(eventView);
    return {
      ...attemptView(a, plans.get(a.planId) ?? null),
      ...(expand.includes('permit') ? { permit: permitView(a, world.packs) } : {}),
      ...(events ? { events: stored[0]?.n === 1 ? stored : [birthOf(a), ...stored] } : {}),
      ...(views ? { plan: views.get(a.planId) } : {}),
    };
  });
}

export const ATTEMPTS = [
  route<ListQuery & Expand>({
    id: 'listAttempts',
    method: 'get',
    path: '/v1/attempts',
    tag,
    summary: 'Lists attempts',
    scopes: READS,
    tenancy: 'lender',
    money: false,
    query: listQuery('att', {
      planId: field.id('pln'),
      borrowerId: field.id('brw'),
      mandateId: field.id('mnd'),
      state: Joi.string().valid(...STATES),
      trigger: Joi.string().valid(...TRIGGERS),
      channel: Joi.string().max(40),
      outTradeNo: Joi.string().max(64).description('the order number that the bank was given'),
      lenderReference: Joi.string().max(100).description("the lender's own reference"),
      ...daySpan('businessDate', 'sent'),
      ...span('created', 'made'),
      ...expandable(...EXPANDS),
    }),
    reply: { status: 200, shape: listOf(attemptShape), says: 'One page of attempts.' },
    example: { query: 'planId={pln}&limit=20' },
    async handle({ store, query, world }) {
      const where = {
        ...equal(query, ['planId', 'borrowerId', 'mandateId', 'state', 'trigger', 'channel', 'outTradeNo', 'lenderReference']),
        ...range(query, 'businessDate', 'businessDate', 'day'),
        ...range(query, 'created', 'createdAt', 'instant'),
      };
      const { data, hasMore } = await store.attempts.list(where, pageOf(query));
      return { body: { data: await attemptsView(data, query.expand, store, world), hasMore } };
    },
  }),
  route<Expand, undefined, Attempt>({
    id: 'getAttempt',
    method: 'get',
    path: '/v1/attempts/{id}',
    tag,
    summary: 'Reads one attempt: why it was made, under which permit, and what became of it',
    scopes: READS,
    tenancy: 'lender',
    ids: id('att', 'attempt'),
    money: false,
    query: Joi.object(expandable(...EXPANDS)),
    find,
    reply: { status: 200, shape: attemptShape, says: 'The attempt.' },
    example: { params: { id: '{att}' }, query: 'expand[]=permit&expand[]=events&expand[]=plan.borrower' },
    async handle({ subject, query, store, world }) {
      const [body] = await attemptsView([subject], query.expand, store, world);
      return { body };
    },
  }),
  route<unknown, undefined, Attempt>({
    id: 'explainAttempt',
    method: 'get',
    path: '/v1/attempts/{id}/explain',
    tag,
    summary: "The attempt's story in words",
    scopes: READS,
    tenancy: 'lender',
    ids: id('att', 'attempt'),
    money: false,
    find,
    reply: { status: 200, shape: explanationShape, says: 'The story.' },
    example: { params: { id: '{att}' } },
    handle: async ({ world, store, subject }) => ({ body: explanationView(await explainAttempt(world, store, subject.id)) }),
  }),
  route<unknown, Verdict, Attempt>({
    id: 'resolveAttempt',
    method: 'post',
    path: '/v1/attempts/{id}/resolve',
    tag,
    summary: "Files a person's case for an attempt that nothing else could resolve",
    says: 'Applied within a tick by whoever holds the plan’s partition; `evidence` says what the verdict rests on.',
    scopes: STAFF_WRITES,
    tenancy: 'lender',
    ids: id('att', 'attempt'),
    money: true,
    find,
    body: caseBody('succeeded', 'failed', 'voided', 'returned'),
    reply: { status: 202, shape: caseShape, says: 'The case is filed.' },
    refuses: ['ILLEGAL_TRANSITION'],
    example: {
      params: { id: '{att}' },
      body: { verdict: 'returned', evidence: 'letter of the bank, 14 January 2027', channelTradeNo: 'B-77' },
      headers: { 'x-actor': 'li.na', 'x-reason': 'bank letter 77' },
    },
    async handle(call) {
      const { inboxId } = await resolveAttempt(call.world, lenderOfCall(call), call.subject.id, call.body, call.actor);
      return { body: { attemptId: call.subject.id, inboxId, state: 'filed' } };
    },
  }),
];
