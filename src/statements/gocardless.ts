/**
 * A GoCardless payout with its items, as the API sends them: `{"payouts": {…}}`, then the pages `{"payout_items": […], "meta": {…}}`.
 *
 * Item amounts are texts with one decimal of a minor unit. They are summed as they are and rounded last; the sum must be the payout's amount.
 * Payments and refunds are whole; of fees, each row takes what the running sum has grown by, so that rows and payout agree to the minor unit.
 * Items name GoCardless's own numbers alone: payments are matched by `channelTradeNo`.
 */
import type { BusinessDate } from '../domain/clock.ts';
import { isCurrency } from '../domain/currencies.ts';
import type { FailureClass } from '../domain/failures.ts';
import type { LineKind, StatementHead, StatementLine } from '../domain/statement.ts';
import { signedMinor, wholeMinor } from './amount.ts';
import type { JsonObject } from './json.ts';
import { type JsonFile, jsonReader } from './json-reader.ts';
import { BadStatement, holdExpected, NEW_HEAD, NEW_LINE, type ReadOptions, Tally } from './reader.ts';
import { Times } from './times.ts';

const FORMAT = 'gocardless';
const AGAIN = 'save the payout and all pages of its items again';
const TENTHS = /^(-?)(\d{1,13})(?:\.(\d))?$/;

/** What each type of item is, and which sign it has. https://developer.gocardless.com/api-reference/#core-endpoints-payout-items, 2026-11. */
const TYPES: Readonly<Record<string, readonly [LineKind, 1 | -1 | 0, FailureClass | null]>> = {
  payment_paid_out: ['payment', 1, null],
  payment_failed: ['return', -1, null],
  payment_charged_back: ['return', -1, 'disputed'],
  payment_refunded: ['refund', -1, null],
  refund: ['refund', -1, null],
  refund_funds_returned: ['refund', 1, null],
  gocardless_fee: ['fee', 0, null],
  app_fee: ['fee', 0, null],
  surcharge_fee: ['fee', 0, null],
  revenue_share: ['adjustment', 0, null],
};

type Payout = Readonly<{ id: string; minor: number; currency: string; day: BusinessDate; at: JsonObject['at']; fees: number | null }>;

class GoCardlessFile implements JsonFile {
  readonly ready: StatementLine[] = [];
  readonly #tally = new Tally();
  readonly #times = new Times('utc');
  readonly #options: ReadOptions;
  readonly #warnings: string[] = [];
  #payout: Payout | null = null;
  #tenths = 0;
  #feeTenths = 0;
  #pages = 0;
  #more = false;

  constructor(options: ReadOptions) {
    this.#options = options;
  }

  take(value: JsonObject): void {
    const payouts = value.object('payouts') ? [value.object('payouts')!] : value.objects('payouts');
    const items = value.objects('payout_items');
    if (payouts) {
      if (this.#payout || payouts.length !== 1)
        throw new BadStatement('SEVERAL_PAYOUTS', value.at, 'the file is not of one payout', 'save one payout a file');
      this.#payout = this.#payoutOf(payouts[0]!);
    }
    if (!payouts && !items) throw new BadStatement('BAD_VALUE', value.at, "this is neither 'payouts' nor 'payout_items'", AGAIN);
    if (!items) return;
    if (!this.#payout) throw new BadStatement('BAD_ORDER', value.at, 'the items come before their payout', AGAIN);
    this.#pages += 1;
    this.#more = value.object('meta')?.object('cursors')?.text('after') != null;
    for (const item of items) this.#item(item, this.#payout);
  }

  end(): StatementHead {
    const payout = this.#payout;
    if (!payout || this.#pages === 0 || this.#more)
      throw new BadStatement('CUT_OFF', { line: 1 }, payout ? 'not all pages of the items are there' : 'there is no payout', AGAIN);
    const minor = rounded(this.#tenths);
    if (minor !== payout.minor)
      throw new BadStatement('TOTALS_DIFFER', payout.at, `the payout is of ${payout.minor} minor units, its items come to ${minor}`, AGAIN);
    if (payout.fees !== null && rounded(-this.#feeTenths) !== payout.fees)
      this.#warnings.push(`the payout states fees of ${payout.fees} minor units, its items come to ${rounded(-this.#feeTenths)}`);
    const counted = this.#tally.totals();
    const days = { businessDate: payout.day, from: payout.day, to: payout.day };
    const warnings = this.#warnings;
    return { ...NEW_HEAD, format: FORMAT, ...days, sequence: payout.id, declared: counted, counted, lines: this.#tally.lines, warnings };
  }

  #payoutOf(payout: JsonObject): Payout {
    const currency = payout.need('currency');
    if (!isCurrency(currency)) throw new BadStatement('BAD_CURRENCY', payout.at, `'${currency.slice(0, 10)}' is not a currency`, AGAIN);
    const day = this.#times.day(payout.need('arrival_date'));
    if (!day) throw new BadStatement('BAD_DATE', payout.at, "'arrival_date' is not a day like 2026-11-24", AGAIN);
    if (payout.text('status') === 'bounced') this.#warnings.push('the payout bounced: the money did not arrive');
    holdExpected(this.#options, { businessDate: day }, payout.at);
    const fees = payout.text('deducted_fees');
    return {
      id: payout.need('id').slice(0, 40),
      minor: signedMinor(payout.need('amount'), payout.at),
      currency,
      day,
      at: payout.at,
      fees: fees === null ? null : wholeMinor(fees, payout.at),
    };
  }

  #item(item: JsonObject, payout: Payout): void {
    const type = item.need('type');
    const known = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
    if (!known) throw new BadStatement('BAD_VALUE', item.at, `the type '${type.slice(0, 40)}' is not known`, 'ask for it to be added');
    const [kind, sign, failure] = known;
    const tenths = this.#tenthsOf(item, kind, sign);
    const moved = rounded(this.#tenths + tenths) - rounded(this.#tenths);
    this.#tenths += tenths;
    if (kind === 'fee') this.#feeTenths += tenths;
    const links = item.object('links');
    const line: StatementLine = {
      ...NEW_LINE,
      line: this.#tally.lines + 1,
      kind,
      side: tenths < 0 ? 'out' : 'in',
      channelTradeNo: (kind === 'refund' ? links?.text('refund') : null) ?? links?.text('payment') ?? links?.text('refund') ?? null,
      mandateRef: links?.text('mandate') ?? null,
      minor: kind === 'fee' ? 0 : Math.abs(moved),
      currency: payout.currency,
      feeMinor: kind === 'fee' ? -moved : 0,
      valueDate: payout.day,
      rawCode: type,
      failure,
    };
    this.#tally.add(line);
    this.ready.push(line);
  }

  #tenthsOf(item: JsonObject, kind: LineKind, sign: 1 | -1 | 0): number {
    const text = item.need('amount');
    const parts = TENTHS.exec(text);
    if (!parts)
      throw new BadStatement('BAD_AMOUNT', item.at, `'${text.slice(0, 40)}' is no amount with one decimal of a minor unit`, AGAIN);
    const tenths = Number(`${parts[1]}${parts[2]}${parts[3] ?? '0'}`);
    if (sign !== 0 && Math.sign(tenths) === -sign)
      throw new BadStatement('BAD_AMOUNT', item.at, `'${item.need('type')}' of ${text} has the wrong sign`, AGAIN);
    if (kind !== 'fee' && kind !== 'adjustment' && tenths % 10 !== 0)
      throw new BadStatement('BAD_AMOUNT', item.at, `'${item.need('type')}' of ${text} is not of whole minor units`, AGAIN);
    return tenths;
  }
}

/** A half goes up; adding whole units before or after rounding comes to the same. */
const rounded = (tenths: number): number => Math.floor((tenths + 5) / 10);

export const gocardlessReader = jsonReader(FORMAT, (options) => new GoCardlessFile(options));
