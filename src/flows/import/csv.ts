/** The columns of a plan file, and a row of it as the body of `POST /v1/plans`. One generated plan a row; amounts in minor units. */
import { parse } from 'csv-parse/sync';
import { type Fault, InvalidInput } from '../../domain/errors.ts';

export const COLUMNS = [
  'externalId',
  'borrowerExternalId',
  'name',
  'phone',
  'language',
  'rail',
  'account',
  'perDebitCap',
  'currency',
  'strategy',
  'principal',
  'monthlyRate',
  'count',
  'method',
  'dueDate',
] as const;
type Column = (typeof COLUMNS)[number];
type Row = Readonly<Record<Column, string>>;

/** Where the schema points to → the column it came from. */
const COLUMN_OF: Readonly<Record<string, Column>> = {
  '/externalId': 'externalId',
  '/borrower/externalId': 'borrowerExternalId',
  '/borrower/name': 'name',
  '/borrower/phone': 'phone',
  '/borrower/language': 'language',
  '/mandate/rail': 'rail',
  '/mandate/account': 'account',
  '/mandate/perDebitCap': 'perDebitCap',
  '/currency': 'currency',
  '/strategy': 'strategy',
  '/terms/principal': 'principal',
  '/terms/monthlyRate': 'monthlyRate',
  '/terms/count': 'count',
  '/terms/method': 'method',
  '/terms/firstDueDate': 'dueDate',
};

const fault = (code: string, message: string, pointer = ''): InvalidInput => new InvalidInput([{ pointer, code, message }]);

/** The names in order; throws InvalidInput BAD_HEADER unless each known column is there once and no other. */
export function readHeader(text: string): Column[] {
  const names = fieldsOf(text);
  const known: readonly string[] = COLUMNS;
  const missing = COLUMNS.filter((c) => !names.includes(c));
  const unknown = names.filter((c, i) => !known.includes(c) || names.indexOf(c) !== i);
  if (missing.length || unknown.length) {
    const what = [
      ...missing.map((c) => `${c} is missing`),
      ...unknown.map((c) => `${JSON.stringify(c.slice(0, 40))} is unknown or repeated`),
    ];
    throw fault('BAD_HEADER', `the first line must name the columns ${COLUMNS.join(',')}: ${what.slice(0, 5).join(', ')}`);
  }
  return names as Column[];
}

/** Fields of one line. Quoted fields may hold commas, never a line break: an open quote spoils its own line only. */
function fieldsOf(line: string): string[] {
  if (!line.includes('"')) return line.split(',');
  try {
    return (parse(line) as string[][])[0] ?? [];
  } catch {
    throw fault('BAD_QUOTES', 'a quote is open or misplaced: close it, or double a quote inside a field');
  }
}

/** A line as the body of `POST /v1/plans`; throws InvalidInput that names the column. */
export function readRow(line: string, header: readonly Column[]): unknown {
  if (line.includes('\uFFFD')) throw fault('NOT_UTF8', 'the line is not UTF-8: save the file as UTF-8');
  const fields = fieldsOf(line);
  if (fields.every((f) => f.trim() === '')) throw fault('EMPTY_ROW', 'every field is empty: fill the row in, or take it out');
  if (fields.length !== header.length) {
    const word = fields.length < header.length ? 'FEW' : 'MANY';
    throw fault(`TOO_${word}_FIELDS`, `the line has ${fields.length} fields, the header ${header.length}: mend the commas`);
  }
  const row = Object.fromEntries(header.map((column, i) => [column, fields[i]])) as Row;
  return bodyOf(row);
}

function bodyOf(row: Row): unknown {
  const { externalId, borrowerExternalId, name, phone, language, rail, account, currency, strategy, monthlyRate, method } = row;
  return {
    externalId,
    currency,
    strategy,
    borrower: { externalId: borrowerExternalId, name, phone, language },
    mandate: { rail, account, perDebitCap: row.perDebitCap === '' ? null : digits(row, 'perDebitCap') },
    terms: { principal: digits(row, 'principal'), monthlyRate, count: digits(row, 'count'), method, firstDueDate: row.dueDate },
  };
}

/** ASCII digits and nothing else: no sign, point, exponent, blank or full-width figure. */
function digits(row: Row, column: 'perDebitCap' | 'principal' | 'count'): number {
  const text = row[column];
  const value = /^(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value))
    throw fault(
      'NOT_WHOLE',
      `${column} ${JSON.stringify(text.slice(0, 30))} is not a whole number: write digits only, amounts in minor units`,
      column,
    );
  return value;
}

/** The first fault of a row as its code and a message that names the column. */
export function rowFault({ faults, message }: InvalidInput): Readonly<{ code: string; message: string }> {
  const first: Fault | undefined = faults[0];
  if (!first) return { code: 'INVALID_INPUT', message };
  const column = COLUMN_OF[first.pointer];
  const schemaName = first.pointer.slice(1).replaceAll('/', '.');
  return { code: first.code, message: column ? first.message.replace(schemaName, column).replace(first.pointer, column) : first.message };
}
