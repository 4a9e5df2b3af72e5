/** Mandates: the payer's agreement that an account may be debited. Suspending and revoking stop what has not left yet. */
import Joi from 'joi';
import { InvalidInput } from '../../domain/errors.ts';
import type { Mandate } from '../../domain/mandate.ts';
import { field } from '../../flows/input.ts';
import { type MandateMoved, registerMandate, resumeMandate, revokeMandate, suspendMandate } from '../../flows/mandates.ts';
import { type MandateInput, mandateFaults, mandateSchema } from '../../flows/plan-input.ts';
import { lenderOfCall } from '../call.ts';
import { equal, type ListQuery, listQuery, pageOf } from '../query.ts';
import { byId, found, id, NO_BODY, READS, route, WRITES } from '../route.ts';
import { listOf } from '../shape.ts';
import { mandateMovedShape, mandateShape } from '../shapes.ts';
import { mandateView } from '../views.ts';

type NewMandate = MandateInput & Readonly<{ borrowerId: string; currency: string }>;

const tag = 'Mandates';
const find = byId('mandate', (store) => store.mandates);
const STATES = ['draft', 'pending', 'active', 'suspended', 'revoked', 'expired', 'cancelled', 'rejected'];

const MOVES = [
  [
    'suspend',
    suspendMandate,
    'Suspends a mandate',
    'No debit uses it until it is resumed. Attempts that had left are named in `inFlight` and run to their end.',
  ],
  ['resume', resumeMandate, 'Resumes a suspended mandate', 'Its plans are decided anew.'],
  [
    'revoke',
    revokeMandate,
    'Revokes a mandate for good',
    'The payer withdrew it: no debit ever uses it again. Attempts that had left are named in `inFlight`.',
  ],
] as const;

const moved = ({ mandate, plans, inFlight }: MandateMoved) => ({ ...mandateView(mandate), plans, inFlight });

export const MANDATES = [
  route<unknown, NewMandate>({
    id: 'createMandate',
    method: 'post',
    path: '/v1/mandates',
    tag,
    summary: 'Registers a mandate of a borrower',
    says: 'The account number is sealed when it comes in; answers show its last four digits. An equal mandate is found again (200).',
    scopes: WRITES,
    tenancy: 'lender',
    money: true,
    body: mandateSchema.keys({ borrowerId: field.id('brw').required(), currency: field.currency().required() }).required(),
    reply: { status: 201, shape: mandateShape, says: 'The mandate.' },
    refuses: ['MANDATE_EXISTS_DIFFERENT'],
    example: { body: { borrowerId: '{brw}', currency: 'CNY', rail: 'simulator', account: '6222020000000020019', perDebitCap: 500000 } },
    async handle(call) {
      const { borrowerId, currency, ...input } = call.body;
      const faults = mandateFaults(input, '', call.world);
      if (faults.length) throw new InvalidInput(faults);
      await found('borrower', borrowerId, call.store.borrowers.get(borrowerId));
      const { mandate, result } = await registerMandate(call.world, lenderOfCall(call), borrowerId, currency, input, call.actor);
      return { status: result === 'created' ? 201 : 200, body: mandateView(mandate) };
    },
  }),
  route<ListQuery>({
    id: 'listMandates',
    method: 'get',
    path: '/v1/mandates',
    tag,
    summary: 'Lists mandates',
    scopes: READS,
    tenancy: 'lender',
    money: false,
    query: listQuery('mnd', { borrowerId: field.id('brw'), externalId: field.externalId(), state: Joi.string().valid(...STATES) }),
    reply: { status: 200, shape: listOf(mandateShape), says: 'One page of mandates.' },
    example: { query: 'borrowerId={brw}' },
    async handle({ store, query }) {
      const { data, hasMore } = await store.mandates.list(equal(query, ['borrowerId', 'externalId', 'state']), pageOf(query));
      return { body: { data: data.map(mandateView), hasMore } };
    },
  }),
  route<unknown, undefined, Mandate>({
    id: 'getMandate',
    method: 'get',
    path: '/v1/mandates/{id}',
    tag,
    summary: 'Reads one mandate',
    scopes: READS,
    tenancy: 'lender',
    ids: id('mnd', 'mandate'),
    money: false,
    find,
    reply: { status: 200, shape: mandateShape, says: 'The mandate.' },
    example: { params: { id: '{mnd}' } },
    handle: async ({ subject }) => ({ body: mandateView(subject) }),
  }),
  ...MOVES.map(([verb, flow, summary, says]) =>
    route<unknown, undefined, Mandate>({
      id: `${verb}Mandate`,
      method: 'post',
      path: `/v1/mandates/{id}/${verb}`,
      tag,
      summary,
      says,
      scopes: WRITES,
      tenancy: 'lender',
      ids: id('mnd', 'mandate'),
      money: true,
      find,
      ...NO_BODY,
      reply: { status: 200, shape: mandateMovedShape, says: 'The mandate, how many plans it touches, and what had left already.' },
      refuses: ['ILLEGAL_TRANSITION'],
      example: {
        ...(verb === 'resume' ? { first: 'suspendMandate' } : {}),
        params: { id: '{mnd}' },
        headers: { 'x-actor': 'li.na', 'x-reason': 'the borrower asked on the phone' },
      },
      handle: async (call) => ({ body: moved(await flow(call.world, lenderOfCall(call), call.subject.id, call.actor)) }),
    }),
  ),
];
