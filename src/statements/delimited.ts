/** Fields of one line of a delimited file. Quotes are read as RFC 4180 writes them, within the line: an open quote refuses the file. */
import { BadStatement } from './reader.ts';

export type Delimiter = ',' | ';' | '\t' | '|';

/** No statement has more columns; a line with more is no statement's. */
const MOST_COLUMNS = 200;
const AGAIN = 'fetch the file again, unchanged by other programs';

/** @param quoted whether the file puts fields in double quotes. @throws BadStatement OPEN_QUOTE, BAD_QUOTE, TOO_MANY_COLUMNS */
export function fieldsOf(text: string, n: number, delimiter: Delimiter, quoted: boolean): string[] {
  if (!quoted || !text.includes('"')) {
    const fields = text.split(delimiter, MOST_COLUMNS + 1);
    if (fields.length > MOST_COLUMNS) throw tooMany(n);
    return fields;
  }
  const fields: string[] = [];
  for (let at = 0; at <= text.length; ) {
    if (fields.length === MOST_COLUMNS) throw tooMany(n);
    const end = fieldEnd(text, at, delimiter);
    if (text[at] !== '"') {
      fields.push(text.slice(at, end));
      at = end + 1;
      continue;
    }
    const close = closingQuote(text, at, n, fields.length + 1);
    const next = fieldEnd(text, close + 1, delimiter);
    if (text.slice(close + 1, next).trim() !== '')
      throw new BadStatement('BAD_QUOTE', { line: n, column: fields.length + 1 }, 'there is text after a closing quote', AGAIN);
    fields.push(text.slice(at + 1, close).replaceAll('""', '"'));
    at = next + 1;
  }
  return fields;
}

function fieldEnd(text: string, from: number, delimiter: Delimiter): number {
  const end = text.indexOf(delimiter, from);
  return end < 0 ? text.length : end;
}

/** The quote that ends the field which begins at `from`: a doubled one stands for itself. */
function closingQuote(text: string, from: number, n: number, column: number): number {
  let at = text.indexOf('"', from + 1);
  while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2);
  if (at < 0) throw new BadStatement('OPEN_QUOTE', { line: n, column }, 'a quote is not closed in its line', AGAIN);
  return at;
}

const tooMany = (n: number): BadStatement =>
  new BadStatement('TOO_MANY_COLUMNS', { line: n, column: MOST_COLUMNS + 1 }, `the line has more than ${MOST_COLUMNS} columns`, AGAIN);
