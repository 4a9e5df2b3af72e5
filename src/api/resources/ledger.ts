/** The books through the API: a lender sees its own, staff all, the house's own too. */
import Joi from 'joi';
import { businessDate } from '../../domain/clock.ts';
import { HOUSE } from '../../domain/discrepancy.ts';
import { accountStatement, accountTrees, journal, trialBalance } from '../../flows/books.ts';
import { checkNow } from '../../flows/check-books.ts';
import { closePeriod } from '../../flows/close-period.ts';
import { field } from '../../flows/input.ts';
import {
  accountStatementShape,
  accountTreeShape,
  booksCheckShape,
  closedShape,
  entryShape,
  periodShape,
  trialBalanceShape,
} from '../ledger-shapes.ts';
import { accountStatementView, booksCheckView, closedView, entryView, periodView, treeView, trialBalanceView } from '../ledger-views.ts';
import { eventId, pageSize } from '../query.ts';
import { type Call, READS, route, STAFF_READS, STAFF_WRITES } from '../route.ts';
import { listOf } from '../shape.ts';

const tag = 'Ledger';
type Any = Call<unknown, unknown, unknown>;
/** All books for staff who name no lender. */
const scopeOf = ({ lender }: Pick<Any, 'lender'>) => (lender ? { lenderIds: [lender.id] } : {});
/** One lender's; the house's own for staff who name none. */
const booksOf = ({ lender }: Pick<Any, 'lender'>): string => lender?.id ?? HOUSE;
const dayOr = (text: string | undefined) => (text === undefined ? null : businessDate(text));

const account = () =>
  Joi.string()
    .max(80)
    .pattern(/^\d{4}(\.\d{2})?(:[\w.-]{1,60})?$/, 'ledgerAccount')
    .example('1012.01:simulator');
const asOf = Joi.object({
  date: field.day().description('as of the end of this day, in the zone of whose books they are; now by default'),
});
const page = {
  limit: pageSize(),
  after: eventId().description('the id of the last entry of the page before'),
  from: field.day().description('on or after'),
  to: field.day().description('on or before'),
};
type AsOf = Readonly<{ date?: string }>;
type PageQuery = Readonly<{ limit: number; after?: string; from?: string; to?: string }>;
const spanOf = ({ from, to, after, limit }: PageQuery) => ({ from: dayOr(from), to: dayOr(to), after: after ?? null, limit });

export const LEDGER = [
  route<AsOf>({
    id: 'listLedgerAccounts',
    method: 'get',
    path: '/v1/ledger/accounts',
    tag,
    summary: 'Shows the account tree with its balances, a lender and currency at a time',
    scopes: READS,
    tenancy: 'either',
    money: false,
    query: asOf,
    reply: { status: 200, shape: listOf(accountTreeShape), says: 'All trees.' },
    example: { query: 'date={today}' },
    handle: async (call) => ({
      body: { data: (await accountTrees(call.world, scopeOf(call), dayOr(call.query.date))).map(treeView), hasMore: false },
    }),
  }),
  route<PageQuery & Readonly<{ currency: string }>>({
    id: 'getLedgerAccount',
    method: 'get',
    path: '/v1/ledger/accounts/{account}',
    tag,
    summary: 'The statement of one account: its entries in order with a running balance',
    says: 'Staff who name no lender in X-Lender read the account of the house itself.',
    scopes: READS,
    tenancy: 'either',
    money: false,
    query: Joi.object({ ...page, currency: field.currency().required() }),
    reply: { status: 200, shape: accountStatementShape, says: 'One page; an account that nothing was posted to has none.' },
    example: { params: { account: '1012.01:simulator' }, query: 'currency=CNY' },
    handle: async (call) => {
      const { query, params, world } = call;
      const at = { lenderId: booksOf(call), account: params.account ?? '', currency: query.currency };
      return { body: accountStatementView(await accountStatement(world, { ...at, ...spanOf(query) })) };
    },
  }),
  route<PageQuery & Readonly<{ subject?: string; account?: string }>>({
    id: 'listLedgerEntries',
    method: 'get',
    path: '/v1/ledger/entries',
    tag,
    summary: 'Lists the journal: every posting with its event, oldest first',
    says: 'Staff who name no lender in X-Lender read the journal of the house itself.',
    scopes: READS,
    tenancy: 'either',
    money: false,
    query: Joi.object({
      ...page,
      account: account(),
      subject: eventId().description('an attempt, plan, refund, batch, run or discrepancy'),
    }),
    reply: { status: 200, shape: listOf(entryShape), says: 'One page of entries.' },
    example: { query: 'limit=5' },
    async handle(call) {
      const { query, world } = call;
      const named = { lenderId: booksOf(call), subject: query.subject ?? null, account: query.account ?? null };
      const { data, hasMore } = await journal(world, { ...named, ...spanOf(query) });
      return { body: { data: data.map(entryView), hasMore } };
    },
  }),
  route<AsOf>({
    id: 'listTrialBalances',
    method: 'get',
    path: '/v1/ledger/trial-balance',
    tag,
    summary: 'Shows the trial balance, a lender and currency at a time',
    scopes: READS,
    tenancy: 'either',
    money: false,
    query: asOf,
    reply: { status: 200, shape: listOf(trialBalanceShape), says: 'All trial balances; each difference is 0.' },
    example: {},
    handle: async (call) => ({
      body: { data: (await trialBalance(call.world, scopeOf(call), dayOr(call.query.date))).map(trialBalanceView), hasMore: false },
    }),
  }),
  route({
    id: 'listLedgerPeriods',
    method: 'get',
    path: '/v1/ledger/periods',
    tag,
    summary: 'Lists the closed months, oldest first',
    says: 'Staff who name no lender in X-Lender read those of the house itself.',
    scopes: READS,
    tenancy: 'either',
    money: false,
    reply: { status: 200, shape: listOf(periodShape), says: 'All closed months, with their balances and hash.' },
    example: {},
    handle: async (call) => ({ body: { data: (await call.world.store.books.periods(booksOf(call))).map(periodView), hasMore: false } }),
  }),
  route<unknown, Readonly<{ period: string }>>({
    id: 'closeLedgerPeriod',
    method: 'post',
    path: '/v1/ledger/periods',
    tag,
    summary: 'Closes a month: its balances stand for good, and corrections go to the open period',
    says: 'For the lender named in X-Lender, or for everybody who has books. A month that is closed already is answered as it stands.',
    scopes: STAFF_WRITES,
    tenancy: 'either',
    money: true,
    body: Joi.object({
      period: Joi.string()
        .pattern(/^\d{4}-(0[1-9]|1[0-2])$/, 'month')
        .required()
        .example('2025-12'),
    }),
    reply: { status: 200, shape: closedShape, says: 'What was closed.' },
    refuses: ['PERIOD_NOT_OVER', 'PERIOD_BEFORE_OPEN', 'BOOKS_NOT_RIGHT'],
    example: { body: { period: '2025-12' }, headers: { 'x-actor': 'li.na', 'x-reason': 'month end' } },
    handle: async ({ world, body, lender, actor }) => ({
      body: closedView(await closePeriod(world, body.period, lender?.id ?? null, actor)),
    }),
  }),
  route<Readonly<{ limit: number; before?: string }>>({
    id: 'listBooksChecks',
    method: 'get',
    path: '/v1/ledger/checks',
    tag,
    summary: 'Lists the daily checks of the books, newest first: vouchers, ledgers, cash, closed periods',
    scopes: STAFF_READS,
    tenancy: 'house',
    money: false,
    query: Joi.object({ limit: pageSize(), before: field.day().description('the last day of the page before') }),
    reply: { status: 200, shape: listOf(booksCheckShape), says: 'One row a day, with the first ten rows that offend.' },
    example: { query: 'limit=5' },
    async handle({ world, query }) {
      const rows = await world.store.books.checks(dayOr(query.before), query.limit + 1);
      return { body: { data: rows.slice(0, query.limit).map(booksCheckView), hasMore: rows.length > query.limit } };
    },
  }),
  route({
    id: 'runBooksCheck',
    method: 'post',
    path: '/v1/ledger/checks',
    tag,
    summary: 'Checks the books now and keeps the result as the day’s report',
    scopes: STAFF_WRITES,
    tenancy: 'house',
    money: true,
    reply: { status: 200, shape: booksCheckShape, says: 'The verdicts.' },
    example: { headers: { 'x-actor': 'li.na', 'x-reason': 'after a correction' } },
    handle: async ({ world }) => ({ body: booksCheckView(await checkNow(world)) }),
  }),
];
