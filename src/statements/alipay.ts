/**
 * Alipay's business detail (业务明细): GB18030, lines with `#` around a header row of 25 columns and its rows. A refund is a row of its own,
 * told by 退款批次号/请求号, its amounts below zero or not. The lines after the rows count and sum them, payments and refunds apart.
 *
 * The amount is what the merchant got or gave (商家实收), for that is what the file sums; where the order's is another one, the head warns. The
 * service fee is written with either sign, on a payment charged, on a refund given back; no total of this file covers it.
 * Source: opendocs.alipay.com, alipay.data.dataservice.bill.downloadurl.query, bill type "trade".
 */
import { addDays, type BusinessDate } from '../domain/clock.ts';
import type { StatementHead, StatementLine } from '../domain/statement.ts';
import { minorOf } from './amount.ts';
import { Cells } from './cells.ts';
import { fieldsOf } from './delimited.ts';
import { BadStatement, holdExpected, holdFigure, NEW_HEAD, type ReadOptions, Tally } from './reader.ts';
import { type LineParser, textReader } from './text.ts';
import { Times } from './times.ts';
import { zippedReader } from './zip.ts';

const AGAIN = 'fetch the file again, unchanged by other programs';
const CURRENCY = 'CNY';
const NAMES = {
  tradeNo: /^支付宝交易号$/,
  orderNo: /^商户订单号$/,
  type: /^业务类型$/,
  goods: /^商品名称$/,
  finished: /^完成时间$/,
  account: /^对方账户$/,
  order: /^订单金额（元）$/,
  received: /^商家实收（元）$/,
  batch: /^退款批次号/,
  fee: /^(服务费|手续费)（元）$/,
  remark: /^备注$/,
} as const;
type Name = keyof typeof NAMES;
type Part = '交易' | '退款';

const TOTALS = /^#+(交易|退款)合计：(\d{1,9})笔，商家实收(?:退款)?共(-?[\d.]+)元/;
/** The merchant's sixteen digits and four of the account's kind. */
const ACCOUNT = /^#账号：\[(\d{16})(\d*)\]/;
const SPAN = /^#起始日期：\[(\d{4})年(\d{2})月(\d{2})日 00:00:00\]\s*终止日期：\[(\d{4})年(\d{2})月(\d{2})日 (00:00:00|23:59:59)\]/;
const TIME = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})$/;

class Parser implements LineParser {
  readonly #options: ReadOptions;
  readonly #times: Times;
  readonly #tally = new Tally();
  readonly #sums: Record<Part, { count: number; received: number }> = { 交易: { count: 0, received: 0 }, 退款: { count: 0, received: 0 } };
  readonly #held = new Set<string>();
  #places: ReadonlyMap<Name, number> | null = null;
  #width = 0;
  #ended = false;
  #merchant: string | null = null;
  #account: string | null = null;
  #from: BusinessDate | null = null;
  #to: BusinessDate | null = null;
  #discounts = 0;

  constructor(options: ReadOptions) {
    this.#options = options;
    this.#times = new Times(options.zone ?? 'Asia/Shanghai');
  }

  take(text: string, n: number): StatementLine | null {
    if (n === 1 && !text.startsWith('#支付宝业务明细查询'))
      throw new BadStatement(
        'BAD_HEADER',
        { line: 1 },
        'the file does not begin with #支付宝业务明细查询',
        'import the business detail, not its summary',
      );
    if (text.trim() === '') return null;
    if (text.startsWith('#')) this.#comment(text, n);
    else if (this.#ended) throw new BadStatement('AFTER_THE_END', { line: n }, 'there are rows after the end of the list', AGAIN);
    else if (!this.#places) this.#header(text, n);
    else return this.#row(text, n, this.#places);
    return null;
  }

  end(n: number): StatementHead {
    if (!this.#places || !this.#ended || this.#held.size < 2)
      throw new BadStatement('CUT_OFF', { line: n }, 'the file ends before the totals of payments and refunds', AGAIN);
    const businessDate = this.#from !== null && this.#from === this.#to ? this.#from : null;
    const counted = this.#tally.totals();
    const warnings = this.#discounts > 0 ? [`${this.#discounts} rows bring the merchant another amount than the order's: discounts`] : [];
    return {
      ...NEW_HEAD,
      format: 'alipay',
      merchant: this.#merchant,
      account: this.#account,
      businessDate,
      from: this.#from,
      to: this.#to,
      declared: counted,
      counted,
      lines: this.#tally.lines,
      warnings,
    };
  }

  #comment(text: string, n: number): void {
    const account = ACCOUNT.exec(text);
    if (account) {
      this.#merchant = account[1]!;
      this.#account = account[1]! + account[2]!;
      holdExpected(this.#options, { merchant: this.#merchant }, { line: n });
    }
    const span = SPAN.exec(text);
    if (span) this.#span(span, n);
    if (text.includes('业务明细列表结束')) this.#ended = true;
    const totals = TOTALS.exec(text);
    if (!totals) return;
    const [, part = '', count = '', received = ''] = totals;
    const counted = this.#sums[part as Part];
    const [kind, place] = [part === '交易' ? 'payments' : 'refunds', { line: n }];
    if (!this.#ended || this.#held.has(part))
      throw new BadStatement('BAD_TRAILER', place, `the totals of the ${kind} stand in a wrong place`, AGAIN);
    holdFigure(`the number of ${kind}`, Number(count), counted.count, place);
    holdFigure(`what the ${kind} brought`, Math.abs(minorOf(received, CURRENCY, place)), counted.received, place);
    this.#held.add(part);
  }

  /** From one midnight to another, which is the next day's, or to the last second of the day. */
  #span([, y1, m1, d1, y2, m2, d2, end]: RegExpExecArray, n: number): void {
    const [from, until] = [this.#times.day(`${y1}-${m1}-${d1}`), this.#times.day(`${y2}-${m2}-${d2}`)];
    if (!from || !until || until < from)
      throw new BadStatement('BAD_HEADER', { line: n }, 'the days of the file are not days in order', AGAIN);
    this.#from = from;
    this.#to = end === '00:00:00' && until > from ? addDays(until, -1) : until;
    holdExpected(this.#options, { businessDate: this.#from === this.#to ? from : null }, { line: n });
  }

  #header(text: string, n: number): void {
    const names = text.split(',').map((name) => name.trim());
    const places = Object.entries(NAMES).map(([key, name]): [string, number] => [key, names.findIndex((one) => name.test(one))]);
    const missing = places.find(([, at]) => at < 0);
    if (missing)
      throw new BadStatement('BAD_COLUMNS', { line: n }, `the header row names no column like ${NAMES[missing[0] as Name].source}`, AGAIN);
    this.#places = new Map(places as [Name, number][]);
    this.#width = names.length;
  }

  #row(text: string, n: number, places: ReadonlyMap<Name, number>): StatementLine {
    const fields = fieldsOf(text, n, ',', false);
    if (fields.length !== this.#width)
      throw new BadStatement('BAD_FIELDS', { line: n }, `the row has ${fields.length} fields, its header ${this.#width}`, AGAIN);
    const cells = new Cells<Name>(
      fields.map((field) => field.trim()),
      places,
      n,
    );
    const part = cells.get('type');
    if (part !== '交易' && part !== '退款') throw cells.bad('type', 'the type of business is neither 交易 nor 退款');
    const refund = part === '退款';
    if (refund !== (cells.get('batch') !== '')) throw cells.bad('batch', 'a refund names its number, and nothing else does');
    if (cells.get('tradeNo') === '' || cells.get('orderNo') === '') throw cells.bad('tradeNo', 'the row names no trade or no order');
    const [, day = '', time = ''] = TIME.exec(cells.get('finished')) ?? [];
    const valueDate = this.#times.day(day);
    const at = valueDate && this.#times.local(valueDate, time);
    if (!valueDate || !at) throw cells.bad('finished', 'the time is not like 2026-01-05 08:00:00');
    const [minor, order, fee] = [
      Math.abs(cells.minor('received', CURRENCY)),
      Math.abs(cells.minor('order', CURRENCY)),
      Math.abs(cells.minor('fee', CURRENCY)),
    ];
    this.#sums[part].count += 1;
    this.#sums[part].received += minor;
    if (order !== minor) this.#discounts += 1;
    const line: StatementLine = {
      line: n,
      kind: refund ? 'refund' : 'payment',
      status: 'succeeded',
      side: refund ? 'out' : 'in',
      outTradeNo: cells.get('orderNo'),
      refundNo: refund ? cells.get('batch') : null,
      channelTradeNo: cells.get('tradeNo'),
      mandateRef: null,
      accountLast4: null,
      minor,
      currency: CURRENCY,
      feeMinor: refund ? -fee || 0 : fee,
      count: 1,
      at,
      valueDate,
      rawCode: part,
      rawText: `${cells.get('goods')} ${cells.get('remark')}`.trim(),
      counterparty: cells.get('account') || null,
      failure: null,
      fx: null,
    };
    this.#tally.add(line);
    return line;
  }
}

/** It is laid out in an archive, beside a summary of its own. */
export const alipayReader = zippedReader(
  textReader('alipay', 'channel', 'gb18030', (options) => new Parser(options)),
  /业务明细\.csv$/,
);
