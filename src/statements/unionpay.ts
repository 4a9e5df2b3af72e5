/**
 * UnionPay's merchant statement (全渠道, the ZM file): fixed width, fields a blank apart, GB18030, no header and no totals, which come in a
 * file of their own. Each row is held against itself: amount less fee is the amount settled.
 *
 * A row tells the day and time without a year, so the reader must be told the day of the file. Refunds and voids carry an order number of
 * their own (it is the line's refund number) and name the original by its query number. Signs: C is to us, D from us.
 * Source: open.unionpay.com, 全渠道平台接入接口规范 第3部分 文件接口, 6.1 ZM.
 */
import { addDays, type BusinessDate, daysBetween, type Instant } from '../domain/clock.ts';
import type { StatementHead, StatementLine } from '../domain/statement.ts';
import { BadStatement, holdExpected, NEW_HEAD, type ReadOptions, Tally } from './reader.ts';
import { type LineParser, textReader } from './text.ts';
import { Times } from './times.ts';
import { zippedReader } from './zip.ts';

const AGAIN = 'fetch the file again, unchanged by other programs';
const CURRENCY = 'CNY';

/** Fields up to the merchant's number, which every version has; what follows differs and is not read. */
const WIDTHS = {
  code: 3,
  acquirer: 11,
  sender: 11,
  trace: 6,
  sentAt: 10,
  account: 19,
  amount: 12,
  category: 4,
  terminal: 2,
  queryId: 21,
  oldPayType: 2,
  orderId: 32,
  cardType: 2,
  originalTrace: 6,
  originalTime: 10,
  fee: 13,
  settled: 13,
  payType: 4,
  group: 15,
  type: 2,
  subType: 2,
  business: 6,
  accountType: 2,
  billType: 4,
  billNo: 32,
  mode: 1,
  originalQueryId: 21,
  merchant: 15,
} as const;
type Field = keyof typeof WIDTHS;
const FIELDS: { name: Field; from: number; to: number }[] = [];
for (const [name, width] of Object.entries(WIDTHS)) {
  const from = (FIELDS.at(-1)?.to ?? -1) + 1;
  FIELDS.push({ name: name as Field, from, to: from + width });
}
const LENGTH = FIELDS.at(-1)!.to;
const BLANKS = FIELDS.slice(0, -1).map(({ to }) => to);

const PLAIN = /^[\x20-\x7e]*$/;

/** 交易类型: payments and collections in, refunds and voids out. */
const TYPES: Readonly<Record<string, 'payment' | 'refund'>> = {
  '01': 'payment',
  '02': 'payment',
  '03': 'payment',
  '11': 'payment',
  '04': 'refund',
  '31': 'refund',
  '33': 'refund',
};

class Parser implements LineParser {
  readonly #options: ReadOptions;
  readonly #times: Times;
  readonly #tally = new Tally();
  readonly #day: BusinessDate;
  #merchant: string | null = null;
  #length: number | null = null;

  constructor(options: ReadOptions) {
    this.#options = options;
    this.#times = new Times(options.zone ?? 'Asia/Shanghai');
    const day = options.businessDate ?? options.expected?.businessDate;
    if (!day) throw new BadStatement('NO_DAY', {}, 'a UnionPay file does not say of which day it is', 'state the business date');
    this.#day = day;
  }

  take(text: string, n: number): StatementLine | null {
    if (text.trim() === '') return null;
    const fields = this.#fields(text, n);
    const kind = TYPES[fields.type];
    if (!kind) throw bad(n, 'type', `the type of transaction ${JSON.stringify(fields.type)} is not known`);
    if (!/^[A-Za-z0-9]{8,40}$/.test(fields.orderId)) throw bad(n, 'orderId', 'the order number is not 8 letters and digits or more');
    if (!/^\d{10,21}$/.test(fields.queryId)) throw bad(n, 'queryId', 'the query number is not of digits');
    if (fields.merchant !== this.#merchant) holdExpected(this.#options, { merchant: fields.merchant }, { line: n });
    this.#merchant = fields.merchant;
    const minor = figure(fields.amount, n, 'amount');
    const fee = signed(fields.fee, n, 'fee');
    const settled = signed(fields.settled, n, 'settled');
    const gross = kind === 'payment' ? minor : -minor;
    const feeMinor = gross - settled;
    if (Math.abs(feeMinor) !== Math.abs(fee))
      throw bad(n, 'settled', `amount ${gross} less what is settled ${settled} is not the fee ${Math.abs(fee)}`);
    const at = this.#at(fields.sentAt);
    if (!at) throw bad(n, 'sentAt', 'the time is not month, day, hour, minute and second');
    const card = fields.account;
    const line: StatementLine = {
      line: n,
      kind,
      status: 'succeeded',
      side: kind === 'payment' ? 'in' : 'out',
      outTradeNo: kind === 'payment' ? fields.orderId : null,
      refundNo: kind === 'payment' ? null : fields.orderId,
      channelTradeNo: kind === 'payment' ? fields.queryId : fields.originalQueryId || fields.queryId,
      mandateRef: null,
      accountLast4: card.length >= 4 ? card.slice(-4) : null,
      minor,
      currency: CURRENCY,
      feeMinor,
      count: 1,
      at,
      valueDate: this.#day,
      rawCode: fields.code,
      rawText: `${fields.type} ${fields.subType} ${fields.trace}`,
      counterparty: null,
      failure: null,
      fx: null,
    };
    this.#tally.add(line);
    return line;
  }

  end(n: number): StatementHead {
    if (this.#tally.lines === 0)
      throw new BadStatement('EMPTY', { line: n }, 'the file has no rows, and no totals to say that this is right', 'fetch the file again');
    const spans = { businessDate: this.#day, from: this.#day, to: this.#day };
    return { ...NEW_HEAD, format: 'unionpay', merchant: this.#merchant, ...spans, counted: this.#tally.totals(), lines: this.#tally.lines };
  }

  #fields(text: string, n: number): Record<Field, string> {
    // Characters beyond ASCII take two bytes and stand after the fields that are read, if at all.
    const plain = PLAIN.test(text);
    const wrong = plain && this.#length !== null && text.length !== this.#length;
    if (text.length < LENGTH || wrong || (!plain && !PLAIN.test(text.slice(0, LENGTH))))
      throw new BadStatement(
        'BAD_FIELDS',
        { line: n },
        `the row is ${text.length} characters long, not ${this.#length ?? `${LENGTH} or more`}`,
        AGAIN,
      );
    if (plain) this.#length = text.length;
    const blank = BLANKS.find((at) => text[at] !== ' ');
    if (blank !== undefined)
      throw new BadStatement('BAD_FIELDS', { line: n, column: blank + 1 }, 'the fields are not a blank apart', AGAIN);
    const fields = {} as Record<Field, string>;
    for (const { name, from, to } of FIELDS) fields[name] = text.slice(from, to).trim();
    return fields;
  }

  /** MMDDhhmmss in the year that brings it nearest to the day of the file, and at most a month from it. */
  #at(text: string): Instant | null {
    const parts = /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(text);
    if (!parts) return null;
    const [, month, date, hour, minute, second] = parts;
    const years = [addDays(this.#day, -31).slice(0, 4), addDays(this.#day, 31).slice(0, 4)];
    const day = years
      .map((year) => this.#times.day(`${year}-${month}-${date}`))
      .find((one) => one !== null && Math.abs(daysBetween(one, this.#day)) <= 31);
    return day ? this.#times.local(day, `${hour}:${minute}:${second}`) : null;
  }
}

function bad(line: number, name: Field, says: string): BadStatement {
  const column = FIELDS.find((field) => field.name === name)!.from + 1;
  return new BadStatement('BAD_VALUE', { line, column }, says, AGAIN);
}

function figure(text: string, n: number, name: Field): number {
  if (!/^\d{12}$/.test(text)) throw bad(n, name, 'the figure is not of 12 digits');
  return Number(text);
}

function signed(text: string, n: number, name: Field): number {
  if (!/^[CD+-]\d{12}$/.test(text)) throw bad(n, name, 'the figure is not C or D and 12 digits');
  const minor = Number(text.slice(1));
  return minor === 0 ? 0 : /^[D-]/.test(text) ? -minor : minor;
}

export const unionpayReader = zippedReader(
  textReader('unionpay', 'channel', 'gb18030', (options) => new Parser(options)),
  /ZM_/,
);
