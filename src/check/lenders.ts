/** One key, one resource (I19), and no lender's thing in another's hands (I20). */
import { HOUSE } from '../domain/discrepancy.ts';
import { CHILDREN, type Dossier, type Tally } from './dossier.ts';
import type { Findings } from './findings.ts';
import type { Snapshot } from './snapshot.ts';

const OWNED = [
  'plans',
  'borrowers',
  'mandates',
  'attempts',
  'notices',
  'skips',
  'payments',
  'collections',
  'discrepancies',
  'refunds',
  'settlements',
  'clearings',
  'periods',
  'lenderStatements',
  'events',
  'feed',
  'balances',
];

/** Everything a plan refers to, and everything that refers to it, is of the plan's lender. */
export function checkOwner(out: Findings, d: Dossier): void {
  const { plan } = d;
  out.looked('I20');
  const owned = (what: string, id: string, lenderId: string | undefined, from = plan.id) => {
    if (lenderId === undefined) out.report('I20', `a ${what} that is referred to does not exist`, from, { [what]: id });
    else if (lenderId !== plan.lenderId)
      out.report('I20', `a ${what} of another lender is referred to`, from, { [what]: id, lenderId, plansLender: plan.lenderId });
  };
  owned('borrower', plan.borrowerId, d.borrower?.lenderId);
  for (const id of plan.mandateIds) owned('mandate', id, d.mandates.get(id)?.lenderId);
  for (const a of d.attempts) {
    owned('plan', a.planId, a.lenderId, a.id);
    owned('mandate', a.mandateId, d.mandates.get(a.mandateId)?.lenderId, a.id);
    if (a.borrowerId !== plan.borrowerId)
      out.report('I20', 'an attempt names another borrower than its plan', a.id, { borrowerId: a.borrowerId });
  }
  for (const id of new Set([...plan.mandateIds, ...d.attempts.map((a) => a.mandateId)])) {
    const mandate = d.mandates.get(id);
    if (mandate && mandate.borrowerId !== plan.borrowerId)
      out.report('I20', 'a mandate of another borrower is referred to', plan.id, { mandate: id });
  }
  for (const list of [[...d.notices.values()], d.skips, d.payments, d.refunds, d.cases, d.discrepancies])
    for (const x of list) if (x.planId) owned('plan', x.planId, x.lenderId, x.id);
}

/** Every document names a lender that exists; and where plans did not lead to all of a collection, which of its documents they missed. */
export async function checkOwners(db: Snapshot, out: Findings, tally: Tally): Promise<void> {
  const lenders = new Set((await db.all('lenders', {}, { projection: { _id: 1 } })).map((l) => String(l._id))).add(HOUSE);
  for (const name of OWNED)
    for await (const { _id, count, first } of db.aggregate(name, [
      { $group: { _id: '$lenderId', count: { $sum: 1 }, first: { $min: '$_id' } } },
    ])) {
      out.looked('I20', Number(count));
      if (!lenders.has(String(_id)))
        out.report('I20', 'a document names no lender that exists', String(first), {
          collection: name,
          lenderId: _id ?? null,
          documents: count,
        });
    }
  for (const name of CHILDREN) {
    if ((await db.count(name)) === tally[name]) continue;
    const stray = [
      { $lookup: { from: 'plans', localField: 'planId', foreignField: '_id', as: 'plan', pipeline: [{ $project: { lenderId: 1 } }] } },
      { $match: { $or: [{ plan: [] }, { $expr: { $ne: [{ $first: '$plan.lenderId' }, '$lenderId'] } }] } },
      { $project: { planId: 1, lenderId: 1 } },
    ];
    for await (const { _id, planId, lenderId } of db.aggregate(name, stray))
      out.report('I20', 'a document refers to a plan that its lender does not have', String(_id), { collection: name, planId, lenderId });
  }
}

/** Where the resource of an id lies, by its prefix. */
const HOME: Readonly<Record<string, string>> = {
  lnd: 'lenders',
  brw: 'borrowers',
  mnd: 'mandates',
  pln: 'plans',
  att: 'attempts',
  ntc: 'notices',
  pay: 'payments',
  rfd: 'refunds',
  stl: 'settlements',
  dis: 'discrepancies',
  key: 'keys',
};
const KEPT = 500;

export async function checkAnswers(db: Snapshot, out: Findings): Promise<void> {
  out.looked('I19', 0);
  await sharedNames(db, out, 'plans', 'two plans of a lender share an external id');
  await sharedNames(db, out, 'borrowers', 'two borrowers of a lender share an external id');
  let batch: Kept[] = [];
  for await (const doc of db.stream('idempotency', { state: 'done', status: { $gte: 200, $lt: 300 } }, { projection: { body: 1 } })) {
    out.looked('I19');
    const kept = readKept(String(doc._id), String(doc.body));
    if (kept) batch.push(kept);
    if (batch.length < KEPT) continue;
    await resourcesExist(db, out, batch);
    batch = [];
  }
  await resourcesExist(db, out, batch);
}

type Kept = Readonly<{ key: string; owner: string; id: string; home: string }>;

/** Null where the answer names no resource of its own: lists, previews. */
function readKept(key: string, body: string): Kept | null {
  const id = idIn(body);
  const home = id && HOME[id.slice(0, 3)];
  return id && home ? { key, owner: key.slice(0, key.indexOf('|')), id, home } : null;
}

function idIn(body: string): string | null {
  try {
    const id = (JSON.parse(body) as { id?: unknown } | null)?.id;
    return typeof id === 'string' ? id : null;
  } catch {
    return null;
  }
}

async function resourcesExist(db: Snapshot, out: Findings, batch: readonly Kept[]): Promise<void> {
  const owners = new Map<string, string>();
  for (const home of new Set(batch.map((k) => k.home))) {
    const ids = batch.filter((k) => k.home === home).map((k) => k.id);
    for (const doc of await db.all(home, { _id: { $in: ids } }, { projection: { lenderId: 1 } }))
      owners.set(String(doc._id), String(doc.lenderId ?? ''));
  }
  for (const { key, owner, id, home } of batch) {
    const lenderId = owners.get(id);
    if (lenderId === undefined) out.report('I19', 'a kept answer names a resource that does not exist', key, { id });
    else if (owner.startsWith('lnd_') && home !== 'lenders' && lenderId !== owner)
      out.report('I19', 'a kept answer names a resource of another lender', key, { id, lenderId });
  }
}

/** Read off the unique index in its order, two neighbours at a time. */
async function sharedNames(db: Snapshot, out: Findings, name: string, says: string): Promise<void> {
  let last = { _id: '', lenderId: '', externalId: '' };
  for await (const doc of db.stream(name, {}, { sort: { lenderId: 1, externalId: 1 }, projection: { lenderId: 1, externalId: 1 } })) {
    out.looked('I19');
    const row = { _id: String(doc._id), lenderId: String(doc.lenderId), externalId: String(doc.externalId) };
    if (row.lenderId === last.lenderId && row.externalId === last.externalId)
      out.report('I19', says, row._id, { lenderId: row.lenderId, externalId: row.externalId, also: last._id });
    last = row;
  }
}
