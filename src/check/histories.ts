/**
 * All events once, in the order of their subjects, side by side with those subjects and with the feed: histories are legal (I7), postings
 * balance (I11), balances are their sums (I12), and nobody's event is about another lender's thing (I20).
 */
import type { Document } from 'mongodb';
import { ATTEMPT, type AttemptState, isOpen } from '../domain/attempt.ts';
import { DISCREPANCY, HOUSE } from '../domain/discrepancy.ts';
import type { DulyEvent } from '../domain/event.ts';
import { ACCOUNTS, clearingAccount, SELF_PAYMENT_ACCOUNT } from '../domain/ledger.ts';
import type { Machine } from '../domain/machine.ts';
import { MANDATE } from '../domain/mandate.ts';
import { NOTICE } from '../domain/notice.ts';
import { PLAN } from '../domain/plan.ts';
import { RECONCILIATION } from '../domain/reconciliation.ts';
import { REFUND } from '../domain/refund.ts';
import { SETTLEMENT } from '../domain/settlement.ts';
import { STATEMENT } from '../domain/statement.ts';
import { fromDoc } from '../store/codec.ts';
import type { Findings } from './findings.ts';
import type { Snapshot } from './snapshot.ts';

type AnyMachine = Machine<string, string>;
type Subject = Readonly<{ id: string; kind: Kind; doc: Document }>;

/**
 * By id prefix, which is the order of the events' ids too. `last`: the field with the number of the last event. `born`: the state in which they
 * begin without an event; null where the first event is the birth. `silent`: states they may come to without an event. `shared`: of no one lender.
 */
type Kind = Readonly<{
  name: string;
  machine: AnyMachine | null;
  last: 'eventN' | 'version' | null;
  first: number;
  born?: string;
  silent?: readonly string[];
  shared?: true;
}>;
const machine = (m: unknown): AnyMachine => m as AnyMachine;
const KINDS: readonly Kind[] = [
  { name: 'attempts', machine: machine(ATTEMPT), last: 'eventN', first: 2 },
  { name: 'borrowers', machine: null, last: 'version', first: 1 },
  // What only waited for an answer is closed by the answer's own event.
  { name: 'discrepancies', machine: machine(DISCREPANCY), last: 'eventN', first: 1, born: 'open', silent: ['corrected'] },
  { name: 'mandates', machine: machine(MANDATE), last: 'eventN', first: 1 },
  { name: 'notices', machine: machine(NOTICE), last: null, first: 1 },
  { name: 'plans', machine: machine(PLAN), last: 'eventN', first: 1 },
  // A file that has come is no event of the run; comparing it is.
  {
    name: 'reconciliations',
    machine: machine(RECONCILIATION),
    last: 'eventN',
    first: 1,
    born: 'waitingFile',
    silent: ['loaded', 'matched'],
    shared: true,
  },
  { name: 'refunds', machine: machine(REFUND), last: 'eventN', first: 1 },
  { name: 'settlements', machine: machine(SETTLEMENT), last: 'eventN', first: 1 },
  {
    name: 'statements',
    machine: machine(STATEMENT),
    last: null,
    first: 1,
    born: 'loading',
    silent: Object.keys(STATEMENT.table),
    shared: true,
  },
];
const FIELDS = {
  lenderId: 1,
  state: 1,
  open: 1,
  born: 1,
  eventN: 1,
  version: 1,
  amount: 1,
  channel: 1,
  outTradeNo: 1,
  way: 1,
  suspense: 1,
};

export async function checkHistories(db: Snapshot, out: Findings): Promise<void> {
  for (const id of ['I7', 'I11', 'I12', 'I20']) out.looked(id, 0);
  const books = new Books();
  const feed = new Ahead(db.stream('feed', {}, { sort: { _id: 1 } }), (row) => String(row._id));
  const subjects = new Ahead(subjectsOf(db), (s) => s.id);
  const parts = new Parts(db);
  for await (const events of histories(db)) {
    const [first] = events as [DulyEvent];
    const { subject } = first;
    const part = isPart(subject);
    // A part has no document of its own, and sorts beside what it is a part of.
    if (!part) for (let s = await subjects.before(subject); s; s = await subjects.before(subject)) checkHistory(out, s, []);
    const about = part ? undefined : await subjects.at(subject);
    if (part) await parts.check(out, events);
    else if (about) checkHistory(out, about, events);
    else out.report('I7', 'an event is about something that does not exist', first.id, { subject });
    for (const event of [...events].sort((a, b) => (a.id < b.id ? -1 : 1))) {
      books.add(out, event, about);
      for (let row = await feed.before(event.id); row; row = await feed.before(event.id)) strayRow(out, row);
      const told = await feed.at(event.id);
      if (told && told.lenderId !== event.lenderId)
        out.report('I20', 'the feed tells one lender of another’s event', event.id, { told: told.lenderId, lenderId: event.lenderId });
    }
  }
  for (let s = await subjects.before(null); s; s = await subjects.before(null)) checkHistory(out, s, []);
  for (let row = await feed.before(null); row; row = await feed.before(null)) strayRow(out, row);
  await books.close(db, out);
  await checkPartitions(db, out);
}

const strayRow = (out: Findings, row: Document) => out.report('I20', 'the feed tells of an event that does not exist', String(row._id));

async function* subjectsOf(db: Snapshot): AsyncGenerator<Subject> {
  for (const kind of KINDS)
    for await (const doc of db.stream(kind.name, {}, { sort: { _id: 1 }, projection: FIELDS })) yield { id: String(doc._id), kind, doc };
}

/** `rec_…/lender/currency`: a lender's share of a run; `books_…`, `fx_…`: what has no document that its events move. */
const isPart = (subject: string): boolean => subject.includes('/') || subject.startsWith('books_') || subject.startsWith('fx_');

/** Histories of parts: numbered without a gap, of one lender, and hung on a document that exists. */
class Parts {
  constructor(private readonly db: Snapshot) {}

  async check(out: Findings, events: readonly DulyEvent[]): Promise<void> {
    const [first] = events as [DulyEvent];
    out.looked('I7');
    const gap = events.findIndex((e, k) => e.n !== k + 1 || e.id !== `${first.subject}:${e.n}`);
    if (gap >= 0) out.report('I7', 'event numbers have a gap', first.subject, { expected: gap + 1, found: events[gap]?.n });
    const { name, id } = homeOf(first);
    if (!(await this.db.all(name, { _id: id }, { projection: { _id: 1 } })).length)
      out.report('I7', 'an event is about something that does not exist', first.id, { subject: first.subject });
    const lenderId = lenderNamedIn(first.subject);
    for (const e of events)
      if (lenderId ? e.lenderId !== lenderId : e.lenderId !== first.lenderId)
        out.report('I20', 'an event names another lender than its subject', e.id, { lenderId: e.lenderId });
  }
}

const lenderNamedIn = (subject: string): string | undefined => subject.match(/(?:^books_|\/)(lnd_\w{26}|house)(?:[/_]|$)/)?.[1];

/** Where the document lies that a part hangs on. */
function homeOf({ subject, lenderId }: DulyEvent): Readonly<{ name: string; id: string }> {
  const id = subject.split('/')[0] as string;
  if (id.startsWith('books_')) return { name: 'periods', id: `opn_${lenderId}` };
  if (id.startsWith('fx_')) return { name: 'statements', id: id.slice('fx_'.length) };
  return { name: id.startsWith('rec_') ? 'reconciliations' : 'statements', id };
}

/** The events of one subject after another, each by number. */
async function* histories(db: Snapshot): AsyncGenerator<DulyEvent[]> {
  let held: DulyEvent[] = [];
  for await (const doc of db.stream('events', {}, { sort: { _id: 1 } })) {
    const event = fromDoc<DulyEvent>(doc);
    if (held.length && held[0]?.subject !== event.subject) {
      yield held.sort((a, b) => a.n - b.n);
      held = [];
    }
    held.push(event);
  }
  if (held.length) yield held.sort((a, b) => a.n - b.n);
}

/** Reads a sorted stream along another: what comes before a key, and what has it. */
class Ahead<T> {
  private readonly rows: AsyncIterator<T>;
  private held: T | undefined;
  private ended = false;

  constructor(
    stream: AsyncIterable<T>,
    private readonly keyOf: (row: T) => string,
  ) {
    this.rows = stream[Symbol.asyncIterator]();
  }

  /** Takes the next row whose key is below `key` (null: any row); undefined when there is none. */
  before(key: string | null): Promise<T | undefined> {
    return this.take((k) => key === null || k < key);
  }

  at(key: string): Promise<T | undefined> {
    return this.take((k) => k === key);
  }

  private async take(fits: (key: string) => boolean): Promise<T | undefined> {
    if (this.held === undefined && !this.ended) {
      const next = await this.rows.next();
      if (next.done) this.ended = true;
      else this.held = next.value;
    }
    const row = this.held;
    if (row === undefined || !fits(this.keyOf(row))) return undefined;
    this.held = undefined;
    return row;
  }
}

function checkHistory(out: Findings, { id, kind, doc }: Subject, events: readonly DulyEvent[]): void {
  out.looked('I7');
  const gap = events.findIndex((e, k) => e.n !== k + kind.first || e.id !== `${id}:${e.n}`);
  if (gap >= 0) out.report('I7', 'event numbers have a gap', id, { expected: gap + kind.first, found: events[gap]?.n });
  const last = events.at(-1)?.n ?? kind.first - 1;
  if (kind.last && doc[kind.last] !== last)
    out.report('I7', 'the last event’s number is not the one stored', id, { stored: doc[kind.last], events: last });
  for (const e of events)
    if (e.lenderId !== (kind.shared ? HOUSE : doc.lenderId))
      out.report('I20', 'an event names another lender than its subject', e.id, { lenderId: e.lenderId });
  if (!kind.machine) return;
  const end = fold(out, kind, kind.machine, kind.name === 'attempts' ? String(doc.born) : (kind.born ?? null), events);
  const retrying = kind.name === 'notices' && doc.state === 'sending' && (end === null || end === 'failed');
  if (end !== doc.state && !retrying && !kind.silent?.includes(String(doc.state)))
    out.report('I7', 'the state is not the fold of the events', id, { state: doc.state, fold: end });
  if (kind.name === 'attempts' && doc.open !== isOpen(doc.state as AttemptState))
    out.report('I7', 'the open flag is not that of the state', id, { state: doc.state, open: doc.open });
}

/** The state after the events; an event without `to`, or from a state to itself, moves nothing. */
function fold(out: Findings, { silent = [] }: Kind, machine: AnyMachine, born: string | null, events: readonly DulyEvent[]): string | null {
  let state = born;
  for (const e of events) {
    if (e.to === null || e.to === e.from) continue;
    // A message's retry has no event of its own: the next outcome comes from `sending` again.
    const retried = machine.name === 'notice' && e.from === 'sending' && (state === null || state === 'failed');
    const from = retried ? 'sending' : e.from !== null && silent.includes(e.from) ? e.from : state;
    const legal = from === null ? e.from === null : e.from === from && Object.values(machine.table[from] ?? {}).includes(e.to);
    if (!legal) out.report('I7', 'a step is not in the table of its machine', e.id, { state, from: e.from, to: e.to });
    state = e.to;
  }
  return state;
}

/** Each partition's events are numbered 1 … seq: the relay and every reader of the order rest on it. */
async function checkPartitions(db: Snapshot, out: Findings): Promise<void> {
  const seqs = new Map((await db.all('partitions', {}, { projection: { seq: 1 } })).map((p) => [String(p._id), Number(p.seq)]));
  const group = { _id: '$partition', count: { $sum: 1 }, last: { $max: '$seq' } };
  for await (const { _id, count, last } of db.aggregate('events', [{ $group: group }])) {
    const seq = seqs.get(String(_id)) ?? 0;
    seqs.delete(String(_id));
    if (seq !== count || seq !== last) out.report('I7', 'a partition’s numbers have a gap', String(_id), { seq, events: count, last });
  }
  for (const [id, seq] of seqs) if (seq > 0) out.report('I7', 'a partition’s numbers have a gap', id, { seq, events: 0 });
}

/** What the postings sum to, by lender, currency, account and partition: as many sums as there are balance rows. */
class Books {
  private readonly sums = new Map<string, number>();

  add(out: Findings, event: DulyEvent, about: Subject | undefined): void {
    out.looked('I11');
    out.looked('I12');
    let sum = 0;
    for (const { account, minor } of event.posting) {
      sum += minor;
      const known = (account.split(':')[0] as string) in ACCOUNTS;
      if (!Number.isSafeInteger(minor) || !known)
        out.report('I11', 'a line is not whole minor units on a known account', event.id, { account, minor });
      const key = `${event.lenderId}|${event.currency}|${account}|${event.partition}`;
      this.sums.set(key, (this.sums.get(key) ?? 0) + minor);
    }
    if (sum !== 0) out.report('I11', 'a posting does not sum to zero', event.id, { sum, currency: event.currency });
    if (event.posting.length && !event.currency) out.report('I11', 'a posting names no currency', event.id);
    const expected = moneyIn(event, about);
    const posted = expected && event.posting.reduce((s, l) => s + (l.account === expected.account ? l.minor : 0), 0);
    if (expected && posted !== expected.minor)
      out.report('I12', 'an event’s posting is not the money it moved', event.id, { type: event.type, ...expected, posted });
    if (expected?.minor === 0 && event.posting.length)
      out.report('I12', 'an event that moves no money has a posting', event.id, { type: event.type });
  }

  async close(db: Snapshot, out: Findings): Promise<void> {
    const totals = new Map<string, number>();
    for await (const { _id, currency, minor } of db.stream('balances', {}, { sort: { _id: 1 } })) {
      const id = String(_id);
      const events = this.sums.get(id) ?? 0;
      this.sums.delete(id);
      totals.set(currency, (totals.get(currency) ?? 0) + Number(minor));
      if (Number(minor) !== events) out.report('I12', 'a balance is not the sum of its postings', id, { balance: Number(minor), events });
    }
    for (const [id, events] of this.sums) if (events !== 0) out.report('I12', 'postings have no balance', id, { events });
    for (const [currency, sum] of totals) if (sum !== 0) out.report('I11', 'all balances together are not zero', currency, { sum });
  }
}

/** What an event must have moved on the account where its money lies; null where it is not told from the event alone. */
function moneyIn(event: DulyEvent, about: Subject | undefined): Readonly<{ account: string; minor: number }> | null {
  if (about?.kind.name === 'attempts') {
    const minor = Number(about.doc.amount?.minor);
    const sign = event.to === 'succeeded' ? 1 : event.from === 'succeeded' ? -1 : 0;
    return { account: clearingAccount(String(about.doc.channel)), minor: sign ? sign * minor : 0 };
  }
  if (about?.kind.name === 'refunds') {
    const minor = Number(about.doc.amount?.minor);
    const sign = event.from === event.to ? 0 : event.to === 'succeeded' ? -1 : event.to === 'returned' ? 1 : 0;
    return {
      account: about.doc.way === 'channel' ? clearingAccount(String(about.doc.channel)) : '1012.02',
      minor: sign ? sign * minor : 0,
    };
  }
  if (event.type === 'plan.paid') return { account: SELF_PAYMENT_ACCOUNT, minor: Number(event.data.minor) };
  return null;
}
