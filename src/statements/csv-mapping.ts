/**
 * Reads any delimited statement by a mapping (config/statements/*.yaml): lines before the header row, the header row, the rows, lines after
 * them. Figures that the lines around the rows state are held against what the rows come to.
 */
import type { BusinessDate } from '../domain/clock.ts';
import { money } from '../domain/money.ts';
import type { StatementHead, StatementLine } from '../domain/statement.ts';
import { minorOf } from './amount.ts';
import { Balance } from './balance.ts';
import { fieldsOf } from './delimited.ts';
import type { StatementMapping } from './mapping.ts';
import { Columns } from './mapping-columns.ts';
import { Facts } from './mapping-facts.ts';
import { rowOf } from './mapping-row.ts';
import { BadStatement, holdExpected, NEW_HEAD, type Reader, type ReadOptions, Tally } from './reader.ts';
import { type LineParser, textReader } from './text.ts';
import { Times } from './times.ts';

const AGAIN = 'fetch the file again, unchanged by other programs';

/** @param mapping as config/statements.ts has checked it */
export const mappedReader = (mapping: StatementMapping): Reader =>
  textReader(mapping.format, mapping.kind, mapping.encoding, (options) => new MappedParser(mapping, options));

class MappedParser implements LineParser {
  readonly #mapping: StatementMapping;
  readonly #options: ReadOptions;
  readonly #times: Times;
  readonly #tally = new Tally();
  readonly #facts: Facts;
  #balance: Balance | null = null;
  #unread = 0;
  #width: number;
  #row: ReturnType<typeof rowOf> | null;
  /** Lines before the header row, until it is found. */
  #before: { text: string; n: number }[] = [];
  #footers = 0;
  #merchant: string | null = null;
  #days: { from: BusinessDate; to: BusinessDate } | null = null;

  constructor(mapping: StatementMapping, options: ReadOptions) {
    this.#mapping = mapping;
    this.#options = options;
    this.#times = new Times(options.zone ?? mapping.zone);
    this.#facts = new Facts(mapping);
    this.#width = mapping.width ?? 0;
    this.#row = mapping.headerWithin === null ? rowOf(mapping, new Columns(null, this.#width, mapping.none)) : null;
  }

  take(text: string, n: number): StatementLine | null {
    const { comment, footer } = this.#mapping;
    if (text.trim() === '') return null;
    if (comment !== null && text.startsWith(comment)) this.#facts.find(text, n);
    else if (!this.#row) this.#header(text, n);
    else if (this.#footers > 0 || footer?.starts.some((start) => text.startsWith(start))) this.#footer(text, n);
    else return this.#line(text, n);
    return null;
  }

  end(n: number): StatementHead {
    const { format, footer, totalsDiffer } = this.#mapping;
    if (!this.#row)
      throw new BadStatement('BAD_COLUMNS', { line: n }, 'the file has no header row of this format', 'check which format it is');
    if (footer && this.#footers < footer.least)
      throw new BadStatement('CUT_OFF', { line: n }, 'the file ends before its last lines', AGAIN);
    const currency = typeof this.#mapping.currency === 'string' ? this.#mapping.currency : (this.#tally.totals()[0]?.currency ?? null);
    if (currency !== null) this.#bound(this.#newestFirst ? 'opening' : 'closing', currency);
    const { declared, differs, says } = this.#facts.hold(this.#tally, currency, totalsDiffer === 'warn');
    const { from, to } = { from: this.#day('from') ?? this.#days?.from ?? null, to: this.#day('to') ?? this.#days?.to ?? null };
    const businessDate = from !== null && from === to ? from : null;
    holdExpected(this.#options, { businessDate });
    return {
      ...NEW_HEAD,
      format,
      merchant: this.#merchant,
      account: says.account ?? null,
      businessDate,
      from,
      to,
      ...this.#balances(currency),
      declared,
      counted: this.#tally.totals(),
      lines: this.#tally.lines,
      warnings: [
        ...differs,
        ...(this.#balance?.warnings() ?? []),
        ...(this.#unread > 0 ? [`${this.#unread} balances cannot be read`] : []),
      ],
    };
  }

  #day(which: 'from' | 'to'): BusinessDate | null {
    const text = this.#facts.says[which];
    return text === undefined ? null : this.#times.day(text);
  }

  #balances(currency: string | null): Pick<StatementHead, 'opening' | 'closing'> {
    const of = (minor: number | null | undefined) =>
      minor === null || minor === undefined || currency === null ? null : money(minor, currency);
    return { opening: of(this.#balance?.opening), closing: of(this.#balance?.closing) };
  }

  #header(text: string, n: number): void {
    const { delimiter, quoted, headerWithin, none } = this.#mapping;
    this.#facts.find(text, n);
    let names: string[];
    try {
      names = fieldsOf(text, n, delimiter, quoted).map((name) => name.trim());
      if (names.at(-1) === '') names.pop();
      this.#row = rowOf(this.#mapping, new Columns(names, names.length, none));
    } catch (error) {
      if (!(error instanceof BadStatement) || n > headerWithin!) throw error;
      this.#before.push({ text, n });
      return;
    }
    const nameless = names.indexOf('') + 1;
    if (nameless > 0) throw new BadStatement('BAD_COLUMNS', { line: n, column: nameless }, 'a column has no name', AGAIN);
    this.#width = names.length;
    this.#noRowsBefore();
  }

  /** What stands above the header row is words; a row there would be left out unseen. */
  #noRowsBefore(): void {
    for (const { text, n } of this.#before) {
      const probe = new MappedParser(this.#mapping, {});
      [probe.#row, probe.#width] = [this.#row, this.#width];
      try {
        probe.#line(text, n);
      } catch {
        continue;
      }
      throw new BadStatement('ROW_BEFORE_HEADER', { line: n }, 'there is a row above the header row', AGAIN);
    }
    this.#before = [];
  }

  #footer(text: string, n: number): void {
    const { starts = [], follows = [], most = 0 } = this.#mapping.footer ?? {};
    this.#footers += 1;
    const fits = (this.#footers === 1 ? starts : follows).some((start) => text.startsWith(start));
    if (!fits || this.#footers > most) throw new BadStatement('AFTER_THE_END', { line: n }, 'there are other lines after the rows', AGAIN);
    this.#facts.find(text, n);
  }

  #line(text: string, n: number): StatementLine {
    const { delimiter, quoted, trailingDelimiter } = this.#mapping;
    const raw = fieldsOf(text, n, delimiter, quoted);
    const ended = !trailingDelimiter || raw.pop()?.trim() === '';
    if (!ended || raw.length !== this.#width)
      throw new BadStatement('BAD_FIELDS', { line: n }, `the row has ${raw.length} fields, its header ${this.#width}`, AGAIN);
    const fields = raw.map((value, i) => this.#valueOf(value, n, i + 1));
    const { line, merchant, balance } = this.#row!(fields, n, this.#times, this.#options);
    if (merchant !== this.#merchant) {
      holdExpected(this.#options, { merchant }, { line: n });
      this.#merchant = merchant;
    }
    if (!this.#days) this.#days = { from: line.valueDate, to: line.valueDate };
    else if (line.valueDate < this.#days.from) this.#days.from = line.valueDate;
    else if (line.valueDate > this.#days.to) this.#days.to = line.valueDate;
    this.#tally.add(line);
    this.#follow(line, balance, n);
    return line;
  }

  #valueOf(value: string, n: number, column: number): string {
    const { prefix } = this.#mapping;
    if (prefix === null) return value.trim();
    if (!value.startsWith(prefix))
      throw new BadStatement('NO_PREFIX', { line: n, column }, `the value does not begin with ${prefix}`, AGAIN);
    return value.slice(prefix.length).trim();
  }

  /** The balance is followed, and a figure that cannot be read is said: no money rests on it. */
  #follow(line: StatementLine, stated: string | null, n: number): void {
    const { balance, amount } = this.#mapping;
    const { opening, closing } = this.#facts.says;
    if (!balance && opening === undefined && closing === undefined) return;
    if (!this.#balance) {
      this.#balance = new Balance(line.currency, this.#newestFirst);
      this.#bound(this.#newestFirst ? 'closing' : 'opening', line.currency);
    }
    const moved = line.status === 'succeeded' ? (line.side === 'in' ? line.minor : -line.minor) - line.feeMinor : 0;
    let after: number | null = null;
    try {
      if (stated !== null) after = minorOf(stated, line.currency, { line: n }, amount);
    } catch (error) {
      if (!(error instanceof BadStatement)) throw error;
      this.#unread += 1;
    }
    this.#balance.move(moved, after, n);
  }

  get #newestFirst(): boolean {
    return this.#mapping.balance?.order === 'newestFirst';
  }

  #bound(which: 'opening' | 'closing', currency: string): void {
    const text = this.#facts.says[which];
    if (text === undefined) return;
    const minor = minorOf(text, currency, {}, this.#mapping.amount);
    if (which === 'opening') this.#balance?.open(minor);
    else this.#balance?.close(minor);
  }
}
