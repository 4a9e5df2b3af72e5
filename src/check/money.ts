/**
 * The books against the bank: what lies on each channel and account is what the bank's files say, and what suspense holds is what nobody has
 * explained (I13); and nothing is lost on the way from the borrowers' accounts to the lenders' (I26), by our own ledger, and by the book of the
 * simulated bank where there is one.
 */
import type { Db, Document } from 'mongodb';
import { BOOK, STATE } from '../channels/simulator/book.ts';
import { netOf } from '../channels/simulator/statement.ts';
import type { BookRow } from '../channels/simulator/types.ts';
import type { ChannelProfile } from '../domain/channel-profile.ts';
import { UNSETTLED, WENT_OUT_TWICE } from '../domain/discrepancy.ts';
import type { Reconciliation } from '../domain/reconciliation.ts';
import type { Settlement } from '../domain/settlement.ts';
import { checkCash } from '../flows/books/cash.ts';
import { checkLedgers } from '../flows/books/ledgers.ts';
import { booksStore } from '../store/books.ts';
import { fromDoc } from '../store/codec.ts';
import type { Rules } from './dossier.ts';
import type { Findings } from './findings.ts';
import type { Snapshot } from './snapshot.ts';

const ACCOUNT = 'simbank_account';

/** I13. The ledgers' checks read a moment of their own. */
export async function checkAgainstBank(db: Snapshot, out: Findings, raw: Db, withBank: boolean): Promise<void> {
  out.looked('I13', 0);
  await booksStore(raw).atOneMoment(async (books) => {
    for (const verdict of [await checkLedgers(books, {}), await checkCash(books)]) {
      out.looked('I13', verdict.looked);
      for (const { says, id, facts } of verdict.rows) out.report('I13', says, id, facts);
    }
  });
  await filesAgainstRecords(db, out);
  if (withBank) await depositsAgainstRuns(db, out);
}

/** Over the days that were compared: what the files moved is what our records of these days moved, and what is in suspense of them. */
async function filesAgainstRecords(db: Snapshot, out: Findings): Promise<void> {
  const days = new Map<string, string[]>();
  for await (const run of db.stream('reconciliations', { state: { $in: ['matched', 'closed'] } })) {
    if (run.comparedId !== run.statementId) continue;
    days.set(run.channel, [...(days.get(run.channel) ?? []), run.businessDate]);
  }
  for (const [channel, compared] of days) {
    // Somebody is about to look at one: an attempt may have been brought to what the file says, and its suspense not yet be reversed.
    if ((await db.all('discrepancies', { channel, state: { $in: UNSETTLED }, underway: { $ne: null } }, { limit: 1 })).length) continue;
    const sums = new Map<string, { file: number; ours: number; suspense: number }>();
    const add = (currency: string, what: 'file' | 'ours' | 'suspense', minor: number) => {
      const sum = sums.get(currency) ?? { file: 0, ours: 0, suspense: 0 };
      sum[what] += minor;
      sums.set(currency, sum);
    };
    const runs = await db.all('reconciliations', { channel, businessDate: { $in: compared } }, { projection: { booked: 1 } });
    for (const { booked } of runs as unknown as Pick<Reconciliation, 'booked'>[])
      for (const b of booked) add(b.currency, 'file', b.paidMinor - b.returnedMinor - b.refundedMinor);
    const amount = { _id: '$amount.currency', minor: { $sum: '$amount.minor' } };
    for (const [name, match, sign] of [
      ['attempts', { channel, takenOn: { $in: compared } }, 1],
      ['attempts', { channel, returnedOn: { $in: compared } }, -1],
      ['refunds', { channel, way: 'channel', paidOn: { $in: compared } }, -1],
      ['refunds', { channel, way: 'channel', returnedOn: { $in: compared } }, 1],
    ] as const)
      for await (const { _id, minor } of db.aggregate(name, [{ $match: match }, { $group: amount }]))
        add(String(_id), 'ours', sign * Number(minor));
    const held = [
      { $match: { channel, businessDate: { $in: compared } } },
      { $unwind: '$suspense' },
      { $match: { 'suspense.account': `1012.01:${channel}` } },
      { $group: { _id: '$currency', minor: { $sum: '$suspense.minor' } } },
    ];
    for await (const { _id, minor } of db.aggregate('discrepancies', held)) add(String(_id), 'suspense', Number(minor));
    for (const [currency, sum] of sums) {
      out.looked('I13');
      if (sum.file !== sum.ours + sum.suspense)
        out.report('I13', 'a channel’s files are not our records and what is in suspense', `${channel} ${currency}`, {
          ...sum,
          difference: sum.file - sum.ours - sum.suspense,
        });
    }
  }
}

/** What the simulated bank paid in for a day is what we have booked of it. */
async function depositsAgainstRuns(db: Snapshot, out: Findings): Promise<void> {
  const paidIn = new Map<string, number>();
  for await (const row of db.stream(ACCOUNT, { kind: 'deposit' })) paidIn.set(`${row.ref} ${row.currency}`, Number(row.minor));
  for await (const doc of db.stream('reconciliations', { state: 'closed', depositedAt: { $ne: null } })) {
    const run = fromDoc<Reconciliation>(doc);
    for (const currency of new Set(run.booked.map((b) => b.currency))) {
      out.looked('I13');
      const net = run.booked.reduce(
        (s, b) => s + (b.currency === currency ? b.paidMinor - b.returnedMinor - b.refundedMinor - b.feeMinor : 0),
        0,
      );
      const bank = paidIn.get(`${run.channel}:${run.businessDate} ${currency}`) ?? 0;
      if (net !== bank)
        out.report('I13', 'a closed day’s deposit is not what the bank paid in for it', run.id, { currency, booked: net, bank });
    }
  }
}

/** I26. */
export async function checkConservation(db: Snapshot, out: Findings, { profiles }: Rules, withBank: boolean): Promise<void> {
  out.looked('I26', 0);
  await byOurBooks(db, out);
  if (withBank) for (const profile of profiles.values()) await byTheBank(db, out, profile);
}

/** Where collected money can lie: on a channel, on its way, on our accounts. */
const CASH = /^(1012\.|1002:)/;

/**
 * What borrowers paid and did not get back, what is in suspense, what was brought along and converted, less fees and what was paid out: that much
 * lies on the channels and accounts. Every part is read off its own documents; the sum on the other side is the ledger's.
 */
async function byOurBooks(db: Snapshot, out: Findings): Promise<void> {
  const sums = new Map<string, { held: number; borrowers: number; differences: number; fees: number; paidOut: number; brought: number }>();
  const add = (currency: string, what: 'held' | 'borrowers' | 'differences' | 'fees' | 'paidOut' | 'brought', minor: number) => {
    const sum = sums.get(currency) ?? { held: 0, borrowers: 0, differences: 0, fees: 0, paidOut: 0, brought: 0 };
    sum[what] += minor;
    sums.set(currency, sum);
  };
  for await (const b of db.stream('balances', {})) if (CASH.test(b.account)) add(b.currency, 'held', Number(b.minor));
  const amount = { _id: '$amount.currency', minor: { $sum: '$amount.minor' } };
  for await (const { _id, minor } of db.aggregate('attempts', [{ $match: { state: 'succeeded' } }, { $group: amount }]))
    add(String(_id), 'borrowers', Number(minor));
  for await (const { _id, minor } of db.aggregate('refunds', [{ $match: { state: 'succeeded' } }, { $group: amount }]))
    add(String(_id), 'borrowers', -Number(minor));
  for await (const d of db.stream(
    'discrepancies',
    { 'suspense.0': { $exists: true } },
    { projection: { key: 1, currency: 1, suspense: 1 } },
  )) {
    if (WENT_OUT_TWICE.test(d.key)) continue;
    for (const line of d.suspense) if (CASH.test(line.account)) add(d.currency, 'differences', Number(line.minor));
  }
  for await (const run of db.stream('reconciliations', {}, { projection: { booked: 1 } }))
    for (const b of run.booked) add(b.currency, 'fees', -Number(b.feeMinor));
  for await (const doc of db.stream('settlements', {})) {
    const batch = fromDoc<Settlement>(doc);
    for (const t of batch.transfers) if (t.state === 'paid') add(batch.currency, 'paidOut', -t.minor);
  }
  for await (const { balances } of db.stream('periods', { kind: 'opening' }))
    for (const b of balances as Document[]) if (CASH.test(b.account)) add(b.currency, 'brought', Number(b.minor));
  for await (const { _id, minor } of db.aggregate('events', PAID_DIRECTLY)) add(String(_id), 'paidOut', Number(minor));
  for await (const { _id, minor } of db.aggregate('balances', [
    { $match: { account: '2998' } },
    { $group: { _id: '$currency', minor: { $sum: '$minor' } } },
  ]))
    add(String(_id), 'brought', -Number(minor));
  for (const [currency, { held, ...parts }] of sums) {
    out.looked('I26');
    const should = Object.values(parts).reduce((s, p) => s + p, 0);
    if (held !== should)
      out.report('I26', 'what is held is not what came in less what went out', currency, {
        held,
        should,
        ...parts,
        difference: held - should,
      });
  }
}

/** In pass-through mode the channel pays the lender itself. */
const PAID_DIRECTLY: Document[] = [
  { $match: { type: 'settlement.cleared', _id: { $gte: 'stl_', $lt: 'stl`' } } },
  { $unwind: '$posting' },
  { $match: { 'posting.account': { $regex: '^1012\\.01:' } } },
  { $group: { _id: '$currency', minor: { $sum: '$posting.minor' } } },
];

/** Over the bank's own book: what left the payers' accounts lies on our account there, was paid out from it, was charged, or is not paid in yet. */
async function byTheBank(db: Snapshot, out: Findings, profile: ChannelProfile): Promise<void> {
  const [closed] = await db.all(STATE, { _id: `closed:${profile.name}` });
  if (!closed) return;
  const carried = new Set(closed.carried as readonly string[]);
  const due = new Map<string, number>();
  let batch: BookRow[] = [];
  const net = () => {
    for (const [currency, minor] of netOf(profile, batch)) due.set(currency, (due.get(currency) ?? 0) + minor);
    batch = [];
  };
  const filter = { channel: profile.name, businessDate: { $lte: closed.day }, fact: { $in: ['taken', 'returned', 'refunded'] } };
  for await (const row of db.stream<BookRow>(BOOK, filter)) {
    if (!carried.has(row._id)) batch.push(row);
    if (batch.length >= 1_000) net();
  }
  net();
  const lies = new Map<string, number>();
  const numbers = new Map<string, Document>();
  for await (const row of db.stream(ACCOUNT, { n: { $gt: 0 } })) {
    if (row.kind === 'deposit' && String(row.ref).startsWith(`${profile.name}:`))
      lies.set(row.currency, (lies.get(row.currency) ?? 0) + Number(row.minor));
    if (row.kind === 'payout') numbers.set(row.ref, row);
  }
  for (const currency of new Set([...due.keys(), ...lies.keys()])) {
    out.looked('I26');
    const [moved, paidIn] = [due.get(currency) ?? 0, lies.get(currency) ?? 0];
    if (moved !== paidIn)
      out.report('I26', 'what the payers’ accounts lost is not what the bank paid in and charged', `${profile.name} ${currency}`, {
        moved,
        paidIn,
      });
  }
  await payoutsOnce(db, out, numbers);
}

/** Every payout at the bank is one of ours, of the same sum; and what we call paid is there. */
async function payoutsOnce(db: Snapshot, out: Findings, numbers: ReadonlyMap<string, Document>): Promise<void> {
  const ours = new Map<string, Readonly<{ id: string; minor: number; paid: boolean; may: boolean }>>();
  for await (const doc of db.stream('settlements', {}))
    for (const t of fromDoc<Settlement>(doc).transfers)
      ours.set(t.payoutNo, {
        id: String(doc._id),
        minor: t.minor,
        paid: t.state === 'paid',
        may: t.state !== 'planned' && t.state !== 'failed',
      });
  for await (const r of db.stream('refunds', { way: 'transfer' }))
    ours.set(r.refundNo, {
      id: String(r._id),
      minor: Number(r.amount.minor),
      paid: r.state === 'succeeded',
      may: ['processing', 'unknown', 'succeeded', 'returned'].includes(r.state),
    });
  for (const [number, row] of numbers) {
    out.looked('I26');
    const one = ours.get(number);
    if (!one || one.minor !== -Number(row.minor) || !one.may)
      out.report('I26', 'the bank paid out what we did not mean to pay', String(row._id), {
        number,
        minor: Number(row.minor),
        ours: one ?? null,
      });
  }
  for (const [number, { id, paid, minor }] of ours)
    if (paid && !numbers.has(number)) out.report('I26', 'a payout that is booked never left the bank', id, { number, minor });
}
