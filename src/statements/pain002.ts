/**
 * pain.002 (customer payment status report): what became of a debit file before money moved.
 *
 * Every row has the kind `payment` and moved nothing: RJCT and CANC are `failed`, with their class and the amount that was asked for; all
 * other states are `pending`, settled ones too (ACSC, ACCC), because settlement is the account statement's word and must not be counted
 * twice. The state is in `rawCode` unless there is a reason, and always in `rawText`. A report may name the rejected debits alone: a debit
 * that it does not name is left as it is. Rejected whole files and batches that list no debits give no rows; the head's warnings name them.
 */
import type { BusinessDate } from '../domain/clock.ts';
import type { LineStatus, StatementHead, StatementLine } from '../domain/statement.ts';
import { Reasons } from './codes.ts';
import { accountNumber, amountAt, countAt, dayOf, instantOf, lacks, nameOf, reference, tailOf, words } from './iso-fields.ts';
import { BadStatement, holdExpected, NEW_HEAD, NEW_LINE, type ReadOptions, Tally } from './reader.ts';
import { SEPA_CODES } from './sepa-codes.ts';
import { Times } from './times.ts';
import { Warnings } from './warnings.ts';
import { type XmlFile, xmlReader } from './xml-reader.ts';
import { all, type Element, find, holdPath, textOf } from './xml-tree.ts';

const REPORT = ['Document', 'CstmrPmtStsRpt'];
const NAMESPACE = /^urn:iso:std:iso:20022:tech:xsd:pain\.(\d{3})\.001\.(\d{2})$/;
const STATES = [
  'ACTC',
  'ACCP',
  'ACSP',
  'ACSC',
  'ACCC',
  'ACWC',
  'ACWP',
  'ACFC',
  'ACPD',
  'PATC',
  'PART',
  'PDNG',
  'PRES',
  'RCVD',
  'RJCT',
  'CANC',
  'BLCK',
];
const REFUSED = ['RJCT', 'CANC'];
const AGAIN = 'fetch the file again; if it stays so, ask the bank for a corrected one';

class Pain002File implements XmlFile {
  readonly ready: StatementLine[] = [];
  readonly #tally = new Tally();
  readonly #times = new Times('utc');
  readonly #options: ReadOptions;
  readonly #reasons: Reasons;
  readonly #warnings = new Warnings('rejected batches');
  #seen = false;
  #message: string | null = null;
  #created: BusinessDate | null = null;
  #group: Element | null = null;
  #inBatch = 0;
  /** The first and the last day that rows name. */
  #days: readonly BusinessDate[] = [];

  constructor(options: ReadOptions) {
    this.#options = options;
    this.#reasons = new Reasons(SEPA_CODES, options);
  }

  enter(element: Element, parents: readonly Element[], uri: string): void {
    const { name, at } = element;
    const wrong = () =>
      new BadStatement('NOT_PAIN002', at, `<${name.slice(0, 40)}> is no pain.002 message`, 'import the file under its own format');
    if (parents.length === 0 && name !== 'Document') throw wrong();
    if (parents.length === 1) {
      const [, family = '002'] = NAMESPACE.exec(uri) ?? [];
      if (name !== 'CstmrPmtStsRpt' || family !== '002' || this.#seen) throw wrong();
      this.#seen = true;
    }
    if (name === 'OrgnlGrpInfAndSts' || name === 'OrgnlPmtInfAndSts') holdPath(element, parents, REPORT);
    if (name === 'TxInfAndSts') holdPath(element, parents, [...REPORT, 'OrgnlPmtInfAndSts']);
    if (name === 'OrgnlPmtInfAndSts') this.#inBatch = 0;
  }

  leave(element: Element, parents: readonly Element[]): boolean {
    const [, , batch] = parents;
    if (parents.length === 2) {
      if (element.name === 'GrpHdr') this.#header(element);
      if (element.name === 'OrgnlGrpInfAndSts') this.#group = element;
      if (element.name === 'OrgnlPmtInfAndSts') this.#closeBatch(element);
      return false;
    }
    if (parents.length === 3 && element.name === 'TxInfAndSts') {
      this.#row(element, batch!);
      return false;
    }
    return parents.length > 2;
  }

  end(): StatementHead {
    if (!this.#seen || !this.#group) throw new BadStatement('NO_STATEMENT', { line: 1 }, 'the report names no original message', AGAIN);
    const state = textOf(this.#group, 'GrpSts');
    if (state && REFUSED.includes(state) && this.#tally.lines === 0) {
      const named = countAt(this.#group, 'OrgnlNbOfTxs');
      this.#warnings.add(
        `the whole file ${textOf(this.#group, 'OrgnlMsgId') ?? '(no number)'} was rejected${this.#why(this.#group)}: ` +
          `${named === null ? 'each' : `all ${named}`} of its debits failed`,
      );
    }
    const [from = null, to = null] = this.#days;
    const businessDate = this.#created;
    holdExpected(this.#options, { businessDate });
    const counted = this.#tally.totals();
    return {
      ...NEW_HEAD,
      format: 'pain.002',
      businessDate,
      from,
      to,
      sequence: this.#message,
      counted,
      lines: this.#tally.lines,
      warnings: [...this.#warnings.all(), ...this.#reasons.warnings()],
    };
  }

  #header(element: Element): void {
    this.#message = textOf(element, 'MsgId')?.slice(0, 40) ?? null;
    this.#created = dayOf(find(element, 'CreDtTm'), this.#times);
  }

  #closeBatch(element: Element): void {
    const state = textOf(element, 'PmtInfSts');
    if (!state || !REFUSED.includes(state) || this.#inBatch > 0) return;
    const named = countAt(element, 'OrgnlNbOfTxs');
    this.#warnings.add(
      `batch ${textOf(element, 'OrgnlPmtInfId') ?? '(no number)'} was rejected${this.#why(element)}: ` +
        `${named === null ? 'each' : `all ${named}`} of its debits failed`,
    );
  }

  #row(element: Element, batch: Element): void {
    this.#inBatch += 1;
    const state = textOf(element, 'TxSts') ?? textOf(batch, 'PmtInfSts') ?? textOf(this.#group, 'GrpSts') ?? '';
    if (!STATES.includes(state)) {
      const says = `the status '${state.slice(0, 20)}' is none of ISO 20022's`;
      throw new BadStatement('BAD_VALUE', find(element, 'TxSts')?.at ?? element.at, says, AGAIN);
    }
    const status: LineStatus = REFUSED.includes(state) ? 'failed' : 'pending';
    const original = find(element, 'OrgnlTxRef');
    const { minor, currency } = this.#amount(original);
    const valueDate = this.#day(
      dayOf(find(original, 'ReqdColltnDt'), this.#times) ?? dayOf(find(element, 'AccptncDtTm'), this.#times),
      element,
    );
    const code = reasonOf(element);
    const line: StatementLine = {
      ...NEW_LINE,
      line: this.#tally.lines + 1,
      kind: 'payment',
      status,
      side: 'in',
      outTradeNo: reference(textOf(element, 'OrgnlEndToEndId')) ?? reference(textOf(element, 'OrgnlInstrId')),
      channelTradeNo: reference(textOf(element, 'AcctSvcrRef')) ?? reference(textOf(element, 'StsId')),
      mandateRef: reference(textOf(original, 'MndtRltdInf', 'MndtId') ?? textOf(original, 'MndtRltdInf', 'DrctDbtMndt', 'MndtId')),
      accountLast4: tailOf(accountNumber(find(original, 'DbtrAcct'))),
      minor,
      currency,
      at: instantOf(element, 'AccptncDtTm'),
      valueDate,
      rawCode: code ?? state,
      rawText: words([
        state,
        code ? this.#reasons.says(code) : null,
        ...all(find(element, 'StsRsnInf'), 'AddtlInf').map((one) => one.text),
      ]),
      counterparty: nameOf(find(original, 'Dbtr')),
      failure: status === 'failed' ? this.#reasons.failure(code ?? '') : null,
    };
    this.#tally.add(line);
    this.ready.push(line);
  }

  /** Reports may leave the original amount out: zero then, for nothing moved. */
  #amount(original: Element | null): { minor: number; currency: string } {
    const { currency = 'EUR' } = this.#options;
    const stated = amountAt(original, 'Amt', 'InstdAmt') ?? amountAt(original, 'IntrBkSttlmAmt');
    return stated ?? { minor: 0, currency };
  }

  #day(asked: BusinessDate | null, element: Element): BusinessDate {
    const day = asked ?? this.#created ?? this.#options.businessDate;
    if (!day) throw lacks(element, 'ReqdColltnDt, and the report no CreDtTm');
    const days = [day, ...this.#days].sort();
    this.#days = [days[0]!, days.at(-1)!];
    return day;
  }

  #why(element: Element): string {
    const code = reasonOf(element);
    return code ? ` (${[code, this.#reasons.says(code)].filter(Boolean).join(', ')})` : '';
  }
}

const reasonOf = (element: Element): string | null =>
  textOf(element, 'StsRsnInf', 'Rsn', 'Cd') ?? textOf(element, 'StsRsnInf', 'Rsn', 'Prtry')?.slice(0, 40) ?? null;

export const pain002Reader = xmlReader('pain.002', 'channel', (options) => new Pain002File(options));
