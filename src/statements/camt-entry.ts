/**
 * One `<Ntry>` of a camt message to statement lines.
 *
 * An entry with details that add up to it becomes a line a detail; one whose details carry no amounts, or do not add up, stays one line that
 * stands for `count` debits: nothing is guessed. Details are held back until it is known which of the two it is, and beyond a thousand
 * passed on at once, the sum then having to come out right. A detail's gross is the instructed amount (our debit); what the account moved
 * beyond or short of it is the fee, none while the entry is pending. The side is the entry's own, a reversal's too: CdtDbtInd says which way the money went this time.
 */
import type { BusinessDate } from '../domain/clock.ts';
import type { LineKind, LineStatus, StatementLine } from '../domain/statement.ts';
import { shownMinor } from './amount.ts';
import type { Reasons } from './codes.ts';
import {
  type Amount,
  accountNumber,
  amountAt,
  amountOf,
  countAt,
  dayOf,
  instantOf,
  lacks,
  nameOf,
  reference,
  signOf,
  tailOf,
  words,
} from './iso-fields.ts';
import { BadStatement, NEW_LINE } from './reader.ts';
import type { Times } from './times.ts';
import { all, type Element, find, textOf } from './xml-tree.ts';

/** Details that are held back. */
const HELD = 1_000;

/** What all lines of an entry share. */
type Common = Readonly<{
  entry: Element;
  place: number;
  sign: 1 | -1;
  amount: Amount;
  status: LineStatus;
  /** Charges of the whole entry that are inside its amount. */
  charges: number;
}>;

type Detail = Readonly<{ element: Element; sign: 1 | -1; settled: number }>;

const STATUS: Readonly<Record<string, LineStatus>> = { BOOK: 'succeeded', PDNG: 'pending', FUTR: 'pending', INFO: 'pending' };
const AGAIN = 'fetch the file again; if it stays so, ask the bank for a corrected one';

export class CamtEntry {
  readonly #times: Times;
  readonly #reasons: Reasons;
  readonly #day: BusinessDate | null;
  readonly #warn: (text: string) => void;
  readonly #held: Element[] = [];
  #streamed: { sum: number; common: Common } | null = null;
  #details = 0;

  /** @param day taken where the entry names none */
  constructor(times: Times, reasons: Reasons, day: BusinessDate | null, warn: (text: string) => void) {
    this.#times = times;
    this.#reasons = reasons;
    this.#day = day;
    this.#warn = warn;
  }

  /** A `<TxDtls>` that closed; `entry` holds what came before it. @returns lines that are ready */
  detail(element: Element, entry: Element, place: number): StatementLine[] {
    this.#details += 1;
    if (this.#streamed) return [this.#pass(element)];
    if (this.#details > HELD) return [];
    this.#held.push(element);
    if (this.#held.length < HELD) return [];
    const common = this.#common(entry, place);
    if (this.#held.some((one) => this.#settled(one, common) === null)) return [];
    this.#streamed = { sum: 0, common };
    return this.#held.splice(0).map((one) => this.#pass(one));
  }

  /** The `<Ntry>` closed. @returns the lines left, with what the entry moved on the account (zero unless booked) */
  end(entry: Element, place: number): { lines: StatementLine[]; moved: number; amount: Amount; sign: 1 | -1; status: LineStatus } {
    const common = this.#common(entry, place);
    const { sign, amount, status } = common;
    const lines = this.#streamed ? this.#endOfStream(common, this.#streamed.sum) : this.#lines(common);
    return { lines, moved: status === 'succeeded' ? sign * amount.minor : 0, amount, sign, status };
  }

  #common(entry: Element, place: number): Common {
    const amount = find(entry, 'Amt');
    if (!amount) throw lacks(entry, 'Amt');
    const sign = signOf(entry);
    if (sign === null) throw lacks(entry, 'CdtDbtInd');
    const state = textOf(entry, 'Sts', 'Cd') ?? textOf(entry, 'Sts') ?? '';
    const status = Object.hasOwn(STATUS, state) ? STATUS[state] : undefined;
    if (!status)
      throw new BadStatement('BAD_VALUE', entry.at, `the entry's status '${state.slice(0, 20)}' is none of BOOK, PDNG, FUTR, INFO`, AGAIN);
    const money = amountOf(amount);
    return { entry, place, sign, amount: money, status, charges: includedCharges(entry, money.currency) ?? 0 };
  }

  #lines(common: Common): StatementLine[] {
    const { entry, amount, sign } = common;
    const batches = all(entry, 'NtryDtls').flatMap((details) => all(details, 'Btch'));
    const named = batches.reduce((sum, batch) => sum + (countAt(batch, 'NbOfTxs') ?? 0), 0);
    if (this.#details === 0) return [this.#folded(common, Math.max(named, 1), batches)];
    if (this.#details === 1 && named <= 1) return [this.#line(common, { element: this.#held[0]!, sign, settled: amount.minor })];
    if (named > 0 && named !== this.#details)
      this.#warn(`entry ${common.place}: its batch names ${named} debits and details ${this.#details}`);
    const details = named > this.#details || this.#details > HELD ? null : this.#split(common);
    return details
      ? [...details.map((one) => this.#line(common, one)), ...this.#charge(common)]
      : [this.#folded(common, Math.max(named, this.#details), batches)];
  }

  /** The details with what each moved, when they add up to the entry; else null. */
  #split(common: Common): Detail[] | null {
    const { amount, sign, charges, place } = common;
    const net = sign * amount.minor + charges;
    const ways = [
      (one: Element) => ({ sign: signOf(one) ?? sign, settled: this.#settled(one, common) }),
      (one: Element) => ({ sign, settled: this.#settled(one, common) }),
      (one: Element) => ({ sign, settled: this.#instructed(one, common) }),
    ];
    for (const way of ways) {
      const found = this.#held.map((element) => ({ element, ...way(element) }));
      if (found.every((one): one is Detail => one.settled !== null) && found.reduce((sum, one) => sum + one.sign * one.settled, 0) === net)
        return found;
    }
    if (this.#held.some((one) => find(one, 'Amt') ?? find(one, 'AmtDtls')))
      this.#warn(
        `entry ${place}: its ${this.#held.length} details do not add up to ${shownMinor(amount.minor, amount.currency)}; it is kept as one line`,
      );
    return null;
  }

  /** What a detail moved in the entry's currency, as it says itself. */
  #settled(element: Element, { amount }: Common): number | null {
    const ways = [amountAt(element, 'Amt'), amountAt(element, 'AmtDtls', 'TxAmt', 'Amt'), amountAt(element, 'AmtDtls', 'InstdAmt', 'Amt')];
    return ways.find((one) => one?.currency === amount.currency)?.minor ?? null;
  }

  /** Instructed amount with the charges beside it: some banks state no other. */
  #instructed(element: Element, { amount, sign }: Common): number | null {
    const found = amountAt(element, 'AmtDtls', 'InstdAmt', 'Amt');
    if (found?.currency !== amount.currency) return null;
    return found.minor - sign * (statedCharges(element, amount.currency) ?? 0);
  }

  #pass(element: Element): StatementLine {
    const { common } = this.#streamed!;
    const settled = this.#settled(element, common);
    if (settled === null)
      throw new BadStatement('MISSING_FIELD', element.at, `the detail has no amount in ${common.amount.currency}`, AGAIN);
    const sign = signOf(element) ?? common.sign;
    this.#streamed!.sum += sign * settled;
    return this.#line(common, { element, sign, settled });
  }

  #endOfStream(common: Common, sum: number): StatementLine[] {
    const { entry, amount, sign, charges } = common;
    const should = sign * amount.minor + charges;
    if (sum === should) return this.#charge(common);
    const shown = (minor: number) => shownMinor(minor, amount.currency);
    const says = `the ${this.#details} details of the entry come to ${shown(sum)}, the entry to ${shown(should)}`;
    throw new BadStatement('TOTALS_DIFFER', entry.at, says, AGAIN);
  }

  /** Charges on a batch as a whole. */
  #charge(common: Common): StatementLine[] {
    if (common.charges === 0) return [];
    const line = this.#folded({ ...common, amount: { ...common.amount, minor: 0 } }, 1, []);
    return [
      { ...line, kind: 'fee', side: 'out', outTradeNo: null, minor: 0, feeMinor: common.status === 'succeeded' ? common.charges : 0 },
    ];
  }

  #folded(common: Common, count: number, batches: readonly Element[]): StatementLine {
    const line = this.#line(common, { element: common.entry, sign: common.sign, settled: common.amount.minor });
    const batch = batches.length === 1 ? batches[0]! : null;
    return { ...line, count, outTradeNo: reference(textOf(batch, 'PmtInfId') ?? textOf(batch, 'MsgId')) };
  }

  #line(common: Common, { element, sign, settled }: Detail): StatementLine {
    const { entry, amount } = common;
    const booked = find(entry, 'BookgDt');
    const valueDate = dayOf(find(entry, 'ValDt'), this.#times) ?? dayOf(booked, this.#times) ?? this.#day;
    if (!valueDate) throw lacks(entry, 'ValDt or BookgDt');
    const code = find(element, 'BkTxCd') ?? find(entry, 'BkTxCd');
    const returned = find(element, 'RtrInf');
    const reason = textOf(returned, 'Rsn', 'Cd') ?? textOf(returned, 'Rsn', 'Prtry');
    const refs = find(element, 'Refs');
    const kind = kindOf(element, code, sign, returned !== null);
    const [party, account] = partyOf(element, kind, sign);
    const { minor, feeMinor, fx } = kind === 'fee' ? feeOf(sign, settled) : grossOf(element, sign, settled, amount.currency);
    const charged = common.status === 'succeeded';
    return {
      ...NEW_LINE,
      line: common.place,
      kind,
      status: common.status,
      side: sign > 0 ? 'in' : 'out',
      outTradeNo: reference(textOf(refs, 'EndToEndId')),
      channelTradeNo: reference(
        textOf(refs, 'AcctSvcrRef') ?? textOf(entry, 'AcctSvcrRef') ?? textOf(refs, 'TxId') ?? textOf(entry, 'NtryRef'),
      ),
      mandateRef: reference(textOf(refs, 'MndtId')),
      accountLast4: tailOf(account),
      minor: charged ? minor : settled,
      currency: amount.currency,
      feeMinor: charged ? feeMinor : 0,
      at: instantOf(booked),
      valueDate,
      rawCode: reason ?? codeOf(code),
      rawText: words([
        reason ? this.#reasons.says(reason) : null,
        ...all(returned, 'AddtlInf').map((one) => one.text),
        ...all(find(element, 'RmtInf'), 'Ustrd').map((one) => one.text),
        textOf(element, 'AddtlTxInf'),
        textOf(entry, 'AddtlNtryInf'),
      ]),
      counterparty: party,
      failure: reason ? this.#reasons.failure(reason) : null,
      fx,
    };
  }
}

/** A charge is all fee: what the account moved by a line is its amount, in or out, less its fee. */
const feeOf = (sign: 1 | -1, settled: number) => ({ minor: 0, feeMinor: sign > 0 ? -settled : settled, fx: null });

/** Gross, fee and conversion of a detail from what moved on the account. */
function grossOf(element: Element, sign: 1 | -1, settled: number, currency: string): Pick<StatementLine, 'minor' | 'feeMinor' | 'fx'> {
  const amounts = find(element, 'AmtDtls');
  const instructed = amountAt(amounts, 'InstdAmt', 'Amt');
  if (instructed?.currency === currency && instructed.minor !== settled)
    return { minor: instructed.minor, feeMinor: sign > 0 ? instructed.minor - settled : settled - instructed.minor, fx: null };
  const charges = instructed?.currency === currency ? 0 : (includedCharges(element, currency) ?? 0);
  const rate = ['InstdAmt', 'TxAmt', 'CntrValAmt'].map((name) => textOf(amounts, name, 'CcyXchg', 'XchgRate')).find(Boolean);
  const foreign = [instructed, amountAt(amounts, 'TxAmt', 'Amt')].find((one) => one && one.currency !== currency);
  const fx = foreign && rate ? { currency: foreign.currency, minor: foreign.minor, rate } : null;
  const minor = settled + sign * charges;
  return minor < 0 ? { minor: settled, feeMinor: 0, fx } : { minor, feeMinor: charges, fx };
}

/** Records of charges: directly in `<Chrgs>` up to version 3, in `<Rcrd>` from 4 on. */
function* chargeRecords(element: Element): Generator<Element> {
  for (const charges of all(element, 'Chrgs')) {
    const records = all(charges, 'Rcrd');
    if (records.length > 0) yield* records;
    else if (find(charges, 'Amt')) yield charges;
  }
}

/** The sum of charges in `currency`, a credit below zero; null where none is stated. */
function statedCharges(element: Element, currency: string, only: (record: Element) => boolean = () => true): number | null {
  let sum: number | null = null;
  for (const record of chargeRecords(element)) {
    const amount = amountAt(record, 'Amt');
    if (amount?.currency === currency && only(record)) sum = (sum ?? 0) + (signOf(record) === 1 ? -amount.minor : amount.minor);
  }
  return sum;
}

/** Charges that the message says are inside the amount. Those it only tells of are booked as entries of their own. */
const includedCharges = (element: Element, currency: string): number | null =>
  statedCharges(element, currency, (record) => textOf(record, 'ChrgInclInd') === 'true');

const codeOf = (code: Element | null): string => {
  const domain = [textOf(code, 'Domn', 'Cd'), textOf(code, 'Domn', 'Fmly', 'Cd'), textOf(code, 'Domn', 'Fmly', 'SubFmlyCd')];
  return domain[0] ? domain.filter(Boolean).join('/') : (textOf(code, 'Prtry', 'Cd') ?? '').slice(0, 40);
};

/** Bank transaction codes: IDDT is a direct debit that we issued, UPDD its return unpaid, RCDD its recall, PRDD our own reversal of it. */
function kindOf(element: Element, code: Element | null, sign: 1 | -1, returned: boolean): LineKind {
  const family = textOf(code, 'Domn', 'Fmly', 'Cd');
  const sub = textOf(code, 'Domn', 'Fmly', 'SubFmlyCd') ?? '';
  if (returned || sub === 'UPDD' || sub === 'RCDD') return 'return';
  if (['CHRG', 'COMM', 'FEES', 'TAXE'].includes(sub)) return 'fee';
  if (family === 'IDDT') return sign > 0 ? 'payment' : sub === 'PRDD' ? 'refund' : 'return';
  if (family === 'RCDT' || family === 'ICDT') return 'transfer';
  if (!family && find(element, 'Refs', 'MndtId')) return sign > 0 ? 'payment' : 'return';
  return 'other';
}

/** Who stands on the other side: the payer of a debit, else whoever the money came from or went to. */
function partyOf(element: Element, kind: LineKind, sign: 1 | -1): [string | null, string | null] {
  const parties = find(element, 'RltdPties');
  const payer = kind === 'payment' || kind === 'return' || kind === 'refund' || sign > 0;
  const [first, second] = payer ? ['Dbtr', 'Cdtr'] : ['Cdtr', 'Dbtr'];
  const name = nameOf(find(parties, first)) ?? nameOf(find(parties, second));
  const account =
    accountNumber(find(parties, `${first}Acct`)) ?? (find(parties, first) ? null : accountNumber(find(parties, `${second}Acct`)));
  return [name, account];
}
