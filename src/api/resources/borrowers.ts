/** Borrowers, as one lender knows them. */
import Joi from 'joi';
import type { Borrower } from '../../domain/borrower.ts';
import { type BorrowerChange, changeBorrower, registerBorrower } from '../../flows/borrowers.ts';
import { field } from '../../flows/input.ts';
import { type BorrowerInput, borrowerSchema } from '../../flows/plan-input.ts';
import { lenderOfCall } from '../call.ts';
import { equal, type ListQuery, listQuery, pageOf, range, span } from '../query.ts';
import { byId, id, READS, route, WRITES } from '../route.ts';
import { listOf } from '../shape.ts';
import { borrowerShape } from '../shapes.ts';
import { borrowerView } from '../views.ts';

const tag = 'Borrowers';
const find = byId('borrower', (store) => store.borrowers);

export const BORROWERS = [
  route<unknown, BorrowerInput>({
    id: 'createBorrower',
    method: 'post',
    path: '/v1/borrowers',
    tag,
    summary: 'Registers a borrower',
    says: 'Equal content under a known `externalId` answers 200 with the borrower there is; other content is 409.',
    scopes: WRITES,
    tenancy: 'lender',
    money: true,
    body: borrowerSchema.required(),
    reply: { status: 201, shape: borrowerShape, says: 'The borrower.' },
    refuses: ['BORROWER_EXISTS_DIFFERENT'],
    example: { body: { externalId: 'B-new', name: '王五', phone: '+8613700137000', language: 'zh' } },
    async handle(call) {
      const { borrower, result } = await registerBorrower(call.world, lenderOfCall(call), call.body, call.actor);
      return { status: result === 'created' ? 201 : 200, body: borrowerView(borrower) };
    },
  }),
  route<ListQuery>({
    id: 'listBorrowers',
    method: 'get',
    path: '/v1/borrowers',
    tag,
    summary: 'Lists borrowers',
    scopes: READS,
    tenancy: 'lender',
    money: false,
    query: listQuery('brw', { externalId: field.externalId(), ...span('created', 'registered') }),
    reply: { status: 200, shape: listOf(borrowerShape), says: 'One page of borrowers.' },
    example: { query: 'externalId=B-1' },
    async handle({ store, query }) {
      const { data, hasMore } = await store.borrowers.list(
        { ...equal(query, ['externalId']), ...range(query, 'created', 'createdAt', 'instant') },
        pageOf(query),
      );
      return { body: { data: data.map(borrowerView), hasMore } };
    },
  }),
  route<unknown, undefined, Borrower>({
    id: 'getBorrower',
    method: 'get',
    path: '/v1/borrowers/{id}',
    tag,
    summary: 'Reads one borrower',
    scopes: READS,
    tenancy: 'lender',
    ids: id('brw', 'borrower'),
    money: false,
    find,
    reply: { status: 200, shape: borrowerShape, says: 'The borrower.' },
    example: { params: { id: '{brw}' } },
    handle: async ({ subject }) => ({ body: borrowerView(subject) }),
  }),
  route<unknown, BorrowerChange, Borrower>({
    id: 'changeBorrower',
    method: 'patch',
    path: '/v1/borrowers/{id}',
    tag,
    summary: 'Changes what is known of a borrower',
    says: 'Only the fields sent are changed. `optedOut: true` stops every message to this borrower; a debit whose rail demands a notice is then not made.',
    scopes: WRITES,
    tenancy: 'lender',
    ids: id('brw', 'borrower'),
    money: false,
    find,
    body: Joi.object({ name: field.name(), phone: field.phone(), language: field.language(), optedOut: Joi.boolean() })
      .or('name', 'phone', 'language', 'optedOut')
      .required(),
    reply: { status: 200, shape: borrowerShape, says: 'The borrower as it now is.' },
    example: { params: { id: '{brw}' }, body: { language: 'en' } },
    async handle(call) {
      return { body: borrowerView(await changeBorrower(call.world, lenderOfCall(call), call.subject.id, call.body, call.actor)) };
    },
  }),
];
