/**
 * Schedules (还款计划): generated from terms or given row by row, turned into instalments, and replaced by a new version.
 *
 * All arithmetic is exact and rounds half up to one minor unit; the last row takes the remainder. Due dates are counted in months from the
 * first one, so a plan that begins on the 31st returns to the 31st after February.
 */
import { addMonths, type BusinessDate, isBusinessDate } from './clock.ts';
import { decimal, type Fraction, halfUp } from './decimal.ts';
import { type Fault, InvalidInput } from './errors.ts';
import { roundHalfUp } from './money.ts';
import { type Instalment, NOTHING } from './plan.ts';

export const METHODS = ['levelPayment', 'equalPrincipal', 'interestOnly', 'bullet'] as const;
export type Method = (typeof METHODS)[number];

/** Amounts in minor units; `monthlyRate` as decimal text, '0.015' for 1.5 % a month; `fee` on each instalment. */
export type Terms = Readonly<{
  principal: number;
  monthlyRate: string;
  count: number;
  method: Method;
  firstDueDate: BusinessDate;
  fee?: number;
}>;

export type ScheduleRow = Readonly<{ n: number; dueDate: BusinessDate; principal: number; interest: number; fee: number }>;
/** A row as a lender states it. */
export type StatedRow = Readonly<{ dueDate: string; principal: number; interest?: number; fee?: number }>;

const MAX_ROWS = 600;

/**
 * The rows of a loan. `levelPayment` (等额本息): equal sums; `equalPrincipal` (等额本金); `interestOnly` (先息后本): principal with the last row;
 * `bullet` (利随本清): one row at maturity with the interest of all months. Throws InvalidInput with pointers below `pointer`.
 */
export function generate(terms: Terms, pointer = '/terms'): ScheduleRow[] {
  const faults = faultsOfTerms(terms, pointer);
  if (faults.length) throw new InvalidInput(faults);
  const rate = decimal(terms.monthlyRate, `${pointer}/monthlyRate`);
  const rows = terms.method === 'bullet' ? [atMaturity(terms, rate)] : monthly(terms, rate);
  if (rows.some((r) => r.principal + r.interest + r.fee <= 0))
    throw fault(
      `${pointer}/count`,
      'TOO_MANY_ROWS',
      `${terms.principal} minor units leave nothing due on some of ${terms.count} rows; lower count`,
    );
  return rows;
}

function monthly({ principal, count, method, firstDueDate, fee = 0 }: Terms, rate: Fraction): ScheduleRow[] {
  const level = method === 'levelPayment' ? levelPayment(principal, rate, count) : 0;
  const share = Number(halfUp(BigInt(principal), BigInt(count)));
  let left = principal;
  return Array.from({ length: count }, (_, at) => {
    const interest = roundHalfUp(rate, left);
    const planned = method === 'levelPayment' ? level - interest : method === 'equalPrincipal' ? share : 0;
    const part = at === count - 1 ? left : Math.max(0, Math.min(left, planned));
    left -= part;
    return { n: at + 1, dueDate: addMonths(firstDueDate, at), principal: part, interest, fee };
  });
}

/** P·r·(1+r)^n / ((1+r)^n − 1), as one fraction of whole numbers. */
function levelPayment(principal: number, { num, den }: Fraction, count: number): number {
  if (num === 0n) return Number(halfUp(BigInt(principal), BigInt(count)));
  const grown = (den + num) ** BigInt(count);
  return Number(halfUp(BigInt(principal) * num * grown, den * (grown - den ** BigInt(count))));
}

const atMaturity = ({ principal, count, firstDueDate, fee = 0 }: Terms, rate: Fraction): ScheduleRow => ({
  n: 1,
  dueDate: addMonths(firstDueDate, count - 1),
  principal,
  interest: roundHalfUp(rate, principal, count),
  fee,
});

const fault = (pointer: string, code: string, message: string): InvalidInput =>
  new InvalidInput([{ pointer, code, message: `${pointer}: ${message}` }]);
const whole = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;

/** What is wrong with terms, by JSON pointer; empty when sound. */
function faultsOfTerms(terms: Terms, pointer: string): Fault[] {
  const faults: Fault[] = [];
  const say = (field: string, code: string, message: string) =>
    faults.push({ pointer: `${pointer}/${field}`, code, message: `${pointer}/${field}: ${message}` });
  if (!whole(terms.principal) || terms.principal === 0) say('principal', 'NOT_AN_AMOUNT', 'whole minor units above zero expected');
  if (!whole(terms.count) || terms.count < 1 || terms.count > MAX_ROWS)
    say('count', 'OUT_OF_RANGE', `1 to ${MAX_ROWS} instalments expected`);
  if (!METHODS.includes(terms.method)) say('method', 'UNKNOWN_METHOD', `one of ${METHODS.join(', ')} expected`);
  if (!isBusinessDate(terms.firstDueDate)) say('firstDueDate', 'NOT_A_DATE', 'a day of the calendar as YYYY-MM-DD expected');
  if (terms.fee !== undefined && !whole(terms.fee)) say('fee', 'NOT_AN_AMOUNT', 'whole minor units expected, none negative');
  try {
    const { num, den } = decimal(terms.monthlyRate, `${pointer}/monthlyRate`);
    if (num >= den) say('monthlyRate', 'OUT_OF_RANGE', "a rate below 1 expected: write '0.015' for 1.5 %");
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    faults.push(...error.faults);
  }
  return faults;
}

/** Rows as a lender stated them, numbered from 1. Throws InvalidInput naming every fault by JSON pointer below `pointer`. */
export function explicitRows(stated: readonly StatedRow[], pointer = '/instalments'): ScheduleRow[] {
  const faults = faultsOfRows(stated, pointer);
  if (faults.length) throw new InvalidInput(faults);
  return stated.map(({ dueDate, principal, interest = 0, fee = 0 }, at) => ({
    n: at + 1,
    dueDate: dueDate as BusinessDate,
    principal,
    interest,
    fee,
  }));
}

/** What is wrong with stated rows: due dates rise strictly, components are whole and not negative, each row owes something. */
function faultsOfRows(stated: readonly StatedRow[], pointer = '/instalments'): Fault[] {
  const faults: Fault[] = [];
  const say = (at: string, code: string, message: string) => faults.push({ pointer: at, code, message: `${at}: ${message}` });
  if (stated.length < 1 || stated.length > MAX_ROWS) say(pointer, 'OUT_OF_RANGE', `1 to ${MAX_ROWS} rows expected, not ${stated.length}`);
  stated.forEach((row, n) => {
    const at = `${pointer}/${n}`;
    const amounts = { principal: row.principal, interest: row.interest ?? 0, fee: row.fee ?? 0 };
    for (const [field, minor] of Object.entries(amounts))
      if (!whole(minor)) say(`${at}/${field}`, 'NOT_AN_AMOUNT', `whole minor units expected, none negative, not ${minor}`);
    const due = amounts.principal + amounts.interest + amounts.fee;
    if (due === 0) say(at, 'NOTHING_DUE', 'principal, interest and fee are all zero; leave the row out');
    else if (due > Number.MAX_SAFE_INTEGER) say(at, 'NOT_AN_AMOUNT', 'the row is too large to be counted in minor units');
    const before = stated[n - 1];
    if (!isBusinessDate(row.dueDate))
      say(`${at}/dueDate`, 'NOT_A_DATE', `a day of the calendar as YYYY-MM-DD expected, not ${row.dueDate}`);
    else if (before && row.dueDate <= before.dueDate)
      say(`${at}/dueDate`, 'NOT_RISING', `${row.dueDate} must come after ${before.dueDate}, the row before; sort the rows, one a day`);
  });
  return faults;
}

/** Instalments of rows, each with its permanent id (as many ids as rows), nothing paid. */
export function instalmentsOf(rows: readonly ScheduleRow[], ids: readonly string[], scheduleVersion: number): Instalment[] {
  if (ids.length !== rows.length) throw new RangeError(`${rows.length} rows need as many ids, not ${ids.length}`);
  return rows.map(({ n, dueDate, principal, interest, fee }, at) => ({
    id: ids[at] as string,
    n,
    dueDate,
    due: { fee, penalty: 0, interest, principal },
    paid: NOTHING,
    accrued: { interest: 0, penalty: 0 },
    state: 'scheduled',
    scheduleVersion,
  }));
}
