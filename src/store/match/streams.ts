/** Both sides of a day as sorted streams of short texts, and what a plain match reads out of them. */
import type { Db } from 'mongodb';
import type { BusinessDate } from '../../domain/clock.ts';
import type { Refund } from '../../domain/refund.ts';
import { numberKey, PAYMENT_IN, RETURN_OUT } from '../day-keys.ts';
import { texts } from '../scan.ts';

/** A record of ours: its number, and 'MINOR CURRENCY LENDER' as the index has it. */
export type OursText = Readonly<{ number: string; kind: 'payment' | 'return' | 'refund'; rest: string }>;
/** A line: its number, and 'psi1 MINOR CURRENCY FEE N'. */
export type LineText = Readonly<{ number: string; rest: string }>;

/** What a pair of equal texts says. `lender` is 'CURRENCY LENDER'. */
export type Pair = { minor: number; lender: string; feeMinor: number; n: number };

const cut = (text: string, from: number): { number: string; rest: string } => {
  const blank = text.indexOf(' ', from);
  return { number: text.slice(from, blank), rest: text.slice(blank + 1) };
};

/** Reads a pair into `into`; false unless both tell of the same money, moved once. */
export function samePair(o: OursText, t: LineText, into: Pair): boolean {
  const word = o.kind === 'payment' ? PAYMENT_IN : o.kind === 'return' ? RETURN_OUT : '';
  const { rest } = t;
  if (word === '' || !rest.startsWith(word) || rest.charCodeAt(word.length) !== BLANK) return false;
  const from = word.length + 1;
  const money = rest.indexOf(' ', rest.indexOf(' ', from) + 1);
  if (!o.rest.startsWith(rest.slice(from, money)) || o.rest.charCodeAt(money - from) !== BLANK) return false;
  const fee = rest.indexOf(' ', money + 1);
  into.minor = Number.parseInt(rest.slice(from, money), 10);
  into.lender = o.rest.slice(o.rest.indexOf(' ') + 1);
  into.feeMinor = Number.parseInt(rest.slice(money + 1, fee), 10);
  into.n = Number.parseInt(rest.slice(fee + 1), 10);
  return true;
}
const BLANK = 32;

/** The place of a line among the file's. */
export const placeOf = (t: LineText): number => Number(t.rest.slice(t.rest.lastIndexOf(' ') + 1));

/** Lines of a statement that name a number, by number. */
export async function* numberedLines(db: Db, statementId: string): AsyncGenerator<readonly LineText[]> {
  for await (const batch of texts(db, 'statementLines', { s: statementId, j: { $gte: '!' } }, 'j', ['s']))
    yield batch.map((text) => cut(text, 0));
}

/** The places of those that name none. */
export async function* unnumberedLines(db: Db, statementId: string): AsyncGenerator<readonly number[]> {
  for await (const batch of texts(db, 'statementLines', { s: statementId, j: { $lt: '!' } }, 'j', ['s']))
    yield batch.map((text) => placeOf(cut(text, 0)));
}

async function* keyed(db: Db, field: 'takenKey' | 'returnedKey', channel: string, day: BusinessDate): AsyncGenerator<readonly OursText[]> {
  const prefix = `${channel} ${day} `;
  const kind = field === 'takenKey' ? 'payment' : 'return';
  // '!' follows the blank: the range holds exactly this channel's day. The index is of texts alone, and the planner wants to be told so.
  for await (const batch of texts(db, 'attempts', { [field]: { $type: 'string', $gte: prefix, $lt: `${channel} ${day}!` } }, field))
    yield batch.map((text) => ({ kind, ...cut(text, prefix.length) }));
}

/** What moved on a channel's day by our records, by number: debits taken, debits returned, and `refunds` of the day. */
export async function* oursOfDay(
  db: Db,
  channel: string,
  day: BusinessDate,
  refunds: readonly Refund[],
): AsyncGenerator<readonly OursText[]> {
  const given = refunds.map(
    (r): OursText => ({
      number: numberKey(r.outTradeNo as string),
      kind: 'refund',
      rest: `${r.amount.minor} ${r.amount.currency} ${r.lenderId}`,
    }),
  );
  const rare = woven(keyed(db, 'returnedKey', channel, day), [given.sort((a, b) => (a.number < b.number ? -1 : 1))]);
  yield* woven(keyed(db, 'takenKey', channel, day), rare);
}

/** Two sorted streams as one, in the batches of the first. */
async function* woven(
  many: AsyncIterable<readonly OursText[]>,
  few: AsyncIterable<readonly OursText[]> | Iterable<readonly OursText[]>,
): AsyncGenerator<readonly OursText[]> {
  const source = (async function* () {
    for await (const batch of few) yield* batch;
  })();
  let next = (await source.next()).value as OursText | undefined;
  for await (const batch of many) {
    const last = batch[batch.length - 1]?.number ?? '';
    if (!next || next.number > last) {
      yield batch;
      continue;
    }
    const merged: OursText[] = [];
    for (const one of batch) {
      while (next && next.number < one.number) {
        merged.push(next);
        next = (await source.next()).value as OursText | undefined;
      }
      merged.push(one);
    }
    yield merged;
  }
  let rest: OursText[] = [];
  for (; next; next = (await source.next()).value as OursText | undefined) {
    rest.push(next);
    if (rest.length < 1_000) continue;
    yield rest;
    rest = [];
  }
  if (rest.length) yield rest;
}
