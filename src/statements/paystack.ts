/**
 * A Paystack settlement, as the API sends it: the settlement (an item of `GET /settlement`, bare or as `{"settlement": {…}}`; it may be
 * missing), then the pages of `GET /settlement/{id}/transactions`, one after another. Amounts are whole minor units.
 *
 * All pages must be there; number and volume must be those of `meta`, and gross and fees those of the settlement. A transaction is settled
 * when it succeeded; a reversed one is money taken back. Deductions of the settlement are a row of their own.
 */
import { type BusinessDate, dateIn, type Instant } from '../domain/clock.ts';
import { isCurrency } from '../domain/currencies.ts';
import type { LineStatus, StatementHead, StatementLine } from '../domain/statement.ts';
import { wholeMinor } from './amount.ts';
import { Reasons } from './codes.ts';
import { words } from './iso-fields.ts';
import type { JsonObject } from './json.ts';
import { type JsonFile, jsonReader } from './json-reader.ts';
import { PAYSTACK_RESPONSES } from './paystack-codes.ts';
import { BadStatement, holdExpected, NEW_HEAD, NEW_LINE, type ReadOptions, Tally } from './reader.ts';
import { Times } from './times.ts';

const FORMAT = 'paystack';
const AGAIN = 'save the settlement and all pages of its transactions again';
const STATUS: Readonly<Record<string, LineStatus>> = {
  success: 'succeeded',
  reversed: 'succeeded',
  failed: 'failed',
  abandoned: 'failed',
  ongoing: 'pending',
  pending: 'pending',
  processing: 'pending',
  queued: 'pending',
};

type Settlement = Readonly<{ id: string; currency: string; day: BusinessDate | null; value: JsonObject }>;

class PaystackFile implements JsonFile {
  readonly ready: StatementLine[] = [];
  readonly #tally = new Tally();
  readonly #times = new Times('utc');
  readonly #options: ReadOptions;
  readonly #reasons: Reasons;
  readonly #warnings: string[] = [];
  readonly #days = new Set<BusinessDate>();
  #settlement: Settlement | null = null;
  #page = 0;
  #pages = 0;
  #stated: { total: number | null; volume: number | null; at: JsonObject['at'] } = { total: null, volume: null, at: {} };
  #volume = { all: 0, success: 0 };
  #rows = 0;
  #test = false;

  constructor(options: ReadOptions) {
    this.#options = options;
    const failureOf = options.failureOf;
    this.#reasons = new Reasons(PAYSTACK_RESPONSES, failureOf ? { failureOf } : {});
  }

  take(value: JsonObject): void {
    const settlement = value.object('settlement') ?? (value.get('settlement_date') !== null ? value : null);
    if (settlement) {
      this.#open(settlement);
      return;
    }
    const page = value.objects('data');
    if (!page) throw new BadStatement('BAD_VALUE', value.at, 'this is neither a settlement nor a page of transactions', AGAIN);
    if (value.get('status') !== true) throw new BadStatement('BAD_VALUE', value.at, 'the reply says that the call failed', AGAIN);
    this.#meta(value);
    for (const one of page) this.#transaction(one);
  }

  end(): StatementHead {
    if (this.#page === 0 || this.#page < this.#pages)
      throw new BadStatement(
        'CUT_OFF',
        { line: 1 },
        this.#page === 0 ? 'there is no page of transactions' : `page ${this.#page + 1} of ${this.#pages} is missing`,
        AGAIN,
      );
    this.#holdMeta();
    const settlement = this.#settlement;
    if (settlement) this.#holdSettlement(settlement);
    const days = [...this.#days].sort();
    const day = settlement?.day ?? null;
    const [from = null, to = null] = day ? [day, day] : [days[0], days.at(-1)];
    const businessDate = from === to ? from : null;
    holdExpected(this.#options, { businessDate });
    const counted = this.#tally.totals();
    const warnings = [
      ...this.#warnings,
      ...(this.#test ? ['transactions of the test domain are among them'] : []),
      ...this.#reasons.warnings(),
    ];
    const declared = settlement || this.#stated.volume !== null ? counted : null;
    const spans = { businessDate, from, to, sequence: settlement?.id ?? null };
    return { ...NEW_HEAD, format: FORMAT, ...spans, declared, counted, lines: this.#tally.lines, warnings };
  }

  #open(value: JsonObject): void {
    if (this.#settlement || this.#page > 0)
      throw new BadStatement('BAD_ORDER', value.at, 'a settlement comes once, before its transactions', 'save one settlement a file');
    const currency = currencyOf(value);
    const text = value.text('settlement_date');
    const day = text === null ? null : this.#times.day(text.slice(0, 10));
    if (text !== null && !day) throw new BadStatement('BAD_DATE', value.at, "'settlement_date' is no day", AGAIN);
    this.#settlement = { id: value.need('id').slice(0, 40), currency, day, value };
  }

  #meta(reply: JsonObject): void {
    this.#page += 1;
    const meta = reply.object('meta');
    if (!meta) {
      this.#pages = this.#page;
      return;
    }
    const whole = (key: string): number | null => {
      const text = meta.text(key);
      return text === null ? null : wholeMinor(text, meta.at);
    };
    const page = whole('page') ?? this.#page;
    if (page !== this.#page)
      throw new BadStatement('BAD_ORDER', meta.at, `this is page ${page} where page ${this.#page} should stand`, AGAIN);
    this.#pages = whole('pageCount') ?? this.#page;
    this.#stated = { total: whole('total'), volume: whole('total_volume'), at: meta.at };
  }

  #transaction(value: JsonObject): void {
    const state = value.need('status');
    const status = Object.hasOwn(STATUS, state) ? STATUS[state] : undefined;
    if (!status) throw new BadStatement('BAD_VALUE', value.at, `the status '${state.slice(0, 20)}' is not known`, AGAIN);
    const currency = currencyOf(value);
    if (this.#settlement && currency !== this.#settlement.currency)
      throw new BadStatement(
        'BAD_CURRENCY',
        value.at,
        `the settlement is in ${this.#settlement.currency}, the transaction in ${currency}`,
        AGAIN,
      );
    const minor = wholeMinor(value.need('amount'), value.at);
    const fees = value.text('fees');
    const reversed = state === 'reversed';
    const at = this.#time(value, 'paid_at') ?? this.#time(value, 'created_at');
    const valueDate = this.#settlement?.day ?? (at ? dateIn(at, this.#options.zone ?? 'Africa/Lagos') : null);
    if (!valueDate) throw new BadStatement('MISSING_FIELD', value.at, "there is no 'paid_at', and no settlement with a date", AGAIN);
    const said = value.text('gateway_response') ?? '';
    const authorization = value.object('authorization');
    this.#rows += 1;
    this.#volume.all += minor;
    if (state === 'success') this.#volume.success += minor;
    if (value.text('domain') === 'test') this.#test = true;
    this.#days.add(valueDate);
    this.#add({
      ...NEW_LINE,
      line: this.#tally.lines + 1,
      kind: reversed ? 'return' : 'payment',
      status,
      side: reversed ? 'out' : 'in',
      outTradeNo: value.text('reference'),
      channelTradeNo: value.text('id'),
      mandateRef: authorization?.text('authorization_code') ?? null,
      accountLast4: authorization?.text('last4')?.slice(-4) ?? null,
      minor,
      currency,
      feeMinor: fees === null || state !== 'success' ? 0 : wholeMinor(fees, value.at),
      at,
      valueDate,
      rawCode: state,
      rawText: words([said, value.text('message')]),
      failure: status === 'failed' ? this.#reasons.failure(said.trim().toLowerCase()) : null,
    });
  }

  #holdMeta(): void {
    const { total, volume, at } = this.#stated;
    const { all, success } = this.#volume;
    if (total !== null && total !== this.#rows)
      throw new BadStatement('TOTALS_DIFFER', at, `the pages state ${total} transactions, there are ${this.#rows}`, AGAIN);
    if (volume !== null && volume !== all && volume !== success)
      throw new BadStatement(
        'TOTALS_DIFFER',
        at,
        `the pages state a volume of ${volume} minor units, the transactions come to ${all}`,
        AGAIN,
      );
  }

  #holdSettlement({ value, currency, day }: Settlement): void {
    const of = (key: string): number | null => {
      const text = value.text(key);
      return text === null ? null : wholeMinor(text, value.at);
    };
    const [total] = this.#tally.totals().filter((one) => one.currency === currency);
    const { inMinor = 0, outMinor = 0, feeMinor = 0 } = total ?? {};
    for (const [key, counted] of [
      ['total_processed', inMinor],
      ['total_fees', feeMinor],
    ] as const) {
      const stated = of(key);
      if (stated !== null && stated !== counted)
        throw new BadStatement(
          'TOTALS_DIFFER',
          value.at,
          `the settlement states ${stated} as ${key}, its transactions come to ${counted}`,
          AGAIN,
        );
    }
    const deductions = of('deductions') ?? 0;
    const net = inMinor - outMinor - feeMinor - deductions;
    const paid = of('effective_amount') ?? of('total_amount');
    if (paid !== null && paid !== net) this.#warnings.push(`the settlement pays ${paid} minor units, its rows come to ${net}`);
    const valueDate = day ?? [...this.#days][0];
    if (deductions === 0 || !valueDate) return;
    const line = {
      ...NEW_LINE,
      line: this.#tally.lines + 1,
      kind: 'adjustment',
      side: 'out',
      minor: deductions,
      currency,
      valueDate,
    } as const;
    this.#add({ ...line, channelTradeNo: value.need('id').slice(0, 40), rawCode: 'deductions' });
  }

  #time(value: JsonObject, key: string): Instant | null {
    const text = value.text(key);
    if (text === null) return null;
    const at = this.#times.utc(text);
    if (!at) throw new BadStatement('BAD_DATE', value.at, `'${key}' is not a time like 2026-11-24T18:00:00.000Z`, AGAIN);
    return at;
  }

  #add(line: StatementLine): void {
    this.#tally.add(line);
    this.ready.push(line);
  }
}

function currencyOf(value: JsonObject): string {
  const currency = value.need('currency');
  if (!isCurrency(currency)) throw new BadStatement('BAD_CURRENCY', value.at, `'${currency.slice(0, 10)}' is not a currency`, AGAIN);
  return currency;
}

export const paystackReader = jsonReader(FORMAT, (options) => new PaystackFile(options));
