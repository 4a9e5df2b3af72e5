/**
 * Comparing what a statement says of one order number with what we have of it (流水勾兑): rows are matched one by one, never orders.
 * Pure. `compareNumber` takes both sides of one number, `compareDay` (src/domain/match-day.ts) those of a small day at once; the store merges
 * large days number by number (src/domain/merge.ts) and comes here with what is not plainly equal.
 */
import { type AttemptState, isOpen } from './attempt.ts';
import type { BusinessDate, Instant } from './clock.ts';
import type { MatchResult } from './discrepancy.ts';
import { compareReturns } from './match-returns.ts';
import { carriedOver, effectOf, verdict } from './match-verdict.ts';
import type { RefundState } from './refund.ts';
import type { StatementLine } from './statement.ts';

/** The rules that put two rows together, in their order. */
export type MatchRule = 'orderNumber' | 'refundNumber' | 'channelNumber';

/** One movement by our records: a debit taken, the same debit given back, a refund of ours. A debit that was not taken has no day. */
export type Ours = Readonly<{
  kind: 'payment' | 'return' | 'refund';
  attemptId: string;
  lenderId: string;
  outTradeNo: string;
  /** A refund's; null otherwise. */
  refundNo: string | null;
  channelTradeNo: string | null;
  mandateRef: string | null;
  accountLast4: string | null;
  minor: number;
  currency: string;
  state: AttemptState | RefundState;
  /** The channel's business day on which it moved money; null while it has not. */
  day: BusinessDate | null;
  /** When it moved, where it is near enough to the cut-off to matter. */
  at: Instant | null;
  /** The day whose file has a row of it already, where that is another file. */
  matchedIn: BusinessDate | null;
}>;

/** What a match looks at of a statement's line. */
export type Theirs = Pick<
  StatementLine,
  | 'line'
  | 'kind'
  | 'status'
  | 'side'
  | 'outTradeNo'
  | 'refundNo'
  | 'channelTradeNo'
  | 'mandateRef'
  | 'accountLast4'
  | 'minor'
  | 'currency'
  | 'feeMinor'
  | 'count'
  | 'valueDate'
>;

export type Terms = Readonly<{
  /** The day of the file. */
  businessDate: BusinessDate;
  /** What moved at or after this may stand in the next day's file; null: nothing may. */
  carryFrom: Instant | null;
  /** The file's amounts are what is left after its fee. */
  feeInside: boolean;
}>;

/**
 * One line, or one record of ours that no line stands for. Every line gets exactly one.
 * `ours` alone is null where a line is of nothing that we know; `theirs` where the file lacks it.
 */
export type Verdict = Readonly<{
  result: MatchResult;
  ours: Ours | null;
  theirs: Theirs | null;
  /** Further records that one row of several debits stands for. */
  more: readonly Ours[];
  rule: MatchRule | null;
  /** What the file moved above what our records of that day moved: + towards us. In `theirs.currency`, else `ours.currency`. Zero while carried over. */
  differenceMinor: number;
  /** A record it may belong to, by the fall-backs: for a person to look at, never a match. */
  suggestion: Readonly<{ attemptId: string; because: string }> | null;
  says: string;
}>;

/** Whether somebody has to look or act: not matched, matched with a record of another day, or news of a debit that is still open with us. */
export const isDirty = (v: Verdict): boolean =>
  v.result !== 'matched' ||
  v.differenceMinor !== 0 ||
  (v.ours?.kind === 'payment' && v.theirs?.kind === 'payment' && isOpen(v.ours.state as AttemptState));

/** Both sides of one order number. Records of other days may be among `ours`: a line may be of them, but none is expected. */
export function compareNumber(ours: readonly Ours[], theirs: readonly Theirs[], terms: Terms): Verdict[] {
  const verdicts: Verdict[] = [];
  const payments = ours.filter((o) => o.kind === 'payment');
  const rows = [...theirs].sort((a, b) => a.line - b.line);
  verdicts.push(
    ...comparePayments(
      payments,
      rows.filter((t) => t.kind === 'payment'),
      terms,
    ),
  );
  verdicts.push(...compareReturns(ours, rows, terms));
  for (const row of rows) if (!COMPARED.has(row.kind)) verdicts.push(loose(row, payments[0] ?? null));
  return verdicts;
}

const COMPARED: ReadonlySet<string> = new Set(['payment', 'return', 'refund']);

/** Rows of no debit. Fees are booked as such and transfers are held against our account's statement; what remains is in suspense. */
function loose(row: Theirs, ours: Ours | null): Verdict {
  if (row.kind === 'fee' || row.kind === 'transfer' || row.status !== 'succeeded')
    return verdict(
      'matched',
      row.kind === 'fee' ? ours : null,
      row,
      0,
      ours ? `a ${row.kind} of order ${ours.outTradeNo}` : `a ${row.kind} row`,
    );
  return verdict('surplus', null, row, effectOf(row), `the file has a row of kind ${row.kind}: find out what it is`);
}

function comparePayments(ours: readonly Ours[], rows: readonly Theirs[], terms: Terms): Verdict[] {
  const taken = ours.filter((o) => o.day !== null);
  const moved = rows.filter((t) => t.status === 'succeeded');
  const unmoved = rows.filter((t) => t.status !== 'succeeded');
  const out: Verdict[] = [];
  if (taken.length > 1 && moved.length) out.push(...compareBatch(taken, moved, terms));
  else if (taken[0]) out.push(...compareTaken(taken[0], moved, unmoved, terms));
  else out.push(...compareUnbooked(ours[0] ?? null, moved, terms));
  const told = new Set(out.map((v) => v.theirs));
  for (const row of unmoved) if (!told.has(row)) out.push(unmovedRow(ours[0] ?? null, row));
  if (taken.length > 1 && !moved.length) for (const one of taken) out.push(...missing(one, terms));
  return out;
}

/** The file took what we have not booked: a lost result, or a number that is not ours. One row is the debit, by its amount where one has it. */
function compareUnbooked(ours: Ours | null, rows: readonly Theirs[], terms: Terms): Verdict[] {
  if (ours?.matchedIn)
    return rows.map((row) =>
      verdict('duplicate', ours, row, effectOf(row), `order ${ours.outTradeNo} stands in the file of ${ours.matchedIn} already`),
    );
  const first = (ours && wholeRow(ours, rows, terms)) ?? rows[0];
  const inOrder = first ? [first, ...rows.filter((t) => t !== first)] : [];
  return inOrder.map((row, k) => unbooked(ours, row, k));
}

function unbooked(ours: Ours | null, row: Theirs, k: number): Verdict {
  if (k > 0) return verdict('duplicate', ours, row, effectOf(row), `order ${row.outTradeNo} stands in the file ${k + 1} times`);
  if (!ours) return verdict('surplus', null, row, effectOf(row), `the file has ${named(row)}, which is none of ours`);
  const amount = ours.minor === row.minor && ours.currency === row.currency ? '' : `, for ${row.minor} ${row.currency}`;
  return verdict('surplus', ours, row, effectOf(row), `the file took order ${ours.outTradeNo}${amount}; it stands as ${ours.state}`);
}

/** A debit that moved nothing: agreed, unless it is still open with us. A number nobody knows moves nothing either. */
const unmovedRow = (ours: Ours | null, row: Theirs): Verdict =>
  ours
    ? verdict('matched', ours, row, 0, `order ${row.outTradeNo} is ${row.status} in the file, ${ours.state} with us`)
    : verdict('statusMismatch', null, row, 0, `the file has ${named(row)} as ${row.status}, which is none of ours; no money moved`);

function compareTaken(one: Ours, moved: readonly Theirs[], unmoved: readonly Theirs[], terms: Terms): Verdict[] {
  const expected = one.day === terms.businessDate;
  if (one.matchedIn)
    return [
      ...(expected ? [verdict('matched', one, null, -effectOf(one), `its row stands in the file of ${one.matchedIn}`)] : []),
      ...moved.map((row) =>
        verdict('duplicate', one, row, effectOf(row), `order ${one.outTradeNo} stands in the file of ${one.matchedIn} already`),
      ),
    ];
  if (!moved.length) {
    if (!expected) return [];
    const row = unmoved[0];
    return row
      ? [verdict('statusMismatch', one, row, -effectOf(one), `order ${one.outTradeNo} is ${row.status} in the file, ${one.state} with us`)]
      : missing(one, terms);
  }
  const whole = wholeRow(one, moved, terms);
  if (!whole && moved.length > 1 && sum(moved, terms) === one.minor && moved.every((t) => t.currency === one.currency))
    return parts(one, moved, expected);
  const first = whole ?? (moved[0] as Theirs);
  const rest = moved.filter((t) => t !== first);
  return [
    ...compared(one, first, expected, terms),
    ...rest.map((row) => verdict('duplicate', one, row, effectOf(row), doubled(one, first, row))),
  ];
}

/** The bank may write one debit in several rows; the first carries what we have, so that the sum of differences is the file's above ours. */
const parts = (one: Ours, rows: readonly Theirs[], expected: boolean): Verdict[] =>
  rows.map((row, k) =>
    verdict('matched', one, row, expected ? 0 : effectOf(row), `row ${k + 1} of ${rows.length} that make order ${one.outTradeNo}`),
  );

/** Of several rows the one that is ours: by amount, and the bank's own number where we know it. */
function wholeRow(one: Ours, rows: readonly Theirs[], terms: Terms): Theirs | null {
  const fitting = rows.filter((t) => gross(t, terms) === one.minor && t.currency === one.currency);
  return fitting.find((t) => one.channelTradeNo !== null && t.channelTradeNo === one.channelTradeNo) ?? fitting[0] ?? null;
}

function compared(one: Ours, row: Theirs, expected: boolean, terms: Terms): Verdict[] {
  if (row.currency !== one.currency)
    return [
      verdict('surplus', null, row, effectOf(row), `order ${one.outTradeNo} is in ${row.currency} in the file, in ${one.currency} with us`),
      ...(expected ? [verdict('shortage', one, null, -effectOf(one), `the file has it in ${row.currency}, not in ${one.currency}`)] : []),
    ];
  const theirs = gross(row, terms);
  const difference = theirs - (expected ? one.minor : 0);
  if (theirs === one.minor)
    return [verdict('matched', one, row, difference, expected ? '' : `our record is of ${one.day}, its row of ${terms.businessDate}`)];
  const fee = row.feeMinor !== 0 && theirs + row.feeMinor === one.minor ? ': as much as the fee, which may have been taken inside' : '';
  return [verdict('amountMismatch', one, row, difference, `${theirs} in the file, ${one.minor} with us${fee}`)];
}

/** One row that stands for several debits of ours, or rows that stand for one each. */
function compareBatch(ours: readonly Ours[], rows: readonly Theirs[], terms: Terms): Verdict[] {
  const [first, ...more] = ours as [Ours, ...Ours[]];
  const row = rows[0] as Theirs;
  const total = ours.reduce((s, o) => s + o.minor, 0);
  const counted = ours.reduce((s, o) => s + (o.day === terms.businessDate ? o.minor : 0), 0);
  const agreed = row.count === ours.length && gross(row, terms) === total;
  const says = agreed ? '' : `one row of ${row.count} debits and ${row.minor} in the file, ${ours.length} and ${total} with us`;
  return [
    { ...verdict(agreed ? 'matched' : 'amountMismatch', first, row, gross(row, terms) - counted, says), more },
    ...rows.slice(1).map((other) => verdict('duplicate', first, other, effectOf(other), doubled(first, row, other))),
  ];
}

/** What a row took from the payer, fee apart. */
const gross = (row: Theirs, terms: Terms): number => row.minor + (terms.feeInside ? row.feeMinor : 0);
const sum = (rows: readonly Theirs[], terms: Terms): number => rows.reduce((s, t) => s + gross(t, terms), 0);

const missing = (one: Ours, terms: Terms): Verdict[] =>
  one.day !== terms.businessDate
    ? []
    : [
        carriedOver(one, terms) ??
          verdict('shortage', one, null, -effectOf(one), `order ${one.outTradeNo} is ${one.state} with us, the file lacks it`),
      ];

const doubled = (one: Ours, first: Theirs, row: Theirs): string =>
  row.channelTradeNo !== null && row.channelTradeNo === first.channelTradeNo
    ? `line ${row.line} repeats line ${first.line} of order ${one.outTradeNo}, with the same number of the channel's`
    : `line ${row.line} is a second debit of order ${one.outTradeNo}, beside line ${first.line}`;

const named = (row: Theirs): string => (row.outTradeNo ? `order ${row.outTradeNo}` : `a row without an order number (line ${row.line})`);
