/** The banks' files on the wire: the house's own, since a channel's file holds several lenders' rows. */
import { Readable } from 'node:stream';
import Joi from 'joi';
import { businessDate } from '../../domain/clock.ts';
import { STATEMENT, type Statement } from '../../domain/statement.ts';
import { importStatement } from '../../flows/import-statement.ts';
import { field } from '../../flows/input.ts';
import type { Body } from '../body.ts';
import { daySpan, equal, type ListQuery, listQuery, pageOf, pageSize, range } from '../query.ts';
import { type Call, found, id, route, STAFF_READS, STAFF_WRITES } from '../route.ts';
import { listOf } from '../shape.ts';
import { statementLineShape, statementShape } from '../statement-shapes.ts';
import { statementLineView, statementView } from '../statement-views.ts';

const tag = 'Statements';
const MOST_BYTES = 5 * 1024 * 1024;
const TYPES = ['text/csv', 'text/plain', 'application/xml', 'application/json', 'application/octet-stream'];
const source = () =>
  Joi.string()
    .max(60)
    .pattern(/^[\w-]+$/, 'name');

const find = ({ world, params }: Call<unknown, undefined, undefined>): Promise<Statement> =>
  found('statement', params.id ?? '', world.store.statements.get(params.id ?? ''));

type Upload = Readonly<{ channel?: string; account?: string; name: string; format?: string; businessDate?: string }>;
type LinesQuery = Readonly<{ limit: number; after: number }>;

export const STATEMENTS = [
  route<Upload, Body>({
    id: 'importStatement',
    method: 'post',
    path: '/v1/statements',
    tag,
    summary: 'Takes in a file of a channel or of an account of ours, whole or not at all',
    says: 'Send the file as it came, as `text/csv`, `text/plain`, `application/xml` or `application/json` where it is UTF-8, else as `application/octet-stream`; up to 5 MB. A file that cannot be read right is kept as one row in state `refused` that says where and why, and none of its lines; the answer is the same 201. The very same file again changes nothing and is answered 200. `duly statements import` takes larger files.',
    scopes: STAFF_WRITES,
    tenancy: 'house',
    money: true,
    query: Joi.object({
      channel: source().description('the channel it is of'),
      account: source().description('the account of ours it is of'),
      name: Joi.string().max(200).required().description('its name, as the bank gave it'),
      format: source().description('left out: the one of the channel'),
      businessDate: field.day().description('the day it must be of; left out: the file’s own word'),
    }).xor('channel', 'account'),
    upload: { types: TYPES, maxBytes: MOST_BYTES, raw: true },
    reply: { status: 201, shape: statementShape, says: 'The file as it is kept: accepted, or refused with line, column and cause.' },
    refuses: ['BODY_TOO_LARGE', 'IMPORT_RUNNING'],
    example: {
      query: 'channel=simulator&name=simulator-2026-01-04.csv',
      headers: { 'content-type': 'text/csv' },
      body: 'H,duly-simulator,1,simulator,duly-sim,2026-01-04,Asia/Shanghai\norderNo,channelTradeNo,kind,status,amount,fee,currency,bankTime,businessDate\nT,,0,0,0,0,0\n',
    },
    async handle({ world, query, body, actor }) {
      const bytes = body.bytes ?? Buffer.alloc(0);
      const { statement, fresh } = await importStatement(
        world,
        {
          kind: query.channel === undefined ? 'account' : 'channel',
          source: query.channel ?? query.account ?? '',
          name: query.name,
          format: query.format ?? null,
          bytes: () => Readable.from([bytes]),
          ...(query.businessDate === undefined ? {} : { businessDate: businessDate(query.businessDate) }),
        },
        actor,
      );
      return { status: fresh ? 201 : 200, body: statementView(statement) };
    },
  }),
  route<ListQuery>({
    id: 'listStatements',
    method: 'get',
    path: '/v1/statements',
    tag,
    summary: 'Lists files as they came, refused ones too',
    scopes: STAFF_READS,
    tenancy: 'house',
    money: false,
    query: listQuery('stm', {
      kind: Joi.string().valid('channel', 'account'),
      source: source(),
      state: Joi.string().valid(...Object.keys(STATEMENT.table)),
      ...daySpan('businessDate', 'of the file'),
    }),
    reply: { status: 200, shape: listOf(statementShape), says: 'One page of files, in the order in which they came.' },
    example: { query: 'source=simulator&state=accepted&limit=10' },
    async handle({ world, query }) {
      const where = { ...equal(query, ['kind', 'source', 'state']), ...range(query, 'businessDate', 'businessDate', 'day') };
      const { data, hasMore } = await world.store.statements.list(where, pageOf(query));
      return { body: { data: data.map(statementView), hasMore } };
    },
  }),
  route<unknown, undefined, Statement>({
    id: 'getStatement',
    method: 'get',
    path: '/v1/statements/{id}',
    tag,
    summary: 'Reads one file: what it is of, its totals, or why it was refused',
    scopes: STAFF_READS,
    tenancy: 'house',
    ids: id('stm', 'statement'),
    money: false,
    find,
    reply: { status: 200, shape: statementShape, says: 'The file.' },
    example: { params: { id: '{stm}' } },
    handle: async ({ subject }) => ({ body: statementView(subject) }),
  }),
  route<LinesQuery, undefined, Statement>({
    id: 'listStatementLines',
    method: 'get',
    path: '/v1/statements/{id}/lines',
    tag,
    summary: 'Lists a file’s lines in its order, each with what comparing it gave',
    scopes: STAFF_READS,
    tenancy: 'house',
    ids: id('stm', 'statement'),
    money: false,
    query: Joi.object({
      limit: pageSize(),
      after: field.count(0, 999_999_999).default(0).description('`n` of the last line of the page before'),
    }),
    find,
    reply: { status: 200, shape: listOf(statementLineShape), says: 'One page of lines.' },
    example: { params: { id: '{stm}' }, query: 'limit=20' },
    async handle({ world, query: { limit, after }, subject }) {
      // Lines of a file that is still being loaded are nobody's.
      const kept = subject.state === 'loading' ? [] : await world.store.statements.lines(subject.id, after, limit + 1);
      const lines = kept.slice(0, limit);
      const last = lines.at(-1);
      const verdicts = last ? await world.store.matching.verdicts(subject.id, after + 1, last.n) : [];
      const results = new Map(verdicts.map((v) => [v.n, v.result]));
      return { body: { data: lines.map((l) => statementLineView(l, results.get(l.n) ?? null)), hasMore: kept.length > limit } };
    },
  }),
];
