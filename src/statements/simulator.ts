/**
 * The simulated bank's own channel statement. Amounts are whole minor units.
 *
 * `H,duly-simulator,1,<channel>,<merchant>,<bank day>,<zone>[,<issue>]`, a row of column names, the rows, and for each currency
 * `T,<currency>,<payments>,<their sum>,<returns>,<their sum>,<fees>[,<refunds>,<their sum>]` over the rows that moved money;
 * `T,,0,0,0,0,0[,0,0]` when there was nothing. A row that moved nothing costs nothing, whatever its fee column says. Kinds are payment, return and refund; the column `refundNo` comes last and may be missing.
 * The status is `succeeded`, `pending`, or a code: why a debit was refused, why a payment was returned.
 */
import { CODES } from '../channels/simulator/codes.ts';
import type { FailureClass } from '../domain/failures.ts';
import type { StatementHead, StatementLine } from '../domain/statement.ts';
import { wholeMinor } from './amount.ts';
import { BadStatement, type Declared, holdExpected, NEW_HEAD, type ReadOptions, Tally } from './reader.ts';
import { type LineParser, textReader } from './text.ts';
import { Times } from './times.ts';

const COLUMNS = ['orderNo', 'channelTradeNo', 'kind', 'status', 'amount', 'fee', 'currency', 'bankTime', 'businessDate'];
const CURRENCY = /^[A-Z]{3}$/;
const AGAIN = 'fetch the file again';

const fault = (line: number, column: number, says: string): BadStatement => new BadStatement('BAD_VALUE', { line, column }, says, AGAIN);

class Parser implements LineParser {
  readonly #options: ReadOptions;
  readonly #times = new Times('utc');
  readonly #tally = new Tally();
  readonly #declared: Declared[] = [];
  #head: StatementHead | null = null;
  #width = 0;
  #trailers = 0;

  constructor(options: ReadOptions) {
    this.#options = options;
  }

  take(text: string, n: number): StatementLine | null {
    const fields = text.split(',');
    if (n === 1) this.#header(fields);
    else if (n === 2) this.#columns(text, fields);
    else if (fields[0] === 'T') this.#trailer(fields, n);
    else if (this.#trailers > 0) throw new BadStatement('AFTER_THE_END', { line: n }, 'there are rows after the totals', AGAIN);
    else return this.#row(fields, n);
    return null;
  }

  end(n: number): StatementHead {
    if (!this.#head || this.#trailers === 0) throw new BadStatement('CUT_OFF', { line: n }, 'the file ends before its totals', AGAIN);
    const declared = this.#tally.hold(this.#declared, { line: n });
    return { ...this.#head, declared, counted: this.#tally.totals(), lines: this.#tally.lines };
  }

  #header(fields: readonly string[]): void {
    const [mark, format, version, source, merchant, date, zone, issue = null] = fields;
    const day = this.#times.day(date ?? '');
    if (mark !== 'H' || format !== 'duly-simulator' || version !== '1' || !source || !merchant || !day || !zone || fields.length > 8)
      throw new BadStatement(
        'BAD_HEADER',
        { line: 1 },
        'the first line is not H,duly-simulator,1,...',
        'import a statement of the simulated bank',
      );
    if (issue !== null) wholeMinor(issue, { line: 1, column: 8 });
    holdExpected(this.#options, { source, merchant, businessDate: day }, { line: 1 });
    const spans = { businessDate: day, from: day, to: day, sequence: issue };
    this.#head = { ...NEW_HEAD, format: 'simulator', merchant, ...spans, counted: [], lines: 0 };
  }

  #columns(text: string, fields: readonly string[]): void {
    const plain = COLUMNS.join(',');
    if (text !== plain && text !== `${plain},refundNo`)
      throw new BadStatement('BAD_COLUMNS', { line: 2 }, `the second line does not name the columns ${plain}[,refundNo]`, AGAIN);
    this.#width = fields.length;
  }

  #row(fields: readonly string[], n: number): StatementLine {
    if (fields.length !== this.#width)
      throw new BadStatement('BAD_FIELDS', { line: n }, `the row has ${fields.length} fields, its header ${this.#width}`, AGAIN);
    const [outTradeNo, channelTradeNo, kind, status, amount, fee, currency, bankTime, date, refundNo = ''] = fields as string[];
    if (!outTradeNo) throw fault(n, 1, 'the order number is empty');
    if (kind !== 'payment' && kind !== 'return' && kind !== 'refund') throw fault(n, 3, 'the kind is not payment, return or refund');
    if (!status) throw fault(n, 4, 'the status is empty');
    if (!currency || !CURRENCY.test(currency)) throw fault(n, 7, 'the currency is not three capital letters');
    const at = this.#times.utc(bankTime ?? '');
    if (!at) throw fault(n, 8, 'the time is not like 2026-01-05T08:00:00.000Z');
    const valueDate = this.#times.day(date ?? '');
    if (!valueDate) throw fault(n, 9, 'the date is not a day like 2026-01-05');
    if (valueDate > this.#head!.businessDate!) throw fault(n, 9, 'the date is after the day of the file');
    if ((kind === 'refund') !== (refundNo !== '')) throw fault(n, 10, 'a refund names its refund number, and nothing else does');
    const feeMinor = wholeMinor(fee ?? '', { line: n, column: 6 });
    const said = status === 'succeeded' || status === 'pending' ? status : kind === 'return' ? 'succeeded' : 'failed';
    // Written out in full: a million rows spread from a pattern take twice the time.
    const row: StatementLine = {
      line: n,
      kind,
      status: said,
      side: kind === 'payment' ? 'in' : 'out',
      outTradeNo,
      refundNo: refundNo || null,
      channelTradeNo: channelTradeNo || null,
      mandateRef: null,
      accountLast4: null,
      minor: wholeMinor(amount ?? '', { line: n, column: 5 }),
      currency,
      feeMinor: said === 'succeeded' ? feeMinor : 0,
      count: 1,
      at,
      valueDate,
      rawCode: status,
      rawText: '',
      counterparty: null,
      failure: status === 'succeeded' || status === 'pending' ? null : this.#failureOf(status),
      fx: null,
    };
    this.#tally.add(row);
    return row;
  }

  #failureOf(code: string): FailureClass | null {
    return this.#options.failureOf?.(code) ?? (Object.hasOwn(CODES, code) ? CODES[code as keyof typeof CODES].failure : null);
  }

  #trailer(fields: readonly string[], n: number): void {
    if (n === 2 || (fields.length !== 7 && fields.length !== 9))
      throw new BadStatement('BAD_TRAILER', { line: n }, `the totals have ${fields.length} fields, not 7 or 9`, AGAIN);
    this.#trailers += 1;
    const currency = fields[1] ?? '';
    const sums = fields.slice(2).map((text, i) => wholeMinor(text, { line: n, column: i + 3 }));
    const [payments = 0, paid = 0, returns = 0, returned = 0, feeMinor = 0, refunds = 0, refunded = 0] = sums;
    if (currency === '' && sums.every((sum) => sum === 0)) return;
    if (!CURRENCY.test(currency)) throw new BadStatement('BAD_TRAILER', { line: n, column: 2 }, 'the totals name no currency', AGAIN);
    const out = { outCount: returns + refunds, outMinor: returned + refunded };
    this.#declared.push({ currency, inCount: payments, inMinor: paid, ...out, feeMinor });
  }
}

export const simulatorReader = textReader('simulator', 'channel', 'utf-8', (options) => new Parser(options));
