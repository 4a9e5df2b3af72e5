/**
 * Real account histories as files: a transactions file and a loans file, semicolons between fields, dates YYMMDD of the twentieth century,
 * amounts with up to two decimals. Read as a stream; the first thing that does not fit stops the reading and names file, line and column.
 */
import { createReadStream } from 'node:fs';
import { type CsvError, parse } from 'csv-parse';
import { addDays, type BusinessDate, businessDate, daysBetween } from '../../domain/clock.ts';
import { InvalidInput } from '../../domain/errors.ts';

/** One transaction. `minor` is signed: what it did to the balance. `kind` = the file's k_symbol, such as 'interest credited'. */
export type HistoryRow = Readonly<{ transId: string; date: BusinessDate; minor: number; balanceMinor: number; kind: string; line: number }>;

/** A day whose closing balance in the file is not the file's closing of the day before plus the day's amounts. The amounts are believed. */
export type BalanceFault = Readonly<{ accountId: number; date: BusinessDate; line: number; expectedMinor: number; saysMinor: number }>;

export type AccountHistory = Readonly<{
  accountId: number;
  /** Oldest first; those of one day in the file's order. */
  rows: readonly HistoryRow[];
  first: BusinessDate;
  last: BusinessDate;
  /** Halfway from first to last, half a day given to the first half: rows before it may be learned from. */
  mid: BusinessDate;
  /** Closing balance of each day that has rows, oldest first. */
  closings: readonly Readonly<{ date: BusinessDate; minor: number }>[];
  faults: readonly BalanceFault[];
  /** What the account held when `date` began: the closing balance of the day before. 0 before the first row. `date` is `shiftDays` after the file's. */
  openingOn(date: BusinessDate, shiftDays?: number): number;
}>;

export type LoanRow = Readonly<{ loanId: number; accountId: number; date: BusinessDate; monthlyMinor: number; durationMonths: number }>;

export type Histories = Readonly<{
  accounts: ReadonlyMap<number, AccountHistory>;
  loans: readonly LoanRow[];
  faults: readonly BalanceFault[];
}>;

/** Reads both files. @throws InvalidInput naming file, line, column, fault and cure */
export async function loadHistories(accountsCsv: string, loansCsv: string): Promise<Histories> {
  const rows = new Map<number, HistoryRow[]>();
  for await (const line of linesOf(accountsCsv, ['trans_id', 'account_id', 'date', 'type', 'amount', 'balance', 'k_symbol'])) {
    const accountId = line.whole('account_id');
    const credit = line.oneOf('type', ['credit', 'withdrawal', 'withdrawal in cash']) === 'credit';
    const amount = line.minor('amount');
    const row = {
      transId: line.text('trans_id'),
      date: line.date('date'),
      minor: credit ? amount : -amount,
      balanceMinor: line.minor('balance'),
    };
    const held = rows.get(accountId) ?? [];
    held.push({ ...row, kind: line.text('k_symbol'), line: line.number });
    rows.set(accountId, held);
  }
  const accounts = new Map([...rows].map(([id, held]) => [id, historyOf(id, held)]));
  const loans: LoanRow[] = [];
  for await (const line of linesOf(loansCsv, ['loan_id', 'account_id', 'date', 'duration', 'payments'])) {
    const accountId = line.whole('account_id');
    if (!accounts.has(accountId))
      line.wrong('account_id', `account ${accountId} has no transactions in ${accountsCsv}`, 'give the file that has them');
    const monthlyMinor = line.minor('payments');
    if (monthlyMinor <= 0) line.wrong('payments', 'the monthly payment is not above zero', 'write it as 1566 or 1566.50');
    loans.push({ loanId: line.whole('loan_id'), accountId, date: line.date('date'), monthlyMinor, durationMonths: line.whole('duration') });
  }
  return { accounts, loans, faults: [...accounts.values()].flatMap((a) => a.faults) };
}

/** Builds one account's days from its rows; throws nothing. `rows` must not be empty. */
export function historyOf(accountId: number, unsorted: readonly HistoryRow[]): AccountHistory {
  const rows = [...unsorted].sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0));
  const first = rows[0]!.date;
  const last = rows.at(-1)!.date;
  const closings: { date: BusinessDate; minor: number }[] = [];
  const faults: BalanceFault[] = [];
  let stated = 0;
  for (const [date, day] of byDay(rows)) {
    const sum = day.reduce((minor, row) => minor + row.minor, 0);
    closings.push({ date, minor: (closings.at(-1)?.minor ?? 0) + sum });
    const expectedMinor = stated + sum;
    const off = (row: HistoryRow) => Math.abs(row.balanceMinor - expectedMinor);
    const end = day.reduce((nearest, row) => (off(row) < off(nearest) ? row : nearest)); // rows of one day have no order: any may be its last
    if (off(end) > 0) faults.push({ accountId, date, line: end.line, expectedMinor, saysMinor: end.balanceMinor });
    stated = end.balanceMinor;
  }
  return {
    accountId,
    rows,
    first,
    last,
    mid: addDays(first, Math.floor(daysBetween(first, last) / 2)),
    closings,
    faults,
    openingOn: (date, shiftDays = 0) => closingBefore(closings, shiftDays === 0 ? date : addDays(date, -shiftDays)),
  };
}

function byDay(rows: readonly HistoryRow[]): Map<BusinessDate, HistoryRow[]> {
  const days = new Map<BusinessDate, HistoryRow[]>();
  for (const row of rows) days.set(row.date, [...(days.get(row.date) ?? []), row]);
  return days;
}

/** The last closing on a day before `date`, by halving. */
function closingBefore(closings: AccountHistory['closings'], date: BusinessDate): number {
  let [low, high] = [0, closings.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (closings[middle]!.date < date) low = middle + 1;
    else high = middle;
  }
  return closings[low - 1]?.minor ?? 0;
}

/** One line of a file, read by column; each reader names the place when it cannot. */
class Line {
  constructor(
    private readonly file: string,
    readonly number: number,
    private readonly fields: Readonly<Record<string, string>>,
  ) {}

  text(column: string): string {
    return this.fields[column] ?? '';
  }

  whole(column: string): number {
    const text = this.text(column);
    return /^\d{1,15}$/.test(text) ? Number(text) : this.wrong(column, `'${text}' is not a whole number`, 'write digits alone');
  }

  /** 'YYMMDD' as 19YY-MM-DD. */
  date(column: string): BusinessDate {
    const text = this.text(column);
    const parts = /^(\d\d)(\d\d)(\d\d)$/.exec(text);
    try {
      return businessDate(parts ? `19${parts[1]}-${parts[2]}-${parts[3]}` : text.padStart(10, '?'));
    } catch {
      return this.wrong(column, `'${text}' is not a day written YYMMDD`, 'write 31 December 1997 as 971231');
    }
  }

  /** Decimal text as whole minor units, exactly; no float comes near it. */
  minor(column: string): number {
    const text = this.text(column);
    const parts = /^(-?)(\d{1,13})(?:\.(\d{1,2}))?$/.exec(text);
    if (!parts) return this.wrong(column, `'${text}' is not an amount with at most two decimals`, 'write 1566.50');
    const minor = Number(parts[2]) * 100 + Number((parts[3] ?? '').padEnd(2, '0'));
    return parts[1] && minor !== 0 ? -minor : minor;
  }

  oneOf(column: string, words: readonly string[]): string {
    const text = this.text(column);
    return words.includes(text) ? text : this.wrong(column, `'${text}' is not one of ${words.join(', ')}`, 'use one of these words');
  }

  wrong(column: string, fault: string, cure: string): never {
    const message = `${this.file}, line ${this.number}, column ${column}: ${fault}; ${cure}`;
    throw new InvalidInput([{ pointer: `/${this.number}/${column}`, code: 'BAD_FIELD', message }]);
  }
}

async function* linesOf(file: string, needed: readonly string[]): AsyncIterable<Line> {
  const header = (names: string[]) => {
    const missing = needed.filter((name) => !names.includes(name));
    if (missing.length > 0)
      new Line(file, 1, {}).wrong(missing[0]!, `the header has no such column`, `name the columns ${needed.join(';')}`);
    return names;
  };
  const source = createReadStream(file);
  const parser = source.pipe(parse({ delimiter: ';', columns: header, bom: true, info: true, trim: true }));
  source.on('error', (error) => parser.destroy(error));
  let seen = false;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: Record<string, string>; info: { lines: number } }>) {
      seen = true;
      yield new Line(file, info.lines, record);
    }
  } catch (error) {
    throw error instanceof InvalidInput ? error : unreadable(file, error as Error);
  }
  if (!seen) throw unreadable(file, new Error('it has no rows'));
}

function unreadable(file: string, error: Error & Partial<Pick<CsvError, 'lines'>>): InvalidInput {
  const where = typeof error.lines === 'number' ? `, line ${error.lines}` : '';
  const message = `${file}${where}: cannot be read: ${error.message}; give a file with semicolons between its fields and a header`;
  return new InvalidInput([{ pointer: '', code: 'BAD_FILE', message }]);
}
