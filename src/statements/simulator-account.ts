/**
 * The simulated bank's statement of an account of ours. Amounts are whole minor units, below zero when they left the account.
 *
 * `H,duly-simulator-account,1,<account>,<date>,<zone>,<issue>`, the row of column names, `O,<currency>,<opening>` for each currency, the rows,
 * and `C,<currency>,<closing>,<rows>` for each currency; `O,,0` and `C,,0,0` where nothing ever moved. `ref` is the other side's own number: a payout's or a refund's is the one we gave.
 * The number of rows must be right; a closing balance that the rows miss is a warning, for that is what the cash check is there to find.
 */
import { addDays, atLocal, type Instant, isZone } from '../domain/clock.ts';
import { isCurrency } from '../domain/currencies.ts';
import { money } from '../domain/money.ts';
import type { StatementHead, StatementLine } from '../domain/statement.ts';
import { signedMinor, wholeMinor } from './amount.ts';
import { Balance } from './balance.ts';
import { BadStatement, holdExpected, NEW_HEAD, type ReadOptions, Tally } from './reader.ts';
import { type LineParser, textReader } from './text.ts';
import { Times } from './times.ts';

const COLUMNS = 'ref,kind,amount,currency,bankTime,text,balance';
const KINDS = { deposit: 'transfer', payout: 'transfer', refund: 'refund', other: 'other' } as const;
const AGAIN = 'fetch the file again';

const fault = (line: number, column: number, says: string): BadStatement => new BadStatement('BAD_VALUE', { line, column }, says, AGAIN);

class Parser implements LineParser {
  readonly #options: ReadOptions;
  readonly #times = new Times('utc');
  readonly #tally = new Tally();
  readonly #balances = new Map<string, Balance>();
  readonly #closed = new Set<string>();
  #head: StatementHead | null = null;
  #begins: Instant | null = null;
  #ends: Instant | null = null;

  constructor(options: ReadOptions) {
    this.#options = options;
  }

  take(text: string, n: number): StatementLine | null {
    const fields = text.split(',');
    if (n === 1) this.#header(fields);
    else if (n === 2) this.#columns(text);
    else if (fields[0] === 'O' && fields.length === 3) this.#opening(fields, n);
    else if (fields[0] === 'C' && fields.length === 4) this.#closing(fields, n);
    else if (this.#closed.size > 0) throw new BadStatement('AFTER_THE_END', { line: n }, 'there are rows after the closing balance', AGAIN);
    else return this.#row(fields, n);
    return null;
  }

  end(n: number): StatementHead {
    if (!this.#head || this.#closed.size === 0 || this.#closed.size < this.#balances.size)
      throw new BadStatement('CUT_OFF', { line: n }, 'the file ends before its closing balances', AGAIN);
    const only = this.#balances.size === 1 ? [...this.#balances].find(([currency]) => currency !== '') : undefined;
    return {
      ...this.#head,
      opening: only ? money(only[1].opening ?? 0, only[0]) : null,
      closing: only ? money(only[1].closing ?? 0, only[0]) : null,
      counted: this.#tally.totals(),
      lines: this.#tally.lines,
      warnings: [...this.#balances.values()].flatMap((balance) => balance.warnings()),
    };
  }

  #header(fields: readonly string[]): void {
    const [mark, format, version, account, date, zone, issue = ''] = fields;
    const day = this.#times.day(date ?? '');
    if (mark !== 'H' || format !== 'duly-simulator-account' || version !== '1' || !account || !day || !zone || fields.length !== 7)
      throw new BadStatement(
        'BAD_HEADER',
        { line: 1 },
        'the first line is not H,duly-simulator-account,1,...',
        'import an account statement',
      );
    wholeMinor(issue, { line: 1, column: 7 });
    holdExpected(this.#options, { source: account, businessDate: day }, { line: 1 });
    if (!isZone(zone)) throw new BadStatement('BAD_HEADER', { line: 1, column: 6 }, 'the time zone does not exist', AGAIN);
    this.#begins = atLocal(day, '00:00', zone);
    this.#ends = atLocal(addDays(day, 1), '00:00', zone);
    const spans = { businessDate: day, from: day, to: day, sequence: issue };
    this.#head = { ...NEW_HEAD, format: 'simulator-account', account, ...spans, counted: [], lines: 0 };
  }

  #columns(text: string): void {
    if (text !== COLUMNS) throw new BadStatement('BAD_COLUMNS', { line: 2 }, `the second line does not name the columns ${COLUMNS}`, AGAIN);
  }

  #opening([, currency = '', amount = '']: readonly string[], n: number): void {
    if (!(isCurrency(currency) || (currency === '' && amount === '0')) || this.#balances.has(currency) || this.#tally.lines > 0)
      throw new BadStatement('BAD_OPENING', { line: n }, 'an opening balance stands before all rows, once for each currency', AGAIN);
    const balance = new Balance(currency);
    balance.open(signedMinor(amount, { line: n, column: 3 }));
    this.#balances.set(currency, balance);
  }

  #closing([, currency = '', amount = '', rows = '']: readonly string[], n: number): void {
    const balance = this.#balances.get(currency);
    if (!balance || this.#closed.has(currency))
      throw new BadStatement(
        'BAD_CLOSING',
        { line: n, column: 2 },
        'a closing balance stands once for each currency that has an opening one',
        AGAIN,
      );
    const stated = wholeMinor(rows, { line: n, column: 4 });
    if (stated !== balance.rows)
      throw new BadStatement(
        'TOTALS_DIFFER',
        { line: n, column: 4 },
        `the file states ${stated} rows in ${currency}, it has ${balance.rows}`,
        AGAIN,
      );
    balance.close(signedMinor(amount, { line: n, column: 3 }));
    this.#closed.add(currency);
  }

  #row(fields: readonly string[], n: number): StatementLine {
    if (fields.length !== 7) throw new BadStatement('BAD_FIELDS', { line: n }, `the row has ${fields.length} fields, its header 7`, AGAIN);
    const [ref, kind, amount, currency, bankTime, text, stated] = fields as [string, string, string, string, string, string, string];
    if (!ref) throw fault(n, 1, 'the reference is empty');
    if (!Object.hasOwn(KINDS, kind)) throw fault(n, 2, 'the kind is not deposit, payout, refund or other');
    const minor = signedMinor(amount, { line: n, column: 3 });
    const balance = this.#balances.get(currency);
    if (!balance || currency === '') throw fault(n, 4, 'the currency has no opening balance');
    const at = this.#times.utc(bankTime);
    if (!at) throw fault(n, 5, 'the time is not like 2026-01-05T08:00:00.000Z');
    if (at < this.#begins! || at >= this.#ends!) throw fault(n, 5, 'the time is not on the day of the file');
    balance.move(minor, stated === '' ? null : signedMinor(stated, { line: n, column: 7 }), n);
    const row: StatementLine = {
      line: n,
      kind: KINDS[kind as keyof typeof KINDS],
      status: 'succeeded',
      side: minor < 0 ? 'out' : 'in',
      outTradeNo: kind === 'payout' ? ref : null,
      refundNo: kind === 'refund' ? ref : null,
      channelTradeNo: kind === 'payout' || kind === 'refund' ? null : ref,
      mandateRef: null,
      accountLast4: null,
      minor: Math.abs(minor),
      currency,
      feeMinor: 0,
      count: 1,
      at,
      valueDate: this.#head!.businessDate!,
      rawCode: kind,
      rawText: text,
      counterparty: null,
      failure: null,
      fx: null,
    };
    this.#tally.add(row);
    return row;
  }
}

export const simulatorAccountReader = textReader('simulator-account', 'account', 'utf-8', (options) => new Parser(options));
