/**
 * WeChat Pay's merchant trade bill, kind ALL: v3 (27 columns) and v2 (24), told apart by their header row. Every value begins with a
 * backquote; a refund is a row of its own with the original's numbers; the last two lines name and state the totals.
 *
 * Amounts are those of the order, which is what we asked for; where coupons made the merchant's share another one, the head warns.
 * Source: pay.weixin.qq.com, "下载交易账单" (v3) and "下载对账单" (v2).
 */
import type { BusinessDate } from '../domain/clock.ts';
import type { LineStatus, StatementHead, StatementLine } from '../domain/statement.ts';
import { minorOf } from './amount.ts';
import { Cells } from './cells.ts';
import { dateForm } from './date-form.ts';
import { fieldsOf } from './delimited.ts';
import { BadStatement, holdExpected, holdFigure, NEW_HEAD, type ReadOptions, Tally } from './reader.ts';
import { type LineParser, textReader } from './text.ts';
import { Times } from './times.ts';

const AGAIN = 'fetch the file again, unchanged by other programs';

/** What the two versions call the same things. `order` and `refund` are asked for; `settled` and `repaid` are what the merchant got and gave. */
const VERSIONS = [
  {
    columns: 27,
    names: { order: '订单金额', settled: '应结订单金额', refund: '申请退款金额', repaid: '退款金额' },
    totals: ['总交易单数', '应结订单总金额', '退款总金额', '充值券退款总金额', '手续费总金额', '订单总金额', '申请退款总金额'],
  },
  {
    columns: 24,
    names: { order: '总金额', settled: '总金额', refund: '退款金额', repaid: '退款金额' },
    totals: ['总交易单数', '总交易额', '总退款金额', '总代金券或立减优惠退款金额', '手续费总金额'],
  },
] as const;
type Version = (typeof VERSIONS)[number];
const SHARED = ['交易时间', '商户号', '微信订单号', '商户订单号', '用户标识', '交易类型', '交易状态', '货币种类', '微信退款单号'] as const;
const MORE = ['商户退款单号', '退款状态', '商品名称', '商户数据包', '手续费'] as const;
type Name = (typeof SHARED)[number] | (typeof MORE)[number] | keyof Version['names'];

/** The second is how the documentation's own example has it. */
const TIMES = [dateForm('yyyy-MM-dd HH:mm:ss'), dateForm('yyyy-MM-ddHH：mm：ss')];
const REFUND_STATUS: Readonly<Record<string, LineStatus>> = {
  SUCCESS: 'succeeded',
  PROCESSING: 'pending',
  FAILED: 'failed',
  CHANGE: 'failed',
};
const refundStatus = (word: string): LineStatus | undefined => (Object.hasOwn(REFUND_STATUS, word) ? REFUND_STATUS[word] : undefined);

class Parser implements LineParser {
  readonly #options: ReadOptions;
  readonly #times: Times;
  readonly #tally = new Tally();
  /** What the totals state: every row counts, refunds under way too. */
  readonly #sums = { payments: 0, settled: 0, repaid: 0, fees: 0, orders: 0, refunds: 0 };
  #version: Version | null = null;
  #places = new Map<Name, number>();
  #totals: 'none' | 'named' | 'held' = 'none';
  #merchant: string | null = null;
  #currency: string | null = null;
  #day: BusinessDate | 'several' | null = null;
  #coupons = 0;

  constructor(options: ReadOptions) {
    this.#options = options;
    this.#times = new Times(options.zone ?? 'Asia/Shanghai');
  }

  take(text: string, n: number): StatementLine | null {
    if (n === 1) this.#header(text);
    else if (this.#totals === 'held') {
      if (text.trim() !== '') throw new BadStatement('AFTER_THE_END', { line: n }, 'there are lines after the totals', AGAIN);
    } else if (this.#totals === 'named') this.#hold(text, n);
    else if (text.startsWith('总交易单数')) this.#nameTotals(text, n);
    else return this.#row(text, n);
    return null;
  }

  end(n: number): StatementHead {
    if (this.#totals !== 'held') throw new BadStatement('CUT_OFF', { line: n }, 'the file ends before its totals', AGAIN);
    const day = this.#day === 'several' ? null : this.#day;
    holdExpected(this.#options, { businessDate: day });
    const counted = this.#tally.totals();
    const warnings = this.#coupons > 0 ? [`${this.#coupons} rows settle another amount than the order's: coupons`] : [];
    const spans = { businessDate: day, from: day, to: day };
    return {
      ...NEW_HEAD,
      format: 'wechat',
      merchant: this.#merchant,
      ...spans,
      declared: counted,
      counted,
      lines: this.#tally.lines,
      warnings,
    };
  }

  #header(text: string): void {
    const names = text.split(',').map((name) => name.trim());
    const version = VERSIONS.find((one) => names.length === one.columns && Object.values(one.names).every((name) => names.includes(name)));
    const missing = [...SHARED, ...MORE].find((name) => !names.includes(name));
    if (!version || missing !== undefined)
      throw new BadStatement(
        'BAD_COLUMNS',
        { line: 1 },
        `the first line does not name the ${missing ?? '27 or 24'} columns of a bill`,
        AGAIN,
      );
    this.#version = version;
    for (const name of [...SHARED, ...MORE]) this.#places.set(name, names.indexOf(name));
    for (const [key, name] of Object.entries(version.names)) this.#places.set(key as Name, names.indexOf(name));
  }

  #values(text: string, n: number, width: number): string[] {
    const fields = fieldsOf(text, n, ',', false);
    if (fields.length !== width)
      throw new BadStatement('BAD_FIELDS', { line: n }, `the line has ${fields.length} values, its header ${width}`, AGAIN);
    return fields.map((field, i) => {
      if (!field.startsWith('`'))
        throw new BadStatement('NO_PREFIX', { line: n, column: i + 1 }, 'the value does not begin with a backquote', AGAIN);
      return field.slice(1).trim();
    });
  }

  #row(text: string, n: number): StatementLine {
    const values = this.#values(text, n, this.#version!.columns);
    const cells = new Cells<Name>(values, this.#places, n);
    const state = cells.get('交易状态');
    if (state !== 'SUCCESS' && state !== 'REFUND' && state !== 'REVOKED')
      throw cells.bad('交易状态', 'the state is not SUCCESS, REFUND or REVOKED');
    const currency = cells.get('货币种类');
    if (this.#currency !== null && currency !== this.#currency)
      throw cells.bad('货币种类', 'the totals are of one currency, the rows of two');
    const paid = state === 'SUCCESS';
    const status = paid ? 'succeeded' : refundStatus(cells.get('退款状态') || 'SUCCESS');
    if (!status) throw cells.bad('退款状态', 'the refund is neither done, under way nor failed');
    const minor = cells.minor(paid ? 'order' : 'refund', currency);
    if (minor < 0) throw cells.bad(paid ? 'order' : 'refund', 'the amount is below zero');
    const when = TIMES[0]!(cells.get('交易时间')) ?? TIMES[1]!(cells.get('交易时间'));
    const valueDate = when?.date ? this.#times.day(when.date) : null;
    const at = valueDate && when?.time ? this.#times.local(valueDate, when.time) : null;
    if (!valueDate || !at) throw cells.bad('交易时间', 'the time is not like 2026-01-05 08:00:00');
    this.#follow(cells.get('商户号'), currency, valueDate, n);
    const [settled, feeMinor] = [cells.minor(paid ? 'settled' : 'repaid', currency), cells.minor('手续费', currency)];
    if (paid) this.#sums.payments += 1;
    this.#sums[paid ? 'settled' : 'repaid'] += settled;
    this.#sums[paid ? 'orders' : 'refunds'] += minor;
    this.#sums.fees += feeMinor;
    if (settled !== minor) this.#coupons += 1;
    const line: StatementLine = {
      line: n,
      kind: paid ? 'payment' : 'refund',
      status,
      side: paid ? 'in' : 'out',
      outTradeNo: cells.orNull('商户订单号', '0'),
      refundNo: paid ? null : cells.orNull('商户退款单号', '0'),
      channelTradeNo: cells.orNull(paid ? '微信订单号' : '微信退款单号', '0'),
      mandateRef: null,
      accountLast4: null,
      minor,
      currency,
      feeMinor,
      count: 1,
      at,
      valueDate,
      rawCode: paid ? state : `${state} ${cells.get('退款状态')}`.trim(),
      rawText: `${cells.get('商品名称')} ${cells.get('商户数据包')}`.trim(),
      counterparty: cells.orNull('用户标识', '0'),
      failure: null,
      fx: null,
    };
    this.#tally.add(line);
    return line;
  }

  #follow(merchant: string, currency: string, day: BusinessDate, n: number): void {
    if (merchant !== this.#merchant) holdExpected(this.#options, { merchant }, { line: n });
    this.#merchant = merchant;
    this.#currency = currency;
    this.#day = this.#day === null || this.#day === day ? day : 'several';
  }

  #nameTotals(text: string, n: number): void {
    const names = text.split(',').map((name) => name.trim());
    if (names.join() !== this.#version!.totals.join())
      throw new BadStatement('BAD_TRAILER', { line: n }, `the totals are not named ${this.#version!.totals.join()}`, AGAIN);
    this.#totals = 'named';
  }

  /** The number of trades is that of all rows or of the payments alone: both are met. */
  #hold(text: string, n: number): void {
    const values = this.#values(text, n, this.#version!.totals.length);
    const currency = this.#currency ?? this.#options.currency ?? 'CNY';
    const stated = (at: number): number => minorOf(values[at]!, currency, { line: n, column: at + 1 });
    const count = /^\d{1,9}$/.test(values[0]!) ? Number(values[0]) : -1;
    if (count !== this.#sums.payments) holdFigure('the number of trades', count, this.#tally.lines, { line: n, column: 1 });
    holdFigure('the amount settled', stated(1), this.#sums.settled, { line: n, column: 2 });
    holdFigure('the amount repaid', stated(2), this.#sums.repaid, { line: n, column: 3 });
    holdFigure('the fees', stated(4), this.#sums.fees, { line: n, column: 5 });
    if (values.length > 5) {
      holdFigure('the amount of the orders', stated(5), this.#sums.orders, { line: n, column: 6 });
      holdFigure('the amount of the refunds asked for', stated(6), this.#sums.refunds, { line: n, column: 7 });
    }
    this.#totals = 'held';
  }
}

export const wechatReader = textReader('wechat', 'channel', 'utf-8', (options) => new Parser(options));
