/**
 * camt.053 (end of day statement) and camt.054 (notification), versions 2 to 13: elements are known by their local names, which changed little.
 *
 * `camt` reads them as a channel's statement: the debits, their returns, refunds and charges. `camt-account` reads the same file as the
 * statement of an account of ours, of which a file then holds one. What an account moved by a line is its amount (in, or out) less its fee;
 * rows that are pending or for information moved nothing. `<TtlNtries>` must hold, or the file is refused; an opening balance plus entries
 * that misses the closing one is a warning.
 */
import type { BusinessDate } from '../domain/clock.ts';
import { money } from '../domain/money.ts';
import type { StatementHead, StatementLine } from '../domain/statement.ts';
import { shownMinor } from './amount.ts';
import { CamtEntry } from './camt-entry.ts';
import { Reasons } from './codes.ts';
import { type Amount, accountNumber, amountOf, countAt, dayOf, isIban, lacks, signOf, tailOf } from './iso-fields.ts';
import { BadStatement, holdExpected, NEW_HEAD, type Reader, type ReadOptions, Tally } from './reader.ts';
import { SEPA_CODES } from './sepa-codes.ts';
import { Times } from './times.ts';
import { Warnings } from './warnings.ts';
import { type XmlFile, xmlReader } from './xml-reader.ts';
import { type Element, find, holdPath, textOf } from './xml-tree.ts';

const MESSAGES: Readonly<Record<string, string>> = { BkToCstmrStmt: '053', BkToCstmrDbtCdtNtfctn: '054' };
const STATEMENTS = ['Stmt', 'Ntfctn'];
/** Where the elements that hold money stand: nowhere else. */
const IN_STATEMENT = ['Document', Object.keys(MESSAGES), STATEMENTS] as const;
const PATHS = new Map<string, readonly (string | readonly string[])[]>([
  ['Stmt', IN_STATEMENT.slice(0, 2)],
  ['Ntfctn', IN_STATEMENT.slice(0, 2)],
  ['Bal', IN_STATEMENT],
  ['TxsSummry', IN_STATEMENT],
  ['Ntry', IN_STATEMENT],
  ['NtryDtls', [...IN_STATEMENT, 'Ntry']],
  ['Btch', [...IN_STATEMENT, 'Ntry', 'NtryDtls']],
  ['TxDtls', [...IN_STATEMENT, 'Ntry', 'NtryDtls']],
]);
const NAMESPACE = /^urn:iso:std:iso:20022:tech:xsd:camt\.(\d{3})\.001\.(\d{2})$/;
const AGAIN = 'fetch the file again; if it stays so, ask the bank for a corrected one';

/** What a statement counted of its entries, by side and whether booked. */
type Count = { count: number; minor: number };

/** One `<Stmt>` or `<Ntfctn>` as it is read. */
type Open = {
  account: string | null;
  currency: string | null;
  sequence: string | null;
  days: BusinessDate[];
  opening: (Amount & { signed: number }) | null;
  closing: (Amount & { signed: number; day: BusinessDate | null }) | null;
  summary: Element | null;
  moved: number;
  currencies: Set<string>;
  counts: Record<'all' | 'booked', Record<'CRDT' | 'DBIT', Count>>;
};

const count = (): Record<'CRDT' | 'DBIT', Count> => ({ CRDT: { count: 0, minor: 0 }, DBIT: { count: 0, minor: 0 } });

class CamtFile implements XmlFile {
  readonly ready: StatementLine[] = [];
  readonly #tally = new Tally();
  readonly #times = new Times('utc');
  readonly #options: ReadOptions;
  readonly #kind: Reader['kind'];
  readonly #reasons: Reasons;
  readonly #warnings = new Warnings();
  readonly #done: Open[] = [];
  #version: string | null = null;
  #created: BusinessDate | null = null;
  #open: Open | null = null;
  #entry: CamtEntry | null = null;
  #entries = 0;

  constructor(kind: Reader['kind'], options: ReadOptions) {
    this.#kind = kind;
    this.#options = options;
    this.#reasons = new Reasons(SEPA_CODES, options);
  }

  enter(element: Element, parents: readonly Element[], uri: string): void {
    const { name, at } = element;
    if (parents.length === 0 && name !== 'Document') throw this.#notCamt(element, `<${name.slice(0, 40)}>`);
    if (parents.length === 1) {
      const message = Object.hasOwn(MESSAGES, name) ? MESSAGES[name] : undefined;
      const [, family = message, version = ''] = NAMESPACE.exec(uri) ?? [];
      if (!message || family !== message || this.#version !== null) throw this.#notCamt(element, `<${name.slice(0, 40)}>`);
      if (version !== '' && (version < '02' || version > '13'))
        throw new BadStatement('BAD_VERSION', at, `camt.${family} version ${version} is not known`, 'ask the bank for version 02 or 08');
      this.#version = message;
    }
    const path = PATHS.get(name);
    if (path) holdPath(element, parents, path);
    if (STATEMENTS.includes(name)) this.#open = this.#begin();
    if (name === 'Ntry') {
      this.#entries += 1;
      this.#entry = new CamtEntry(
        this.#times,
        this.#reasons,
        this.#open?.closing?.day ?? this.#open?.days.at(-1) ?? this.#created,
        (text) => this.#warnings.add(text),
      );
    }
  }

  leave(element: Element, parents: readonly Element[]): boolean {
    const depth = parents.length;
    if (depth > 3) {
      if (element.name !== 'TxDtls' || !this.#entry) return true;
      const entry = parents[3]!;
      this.#add(this.#entry.detail(element, withOpen(entry, parents.at(-1)!), this.#entries));
      return false;
    }
    const open = this.#open;
    if (depth === 3 && open && STATEMENTS.includes(parents[2]!.name)) this.#part(open, element);
    if (depth === 3 && parents[2]!.name === 'GrpHdr' && element.name === 'CreDtTm') this.#created = dayOf(element, this.#times);
    if (depth === 2 && open && STATEMENTS.includes(element.name)) this.#close(open, element);
    return false;
  }

  end(): StatementHead {
    if (this.#version === null || this.#done.length === 0)
      throw new BadStatement('NO_STATEMENT', { line: 1 }, 'the message holds no statement', AGAIN);
    const accounts = new Set(this.#done.map((one) => one.account));
    if (this.#kind === 'account' && accounts.size > 1)
      throw new BadStatement('SEVERAL_ACCOUNTS', { line: 1 }, `the file is of ${accounts.size} accounts`, 'import one file an account');
    const days = this.#done.flatMap((one) => one.days).sort();
    const [from = null, to = null] = [days[0], days.at(-1)];
    const businessDate = from === to ? from : null;
    holdExpected(this.#options, { businessDate });
    const { opening, closing } = this.#balances(accounts.size === 1);
    const counted = this.#tally.totals();
    return {
      ...NEW_HEAD,
      format: this.#kind === 'account' ? 'camt-account' : 'camt',
      account: accounts.size === 1 ? tailOf([...accounts][0] ?? null) : null,
      businessDate,
      from,
      to,
      sequence: this.#done.findLast((one) => one.sequence !== null)?.sequence ?? null,
      series: accounts.size === 1 ? this.#series() : null,
      opening,
      closing,
      declared: this.#done.every((one) => one.summary !== null) ? counted : null,
      counted,
      lines: this.#tally.lines,
      warnings: [...this.#warnings.all(), ...this.#reasons.warnings()],
    };
  }

  #begin(): Open {
    return {
      ...{ account: null, currency: null, sequence: null, days: [], opening: null, closing: null, summary: null, moved: 0 },
      currencies: new Set(),
      counts: { all: count(), booked: count() },
    };
  }

  #part(open: Open, element: Element): void {
    switch (element.name) {
      case 'ElctrncSeqNb':
      case 'LglSeqNb':
        open.sequence ??= element.text.slice(0, 40);
        return;
      case 'FrToDt': {
        const span = [find(element, 'FrDtTm') ?? find(element, 'FrDt'), find(element, 'ToDtTm') ?? find(element, 'ToDt')];
        open.days.push(...span.map((one) => dayOf(one, this.#times)).filter((day): day is BusinessDate => day !== null));
        return;
      }
      case 'Acct':
        open.account = accountNumber(element);
        open.currency = textOf(element, 'Ccy');
        this.#holdAccount(open.account, element);
        return;
      case 'StmtPgntn':
      case 'NtfctnPgntn':
        if (textOf(element, 'LastPgInd') === 'false')
          this.#warnings.add(`page ${textOf(element, 'PgNb') ?? '?'} is not the last: the rest comes in other files`);
        return;
      case 'Bal':
        this.#balance(open, element);
        return;
      case 'TxsSummry':
        open.summary = find(element, 'TtlNtries') || find(element, 'TtlCdtNtries') || find(element, 'TtlDbtNtries') ? element : null;
        return;
      case 'Ntry':
        this.#endEntry(open, element);
    }
  }

  #endEntry(open: Open, element: Element): void {
    const { lines, moved, amount, sign, status } = this.#entry!.end(element, this.#entries);
    this.#entry = null;
    open.moved += moved;
    open.currencies.add(amount.currency);
    for (const counts of status === 'succeeded' ? [open.counts.all, open.counts.booked] : [open.counts.all]) {
      const side = counts[sign > 0 ? 'CRDT' : 'DBIT'];
      side.count += 1;
      side.minor += amount.minor;
    }
    this.#add(lines);
  }

  /** OPBD opens and CLBD closes; PRCD, the closing of the day before, stands in where there is no OPBD. Other balances are forecasts or parts. */
  #balance(open: Open, element: Element): void {
    const code = textOf(element, 'Tp', 'CdOrPrtry', 'Cd');
    if (code !== 'OPBD' && code !== 'PRCD' && code !== 'CLBD') return;
    const amount = find(element, 'Amt');
    const sign = signOf(element);
    if (!amount || sign === null) throw lacks(element, amount ? 'CdtDbtInd' : 'Amt');
    const money = amountOf(amount, open.currency);
    const balance = { ...money, signed: sign * money.minor };
    if (code === 'OPBD' || (code === 'PRCD' && !open.opening)) open.opening = balance;
    if (code === 'CLBD') open.closing = { ...balance, day: dayOf(find(element, 'Dt'), this.#times) };
  }

  #close(open: Open, element: Element): void {
    const { opening, closing, moved } = open;
    if (closing?.day) open.days = [closing.day];
    const name = `statement ${this.#done.length + 1}`;
    const currencies = new Set([...open.currencies, ...(opening ? [opening.currency] : []), ...(closing ? [closing.currency] : [])]);
    if (opening && closing && currencies.size > 1)
      this.#warnings.add(`${name}: balances and entries are in ${[...currencies].join(', ')} and cannot be added up`);
    else if (opening && closing && opening.signed + moved !== closing.signed) {
      const shown = (minor: number) => shownMinor(minor, closing.currency);
      this.#warnings.add(
        `${name}: opening balance ${shown(opening.signed)} and entries ${shown(moved)} miss the closing balance ${shown(closing.signed)}`,
      );
    }
    if (open.summary) this.#holdSummary(open, open.summary, currencies);
    if (open.days.length === 0 && this.#created) open.days.push(this.#created);
    if (this.#done.length >= 10_000)
      throw new BadStatement('XML_TOO_LARGE', element.at, 'there are more than 10,000 statements', 'split the file');
    this.#done.push(open);
    this.#open = null;
  }

  /** Entries, not lines, are what the summary counts; banks differ on whether pending ones are in it, so either may hold. */
  #holdSummary(open: Open, summary: Element, currencies: ReadonlySet<string>): void {
    const currency = currencies.size === 1 ? [...currencies][0]! : open.currency;
    const fits = (counts: Record<'CRDT' | 'DBIT', Count>): string | null => {
      const both = { count: counts.CRDT.count + counts.DBIT.count, minor: counts.CRDT.minor + counts.DBIT.minor };
      for (const [name, counted] of [
        ['TtlNtries', both],
        ['TtlCdtNtries', counts.CRDT],
        ['TtlDbtNtries', counts.DBIT],
      ] as const) {
        const stated = find(summary, name);
        const number = countAt(stated, 'NbOfNtries');
        if (number !== null && number !== counted.count) return `${name} states ${number} entries, there are ${counted.count}`;
        const sum = find(stated, 'Sum');
        if (!sum || !currency || currencies.size > 1) continue;
        const { minor } = amountOf(sum, currency);
        const shown = (one: number) => shownMinor(one, currency);
        if (minor !== counted.minor) return `${name} states ${shown(minor)}, the entries come to ${shown(counted.minor)}`;
      }
      return null;
    };
    const fault = fits(open.counts.all);
    if (fault && fits(open.counts.booked)) throw new BadStatement('TOTALS_DIFFER', summary.at, fault, AGAIN);
  }

  /** The account's running numbers; null unless every statement has one. */
  #series(): StatementHead['series'] {
    const numbers = this.#done.map(({ sequence }) => (sequence !== null && /^\d{1,15}$/.test(sequence) ? Number(sequence) : null));
    if (!numbers.every((n) => n !== null)) return null;
    for (const [i, n] of numbers.slice(1).entries()) {
      const before = numbers[i] as number;
      if (n > before + 1) this.#warnings.add(`statement ${i + 2} is number ${n}, the one before it ${before}: some may be missing`);
    }
    return { first: numbers[0] as number, last: numbers.at(-1) as number };
  }

  /** Of one account: the first opening and the last closing, where each statement begins as the one before it ended. */
  #balances(one: boolean): Pick<StatementHead, 'opening' | 'closing'> {
    const [first, last] = [this.#done[0]!.opening, this.#done.at(-1)!.closing];
    if (!one || !first || !last || first.currency !== last.currency) return { opening: null, closing: null };
    for (const [i, next] of this.#done.slice(1).entries()) {
      const before = this.#done[i]!.closing;
      if (before?.signed !== next.opening?.signed || before?.currency !== next.opening?.currency)
        this.#warnings.add(`statement ${i + 2} does not open with the balance that statement ${i + 1} closed with`);
    }
    return { opening: money(first.signed, first.currency), closing: money(last.signed, last.currency) };
  }

  /** A channel whose merchant number is an account number, whole or its last digits, takes files of that account alone. A creditor id is in no camt. */
  #holdAccount(account: string | null, element: Element): void {
    const wanted = this.#options.expected?.merchant?.replace(/\s/g, '') ?? '';
    if (!account || !(/^\d{4,}$/.test(wanted) || isIban(wanted)) || account.replace(/\s/g, '').endsWith(wanted)) return;
    const says = `the file is of the account ending ${tailOf(account)}, not ${wanted.slice(-4)}`;
    throw new BadStatement('OF_ANOTHER', element.at, says, 'import it where it belongs');
  }

  /** A line's place is its own: details of one entry stand apart. */
  #add(lines: readonly StatementLine[]): void {
    for (const each of lines) {
      const line = { ...each, line: this.#tally.lines + 1 };
      this.#tally.add(line);
      this.ready.push(line);
    }
  }

  #notCamt(element: Element, what: string): BadStatement {
    return new BadStatement('NOT_CAMT', element.at, `${what} is no camt.053 or camt.054 message`, 'import the file under its own format');
  }
}

/** An entry that is still open does not hold its open details yet: they are shown with it. */
const withOpen = (entry: Element, details: Element): Element => ({ ...entry, children: [...entry.children, details] });

const reader = (format: string, kind: Reader['kind']): Reader => xmlReader(format, kind, (options) => new CamtFile(kind, options));

export const camtReader = reader('camt', 'channel');
export const camtAccountReader = reader('camt-account', 'account');
