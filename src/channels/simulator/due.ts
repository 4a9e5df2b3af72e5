/**
 * What the bank does of itself: results of accepted orders, returns, and telling us of them. A batch is one transaction: rows into the book,
 * a number for each piece of news, the plan struck off. The counter makes commits happen in the order of the numbers, so a reader that has
 * seen n never misses one below it.
 */
import type { ClientSession } from 'mongodb';
import { earliest, type Instant, plusHours } from '../../domain/clock.ts';
import type { Answer, News } from '../channel.ts';
import { answerOf, queryAnswer } from './answers.ts';
import type { Bank } from './bank.ts';
import { bankDay } from './clockwork.ts';
import { closeDay, notes } from './close.ts';
import { type BankCode, CODES } from './codes.ts';
import { returnItem } from './debit.ts';
import { type DueItem, isDuplicate, moneyRow, orderRows, refOf, SUFFIXES, type Tail, tailsOf } from './ledger.ts';
import type { BookRow } from './types.ts';
import { judge, magicFor, plannedReturn } from './verdict.ts';

const BATCH = 200;
/** A result can bring a return 8 hours later at the earliest: in steps no longer than that, facts are made known in the order of their times. */
const STEP_HOURS = 8;

/** When something is next planned; null when nothing is. */
export async function nextDue(bank: Bank): Promise<Instant | null> {
  const first = await bank.files.due.findOne({ channel: bank.profile.name }, { sort: { channel: 1, at: 1 } });
  const closing = await bank.closings.next(bank.clock.now());
  return first && closing ? earliest(first.at, closing.at) : (first?.at ?? closing?.at ?? null);
}

/** Does all that is due by `now`, in the order of its times; answers how much that was. Several processes may do this at once. */
export async function run(bank: Bank, now: Instant): Promise<number> {
  for (let done = 0; ; done++) {
    const closing = await bank.closings.next(now);
    done += await runDue(bank, closing ? earliest(closing.at, now) : now);
    if (!closing || closing.at > now) return done;
    await inTransaction(bank, (session) => closeDay(bank, closing, session));
  }
}

async function runDue(bank: Bank, now: Instant): Promise<number> {
  for (let done = 0; ; ) {
    const filter = { channel: bank.profile.name, at: { $lte: now } };
    const found = await bank.files.due.find(filter, { sort: { at: 1, _id: 1 }, limit: BATCH }).toArray();
    const [first] = found;
    if (!first) return done;
    const items = found.filter((item) => item.at <= plusHours(first.at, STEP_HOURS));
    done += await inTransaction(bank, (session) => settle(bank, items, session));
  }
}

/** Runs `body` until it commits. Another writer's row in the same chain means: read again, decide again. */
export async function inTransaction<T>(bank: Bank, body: (session: ClientSession) => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await bank.client.withSession((session) =>
        session.withTransaction(() => body(session), {
          readConcern: { level: 'snapshot' },
          writeConcern: { w: 'majority', journal: true },
        }),
      );
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
  }
}

async function settle(bank: Bank, items: readonly DueItem[], session: ClientSession): Promise<number> {
  const { book, due } = bank.files;
  const ids = [...new Set(items.map((i) => i.order))].flatMap((order) => SUFFIXES.map((suffix) => order + suffix));
  const rows = new Map((await book.find({ _id: { $in: ids } }, { session }).toArray()).map((row) => [row._id, row]));
  const tails = await tailsOf(bank.files, [...new Set([...rows.values()].map((row) => row.account))], session);
  const facts: BookRow[] = [];
  const plans: DueItem[] = [];
  const refunded = await refundedAmong(bank, items, session);
  for (const item of items) {
    const row = refunded.has(item.order) ? null : factOf(bank, item, rows, tails);
    if (!row) continue;
    facts.push(row);
    rows.set(row._id, row);
    if (row.seq && row.state) tails.set(row.account, { seq: row.seq, state: row.state });
    const back = row.fact === 'taken' ? plannedReturn(bank, row.orderNo, magicFor(row.last4, row.state), row.at) : null;
    if (back) plans.push(returnItem(row.channel, item.order, back));
  }
  await file(bank, facts, session);
  for (const row of facts.filter(isSilent))
    await bank.files.putIn.insertMany(notes(bank, 'lateReturn', row.businessDate, [row.orderNo]), { session });
  await due.deleteMany({ $or: items.map(({ _id, at }) => ({ _id, at })) }, { session });
  if (plans.length > 0) await due.insertMany(plans, { session });
  return facts.length;
}

/** Orders of which we gave something back: what the payer has got once is not given back again. */
async function refundedAmong(bank: Bank, items: readonly DueItem[], session: ClientSession): Promise<ReadonlySet<string>> {
  const returns = items.filter((item) => item.kind === 'return').map((item) => item.order.slice(bank.profile.name.length + 1));
  if (returns.length === 0) return new Set();
  const filter = { channel: bank.profile.name, refundNo: { $gt: '' }, orderNo: { $in: returns } };
  const rows = await bank.files.book.find(filter, { session, projection: { orderNo: 1 } }).toArray();
  return new Set(rows.map((row) => `${bank.profile.name}/${row.orderNo}`));
}

/** The fact a plan turns into; null where it came to nothing, or another process was first. */
function factOf(bank: Bank, item: DueItem, rows: ReadonlyMap<string, BookRow>, tails: ReadonlyMap<string, Tail>): BookRow | null {
  const first = rows.get(item.order);
  const tail = first && tails.get(first.account);
  if (!first || !tail || rows.has(item._id)) return null;
  if (item.kind === 'return') {
    const taken = SUFFIXES.map((suffix) => rows.get(item.order + suffix)).find((row) => row?.fact === 'taken');
    if (!taken) return null;
    const row = returnRow(bank, taken, tail, item.code ?? 'R1', item.at);
    return item.silentUntil ? { ...row, hiddenUntil: item.silentUntil } : row;
  }
  if (rows.has(`${item.order}#late`)) return null;
  const code = judge(bank, refOf(first), tail.state, first.amount.minor, item.at);
  const row = followUp(bank, first, '#result', code, item.at);
  if (code === '00') return moneyRow('taken', tail, row, { asOrder: false });
  return { ...row, fact: 'refused', seq: tail.seq + 1, state: tail.state };
}

/** A later row of the same order as `first`: its facts, another moment, another code. */
export function followUp(bank: Bank, first: BookRow, suffix: (typeof SUFFIXES)[number], code: BankCode, at: Instant): BookRow {
  const { failure } = CODES[code];
  const businessDate = bankDay(bank.profile, at);
  return {
    ...first,
    _id: `${first.channel}/${first.orderNo}${suffix}`,
    arrival: false,
    at,
    businessDate,
    rawCode: code,
    failure,
    hiddenUntil: null,
    decideAt: null,
  };
}

export const returnRow = (bank: Bank, taken: BookRow, tail: Tail, code: BankCode, at: Instant): BookRow =>
  moneyRow('returned', tail, followUp(bank, taken, '#return', code, at), { asOrder: false });

/** A return of which the day's file alone tells. */
const isSilent = (row: BookRow): boolean => row.fact === 'returned' && row.hiddenUntil !== null;

/** Puts facts into the book and numbers them as news, unless they are kept silent. */
export async function file(bank: Bank, facts: readonly BookRow[], session: ClientSession): Promise<void> {
  if (facts.length === 0) return;
  const { book, news, state } = bank.files;
  const channel = bank.profile.name;
  await book.insertMany(facts, { session });
  bank.writer.forget(facts.map((row) => row.account));
  const told = facts.filter((row) => !isSilent(row));
  if (told.length === 0) return;
  const counter = await state.findOneAndUpdate(
    { _id: `news:${channel}` },
    { $inc: { n: told.length } },
    { session, upsert: true, returnDocument: 'after' },
  );
  const last = counter && 'n' in counter ? counter.n : told.length;
  await news.insertMany(
    told.map((row, k) => ({ _id: row._id, channel, n: last - told.length + k + 1, order: `${channel}/${row.orderNo}` })),
    { session },
  );
}

/** News after the cursor (a number as text). Makes what is due happen first, so asking is enough to be told. */
export async function news(bank: Bank, cursor: string | null, limit: number): Promise<{ items: News[]; cursor: string | null }> {
  await run(bank, bank.clock.now());
  const after = Number(cursor ?? 0);
  if (!Number.isSafeInteger(after)) throw new RangeError(`not a cursor of this bank: ${cursor}`);
  const told = await bank.files.news.find({ channel: bank.profile.name, n: { $gt: after } }, { sort: { n: 1 }, limit }).toArray();
  const rows = await bank.files.book.find({ _id: { $in: told.map((t) => t._id) } }).toArray();
  const byId = new Map(rows.map((row) => [row._id, row]));
  const items = told.map((t) => byId.get(t._id)!).map((row) => ({ id: row._id, outTradeNo: row.orderNo, answer: answerOf(row) }));
  const last = told.at(-1);
  return { items, cursor: last ? String(last.n) : cursor };
}

/** What a query hears. What is due happens first, so the answer is that of the bank's clock. */
export async function query(bank: Bank, order: string): Promise<Answer> {
  const now = bank.clock.now();
  await run(bank, now);
  const rows = await orderRows(bank.files, order);
  const [first] = rows;
  if (rows.length > 1 || !first?.decideAt || first.decideAt > now) return queryAnswer(rows, now);
  await replan(bank, first);
  await run(bank, now);
  return queryAnswer(await orderRows(bank.files, order), now);
}

/** A plan can be missing only where a sender stood still for minutes between plan and row: it is made again. */
async function replan(bank: Bank, first: BookRow): Promise<void> {
  const item = { channel: first.channel, order: first._id, kind: 'result', at: first.decideAt!, code: null } as const;
  await bank.files.due.updateOne({ _id: `${first._id}#result` }, { $setOnInsert: item }, { upsert: true });
}
