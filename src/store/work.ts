/** What the holder of a partition reads and writes, across lenders on purpose. Batches only: no query here runs once a row. */
import type { Db, Document } from 'mongodb';
import type { Attempt, AttemptFact } from '../domain/attempt.ts';
import type { Borrower } from '../domain/borrower.ts';
import { type Instant, instant } from '../domain/clock.ts';
import type { Lender } from '../domain/lender.ts';
import type { Mandate } from '../domain/mandate.ts';
import type { NoticeFact } from '../domain/notice.ts';
import type { Plan } from '../domain/plan.ts';
import type { InboxItem } from '../domain/records.ts';
import type { Lease, Sealed, WorkKind, WorkStore } from '../flows/store.ts';
import type { Timers } from '../flows/world.ts';
import { fromDoc, toDoc, WITHOUT_DERIVED } from './codec.ts';
import { insertIntents } from './intents.ts';
import { leases, type PartitionDoc } from './leases.ts';

const RECENT_SENDS = 500;
/** Rows looked at to see which partitions have work; with more than these all are tried. */
const ENOUGH = 500;
const RANGES_MS = 5_000;
/** Rows a reply may hold, so that a batch is read in one. */
const WHOLE = 10_000;
const named = (...fields: string[]): Document => Object.fromEntries(fields.map((field) => [field, 1]));
const ATTEMPT_FACT = named(
  ...['planId', 'mandateId', 'n', 'cycle', 'part', 'trigger', 'channel', 'amount', 'aims', 'accountKey', 'slot', 'businessDate', 'dueDate'],
  ...['state', 'open', 'failure', 'createdAt', 'movedAt'],
);
const NOTICE_FACT = named('planId', 'key', 'state', 'announces', 'sentAt');
const within = ({ from, to }: Lease): Document => ({ bucket: { $gte: from, $lte: to } });

export function workStore(db: Db, timers: Timers): WorkStore {
  const plans = db.collection<Document>('plans');
  const attempts = db.collection<Document>('attempts');
  const all = async <T>(name: string, filter: Document, options: Document = {}): Promise<T[]> =>
    (await db.collection<Document>(name).find(filter, options).toArray()).map((d) => fromDoc<T>(d));
  const byIds = async <T>(name: string, wanted: readonly string[], projection: Document = {}): Promise<T[]> =>
    wanted.length ? all<T>(name, { _id: { $in: wanted } }, { projection }) : [];
  const lenders = new Map<string, Lender>();
  let ranges: Readonly<{ readAt: number; rows: readonly PartitionDoc[] }> | null = null;
  /** The partitions as of some seconds ago: a stale range costs a look in vain, since taking the lease reads the true one. */
  const partitionRanges = async (): Promise<readonly PartitionDoc[]> => {
    if (!ranges || timers.monotonic() - ranges.readAt > RANGES_MS)
      ranges = {
        readAt: timers.monotonic(),
        rows: await db
          .collection<PartitionDoc>('partitions')
          .find({}, { sort: { _id: 1 } })
          .toArray(),
      };
    return ranges.rows;
  };
  const facts = { projection: { ...ATTEMPT_FACT, lenderId: 1 }, batchSize: WHOLE };
  const noSlot = { projection: WITHOUT_DERIVED };
  return {
    leases: leases(db, timers),
    async partitionsWith(kind, now) {
      const due = await Promise.all(
        lookFor(kind, now).map(({ collection, filter }) =>
          db
            .collection<Document>(collection)
            .find(filter, { projection: { _id: 0, bucket: 1 }, limit: ENOUGH })
            .toArray(),
        ),
      );
      if (due.every((rows) => rows.length === 0)) return [];
      const many = due.some((rows) => rows.length === ENOUGH);
      const buckets = new Set(due.flat().map((row) => row.bucket as number));
      const ranges = await partitionRanges();
      return ranges.filter(({ from, to }) => many || [...buckets].some((b) => from <= b && b <= to)).map((p) => p._id);
    },
    nextDue: (kind) => nextDue(db, kind),
    duePlans: (lease, now, limit) =>
      all<Plan>('plans', { ...within(lease), 'nextAction.at': { $lte: now } }, { sort: { 'nextAction.at': 1 }, limit }),
    attemptsOfPlans: (planIds) => all<AttemptFact>('attempts', { planId: { $in: planIds } }, { ...facts, sort: { planId: 1, n: 1 } }),
    async attemptsOfAccounts(keys) {
      if (!keys.length) return [];
      const days = keys.map(({ lenderId, accountKey, businessDate }) => ({ lenderId, accountKey, businessDate }));
      return all<AttemptFact & { lenderId: string }>('attempts', { $or: days }, facts);
    },
    attemptsOfMandates: (mandateIds, since, notOf) =>
      all<AttemptFact>('attempts', { mandateId: { $in: mandateIds }, createdAt: { $gte: since }, planId: { $nin: notOf } }, facts),
    noticesOfPlans: (planIds) =>
      all<NoticeFact>('notices', { planId: { $in: planIds } }, { sort: { planId: 1, _id: 1 }, projection: NOTICE_FACT, batchSize: WHOLE }),
    mandates: (wanted) => byIds<Sealed<Mandate>>('mandates', wanted, { live: 0 }),
    borrowers: (wanted) => byIds<Borrower>('borrowers', wanted),
    plans: (wanted) => byIds<Plan>('plans', wanted),
    plansOfBorrower: (lenderId, borrowerId) => all<Plan>('plans', { lenderId, borrowerId }),
    plansOfMandate: (lenderId, mandateId) => all<Plan>('plans', { lenderId, mandateIds: mandateId }),
    // A lender never changes once registered, so each is read once.
    async lenders(wanted) {
      const missing = wanted.filter((id) => !lenders.has(id));
      for (const lender of await byIds<Lender>('lenders', missing)) lenders.set(lender.id, lender);
      return wanted.flatMap((id) => lenders.get(id) ?? []);
    },
    async setNext(items) {
      if (!items.length) return 0;
      const result = await plans.bulkWrite(
        items.map(({ id, version, nextAction, deferral }) => ({
          updateOne: {
            filter: { _id: id, version } as Document,
            update: { $set: { nextAction, ...(deferral === undefined ? {} : { deferral }) } },
          },
        })),
        { ordered: false },
      );
      return result.matchedCount;
    },
    async putSkips(skips) {
      if (!skips.length) return;
      await db.collection<Document>('skips').bulkWrite(
        skips.map((skip) => {
          const { _id, planId, date, rule, ...rest } = toDoc(skip);
          return {
            updateOne: {
              filter: { planId, date, rule },
              update: { $set: rest, $setOnInsert: { _id } as Document, $inc: { times: 1 } },
              upsert: true,
            },
          };
        }),
        { ordered: false },
      );
    },
    insertIntents: (intents, claim) => insertIntents(db, intents, claim),
    async lookAgain(planIds, mandateIds) {
      const versions = async (name: string, wanted: readonly string[]) =>
        new Map(
          (
            await db
              .collection<Document>(name)
              .find({ _id: { $in: wanted } } as Document, { projection: { version: 1 }, readPreference: 'primary' })
              .toArray()
          ).map((d) => [String(d._id), d.version as number] as const),
        );
      return { plans: await versions('plans', planIds), mandates: await versions('mandates', mandateIds) };
    },
    dueAsks: (lease, now, limit) =>
      all<Attempt>('attempts', { ...within(lease), 'ask.at': { $lte: now, $type: 'date' } }, { ...noSlot, sort: { 'ask.at': 1 }, limit }),
    orphans: (lease, limit) =>
      all<Attempt>(
        'attempts',
        {
          ...within(lease),
          state: 'submitted',
          $or: [{ 'claim.epoch': { $lt: lease.epoch } }, { 'claim.partition': { $ne: lease.partition } }],
        },
        { ...noSlot, limit },
      ),
    async setAsks(items) {
      if (!items.length) return;
      await attempts.bulkWrite(
        items.map(({ id, eventN, ask }) => ({ updateOne: { filter: { _id: id, eventN } as Document, update: { $set: { ask } } } })),
        { ordered: false },
      );
    },
    attempts: (wanted) => byIds<Attempt>('attempts', wanted, WITHOUT_DERIVED),
    openAttempts: (planIds) => all<Attempt>('attempts', { planId: { $in: planIds }, open: true }, noSlot),
    attemptsByNumber: (channel, numbers) => all<Attempt>('attempts', { channel, outTradeNo: { $in: numbers } }, noSlot),
    async channelBrake(channel) {
      const [openUnknown, recent] = await Promise.all([
        attempts.countDocuments({ channel, state: 'unknown', unknownBy: 'bank' }),
        attempts
          .find(
            { channel },
            { sort: { _id: -1 }, limit: RECENT_SENDS, batchSize: RECENT_SENDS, projection: { _id: 0, state: 1, unknownBy: 1 } },
          )
          .toArray(),
      ]);
      const lost = recent.filter((a) => a.state === 'unknown' && a.unknownBy === 'bank').length;
      return { openUnknown, recentShare: recent.length < RECENT_SENDS ? 0 : lost / recent.length };
    },
    inbox: (lease, limit) => all<InboxItem>('inbox', { ...within(lease) }, { sort: { _id: 1 }, limit }),
    async putInbox(items) {
      if (!items.length) return;
      await db.collection<Document>('inbox').bulkWrite(
        items.map((item) => ({
          updateOne: { filter: { _id: item.id } as Document, update: { $setOnInsert: toDoc(item) }, upsert: true },
        })),
        { ordered: false },
      );
    },
  };
}

/** Where each kind of work shows: oldest first, on an index that holds the bucket too. */
function lookFor(kind: WorkKind, now: Instant): readonly Readonly<{ collection: string; filter: Document }>[] {
  if (kind === 'plans') return [{ collection: 'plans', filter: { 'nextAction.at': { $lte: now } } }];
  if (kind === 'inbox') return [{ collection: 'inbox', filter: {} }];
  return [
    { collection: 'attempts', filter: { 'ask.at': { $lte: now, $type: 'date' } } },
    { collection: 'attempts', filter: { state: 'submitted' } },
  ];
}

const LONG_AGO = instant(0);

async function nextDue(db: Db, kind: WorkKind): Promise<Instant | null> {
  const first = (name: string, filter: Document, sort: Document, projection: Document) =>
    db.collection<Document>(name).findOne(filter, { sort, projection });
  if (kind === 'plans') {
    const at = { $gt: LONG_AGO, $type: 'date' };
    return (await first('plans', { 'nextAction.at': at }, { 'nextAction.at': 1 }, { 'nextAction.at': 1 }))?.nextAction.at ?? null;
  }
  if (kind === 'inbox') return (await first('inbox', {}, {}, { _id: 1 })) ? LONG_AGO : null;
  const [submitted, ask] = await Promise.all([
    first('attempts', { state: 'submitted' }, {}, { _id: 1 }),
    first('attempts', { 'ask.at': { $gt: LONG_AGO, $type: 'date' } }, { 'ask.at': 1 }, { 'ask.at': 1 }),
  ]);
  return submitted ? LONG_AGO : (ask?.ask.at ?? null);
}
