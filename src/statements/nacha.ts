/**
 * Nacha (ACH) files from our bank, in USD: returns, dishonoured and contested returns, notifications of change, and entries as posted.
 *
 * - A return (addenda 99) is a row `return` that names our number (individual id) and, as the channel's number, the trace of the debit that
 *   came back. A returned debit went out; a dishonoured return (R61-R70) undoes that and comes in, a contested one (R71-R77) goes out again.
 *   Where several addenda follow an entry they are its history, and the last one counts.
 * - A notification of change (addenda 98) is a row `other` of zero with its code; of numbers in the corrected data only the ends are kept.
 * - Debits are rows `payment`, credits rows `other`. What was posted moved money; entries of zero (prenotes) and changes moved none: `pending`.
 *
 * Records of 94 characters, one a line; short lines are padded, a file without line breaks is cut. Counts, hashes and sums of every batch and of
 * the file must hold. Cross-border entries (IAT) and accounting advices (ADV) have other layouts and are refused.
 */
import { addDays, type BusinessDate } from '../domain/clock.ts';
import type { StatementHead, StatementLine } from '../domain/statement.ts';
import { Reasons } from './codes.ts';
import { CHANGES, isContested, isDishonoured, NACHA_CODES } from './nacha-codes.ts';
import { BATCH_CONTROL, FILE_CONTROL, Rec, Sums, withLines } from './nacha-fields.ts';
import { BadStatement, holdExpected, NEW_HEAD, NEW_LINE, type Reader, type ReadOptions, Tally } from './reader.ts';
import { type LineParser, textReader } from './text.ts';
import { Times } from './times.ts';

const FORMAT = 'nacha';
const AGAIN = 'fetch the file again';
/** Account types 2 to 5; 1-4 credits and their returns, 5-9 debits and theirs. */
const CODES = /^(2[1-46-9]|3[1-46-9]|4[1-46-9]|5[1-356])$/;

type Batch = Readonly<{ header: Rec; sec: string; effective: BusinessDate | null; settled: BusinessDate | null; sums: Sums }>;
type Entry = Readonly<{ rec: Rec; batch: Batch; code: string; cents: number; addenda: Rec[] }>;

class NachaFile implements LineParser {
  readonly #options: ReadOptions;
  readonly #times = new Times('utc');
  readonly #tally = new Tally();
  readonly #reasons: Reasons;
  readonly #sums = new Sums();
  readonly #companies = new Set<string>();
  #date: BusinessDate | null = null;
  #sequence: string | null = null;
  #batch: Batch | null = null;
  #entry: Entry | null = null;
  #batches = 0;
  #records = 0;
  #ended = false;

  constructor(options: ReadOptions) {
    this.#options = options;
    this.#reasons = new Reasons(NACHA_CODES, options);
  }

  take(text: string, n: number): StatementLine | null {
    if (this.#ended) {
      if (!/^9*\s*$/.test(text))
        throw new BadStatement('AFTER_THE_END', { line: n }, 'there are records after the file control', 'split the file');
      return null;
    }
    const rec = new Rec(text, n);
    this.#records += 1;
    const type = text[0] ?? '';
    if ((this.#date === null) !== (type === '1'))
      throw this.#place(rec, this.#date === null ? 'the file header (1)' : 'no second file header');
    if (type === '7') {
      this.#addenda(rec);
      return null;
    }
    const row = this.#endOfEntry();
    if (type === '1') this.#fileHeader(rec);
    else if (type === '5') this.#batchHeader(rec);
    else if (type === '6') this.#beginEntry(rec);
    else if (type === '8') this.#batchControl(rec);
    else if (type === '9') this.#fileControl(rec);
    else throw this.#place(rec, 'a record of type 1, 5, 6, 7, 8 or 9');
    return row;
  }

  end(n: number): StatementHead {
    if (!this.#ended) throw new BadStatement('CUT_OFF', { line: n || 1 }, 'the file ends before its control record (9)', AGAIN);
    const merchant = this.#companies.size === 1 ? [...this.#companies][0]! : null;
    const days = { businessDate: this.#date, from: this.#date, to: this.#date };
    const counted = this.#tally.totals();
    const warnings = this.#reasons.warnings();
    return {
      ...NEW_HEAD,
      format: FORMAT,
      merchant,
      ...days,
      sequence: this.#sequence,
      declared: counted,
      counted,
      lines: this.#tally.lines,
      warnings,
    };
  }

  #fileHeader(rec: Rec): void {
    if (rec.at(2, 3) !== '01' || rec.at(35, 37) !== '094' || rec.at(38, 39) !== '10' || rec.at(40, 40) !== '1')
      throw rec.bad(2, 'this is no Nacha file header', 'BAD_HEADER');
    const date = this.#day(rec, 24);
    if (!date) throw rec.bad(24, 'the file has no date', 'BAD_HEADER');
    this.#date = date;
    this.#sequence = rec.at(34, 34) || null;
    holdExpected(this.#options, { businessDate: date }, { line: rec.line });
  }

  #batchHeader(rec: Rec): void {
    if (this.#batch) throw this.#place(rec, 'the control record (8) of the batch before');
    if (!['200', '220', '225'].includes(rec.at(2, 4))) throw rec.bad(2, `the service class ${rec.at(2, 4)} is none of 200, 220, 225`);
    const sec = rec.at(51, 53);
    if (sec === 'IAT' || sec === 'ADV' || !/^[A-Z]{3}$/.test(sec))
      throw rec.bad(51, `batches of the class '${sec}' have a layout of their own that is not read`);
    const company = rec.at(41, 50);
    holdExpected(this.#options, { merchant: company }, { line: rec.line, column: 41 });
    this.#companies.add(company);
    this.#batch = { header: rec, sec, effective: this.#day(rec, 70), settled: this.#settlement(rec), sums: new Sums() };
  }

  #beginEntry(rec: Rec): void {
    const batch = this.#batch;
    if (!batch) throw this.#place(rec, 'a batch header (5) before it');
    const code = rec.at(2, 3);
    if (!CODES.test(code)) throw rec.bad(2, `the transaction code '${code}' is not known`);
    const cents = rec.number(30, 39, 'the amount');
    const addenda = rec.at(79, 79);
    if (addenda !== '0' && addenda !== '1') throw rec.bad(79, 'the addenda indicator is neither 0 nor 1');
    rec.number(80, 94, 'the trace number');
    const { sums } = batch;
    sums.entries += 1;
    sums.hash += rec.number(4, 11, "the receiving bank's number");
    sums[Number(code[1]) < 5 ? 'credit' : 'debit'] += cents;
    this.#entry = { rec, batch, code, cents, addenda: [] };
  }

  #addenda(rec: Rec): void {
    const entry = this.#entry;
    if (entry?.rec.at(79, 79) !== '1') throw this.#place(rec, 'an entry (6) that announces addenda before it');
    rec.number(2, 3, 'the addenda type');
    entry.batch.sums.entries += 1;
    entry.addenda.push(rec);
    if (entry.addenda.length > 9_999) throw rec.bad(1, 'an entry has at most 9,999 addenda');
  }

  #endOfEntry(): StatementLine | null {
    const entry = this.#entry;
    if (!entry) return null;
    this.#entry = null;
    const { rec, code, addenda } = entry;
    if (rec.at(79, 79) === '1' && addenda.length === 0) throw rec.bad(79, 'the entry announces addenda, and none follow');
    const last = addenda.findLast((one) => one.at(2, 3) === '99' || one.at(2, 3) === '98');
    if (!last && (code[1] === '6' || code[1] === '1'))
      throw rec.bad(2, `the entry of code ${code} has no addenda that say why it came back`);
    const row = last?.at(2, 3) === '99' ? this.#returned(entry, last) : last ? this.#change(entry, last) : this.#posted(entry);
    this.#tally.add(row);
    return row;
  }

  #line({ rec, batch }: Entry, valueDate: BusinessDate | null) {
    const [id, name] = batch.sec === 'CIE' ? [rec.at(55, 76), rec.at(40, 54)] : [rec.at(40, 54), rec.at(batch.sec === 'CTX' ? 59 : 55, 76)];
    return {
      ...NEW_LINE,
      line: rec.line,
      outTradeNo: id || null,
      channelTradeNo: rec.at(80, 94),
      accountLast4: rec.at(13, 29).slice(-4) || null,
      currency: 'USD',
      valueDate: valueDate ?? this.#date!,
      counterparty: name || null,
    };
  }

  #returned(entry: Entry, last: Rec): StatementLine {
    const code = last.at(4, 6);
    if (!/^R\d\d$/.test(code)) throw last.bad(4, `'${code}' is no return code such as R01`);
    const [trace, own] = [last.at(80, 94), entry.rec.at(80, 94)];
    if (trace !== own && !isDishonoured(code) && !isContested(code))
      throw last.bad(80, `the addenda are of the entry ${trace}, not of ${own}`);
    const debit = Number(entry.code[1]) >= 5;
    const out = isDishonoured(code) ? !debit : debit;
    const history = entry.addenda.filter((one) => one !== last).map((one) => one.at(4, 6));
    return {
      ...this.#line(entry, entry.batch.settled),
      kind: 'return',
      side: out ? 'out' : 'in',
      channelTradeNo: last.at(7, 21) || null,
      minor: entry.cents,
      rawCode: code,
      rawText: [
        this.#reasons.says(code),
        masked(informationOf(last, code)),
        history.length > 0 ? `after ${history.slice(0, 8).join(', ')}` : '',
      ]
        .filter(Boolean)
        .join(' · '),
      failure: this.#reasons.failure(code),
    };
  }

  #change(entry: Entry, last: Rec): StatementLine {
    const code = last.at(4, 6);
    if (!/^C\d\d$/.test(code)) throw last.bad(4, `'${code}' is no code of a change such as C01`);
    if (entry.cents !== 0) throw entry.rec.bad(30, 'a notification of change has the amount zero');
    return {
      ...this.#line(entry, entry.batch.settled),
      kind: 'other',
      status: 'pending',
      side: 'in',
      channelTradeNo: last.at(7, 21) || null,
      minor: 0,
      rawCode: code,
      rawText: [CHANGES[code] ?? 'change of data', masked(last.at(36, 64))].join(' · '),
    };
  }

  #posted(entry: Entry): StatementLine {
    const digit = Number(entry.code[1]);
    const text = entry.addenda.map((one) => one.at(4, 83)).join(' ');
    return {
      ...this.#line(entry, entry.batch.effective),
      kind: digit >= 5 && entry.cents > 0 ? 'payment' : 'other',
      status: entry.cents > 0 ? 'succeeded' : 'pending',
      side: digit >= 5 ? 'in' : 'out',
      minor: entry.cents,
      rawCode: entry.code,
      rawText: [entry.batch.header.at(54, 63), masked(text.slice(0, 200))].filter(Boolean).join(' · '),
    };
  }

  #batchControl(rec: Rec): void {
    const batch = this.#batch;
    if (!batch) throw this.#place(rec, 'a batch header (5) before it');
    const { header, sums } = batch;
    for (const [name, mine, theirs] of [
      ['service class', [2, 4], [2, 4]],
      ['company id', [45, 54], [41, 50]],
      ['bank', [80, 87], [80, 87]],
      ['batch number', [88, 94], [88, 94]],
    ] as const)
      if (rec.at(mine[0], mine[1]) !== header.at(theirs[0], theirs[1]))
        throw rec.bad(mine[0], `the ${name} is not that of the batch's header, line ${header.line}`);
    sums.hold(rec, 'batch', BATCH_CONTROL);
    this.#sums.add(sums);
    this.#batches += 1;
    this.#batch = null;
  }

  #fileControl(rec: Rec): void {
    if (this.#batch) throw this.#place(rec, 'the control record (8) of the batch before');
    const batches = rec.number(2, 7, 'the number of batches');
    if (batches !== this.#batches) throw rec.bad(2, `the file states ${batches} batches, there are ${this.#batches}`, 'TOTALS_DIFFER');
    const blocks = rec.number(8, 13, 'the number of blocks');
    if (blocks !== Math.ceil(this.#records / 10))
      throw rec.bad(8, `the file states ${blocks} blocks of ten records, there are ${this.#records} records`, 'TOTALS_DIFFER');
    this.#sums.hold(rec, 'file', FILE_CONTROL);
    this.#ended = true;
  }

  /** YYMMDD; null where it is blank or zeros. */
  #day(rec: Rec, from: number): BusinessDate | null {
    const text = rec.at(from, from + 5);
    if (text === '' || text === '000000') return null;
    const day = /^\d{6}$/.test(text) ? this.#times.day(`20${text.slice(0, 2)}-${text.slice(2, 4)}-${text.slice(4)}`) : null;
    if (!day) throw rec.bad(from, `'${text}' is no day in the form YYMMDD`);
    return day;
  }

  /** The day of the year on which the network settled, near the file's own day; null where it is blank. */
  #settlement(rec: Rec): BusinessDate | null {
    const text = rec.at(76, 78);
    const ordinal = /^\d{3}$/.test(text) ? Number(text) : 0;
    if (ordinal < 1 || ordinal > 366) return null;
    const near = (year: number) => addDays(`${year}-01-01` as BusinessDate, ordinal - 1);
    const year = Number(this.#date!.slice(0, 4));
    const days = [year - 1, year, year + 1].map(near);
    const distance = (day: BusinessDate) => Math.abs(ordinalOf(day) - ordinalOf(this.#date!));
    return days.reduce((best, day) => (distance(day) < distance(best) ? day : best));
  }

  #place(rec: Rec, wanted: string): BadStatement {
    return new BadStatement('BAD_ORDER', { line: rec.line, column: 1 }, `here should stand ${wanted}`, AGAIN);
  }
}

/** Days on one scale, near enough to compare years. */
const ordinalOf = (day: BusinessDate): number => Number(day.slice(0, 4)) * 372 + Number(day.slice(5, 7)) * 31 + Number(day.slice(8));

/** The free text of a return; dishonoured ones have less room for it, contested ones none. */
function informationOf(addenda: Rec, code: string): string {
  if (isDishonoured(code)) return addenda.at(59, 79);
  return isContested(code) ? '' : addenda.at(36, 79);
}

/** Numbers of five digits and more keep their last four: accounts stand in free text. */
const masked = (text: string): string =>
  text
    .replace(/\d{5,}/g, (digits) => `…${digits.slice(-4)}`)
    .replace(/\s+/g, ' ')
    .trim();

const lines = textReader(FORMAT, 'channel', 'utf-8', (options) => new NachaFile(options));

export const nachaReader: Reader = { ...lines, read: (input, options) => lines.read(withLines(input), options) };
