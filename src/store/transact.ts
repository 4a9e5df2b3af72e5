/**
 * The one transaction through which money moves: fence, events with their postings, attempts, plans, balances; all or nothing.
 *
 * A partition's document is updated by every writer, so commit order is `seq` order. Nothing here calls a bank.
 */
import { strict as assert } from 'node:assert';
import type { ClientSession, Db, Document, MongoClient } from 'mongodb';
import type { Attempt } from '../domain/attempt.ts';
import { DulyError } from '../domain/errors.ts';
import type { NewEvent } from '../domain/event.ts';
import type { Mandate } from '../domain/mandate.ts';
import type { Plan } from '../domain/plan.ts';
import type { Refund } from '../domain/refund.ts';
import type { Changes, Lease, Store, Tx } from '../flows/store.ts';
import type { Timers } from '../flows/world.ts';
import { assertOpen } from './closed-books.ts';
import { fromDoc, mandateDoc, slotKey, toDoc, toStored, WITHOUT_DERIVED } from './codec.ts';
import { dayKeys } from './day-keys.ts';
import { inTransaction, Stale } from './in-transaction.ts';
import type { PartitionDoc } from './leases.ts';

/** The lease's epoch is no longer the partition's: another worker holds it. Nothing was written. */
class FenceLost extends DulyError {
  constructor(lease: Lease) {
    super('FENCE_LOST', `partition ${lease.partition} has moved on from epoch ${lease.epoch}`, {
      partition: lease.partition,
      epoch: lease.epoch,
    });
  }
}

/** Kinds that only waited for an answer; whatever else stands open needs its own explanation. */
const ENDED_BY_AN_ANSWER = ['unresolved', 'unmappedCode', 'numberTaken'];

export const transactor =
  (client: MongoClient, db: Db, timers: Timers): Store['transact'] =>
  (body) =>
    inTransaction(client, timers, (session) => body(txOn(db, session)));

function txOn(db: Db, session: ClientSession): Tx {
  const read = async <T>(name: string, ids: readonly string[], projection: Document = {}): Promise<T[]> =>
    ids.length
      ? (
          await db
            .collection<Document>(name)
            .find({ _id: { $in: ids as string[] } } as Document, { session, projection })
            .toArray()
        ).map((d) => fromDoc<T>(d))
      : [];
  return {
    plans: (ids) => read<Plan>('plans', ids),
    attempts: (ids) => read<Attempt>('attempts', ids, WITHOUT_DERIVED),
    mandates: (ids) => read<Mandate>('mandates', ids, { live: 0, accountSealed: 0 }),
    rows: (name, ids) => read(name, ids),
    refundsOf: async (receiptIds) =>
      (
        await db
          .collection<Document>('refunds')
          .find({ receiptId: { $in: receiptIds as string[] } }, { session, sort: { receiptId: 1, n: 1 } })
          .toArray()
      ).map((d) => fromDoc<Refund>(d)),
    write: (changes, lease) => write(db, session, changes, lease),
  };
}

async function write(db: Db, session: ClientSession, changes: Changes, lease: Lease | null): Promise<void> {
  await assertOpen(db, session, changes.events);
  const events = await numbered(db, session, changes.events, lease);
  const insert = async (name: string, docs: Document[]): Promise<void> => {
    if (docs.length) await db.collection<Document>(name).insertMany(docs, { session });
  };
  const replace = async (name: string, docs: Document[]): Promise<void> => {
    if (!docs.length) return;
    const result = await db.collection<Document>(name).bulkWrite(
      docs.map((doc) => {
        const { _id, ...set } = doc;
        return { updateOne: { filter: { _id, version: (doc.version as number) - 1 }, update: { $set: set } } };
      }),
      { session, ordered: false },
    );
    if (result.matchedCount !== docs.length) throw new Stale(name);
  };
  await insert('events', events);
  const moves = changes.attempts ?? [];
  assert(
    moves.every(({ set, after }) => after || !('takenOn' in set || 'returnedOn' in set)),
    'an attempt whose money moves on a day is handed over whole',
  );
  if (moves.length) {
    const result = await db.collection<Document>('attempts').bulkWrite(
      moves.map(({ id, eventN, set, after }) => ({
        updateOne: {
          filter: { _id: id, eventN } as Document,
          update: {
            $set: {
              ...(toStored(set) as Document),
              ...(set.slot === null ? { slotKey: slotKey({ id, slot: null, part: null }) } : {}),
              ...(after ? dayKeys(after) : {}),
            },
          },
        },
      })),
      { session, ordered: false },
    );
    if (result.matchedCount !== moves.length) throw new Stale('attempts');
  }
  const told = changes.notices ?? [];
  if (told.length) {
    const result = await db.collection<Document>('notices').bulkWrite(
      told.map(({ id, from, set }) => ({
        updateOne: { filter: { _id: id, state: from.state, tries: from.tries } as Document, update: { $set: toStored(set) as Document } },
      })),
      { session, ordered: false },
    );
    if (result.matchedCount !== told.length) throw new Stale('notices');
  }
  await replace('plans', (changes.plans ?? []).map(toDoc));
  await replace('mandates', (changes.mandates ?? []).map(mandateDoc));
  await replace('borrowers', (changes.borrowers ?? []).map(toDoc));
  await insert('borrowers', (changes.newBorrowers ?? []).map(toDoc));
  await insert('mandates', (changes.newMandates ?? []).map(mandateDoc));
  await insert('plans', (changes.newPlans ?? []).map(toDoc));
  await insert('payments', (changes.newPayments ?? []).map(toDoc));
  await insert('notices', (changes.newNotices ?? []).map(toDoc));
  await insert('collections', (changes.newCollections ?? []).map(toDoc));
  for (const { id, at } of changes.closeCollections ?? [])
    await db
      .collection<Document>('collections')
      .updateOne({ _id: id, closedAt: null } as Document, { $set: { closedAt: at } }, { session });
  const discrepancies = (changes.newDiscrepancies ?? []).map(toDoc);
  if (discrepancies.length)
    await db.collection<Document>('discrepancies').bulkWrite(
      discrepancies.map((d) => ({
        updateOne: { filter: { key: d.key }, update: { $setOnInsert: d }, upsert: true },
      })),
      { session, ordered: false },
    );
  const closing = changes.closeDiscrepancies ?? [];
  if (closing.length)
    await db.collection<Document>('discrepancies').bulkWrite(
      closing.map((what) => ({
        updateMany: {
          filter:
            'key' in what
              ? { key: what.key, state: 'open' }
              : { attemptId: what.attemptId, state: 'open', kind: { $in: ENDED_BY_AN_ANSWER } },
          update: { $set: { state: 'corrected', closedAt: what.at, cause: 'answered', suspense: [] }, $inc: { version: 1 } },
        },
      })),
      { session, ordered: false },
    );
  for (const [name, rows] of Object.entries(changes.newRows ?? {})) await insert(name, rows.map(toDoc));
  for (const [name, rows] of Object.entries(changes.rows ?? {})) await replace(name, rows.map(toDoc));
  if (changes.doneInbox?.length)
    await db.collection<Document>('inbox').deleteMany({ _id: { $in: changes.doneInbox as string[] } } as Document, { session });
  await addBalances(db, session, events);
}

/** Gives each event its partition and number there. With a lease this is the fence. */
async function numbered(db: Db, session: ClientSession, events: readonly NewEvent[], lease: Lease | null): Promise<Document[]> {
  const partitions = db.collection<PartitionDoc>('partitions');
  if (lease && !events.length) {
    // A fence without events still has to collide with whoever takes the partition over.
    if (
      !(await partitions.findOneAndUpdate({ _id: lease.partition, epoch: lease.epoch }, { $inc: { writes: 1 } } as Document, { session }))
    )
      throw new FenceLost(lease);
    return [];
  }
  const ranges = lease ? [] : await partitions.find({}, { session, projection: { from: 1, to: 1 } }).toArray();
  const partitionOf = (bucket: number): string => (lease ? lease.partition : ranges.find((r) => r.from <= bucket && bucket <= r.to)!._id);
  const groups = new Map<string, NewEvent[]>();
  for (const event of events) {
    const partition = partitionOf(event.bucket);
    const group = groups.get(partition);
    if (group) group.push(event);
    else groups.set(partition, [event]);
  }
  const out: Document[] = [];
  for (const [partition, group] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const before = await partitions.findOneAndUpdate(
      { _id: partition, ...(lease ? { epoch: lease.epoch } : {}) },
      { $inc: { seq: group.length } },
      { session, returnDocument: 'before' },
    );
    if (!before) {
      if (lease) throw new FenceLost(lease);
      throw new Stale('partitions');
    }
    group.forEach((event, k) => {
      out.push({ _id: `${event.subject}:${event.n}`, ...(toStored(event) as Document), partition, seq: before.seq + k + 1 });
    });
  }
  return out;
}

/** One $inc an account, currency and partition, a batch: no account is ever a hot document of its own. */
async function addBalances(db: Db, session: ClientSession, events: readonly Document[]): Promise<void> {
  const sums = new Map<string, { lenderId: string; currency: string; account: string; partition: string; minor: number }>();
  for (const event of events)
    for (const line of event.posting as { account: string; minor: { toNumber(): number } }[]) {
      const id = `${event.lenderId}|${event.currency}|${line.account}|${event.partition}`;
      const sum = sums.get(id) ?? {
        lenderId: event.lenderId,
        currency: event.currency,
        account: line.account,
        partition: event.partition,
        minor: 0,
      };
      sum.minor += line.minor.toNumber();
      sums.set(id, sum);
    }
  if (!sums.size) return;
  await db.collection<Document>('balances').bulkWrite(
    [...sums].map(([id, { minor, ...facts }]) => ({
      updateOne: {
        filter: { _id: id } as Document,
        update: { $inc: { minor: toStored(minor, 'minor') as never }, $setOnInsert: facts },
        upsert: true,
      },
    })),
    { session, ordered: false },
  );
}
