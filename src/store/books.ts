/** The books on MongoDB: sums are made on the server in slices that each end well inside a call's time-out, whatever the books have grown to. */
import { type ClientSession, type Db, type Document, MongoServerError } from 'mongodb';
import type { Balance, Opening, Period, Turnover } from '../domain/books.ts';
import { type Instant, instant } from '../domain/clock.ts';
import { InvalidInput } from '../domain/errors.ts';
import type { DulyEvent } from '../domain/event.ts';
import type { LedgerLine } from '../domain/ledger.ts';
import type { AccountDay, BooksCheckRow, BooksReader, BooksScope, BooksStore, EntryFilter, Issue, Vouched } from '../flows/books-store.ts';
import { fromDoc, toDoc } from './codec.ts';
import { subledgers } from './subledgers.ts';

/** A slice that takes longer is cut in two. Well below the socket's own patience. */
const SLICE_MS = 4_000;
const MAX_TIME_EXPIRED = 50;
const DUPLICATE = 11_000;
const PAGE_MS = 5_000;
/** As the partial index on events says it: without these words the planner may not take it. */
const POSTED = { 'posting.0': { $exists: true } } as const;

/** What a voucher is compared by; the rest of a row stays where it is. */
const FIELDS: Readonly<Record<Vouched, readonly string[]>> = {
  accountRows: ['currency', 'kind'],
  attempts: ['lenderId', 'amount', 'channel', 'state'],
  plans: ['lenderId', 'currency', 'eventN'],
  payments: ['lenderId', 'planId', 'minor', 'currency'],
  refunds: ['lenderId', 'amount', 'channel', 'way', 'state'],
  settlements: ['lenderId', 'currency', 'sums', 'parties', 'state'],
  reconciliations: ['booked', 'depositedAt', 'channel', 'statementId'],
  discrepancies: ['lenderId', 'currency', 'suspense', 'state', 'oursMinor', 'theirsMinor'],
  statements: ['kind', 'state', 'source', 'head'],
};

export function booksStore(db: Db): BooksStore {
  return {
    ...reader(db),
    async atOneMoment(body) {
      const session = db.client.startSession({ snapshot: true });
      try {
        return await body(reader(db, session));
      } finally {
        await session.endSession();
      }
    },
    async mark() {
      const partitions = await db
        .collection<Document>('partitions')
        .find({}, { projection: { seq: 1 } })
        .toArray();
      const files = await db.collection<Document>('statements').countDocuments({});
      return `${partitions.reduce((sum, p) => sum + Number(p.seq), 0)}/${files}`;
    },
    async saveCheck(row) {
      const { _id, ...set } = toDoc(row);
      await db.collection<Document>('bookChecks').updateOne({ _id }, { $set: set }, { upsert: true });
    },
    async issue(lenderId, date, made) {
      const rows = db.collection<Document>('lenderStatements');
      const _id = `lst_${lenderId}_${date}` as never;
      for (;;) {
        const issues = ((await rows.findOne({ _id }))?.issues ?? []) as Issue[];
        const last = issues.at(-1);
        if (last?.sha256 === made.sha256) return last;
        const issue: Issue = { n: issues.length + 1, ...made };
        try {
          await rows.updateOne(
            { _id, [`issues.${issues.length}`]: { $exists: false } },
            { $push: { issues: issue as never }, $setOnInsert: { lenderId, date } },
            { upsert: true },
          );
          return issue;
        } catch (error) {
          // Somebody else has just issued one under this number.
          if (!(error instanceof MongoServerError) || error.code !== DUPLICATE) throw error;
        }
      }
    },
    checks: async (before, limit) =>
      (
        await db
          .collection<Document>('bookChecks')
          .find(before ? ({ _id: { $lt: `chk_${before}` } } as Document) : {}, { sort: { _id: -1 }, limit })
          .toArray()
      ).map((d) => fromDoc<BooksCheckRow>(d)),
  };
}

function reader(db: Db, session?: ClientSession): BooksReader {
  const of = (name: string) => db.collection<Document>(name, session ? { readConcern: { level: 'snapshot' } } : {});
  const options = session ? { session } : {};
  const events = of('events');
  const find = async (name: string, filter: Document, more: Document = {}): Promise<Document[]> =>
    of(name)
      .find(filter, { ...options, ...more })
      .toArray();
  const edge = async (lenderId: string, way: 1 | -1): Promise<Instant | null> => {
    const [first] = await find('events', { lenderId, ...POSTED }, { sort: { at: way, _id: way }, limit: 1, projection: { at: 1 } });
    return (first?.at as Instant | undefined) ?? null;
  };
  const lendersIn = async ({ lenderIds }: BooksScope): Promise<readonly string[]> =>
    lenderIds ?? ((await of('balances').distinct('lenderId', {}, options)) as string[]).sort();

  /** Sums of one lender between two moments; what takes too long is done in halves. */
  async function sums(lenderId: string, from: Instant, until: Instant, account: string | undefined): Promise<Turnover[]> {
    const minor = '$posting.minor';
    const pipeline = [
      { $match: { lenderId, at: { $gte: from, $lt: until }, ...POSTED, ...(account ? { 'posting.account': account } : {}) } },
      { $unwind: '$posting' },
      ...(account ? [{ $match: { 'posting.account': account } }] : []),
      {
        $group: {
          _id: { currency: '$currency', account: '$posting.account' },
          dr: { $sum: { $cond: [{ $gt: [minor, 0] }, minor, 0] } },
          cr: { $sum: { $cond: [{ $lt: [minor, 0] }, { $multiply: [minor, -1] }, 0] } },
          lines: { $sum: 1 },
        },
      },
    ];
    try {
      const rows = await events.aggregate(pipeline, { ...options, maxTimeMS: SLICE_MS, allowDiskUse: true }).toArray();
      return rows.map(({ _id, dr, cr, lines }) => ({ lenderId, currency: _id.currency, account: _id.account, dr, cr, lines }));
    } catch (error) {
      const middle = instant(Math.floor((from.getTime() + until.getTime()) / 2));
      if (!(error instanceof MongoServerError) || error.code !== MAX_TIME_EXPIRED || middle <= from) throw error;
      return merged([...(await sums(lenderId, from, middle, account)), ...(await sums(lenderId, middle, until, account))]);
    }
  }

  /** When the entry was posted. One of another lender's books is as unknown as one that never was; pages never begin anew by a slip. */
  const atOf = async (lenderId: string, id: string): Promise<Instant> => {
    const [entry] = await find('events', { _id: id, lenderId, ...POSTED }, { projection: { at: 1 }, limit: 1 });
    if (!entry)
      throw new InvalidInput([
        {
          pointer: '/query/after',
          code: 'UNKNOWN_ENTRY',
          message: `after names no entry of these books: give the id that ended the page before`,
        },
      ]);
    return entry.at as Instant;
  };
  const afterId = async (filter: EntryFilter, after: string | null): Promise<Document> => {
    if (after === null) return filterOf(filter);
    const at = await atOf(filter.lenderId, after);
    return { $and: [filterOf(filter), { $or: [{ at: { $gt: at } }, { at, _id: { $gt: after } }] }] };
  };
  const entries = async (filter: EntryFilter, after: string | null, limit: number): Promise<DulyEvent[]> => {
    const page = { sort: { at: 1, _id: 1 }, limit, maxTimeMS: PAGE_MS };
    return (await find('events', await afterId(filter, after), page).catch(unlessTooWide)).map((d) => fromDoc<DulyEvent>(d));
  };
  const period = async (lenderId: string, until: Instant | null): Promise<Period | null> => {
    const [last] = await find(
      'periods',
      { lenderId, kind: 'period', ...(until ? { until: { $lte: until } } : {}) },
      { sort: { until: -1 }, limit: 1 },
    );
    return last ? fromDoc<Period>(last) : null;
  };

  return {
    async balances({ lenderIds }) {
      const rows = await of('balances')
        .aggregate(
          [
            ...(lenderIds ? [{ $match: { lenderId: { $in: [...lenderIds] } } }] : []),
            { $group: { _id: { lenderId: '$lenderId', currency: '$currency', account: '$account' }, minor: { $sum: '$minor' } } },
            { $sort: { _id: 1 } },
          ],
          options,
        )
        .toArray();
      return rows.map(({ _id, minor }): Balance => ({ ..._id, minor }));
    },
    async turnover(scope, from, until, account) {
      const out: Turnover[] = [];
      for (const lenderId of await lendersIn(scope)) {
        const [first, last] = [from ?? (await edge(lenderId, 1)), until ?? (await edge(lenderId, -1))];
        if (!first || !last) continue;
        out.push(...(await sums(lenderId, first, until ?? instant(last.getTime() + 1), account)));
      }
      return out;
    },
    entries,
    async turnoverThrough({ lenderId, from, until, account, currency }, through) {
      const at = await atOf(lenderId, through);
      const first = from ?? (await edge(lenderId, 1)) ?? at;
      const end = until && until < at ? until : at;
      const earlier = first < end ? await sums(lenderId, first, end, account) : [];
      const lastMoment = { lenderId, at, currency, _id: { $lte: through }, ...POSTED };
      const last = first <= at && end === at ? await find('events', lastMoment, { projection: { posting: 1 } }) : [];
      const lines = last.flatMap((event) => (event.posting as LedgerLine[]).filter((l) => l.account === account));
      return (
        earlier.reduce((sum, t) => sum + (t.currency === currency ? t.dr - t.cr : 0), 0) +
        lines.reduce((sum, l) => sum + Number(l.minor), 0)
      );
    },
    async *stream(filter, batch) {
      let held: DulyEvent[] = [];
      for await (const doc of events.find(filterOf(filter), { ...options, sort: { at: 1, _id: 1 }, batchSize: batch })) {
        held.push(fromDoc<DulyEvent>(doc));
        if (held.length < batch) continue;
        yield held;
        held = [];
      }
      if (held.length) yield held;
    },
    async countEntries(scope, span = {}) {
      let count = 0;
      for (const lenderId of await lendersIn(scope)) count += await events.countDocuments(filterOf({ lenderId, ...span }), options);
      return count;
    },
    periods: async (lenderId) =>
      (await find('periods', { lenderId, kind: 'period' }, { sort: { until: 1 } })).map((d) => fromDoc<Period>(d)),
    lastPeriod: period,
    async opening(lenderId) {
      const [doc] = await find('periods', { _id: `opn_${lenderId}` });
      return doc ? fromDoc<Opening>(doc) : null;
    },
    openings: async ({ lenderIds }) =>
      (await find('periods', { kind: 'opening', ...(lenderIds ? { lenderId: { $in: lenderIds } } : {}) })).map((d) => fromDoc<Opening>(d)),
    firstEntryAt: (lenderId) => edge(lenderId, 1),
    async rows(name, ids) {
      const projection = Object.fromEntries(FIELDS[name].map((field) => [field, 1]));
      return new Map((await find(name, { _id: { $in: ids } }, { projection })).map((d) => [String(d._id), d]));
    },
    ...subledgers(of, options),
    accountDays: async () => {
      const days = await of('statements')
        .aggregate(
          [
            { $match: { kind: 'account', state: 'accepted' } },
            { $sort: { source: 1, businessDate: -1 } },
            { $group: { _id: '$source', days: { $push: { id: '$_id', date: '$businessDate', head: '$head' } } } },
            { $project: { days: { $slice: ['$days', 2] } } },
            { $sort: { _id: 1 } },
          ],
          options,
        )
        .toArray();
      return days.flatMap(({ _id, days: two }) => (two as Document[]).map((d) => accountDay(String(_id), d)));
    },
  };
}

/** Where an account that moves seldom lies in years of other postings. */
const unlessTooWide = (error: unknown): never => {
  if (!(error instanceof MongoServerError) || error.code !== MAX_TIME_EXPIRED) throw error;
  const message = `looking through these postings took longer than ${PAGE_MS / 1000} s: ask for fewer days with from and to`;
  throw new InvalidInput([{ pointer: '/query/from', code: 'TOO_WIDE', message }]);
};

const accountDay = (source: string, { id, date, head }: Document): AccountDay => ({
  statementId: id,
  account: `1002:${source}`,
  businessDate: date,
  currency: head?.closing?.currency ?? head?.opening?.currency ?? null,
  opening: head?.opening?.minor ?? null,
  closing: head?.closing?.minor ?? null,
});

function filterOf({ lenderId, from, until, account, currency, subject }: EntryFilter): Document {
  const span = { ...(from ? { $gte: from } : {}), ...(until ? { $lt: until } : {}) };
  return {
    lenderId,
    ...POSTED,
    ...(from || until ? { at: span } : {}),
    ...(account ? { 'posting.account': account } : {}),
    ...(currency ? { currency } : {}),
    // ';' follows ':' in ASCII: the range holds exactly the events of that subject.
    ...(subject ? { _id: { $gte: `${subject}:`, $lt: `${subject};` } } : {}),
  };
}

function merged(rows: readonly Turnover[]): Turnover[] {
  const out = new Map<string, Turnover>();
  for (const r of rows) {
    const key = `${r.currency} ${r.account}`;
    const was = out.get(key);
    out.set(key, was ? { ...was, dr: was.dr + r.dr, cr: was.cr + r.cr, lines: was.lines + r.lines } : r);
  }
  return [...out.values()];
}
