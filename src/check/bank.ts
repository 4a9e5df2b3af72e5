/**
 * Our books against the simulated bank's own (I1, I3, I9, I10). What the bank did is read from its rows and their memos alone.
 * What it did late (`#late`) or twice (`#again`) was its own doing: it makes no double debit of ours, and I10 still holds the attempt against it.
 */

import { BOOK, STATE } from '../channels/simulator/book.ts';
import { readMemo } from '../channels/simulator/truth.ts';
import type { BookRow } from '../channels/simulator/types.ts';
import { type Attempt, isOpen } from '../domain/attempt.ts';
import { plusMinutes, plusMs } from '../domain/clock.ts';
import { isSettled } from '../domain/discrepancy.ts';
import type { Dossier, Rules } from './dossier.ts';
import type { Findings } from './findings.ts';
import { givenBack, penaltyMayShrink } from './loans.ts';
import type { Snapshot } from './snapshot.ts';

const NEWS_MINUTES = 15;
const DAY_MS = 86_400_000;

export const hasBank = async (db: Snapshot): Promise<boolean> => (await db.all(STATE, { _id: 'bank' })).length > 0;

const ofItsOwn = (row: BookRow): boolean => row._id.endsWith('#late') || row._id.endsWith('#again');
const signOf = (row: BookRow): number => (row.fact === 'taken' ? 1 : row.fact === 'returned' ? -1 : 0);

export function checkOrders(out: Findings, d: Dossier, rules: Rules): void {
  if (!d.orders) return;
  for (const id of ['I3', 'I10']) out.looked(id, d.attempts.length);
  const accounts = new Map<string, BookRow>();
  for (const a of d.attempts) {
    const rows = d.orders.get(a.id) ?? [];
    matchesIntent(out, d, a, rows, accounts);
    truth(out, d, a, rows, rules);
  }
  takenOnce(out, d);
}

function matchesIntent(out: Findings, d: Dossier, a: Attempt, rows: readonly BookRow[], accounts: Map<string, BookRow>): void {
  for (const row of rows.filter((r) => r.arrival)) {
    const differs = (what: string, facts: Readonly<Record<string, unknown>>) =>
      out.report('I3', `the bank received another ${what} than was intended`, a.id, { order: row._id, ...facts });
    if (row.amount.minor !== a.amount.minor || row.amount.currency !== a.amount.currency)
      differs('amount', { intended: a.amount, received: row.amount });
    if (row.last4 !== a.accountLast4) differs('account', { intended: a.accountLast4, received: row.last4 });
    const other = accounts.get(a.mandateId);
    if (row.account && other && other.account !== row.account) differs('account', { mandateId: a.mandateId, also: other._id });
    if (row.account && !other) accounts.set(a.mandateId, row);
    if (row.at < a.createdAt)
      out.report('I3', 'the bank received a debit before it was intended', a.id, { intendedAt: a.createdAt, receivedAt: row.at });
    if (asText(row.memo) !== aimsAsText(d, a)) differs('memo', { memo: row.memo, aims: a.aims });
  }
}

/** 'externalId/n minor' by due, penalty with the rest of its instalment. */
function asText(memo: string): string {
  const sums = new Map<string, number>();
  for (const { due, minor } of readMemo(memo) ?? []) sums.set(due, (sums.get(due) ?? 0) + minor);
  return [...sums]
    .map(([due, minor]) => `${due} ${minor}`)
    .sort()
    .join(', ');
}
const aimsAsText = (d: Dossier, a: Attempt): string =>
  a.aims
    .map((aim) => `${d.plan.externalId}/${aim.n} ${aim.minor}`)
    .sort()
    .join(', ');

function truth(out: Findings, d: Dossier, a: Attempt, rows: readonly BookRow[], { now }: Rules): void {
  if (isOpen(a.state)) return;
  const has = (fact: BookRow['fact']) => rows.some((r) => r.fact === fact);
  const taken = has('taken');
  const pending = has('accepted') && !taken && !has('refused') && !has('cancelled');
  const bank = has('returned') ? 'returned' : taken ? 'taken' : pending ? 'may still take' : 'never taken';
  const expected = a.state === 'succeeded' ? 'taken' : a.state === 'returned' ? 'returned' : 'never taken';
  if (bank === expected) return;
  const fresh = rows.some((r) => !r.arrival && r.at > plusMinutes(now, -NEWS_MINUTES));
  const known = d.discrepancies.some((x) => x.attemptId === a.id && !isSettled(x.state));
  if (!fresh && !known)
    out.report('I10', 'an attempt’s final state is not what the bank did', a.id, { order: a.outTradeNo, state: a.state, bank });
}

function takenOnce(out: Findings, d: Dossier): void {
  out.looked('I1', d.attempts.length);
  const taken = new Map<string, number>();
  const penalty = new Map<string, number>();
  for (const a of d.attempts)
    for (const row of d.orders?.get(a.id) ?? []) {
      if (signOf(row) === 0 || ofItsOwn(row)) continue;
      for (const part of readMemo(row.memo) ?? []) {
        const sums = part.penalty ? penalty : taken;
        sums.set(part.due, (sums.get(part.due) ?? 0) + signOf(row) * part.minor);
      }
    }
  const back = givenBack(d);
  const penaltyBinds = !penaltyMayShrink(d.plan, d.lender?.timeZone ?? 'UTC');
  for (const i of d.plan.instalments) {
    const name = `${d.plan.externalId}/${i.n}`;
    const due = i.due.fee + i.due.interest + i.due.principal;
    const again = back.get(i.id) ?? 0;
    const minor = (taken.get(name) ?? 0) - again;
    const facts = { planId: d.plan.id, n: i.n, taken: minor, due };
    if (minor > due && i.state !== 'waived') out.report('I1', 'the bank took more for an instalment than was due', i.id, facts);
    const more = (penalty.get(name) ?? 0) - again;
    if (more > i.due.penalty && penaltyBinds && i.state !== 'waived' && i.state !== 'superseded')
      out.report('I1', 'the bank took more penalty for an instalment than was due', i.id, {
        ...facts,
        penaltyTaken: more,
        penaltyDue: i.due.penalty,
      });
  }
}

const ORDERS = 1_000;

/** The whole book once, by order: every request has an intent (I3), and repeats of a number carry its bytes (I9). */
export async function checkReceipts(db: Snapshot, out: Findings, { profiles }: Rules): Promise<void> {
  for (const id of ['I3', 'I9']) out.looked(id, 0);
  let first: BookRow | null = null;
  let orders: BookRow[] = [];
  for await (const row of db.stream<BookRow>(BOOK, { arrival: true }, { sort: { _id: 1 } })) {
    out.looked('I9');
    if (first?.orderNo !== row.orderNo || first.channel !== row.channel) {
      first = row;
      orders.push(row);
      if (orders.length >= ORDERS) {
        await haveIntents(db, out, orders);
        orders = [];
      }
      continue;
    }
    const windowMs = (profiles.get(row.channel)?.dedupeDays ?? 0) * DAY_MS;
    if (row.payloadHash !== first.payloadHash)
      out.report('I9', 'a number reached the bank with other bytes', row._id, { first: first._id });
    if (row.at > plusMs(first.at, windowMs))
      out.report('I9', 'a number was sent again after the bank had forgotten it', row._id, { firstAt: first.at, at: row.at });
  }
  await haveIntents(db, out, orders);
}

async function haveIntents(db: Snapshot, out: Findings, orders: readonly BookRow[]): Promise<void> {
  for (const channel of new Set(orders.map((o) => o.channel))) {
    const ofChannel = orders.filter((o) => o.channel === channel);
    const counts = new Map<string, number>();
    for (const { outTradeNo } of await db.all(
      'attempts',
      { channel, outTradeNo: { $in: ofChannel.map((o) => o.orderNo) } },
      { projection: { outTradeNo: 1 } },
    ))
      counts.set(outTradeNo, (counts.get(outTradeNo) ?? 0) + 1);
    for (const o of ofChannel) {
      out.looked('I3');
      const attempts = counts.get(o.orderNo) ?? 0;
      if (attempts !== 1)
        out.report('I3', 'an order at the bank has not exactly one attempt', o._id, { attempts, amount: o.amount, at: o.at });
    }
  }
}
