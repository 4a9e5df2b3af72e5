/**
 * Every collection with its keys. A `guard` is an index that money rests on: start refuses a database that lacks one.
 * Sizes at ten million plans stand in docs/data.md.
 */
import { type CreateIndexesOptions, type Db, type Document, type IndexSpecification, MongoServerError } from 'mongodb';
import { grouped } from '../domain/grouped.ts';
import { SETTLEMENT_INDEXES } from './settlement-indexes.ts';

export type Index = Readonly<{
  collection: string;
  name: string;
  keys: Record<string, 1 | -1>;
  options?: CreateIndexesOptions;
  guard?: true;
  why: string;
}>;

const unique = { unique: true } as const;

export const INDEXES: readonly Index[] = [
  {
    collection: 'plans',
    name: 'lender_external',
    keys: { lenderId: 1, externalId: 1 },
    options: unique,
    guard: true,
    why: 'one plan an external id',
  },
  { collection: 'plans', name: 'due', keys: { 'nextAction.at': 1, bucket: 1 }, why: 'the sweep: what is due, oldest first' },
  { collection: 'plans', name: 'lender_borrower', keys: { lenderId: 1, borrowerId: 1 }, why: "a borrower's plans" },
  { collection: 'plans', name: 'lender_mandate', keys: { lenderId: 1, mandateIds: 1 }, why: 'the plans a mandate serves' },
  { collection: 'plans', name: 'lender_instalment', keys: { lenderId: 1, 'instalments.id': 1 }, why: 'the plan of an instalment' },
  {
    collection: 'plans',
    name: 'lender_hold',
    keys: { lenderId: 1, 'holds.id': 1 },
    options: { partialFilterExpression: { 'holds.id': { $type: 'string' } } },
    why: 'the plan of a hold',
  },
  { collection: 'plans', name: 'lender_id', keys: { lenderId: 1, _id: 1 }, why: 'lists' },
  {
    collection: 'borrowers',
    name: 'lender_external',
    keys: { lenderId: 1, externalId: 1 },
    options: unique,
    guard: true,
    why: 'one borrower an external id',
  },
  { collection: 'borrowers', name: 'lender_id', keys: { lenderId: 1, _id: 1 }, why: 'lists' },
  {
    collection: 'mandates',
    name: 'borrower_account',
    keys: { lenderId: 1, borrowerId: 1, rail: 1, accountKey: 1 },
    options: { unique: true, partialFilterExpression: { live: true } },
    guard: true,
    why: 'one live mandate an account and rail',
  },
  {
    collection: 'mandates',
    name: 'lender_external',
    keys: { lenderId: 1, externalId: 1 },
    options: { unique: true, partialFilterExpression: { externalId: { $type: 'string' } } },
    guard: true,
    why: 'one mandate an external id',
  },
  {
    collection: 'mandates',
    name: 'lender_borrower',
    keys: { lenderId: 1, borrowerId: 1, _id: 1 },
    why: "a borrower's mandates",
  },
  { collection: 'mandates', name: 'lender_id', keys: { lenderId: 1, _id: 1 }, why: 'lists' },
  {
    collection: 'attempts',
    name: 'one_open',
    keys: { planId: 1 },
    options: { unique: true, partialFilterExpression: { open: true } },
    guard: true,
    why: 'at most one open attempt a plan',
  },
  {
    collection: 'attempts',
    name: 'plan_n',
    keys: { planId: 1, n: 1 },
    options: unique,
    guard: true,
    why: 'attempt numbers are burnt once',
  },
  {
    collection: 'attempts',
    name: 'channel_number',
    keys: { channel: 1, outTradeNo: 1 },
    options: unique,
    guard: true,
    why: 'one order number a channel',
  },
  {
    collection: 'attempts',
    name: 'account_slot',
    keys: { lenderId: 1, accountKey: 1, businessDate: 1, slotKey: 1 },
    options: unique,
    guard: true,
    why: "the account's cap of the day, whichever plan asks",
  },
  { collection: 'attempts', name: 'lender_plan', keys: { lenderId: 1, planId: 1, _id: 1 }, why: "a plan's attempts" },
  {
    collection: 'attempts',
    name: 'mandate_recent',
    keys: { mandateId: 1, createdAt: 1, planId: 1 },
    why: 'caps that count by mandate over plans',
  },
  {
    collection: 'attempts',
    name: 'lender_borrower',
    keys: { lenderId: 1, borrowerId: 1, _id: 1 },
    why: "a borrower's attempts",
  },
  {
    collection: 'attempts',
    name: 'lender_mandate',
    keys: { lenderId: 1, mandateId: 1, _id: 1 },
    why: "a mandate's attempts",
  },
  {
    collection: 'attempts',
    name: 'lender_number',
    keys: { lenderId: 1, outTradeNo: 1 },
    why: 'an attempt by its order number',
  },
  {
    collection: 'attempts',
    name: 'lender_reference',
    keys: { lenderId: 1, lenderReference: 1, _id: 1 },
    why: "attempts by the lender's own reference",
  },
  { collection: 'attempts', name: 'lender_id', keys: { lenderId: 1, _id: 1 }, why: 'lists' },
  {
    collection: 'attempts',
    name: 'ask',
    keys: { 'ask.at': 1, bucket: 1 },
    options: { partialFilterExpression: { 'ask.at': { $type: 'date' } } },
    why: 'the ask ladder',
  },
  {
    collection: 'attempts',
    name: 'submitted',
    keys: { state: 1, bucket: 1 },
    options: { partialFilterExpression: { state: 'submitted' } },
    why: 'what a dead claim left behind',
  },
  {
    collection: 'attempts',
    name: 'channel_unknown',
    keys: { channel: 1 },
    options: { partialFilterExpression: { state: 'unknown' } },
    why: 'the brake',
  },
  {
    collection: 'attempts',
    name: 'taken',
    keys: { takenKey: 1 },
    options: { partialFilterExpression: { takenKey: { $type: 'string' } } },
    why: "a day's debits by order number, all that a match compares: its scan reads nothing else",
  },
  {
    collection: 'attempts',
    name: 'returned',
    keys: { returnedKey: 1 },
    options: { partialFilterExpression: { returnedKey: { $type: 'string' } } },
    why: "a day's returned debits by order number",
  },
  { collection: 'attempts', name: 'channel_recent', keys: { channel: 1, _id: -1 }, why: 'the brake: the last 500 sends' },
  {
    collection: 'events',
    name: 'partition_seq',
    keys: { partition: 1, seq: 1 },
    options: unique,
    guard: true,
    why: 'commit order; nothing books twice',
  },
  {
    collection: 'events',
    name: 'posted',
    keys: { lenderId: 1, at: 1, _id: 1 },
    options: { partialFilterExpression: { 'posting.0': { $exists: true } } },
    why: "the journal: a lender's postings by time",
  },
  { collection: 'periods', name: 'lender_until', keys: { lenderId: 1, until: 1 }, why: 'what is closed' },
  { collection: 'feed', name: 'lender_number', keys: { lenderId: 1, number: 1 }, options: unique, guard: true, why: 'the feed in order' },
  { collection: 'notices', name: 'plan_key', keys: { planId: 1, key: 1 }, options: unique, guard: true, why: 'at most one message a key' },
  { collection: 'notices', name: 'lender_plan', keys: { lenderId: 1, planId: 1, _id: 1 }, why: "a plan's notices" },
  {
    collection: 'notices',
    name: 'lender_borrower',
    keys: { lenderId: 1, borrowerId: 1, _id: 1 },
    why: "a borrower's notices",
  },
  { collection: 'notices', name: 'lender_id', keys: { lenderId: 1, _id: 1 }, why: 'lists' },
  {
    collection: 'notices',
    name: 'gateway',
    keys: { gatewayNo: 1 },
    options: { partialFilterExpression: { state: 'sent' } },
    why: 'delivery reports',
  },
  {
    collection: 'notices',
    name: 'unfinished',
    keys: { state: 1, createdAt: 1 },
    options: { partialFilterExpression: { state: { $in: ['sending', 'failed'] } } },
    why: 'dead senders, and the one retry',
  },
  {
    collection: 'skips',
    name: 'plan_day_rule',
    keys: { planId: 1, date: 1, rule: 1 },
    options: unique,
    why: 'one row a plan, day and rule',
  },
  { collection: 'skips', name: 'lender_plan', keys: { lenderId: 1, planId: 1, _id: 1 }, why: 'lists' },
  { collection: 'skips', name: 'lender_id', keys: { lenderId: 1, _id: 1 }, why: 'lists' },
  {
    collection: 'payments',
    name: 'plan_external',
    keys: { lenderId: 1, planId: 1, externalId: 1 },
    options: { unique: true, partialFilterExpression: { externalId: { $type: 'string' } } },
    guard: true,
    why: 'a self-payment reported twice is booked once',
  },
  { collection: 'payments', name: 'lender_plan', keys: { lenderId: 1, planId: 1, _id: 1 }, why: 'lists' },
  {
    collection: 'payments',
    name: 'lender_borrower',
    keys: { lenderId: 1, borrowerId: 1, _id: 1 },
    why: "a borrower's payments",
  },
  {
    collection: 'payments',
    name: 'lender_external',
    keys: { lenderId: 1, externalId: 1, _id: 1 },
    options: { partialFilterExpression: { externalId: { $type: 'string' } } },
    why: "a payment by the lender's own id",
  },
  { collection: 'payments', name: 'lender_id', keys: { lenderId: 1, _id: 1 }, why: 'lists' },
  {
    collection: 'collections',
    name: 'one_open_case',
    keys: { planId: 1 },
    options: { unique: true, partialFilterExpression: { closedAt: null } },
    why: 'one open case a plan',
  },
  { collection: 'collections', name: 'lender_plan', keys: { lenderId: 1, planId: 1, _id: 1 }, why: 'lists' },
  { collection: 'collections', name: 'lender_id', keys: { lenderId: 1, _id: 1 }, why: 'lists' },
  { collection: 'discrepancies', name: 'key', keys: { key: 1 }, options: unique, guard: true, why: 'one row a thing found' },
  { collection: 'discrepancies', name: 'attempt', keys: { attemptId: 1 }, why: 'what is open about an attempt' },
  {
    collection: 'discrepancies',
    name: 'unsettled',
    keys: { state: 1, channel: 1, businessDate: 1 },
    why: 'what is still to be explained',
  },
  {
    collection: 'discrepancies',
    name: 'look',
    keys: { lookAt: 1 },
    options: { partialFilterExpression: { lookAt: { $type: 'date' } } },
    why: 'what is to be looked at next',
  },
  { collection: 'discrepancies', name: 'channel_day', keys: { channel: 1, businessDate: 1, _id: 1 }, why: "a day's discrepancies" },
  {
    collection: 'discrepancies',
    name: 'lender_number',
    keys: { lenderId: 1, outTradeNo: 1, _id: 1 },
    why: 'what an order number left open',
  },
  { collection: 'discrepancies', name: 'lender_attempt', keys: { lenderId: 1, attemptId: 1, _id: 1 }, why: 'lists' },
  { collection: 'discrepancies', name: 'lender_plan', keys: { lenderId: 1, planId: 1, _id: 1 }, why: 'lists' },
  { collection: 'discrepancies', name: 'lender_id', keys: { lenderId: 1, _id: 1 }, why: 'lists' },
  {
    collection: 'refunds',
    name: 'receipt_n',
    keys: { receiptId: 1, n: 1 },
    options: unique,
    guard: true,
    why: 'of two who give back the same money at once, one wins',
  },
  {
    collection: 'refunds',
    name: 'channel_number',
    keys: { channel: 1, refundNo: 1 },
    options: unique,
    guard: true,
    why: 'one refund number a channel',
  },
  { collection: 'refunds', name: 'channel_day', keys: { channel: 1, paidOn: 1, refundNo: 1 }, why: "a day's refunds, to be matched" },
  {
    collection: 'refunds',
    name: 'due',
    keys: { askAt: 1 },
    options: { partialFilterExpression: { askAt: { $type: 'date' } } },
    why: 'what is to be sent or asked about',
  },
  { collection: 'refunds', name: 'lender_plan', keys: { lenderId: 1, planId: 1, _id: 1 }, why: 'lists' },
  { collection: 'refunds', name: 'lender_borrower', keys: { lenderId: 1, borrowerId: 1, _id: 1 }, why: 'lists' },
  { collection: 'refunds', name: 'lender_receipt', keys: { lenderId: 1, receiptId: 1, _id: 1 }, why: 'one order with its refunds beneath' },
  { collection: 'refunds', name: 'lender_number', keys: { lenderId: 1, refundNo: 1 }, why: 'a refund by its number' },
  { collection: 'refunds', name: 'lender_id', keys: { lenderId: 1, _id: 1 }, why: 'lists' },
  {
    collection: 'plans',
    name: 'overpaid',
    keys: { 'strategy.name': 1, 'strategy.version': 1, _id: 1 },
    options: { partialFilterExpression: { 'receipts.overpaid': { $gt: 0 } } },
    why: 'money that is owed to borrowers',
  },
  {
    collection: 'statements',
    name: 'accepted_content',
    keys: { kind: 1, source: 1, sha256: 1 },
    options: { unique: true, partialFilterExpression: { issue: { $gte: 1 } } },
    guard: true,
    why: 'the same content is accepted once, whatever its name',
  },
  { collection: 'statements', name: 'content', keys: { sha256: 1 }, why: 'all that came with this content' },
  {
    collection: 'statementLines',
    name: 'statement_key',
    keys: { s: 1, j: 1 },
    why: "a file's lines by order number, all that a match compares: its scan reads nothing else",
  },
  { collection: 'statementCrossings', name: 'file', keys: { channel: 1, fileDay: 1 }, why: "lines of another day's records" },
  {
    collection: 'statementCrossings',
    name: 'thing',
    keys: { channel: 1, thing: 1 },
    options: unique,
    guard: true,
    why: "one line a record, whichever day's file it stands in",
  },
  {
    collection: 'statements',
    name: 'day_issue',
    keys: { kind: 1, source: 1, businessDate: 1, issue: 1 },
    options: { unique: true, partialFilterExpression: { issue: { $gte: 1 } } },
    guard: true,
    why: 'one file an issue of a day; of two that are accepted at once one wins',
  },
  { collection: 'verdictChunks', name: 'run', keys: { s: 1, run: 1, from: 1 }, why: 'verdicts by line' },
  { collection: 'verdicts', name: 'run', keys: { s: 1, run: 1, n: 1 }, why: 'verdicts that are more than a plain match' },
  ...SETTLEMENT_INDEXES,
  { collection: 'inbox', name: 'bucket', keys: { bucket: 1, _id: 1 }, why: 'what waits for a partition' },
  { collection: 'keys', name: 'hash', keys: { hash: 1 }, options: unique, guard: true, why: 'one key a secret' },
  { collection: 'keys', name: 'lender_id', keys: { lenderId: 1, _id: 1 }, why: 'lists' },
  {
    collection: 'idempotency',
    name: 'kept_for',
    keys: { doneAt: 1 },
    options: { expireAfterSeconds: 7 * 86_400 },
    why: 'answers are kept seven days',
  },
];

export const GUARDS = INDEXES.filter((i) => i.guard);

export async function createIndexes(db: Db): Promise<void> {
  // At once: each waits for the disk, and of builds over rows that are there the server runs three at a time.
  await Promise.all(
    [...grouped(INDEXES, (i) => i.collection)].map(([collection, indexes]) =>
      db
        .collection<Document>(collection)
        .createIndexes(indexes.map((i) => ({ key: i.keys as IndexSpecification as Record<string, 1>, name: i.name, ...i.options }))),
    ),
  );
}

/** Collections that are written inside transactions, where one should already be there. Those that stand are left alone. */
export async function createCollections(db: Db, names: readonly string[]): Promise<void> {
  await Promise.all(
    names.map((name) =>
      db.createCollection(name).catch((error) => {
        if (!(error instanceof MongoServerError) || error.codeName !== 'NamespaceExists') throw error;
      }),
    ),
  );
}
