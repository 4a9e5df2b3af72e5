/**
 * Reads any delimited statement by a mapping (config/statements/*.yaml): lines before the header row, the header row, the rows, lines after
 * them. Figures that the lines around the rows state are held against what the rows come to.
 */
import type { BusinessDate, Instant } from '../domain/clock.ts';
import { isCurrency } from '../domain/currencies.ts';
import { money } from '../domain/money.ts';
import type { StatementHead, StatementLine } from '../domain/statement.ts';
import { minorOf, wholeMinor } from './amount.ts';
import { Balance } from './balance.ts';
import { dateForm } from './date-form.ts';
import { fieldsOf } from './delimited.ts';
import type { ColumnRef, StatementMapping } from './mapping.ts';
import { Columns } from './mapping-columns.ts';
import { Facts } from './mapping-facts.ts';
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
    const names = fieldsOf(text, n, delimiter, quoted).map((name) => name.trim());
    while (names.length > 0 && names.at(-1) === '') names.pop();
    const columns = new Columns(names, names.length, none);
    try {
      this.#row = rowOf(this.#mapping, columns);
      this.#width = names.length;
    } catch (error) {
      if (!(error instanceof BadStatement) || n > headerWithin!) throw error;
      this.#before.push({ text, n });
    }
    if (this.#row) this.#noRowsBefore();
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
    if (trailingDelimiter && raw.length === this.#width + 1 && raw.at(-1)!.trim() === '') raw.pop();
    if (raw.length !== this.#width)
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

/** Makes the reader of one row: every column is looked up once. @throws BadStatement when the file lacks a column */
function rowOf(mapping: StatementMapping, columns: Columns) {
  const { amount, fee, text } = mapping;
  const kindOf = columns.choose(mapping.row);
  const statusOf = columns.choose(mapping.status);
  const sideOf = typeof mapping.side === 'string' ? null : columns.choose(mapping.side);
  const amountsAt = 'column' in amount ? [columns.place(amount.column)] : [columns.place(amount.in), columns.place(amount.out)];
  const [dateAt, timeAt] = [columns.place(mapping.date.column), mapping.time === null ? null : columns.place(mapping.time.column)];
  const [dateOf, timeOf] = [dateForm(mapping.date.form), mapping.time === null ? null : dateForm(mapping.time.form)];
  const currencyAt = typeof mapping.currency === 'string' ? null : columns.place(mapping.currency.column);
  const merchantOf = columns.pickOrNull(mapping.merchant);
  const balanceOf = columns.pickOrNull(mapping.balance?.column);
  const netAt = mapping.net === null ? null : columns.place(mapping.net);
  const feeAt = fee === null ? null : columns.place(fee.column);
  const feePattern = fee?.pattern ? new RegExp(fee.pattern, 'u') : null;
  const words = mapping.rawText.map((ref: ColumnRef) => columns.pickOrNull(ref));
  const [outTradeNo, refundNo, channelTradeNo] = [text.outTradeNo, text.refundNo, text.channelTradeNo].map((ref) =>
    columns.pickOrNull(ref),
  );
  const [mandateRef, accountLast4, rawCode, counterparty] = [text.mandateRef, text.accountLast4, text.rawCode, text.counterparty].map(
    (ref) => columns.pickOrNull(ref),
  );
  const bad = (line: number, at: number, says: string) => new BadStatement('BAD_VALUE', { line, column: at + 1 }, says, AGAIN);
  const undecided = (line: number, what: string) =>
    new BadStatement(
      'NO_RULE_FITS',
      { line },
      `no rule of the mapping tells the ${what} of this row`,
      'add one to the mapping, if the row is right',
    );

  return (fields: readonly string[], n: number, times: Times, { failureOf }: ReadOptions) => {
    const currency = currencyAt === null ? (mapping.currency as string) : codeOf(fields[currencyAt]!);
    if (!isCurrency(currency)) throw bad(n, currencyAt ?? 0, `${JSON.stringify(currency.slice(0, 20))} is not a currency`);
    const stated = amountOf(fields, currency, n);
    const side = sideOf === null ? stated.side : sideOf(fields);
    if (side === null) throw undecided(n, 'side');
    const feeMinor = feeAt === null ? 0 : feeOf(fields[feeAt]!, currency, n, feeAt);
    const inside = amount.feeInside ? (side === 'in' ? feeMinor : -feeMinor) : 0;
    const minor = stated.minor + inside;
    if (minor < 0) throw bad(n, amountsAt[0]!, 'the fee is above the amount it is taken from');
    if (netAt !== null && figure(fields[netAt]!, currency, n, netAt) !== minor - feeMinor)
      throw bad(n, netAt, `the net amount is not ${minor} less the fee of ${feeMinor}`);
    const kind = kindOf(fields);
    if (kind === null) throw undecided(n, 'kind');
    const status = statusOf(fields);
    if (status === null) throw undecided(n, 'status');
    const { valueDate, at } = whenOf(fields, n, times);
    const code = rawCode!(fields) ?? '';
    const line: StatementLine = {
      line: n,
      kind,
      status,
      side,
      outTradeNo: outTradeNo!(fields),
      refundNo: refundNo!(fields),
      channelTradeNo: channelTradeNo!(fields),
      mandateRef: mandateRef!(fields),
      accountLast4: accountLast4!(fields),
      minor,
      currency,
      feeMinor,
      count: 1,
      at,
      valueDate,
      rawCode: code,
      rawText: words
        .map((word) => word(fields))
        .filter((word) => word !== null)
        .join(' '),
      counterparty: counterparty!(fields),
      failure: code === '' ? null : (failureOf?.(code) ?? null),
      fx: null,
    };
    return { line, merchant: merchantOf(fields), balance: balanceOf(fields) };
  };

  function codeOf(value: string): string {
    const { codes } = mapping.currency as Exclude<StatementMapping['currency'], string>;
    return Object.hasOwn(codes, value) ? codes[value]! : value;
  }

  function figure(value: string, currency: string, n: number, at: number): number {
    const place = { line: n, column: at + 1 };
    return amount.unit === 'minor' ? wholeMinor(value, place) : minorOf(value, currency, place, amount);
  }

  /** Zero or above, with the direction that sign or column give. */
  function amountOf(fields: readonly string[], currency: string, n: number): Readonly<{ minor: number; side: 'in' | 'out' }> {
    const [first, second] = amountsAt as [number, number?];
    if (second === undefined) {
      const minor = figure(fields[first]!, currency, n, first);
      if (minor < 0 && mapping.side !== 'sign') throw bad(n, first, 'the amount is below zero');
      return { minor: Math.abs(minor), side: minor < 0 ? 'out' : 'in' };
    }
    const filled = [first, second].filter((at) => !mapping.none.includes(fields[at]!) && fields[at] !== '');
    if (filled.length !== 1) throw bad(n, first, `${filled.length} of the columns in and out are filled, not one`);
    const minor = figure(fields[filled[0]!]!, currency, n, filled[0]!);
    const out = (filled[0] === second) !== minor < 0;
    return { minor: Math.abs(minor), side: out ? 'out' : 'in' };
  }

  function feeOf(value: string, currency: string, n: number, at: number): number {
    const marked = feePattern && fee!.mark !== null && value.includes(fee!.mark);
    if (marked && !feePattern.test(value)) throw bad(n, at, `${JSON.stringify(value.slice(0, 40))} speaks of a fee and states none`);
    const figureText = feePattern ? feePattern.exec(value)?.[1] : value;
    return figureText === undefined || figureText === '' || (!feePattern && mapping.none.includes(value))
      ? 0
      : figure(figureText, currency, n, at);
  }

  function whenOf(fields: readonly string[], n: number, times: Times): Readonly<{ valueDate: BusinessDate; at: Instant | null }> {
    const first = dateOf(fields[dateAt]!);
    const valueDate = first?.date ? times.day(first.date) : null;
    if (!valueDate) throw bad(n, dateAt, `the date is not a day like ${mapping.date.form}`);
    const time = timeAt === null ? first!.time : timeOf!(fields[timeAt]!)?.time;
    const at = time ? times.local(valueDate, time) : null;
    if (timeAt !== null && !at) throw bad(n, timeAt, `the time is not like ${mapping.time!.form}`);
    if (time && !at) throw bad(n, dateAt, `the time is not like ${mapping.date.form}`);
    return { valueDate, at };
  }
}
