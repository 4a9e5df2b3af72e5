/** The daily statement for a lender: the day's sums, its rows, the same rows folded by order, and the file. */
import Joi from 'joi';
import { addDays, type BusinessDate, businessDate, isBusinessDate } from '../../domain/clock.ts';
import { NotFound } from '../../domain/errors.ts';
import { field } from '../../flows/input.ts';
import { COLUMNS, fold, lenderStatement, statementPage } from '../../flows/lender-statement.ts';
import { lenderOfCall } from '../call.ts';
import { foldedShape, lenderStatementShape, movementShape } from '../ledger-shapes.ts';
import { foldedView, lenderStatementView, movementView } from '../ledger-views.ts';
import { eventId, pageSize } from '../query.ts';
import { type Call, READS, route } from '../route.ts';
import { listOf } from '../shape.ts';

const tag = 'Lender statements';
type Day = Readonly<{ date: BusinessDate }>;

/** Today in the lender's zone. */
const todayOf = (call: Pick<Call<unknown, unknown, unknown>, 'world' | 'lender'>): BusinessDate =>
  call.world.clock.today(lenderOfCall(call).timeZone);

/** A day that has begun in the lender's zone; any other has no statement. */
const find = async (call: Call<unknown, undefined, undefined>): Promise<Day> => {
  const date = call.params.date ?? '';
  if (!isBusinessDate(date) || date > todayOf(call)) throw new NotFound('statement of', date.slice(0, 40));
  return { date: businessDate(date) };
};

const rowQuery = Joi.object({
  date: field.day().description('a day in the lender’s zone; yesterday by default'),
  limit: pageSize(),
  after: eventId().description('the id of the last row of the page before'),
});
type RowQuery = Readonly<{ date?: string; limit: number; after?: string }>;

/** Yesterday, the last whole day, where none is named. */
async function pageOf(call: Call<RowQuery, unknown, unknown>) {
  const { date, after, limit } = call.query;
  const day = date === undefined ? addDays(todayOf(call), -1) : businessDate(date);
  return statementPage(call.world, lenderOfCall(call), day, after ?? null, limit);
}

export const LENDER_STATEMENTS = [
  route<RowQuery>({
    id: 'listLenderStatementRows',
    method: 'get',
    path: '/v1/lender-statements',
    tag,
    summary: 'Lists a day’s movements of the money held for the lender: debits, returns, refunds, fees, adjustments, settlements',
    scopes: READS,
    tenancy: 'lender',
    money: false,
    query: rowQuery,
    reply: { status: 200, shape: listOf(movementShape), says: 'One page of rows, oldest first.' },
    example: { query: 'date=2026-01-25' },
    async handle(call) {
      const { data, hasMore } = await pageOf(call);
      return { body: { data: data.map(movementView), hasMore } };
    },
  }),
  route<RowQuery>({
    id: 'listLenderStatementOrders',
    method: 'get',
    path: '/v1/lender-statements/orders',
    tag,
    summary: 'Lists the same rows folded by order: a debit with its returns and refunds of the day beneath',
    says: 'Rows are folded within the page.',
    scopes: READS,
    tenancy: 'lender',
    money: false,
    query: rowQuery,
    reply: { status: 200, shape: listOf(foldedShape), says: 'One page of rows as orders.' },
    example: { query: 'date=2026-01-25' },
    async handle(call) {
      const { data, hasMore } = await pageOf(call);
      return { body: { data: fold(data).map(foldedView), hasMore } };
    },
  }),
  route<unknown, undefined, Day>({
    id: 'getLenderStatement',
    method: 'get',
    path: '/v1/lender-statements/{date}',
    tag,
    summary: 'The control totals of a day’s statement, its issue number and hash',
    scopes: READS,
    tenancy: 'lender',
    money: false,
    find,
    reply: { status: 200, shape: lenderStatementShape, says: 'What the file’s control rows say.' },
    example: { params: { date: '2026-01-25' } },
    handle: async (call) => ({
      body: lenderStatementView(await lenderStatement(call.world, lenderOfCall(call), call.subject.date)),
    }),
  }),
  route<unknown, undefined, Day>({
    id: 'downloadLenderStatement',
    method: 'get',
    path: '/v1/lender-statements/{date}/file',
    tag,
    summary: 'The statement of a day as a CSV file',
    says: `First line \`H,duly-lender-statement,1,LENDER,DAY,ZONE,ISSUE\`, then the columns ${COLUMNS.join(', ')}, one \`M\` line a movement, one \`T\` line a currency (opening, count and sum by kind, closing) and \`E,ROWS,SHA256\` over the M lines. Text that a spreadsheet would run begins with a quote.`,
    scopes: READS,
    tenancy: 'lender',
    money: false,
    find,
    reply: { status: 200, type: 'text/csv', shape: Joi.string(), says: 'The file.' },
    example: { params: { date: '2026-01-25' } },
    async handle(call) {
      const lender = lenderOfCall(call);
      const { date } = call.subject;
      const statement = await lenderStatement(call.world, lender, date);
      const name = `${lender.code}-${date}-${statement.issue.n}.csv`;
      return {
        body: null,
        text: statement.lines(),
        headers: {
          'content-type': 'text/csv; charset=utf-8',
          'content-disposition': `attachment; filename="${name}"`,
          'x-content-sha256': statement.issue.sha256,
        },
      };
    },
  }),
];
