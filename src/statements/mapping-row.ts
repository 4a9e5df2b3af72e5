/** Reads the rows of a mapped file: what each column of the mapping says, made one line of our shape. */
import type { BusinessDate, Instant } from '../domain/clock.ts';
import { isCurrency } from '../domain/currencies.ts';
import type { StatementLine } from '../domain/statement.ts';
import { minorOf, wholeMinor } from './amount.ts';
import { dateForm } from './date-form.ts';
import type { ColumnRef, StatementMapping } from './mapping.ts';
import type { Columns } from './mapping-columns.ts';
import { BadStatement, type ReadOptions } from './reader.ts';
import type { Times } from './times.ts';

const AGAIN = 'fetch the file again, unchanged by other programs';

/** Makes the reader of one row: every column is looked up once. @throws BadStatement when the file lacks a column */
export function rowOf(mapping: StatementMapping, columns: Columns) {
  const { amount, fee, text } = mapping;
  const kindOf = columns.choose(mapping.lineKind);
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
