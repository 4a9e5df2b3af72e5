/**
 * Bacs reports in XML, in GBP, one report a file:
 *
 * - ARUDD, unpaid debits: rows `return`; number and sum of each account's debits must hold.
 * - ADDACS and AUDDIS, changes and refusals of instructions: rows `other` of zero that moved nothing (`pending`), with the mandate's reference
 *   and a class that says whether the mandate still lives. Verification records (V, R) are counts: they become warnings.
 * - Input report: records that Bacs refused are rows `payment`, `failed`; amended or returned ones `pending`.
 * - Indemnity claims (DDIC): rows `return` on the day the money is taken back.
 *
 * The bank's full guides are given to members only. What is read here is what public descriptions and programs agree on: the elements and
 * attributes named below. Whatever else a report holds is passed over; report and payer's reference, amount and dates must be there.
 */
import type { BusinessDate } from '../domain/clock.ts';
import type { StatementHead, StatementLine } from '../domain/statement.ts';
import { minorOf, wholeMinor } from './amount.ts';
import { ADDACS_CODES, ARUDD_CODES, AUDDIS_CODES, DDIC_CODES } from './bacs-codes.ts';
import { Reasons } from './codes.ts';
import { reference, tailOf, words } from './iso-fields.ts';
import { BadStatement, holdExpected, NEW_HEAD, NEW_LINE, type ReadOptions, Tally } from './reader.ts';
import { Times } from './times.ts';
import { Warnings } from './warnings.ts';
import { type XmlFile, xmlReader } from './xml-reader.ts';
import { all, type Element, find, holdPath, textOf } from './xml-tree.ts';

const AGAIN = 'fetch the report again, unchanged by other programs';
const GBP = 'GBP';
const ROOTS = ['BACSDocument', 'VocaDocument'];
const DATA = [ROOTS, 'Data'] as const;
const ACCOUNT = [...DATA, 'ARUDD', 'Advice', 'OriginatingAccountRecords'];
/** Where rows and totals stand: nowhere else. */
const PATHS: ReadonlyMap<string, readonly (string | readonly string[])[]> = new Map([
  ['OriginatingAccountRecord', ACCOUNT],
  ['ReturnedDebitItem', [...ACCOUNT, 'OriginatingAccountRecord']],
  ['MessagingAdvice', [...DATA, 'MessagingAdvices']],
  ['NewAdvices', [...DATA, 'Document']],
  ['DDICAdvice', [...DATA, 'Document', 'NewAdvices']],
]);
/** Rows of the four reports, and the elements that hold what the report says of itself. */
const KEPT = ['PayerAccount', 'ErrorItem', 'ErrorMessage'];

class BacsFile implements XmlFile {
  readonly ready: StatementLine[] = [];
  readonly #tally = new Tally();
  readonly #times = new Times('Europe/London');
  readonly #options: ReadOptions;
  readonly #arudd: Reasons;
  readonly #addacs: Reasons;
  readonly #auddis: Reasons;
  readonly #ddic: Reasons;
  readonly #warnings = new Warnings();
  #report: string | null = null;
  #user: string | null = null;
  #sequence: string | null = null;
  #day: BusinessDate | null = null;
  #part = { count: 0, minor: 0, held: false };
  #held = false;

  constructor(options: ReadOptions) {
    this.#options = options;
    this.#arudd = new Reasons(ARUDD_CODES, options);
    this.#addacs = new Reasons(ADDACS_CODES, options);
    this.#auddis = new Reasons(AUDDIS_CODES, options);
    this.#ddic = new Reasons(DDIC_CODES, options);
  }

  enter(element: Element, parents: readonly Element[]): void {
    const { name, at } = element;
    if (parents.length === 0 && !ROOTS.includes(name))
      throw new BadStatement('NOT_BACS', at, `<${name.slice(0, 40)}> is no Bacs report`, 'import the file under its own format');
    const path = PATHS.get(name);
    if (path) holdPath(element, parents, path);
    if (name === 'OriginatingAccountRecord') this.#part = { count: 0, minor: 0, held: false };
    if (parents.length !== 2 || parents[1]!.name !== 'Data') return;
    if (!['ARUDD', 'MessagingAdvices', 'InputReport', 'Document'].includes(name))
      throw new BadStatement(
        'NOT_BACS',
        at,
        `the report <${name.slice(0, 40)}> is not one that is read`,
        'import ARUDD, ADDACS, AUDDIS, DDIC or the input report',
      );
    if (this.#report !== null)
      throw new BadStatement('AFTER_THE_END', at, 'there is a second report in the file', 'import one report a file');
    this.#report = name;
  }

  leave(element: Element, parents: readonly Element[]): boolean {
    const { name } = element;
    const parent = parents.at(-1)?.name;
    if (name === 'Header' || name === 'ProcessingDate' || name === 'MessagingHeader') this.#header(element);
    else if (name === 'ServiceLicenseInformation' || name === 'UserFileInformation' || name === 'ServiceUserNumber')
      this.#serviceUser(element);
    else if (name === 'ReturnedDebitItem') this.#add(this.#unpaid(element));
    else if (name === 'Totals' && parent === 'OriginatingAccountRecord') this.#holdTotals(element);
    else if (name === 'OriginatingAccountRecord' && !this.#part.held) throw this.#lacks(element, 'Totals');
    else if (name === 'MessagingAdvice') this.#advice(element);
    else if (name === 'MessagingError') this.#warnings.add(`the bank reports: ${(element.attributes.get('line1') ?? '').slice(0, 200)}`);
    else if (name === 'Error') this.#add(this.#refused(element));
    else if (name === 'DDICAdvice') return true;
    else if (name === 'NewAdvices') this.#claims(element);
    else return KEPT.includes(name) || parent === 'DDICAdvice' || (parent === 'NewAdvices' && name !== 'DDICAdvice');
    return false;
  }

  end(): StatementHead {
    if (this.#report === null) throw new BadStatement('NO_STATEMENT', { line: 1 }, 'the file holds no report', AGAIN);
    const day = this.#day;
    holdExpected(this.#options, { businessDate: day, merchant: this.#user });
    const counted = this.#tally.totals();
    const mapped = [this.#arudd, this.#addacs, this.#auddis, this.#ddic].flatMap((reasons) => reasons.warnings());
    return {
      ...NEW_HEAD,
      format: 'bacs',
      merchant: this.#user,
      ...{ businessDate: day, from: day, to: day, sequence: this.#sequence },
      declared: this.#held ? counted : null,
      counted,
      lines: this.#tally.lines,
      warnings: [...this.#warnings.all(), ...mapped],
    };
  }

  #header(element: Element): void {
    const text = ['currentProcessingDate', 'date', 'processing-date', 'report-date']
      .map((name) => element.attributes.get(name))
      .find(Boolean);
    if (text !== undefined) this.#day ??= this.#date(text, element);
    this.#sequence ??= element.attributes.get('adviceNumber')?.slice(0, 40) ?? null;
    this.#serviceUser(element);
  }

  #serviceUser({ attributes, text }: Element): void {
    this.#user ??= reference(attributes.get('userNumber') ?? attributes.get('user-number') ?? (text || null));
  }

  #unpaid(element: Element): Omit<StatementLine, 'line'> {
    const { attributes } = element;
    const currency = attributes.get('currency') ?? GBP;
    const returnCode = this.#need(element, 'returnCode').trim();
    const [debited, transCode] = [attributes.get('originalProcessingDate'), attributes.get('transCode')];
    const payer = find(element, 'PayerAccount');
    const code = returnCode.slice(0, 1).toUpperCase();
    const minor = this.#amount(element, 'valueOf', currency);
    if (debited !== undefined) this.#date(debited, element);
    if (this.#part.held) throw new BadStatement('AFTER_THE_END', element.at, 'there are debits after the totals', AGAIN);
    this.#part.count += 1;
    this.#part.minor += minor;
    return {
      ...NEW_LINE,
      kind: 'return',
      side: 'out',
      outTradeNo: reference(this.#need(element, 'ref').trim()),
      accountLast4: tailOf(payer?.attributes.get('number') ?? null),
      minor,
      currency,
      valueDate: this.#must(element),
      rawCode: returnCode.slice(0, 20),
      rawText: words([
        attributes.get('returnDescription') ?? this.#arudd.says(code),
        transCode ? `code ${transCode}` : null,
        debited ? `debited ${debited}` : null,
      ]),
      counterparty: payer?.attributes.get('name')?.trim().slice(0, 140) || null,
      failure: this.#arudd.failure(code),
    };
  }

  #holdTotals(element: Element): void {
    const count = wholeMinor(this.#need(element, 'numberOf').replace(/^0+(?=\d)/, ''), element.at);
    const minor = this.#amount(element, 'valueOf', element.attributes.get('currency') ?? GBP);
    if (count !== this.#part.count || minor !== this.#part.minor)
      throw new BadStatement(
        'TOTALS_DIFFER',
        element.at,
        `the report states ${count} debits of ${minor} pence, its rows are ${this.#part.count} of ${this.#part.minor}`,
        AGAIN,
      );
    this.#part.held = true;
    this.#held = true;
  }

  #advice(element: Element): void {
    const { attributes } = element;
    const type = this.#need(element, 'record-type').trim();
    if (type === 'V' || type === 'R') {
      const shown = (name: string) => (attributes.get(name) ?? '?').slice(0, 20);
      this.#warnings.add(
        `instructions file ${shown('originator-file-number')}: ${shown('accepted-ddi')} accepted, ${shown('rejected-ddi')} rejected`,
      );
      return;
    }
    if (!['A', 'N', 'D'].includes(type))
      throw new BadStatement('BAD_VALUE', element.at, `the record type '${type.slice(0, 10)}' is none of A, N, D, V, R`, AGAIN);
    const [name, reasons] = type === 'A' ? (['ADDACS', this.#addacs] as const) : (['AUDDIS', this.#auddis] as const);
    const code = this.#need(element, 'reason-code').trim().toUpperCase();
    const effective = attributes.get('effective-date');
    const account = attributes.get('payer-new-account-number') ?? attributes.get('payer-account-number') ?? null;
    this.#add({
      ...NEW_LINE,
      kind: 'other',
      status: 'pending',
      side: 'in',
      mandateRef: reference(this.#need(element, 'reference').trim()),
      accountLast4: tailOf(account),
      minor: 0,
      currency: GBP,
      valueDate: effective === undefined ? this.#must(element) : this.#date(effective, element),
      rawCode: `${name}-${code}`.slice(0, 20),
      rawText: reasons.says(code),
      counterparty: attributes.get('payer-name')?.trim().slice(0, 140) || null,
      failure: reasons.failure(code),
    });
  }

  #refused(element: Element): Omit<StatementLine, 'line'> {
    const item = find(element, 'ErrorItem');
    const message = find(element, 'ErrorMessage');
    if (!item || !message) throw this.#lacks(element, item ? 'ErrorMessage' : 'ErrorItem');
    const type = this.#need(message, 'type').trim().toUpperCase();
    const rejected = type === 'REJECTED';
    return {
      ...NEW_LINE,
      kind: 'payment',
      status: rejected ? 'failed' : 'pending',
      side: 'in',
      outTradeNo: reference(this.#need(item, 'reference').trim()),
      minor: this.#amount(item, 'valueOf', GBP),
      currency: GBP,
      valueDate: this.#must(element),
      rawCode: type.slice(0, 20),
      rawText: words([message.attributes.get('line1') ?? message.attributes.get('text') ?? message.text]),
      failure: rejected ? 'badRequest' : null,
    };
  }

  #claims(element: Element): void {
    const taken = textOf(element, 'DateOfDebit');
    if (taken === null) throw this.#lacks(element, 'DateOfDebit');
    const day = this.#date(taken, element);
    this.#day ??= day;
    let sum = 0;
    for (const claim of all(element, 'DDICAdvice')) {
      const code = this.#need(claim, 'ReasonCode');
      const minor = this.#amount(claim, 'TotalAmount', GBP);
      sum += minor;
      this.#add({
        ...NEW_LINE,
        kind: 'return',
        side: 'out',
        outTradeNo: reference(textOf(claim, 'SUReference')),
        channelTradeNo: reference(textOf(claim, 'PayingBankReference')),
        minor,
        currency: GBP,
        valueDate: day,
        rawCode: `DDIC-${code}`.slice(0, 20),
        rawText: words([textOf(claim, 'ReasonCodeMeaning') ?? this.#ddic.says(code)]),
        failure: this.#ddic.failure(code),
      });
    }
    const stated = textOf(element, 'TotalValueOfDebits');
    if (stated === null) return;
    if (minorOf(stated, GBP, element.at, { group: ',' }) !== sum)
      throw new BadStatement('TOTALS_DIFFER', element.at, `the report states claims of ${stated}, its rows come to ${sum} pence`, AGAIN);
    this.#held = true;
  }

  #add(line: Omit<StatementLine, 'line'>): void {
    const whole = { ...line, line: this.#tally.lines + 1 };
    this.#tally.add(whole);
    this.ready.push(whole);
  }

  #amount(element: Element, name: string, currency: string): number {
    const minor = minorOf(this.#need(element, name), currency, element.at, { group: ',' });
    if (minor < 0) throw new BadStatement('BAD_AMOUNT', element.at, `${name} is below zero`, AGAIN);
    return minor;
  }

  #date(text: string, element: Element): BusinessDate {
    const day = this.#times.day(text.trim());
    if (!day) throw new BadStatement('BAD_DATE', element.at, `'${text.slice(0, 20)}' is not a day like 2026-11-24`, AGAIN);
    return day;
  }

  /** The report's own day, for rows that name none. */
  #must(element: Element): BusinessDate {
    const day = this.#day ?? this.#options.businessDate;
    if (!day) throw this.#lacks(element, 'date, nor has the report');
    return day;
  }

  /** An attribute, or a child's text, that must be there. */
  #need(element: Element, name: string): string {
    const text = element.attributes.get(name) ?? textOf(element, name) ?? '';
    if (text.trim() === '') throw this.#lacks(element, name);
    return text;
  }

  #lacks(element: Element, what: string): BadStatement {
    return new BadStatement('MISSING_FIELD', element.at, `<${element.name}> has no ${what}`, AGAIN);
  }
}

export const bacsReader = xmlReader('bacs', 'channel', (options) => new BacsFile(options));
