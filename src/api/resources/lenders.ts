/** Lenders: the tenants. Only admin makes them; a lender's key sees its own and no other. */
import Joi from 'joi';
import { isZone } from '../../domain/clock.ts';
import { InvalidInput, NotFound } from '../../domain/errors.ts';
import type { Lender } from '../../domain/lender.ts';
import { field } from '../../flows/input.ts';
import { type ListQuery, listQuery, pageOf } from '../query.ts';
import { ADMIN, found, id, READS, route } from '../route.ts';
import { listOf } from '../shape.ts';
import { lenderShape } from '../shapes.ts';
import { lenderView } from '../views.ts';

type NewLender = Pick<Lender, 'name' | 'timeZone' | 'currency' | 'lenderType' | 'country' | 'metadata'>;

const tag = 'Lenders';

export const LENDERS = [
  route<unknown, NewLender>({
    id: 'createLender',
    method: 'post',
    path: '/v1/lenders',
    tag,
    summary: 'Registers a lender',
    says: 'Business dates and windows are judged in `timeZone`. `lenderType` and `country` pick the rule pack where a rail has several.',
    scopes: ADMIN,
    tenancy: 'house',
    money: true,
    body: Joi.object({
      name: field.name().required(),
      timeZone: Joi.string().max(60).required().example('Asia/Shanghai').description('a zone of the IANA list'),
      currency: field.currency().required(),
      lenderType: Joi.string()
        .valid('bank', 'consumerFinance', 'highCost')
        .default('bank')
        .description('`highCost` is bound by the rules for high-cost loans where a country has such, as the CFPB payment rule for US ACH'),
      country: Joi.string()
        .length(2)
        .pattern(/^[A-Z]{2}$/, 'country')
        .allow(null)
        .default(null)
        .example('US')
        .description(
          'ISO 3166 code of the country whose law binds the lender; null: the rail alone decides. A country for which the rail has no rules meets the strictest',
        ),
      metadata: field.metadata().default({}),
    }).required(),
    reply: { status: 201, shape: lenderShape, says: 'The lender.' },
    example: { body: { name: 'First Credit', timeZone: 'Asia/Shanghai', currency: 'CNY' } },
    async handle({ world, body, actor }) {
      if (!isZone(body.timeZone))
        throw new InvalidInput([
          {
            pointer: '/timeZone',
            code: 'UNKNOWN_ZONE',
            message: 'timeZone is not a zone of the IANA list: send one such as Asia/Shanghai',
          },
        ]);
      const lenderId = world.ids.next('lnd');
      const lender: Lender = { id: lenderId, ...body, code: lenderId.slice(-8), state: 'active', createdAt: world.clock.now() };
      await world.store.admin.lenders.insert(lender);
      await world.store.admin.audit({
        id: world.ids.next('aud'),
        lenderId,
        act: 'lender.created',
        ...actor,
        facts: { name: body.name },
        at: lender.createdAt,
      });
      return { body: lenderView(lender) };
    },
  }),
  route<ListQuery>({
    id: 'listLenders',
    method: 'get',
    path: '/v1/lenders',
    tag,
    summary: 'Lists lenders',
    says: 'A key bound to a lender sees that one only.',
    scopes: READS,
    tenancy: 'either',
    money: false,
    query: listQuery('lnd'),
    reply: { status: 200, shape: listOf(lenderShape), says: 'One page of lenders.' },
    example: { query: 'limit=20' },
    async handle({ world, lender, query }) {
      if (lender) return { body: { data: [lenderView(lender)], hasMore: false } };
      const { data, hasMore } = await world.store.admin.lenders.list(pageOf(query));
      return { body: { data: data.map(lenderView), hasMore } };
    },
  }),
  route<unknown, undefined, Lender>({
    id: 'getLender',
    method: 'get',
    path: '/v1/lenders/{id}',
    tag,
    summary: 'Reads one lender',
    scopes: READS,
    tenancy: 'either',
    ids: id('lnd', 'lender'),
    money: false,
    async find({ world, lender, params }) {
      const wanted = params.id ?? '';
      if (lender && lender.id !== wanted) throw new NotFound('lender', wanted);
      return lender ?? found('lender', wanted, world.store.admin.lenders.get(wanted));
    },
    reply: { status: 200, shape: lenderShape, says: 'The lender.' },
    example: { params: { id: '{lnd}' } },
    handle: async ({ subject }) => ({ body: lenderView(subject) }),
  }),
];
