/**
 * The books of a plan. A posting is a list of lines that sum to zero; dr above zero, cr below. Nothing is edited: a correction is a new posting.
 *
 * The balances of a plan follow from its state, so a posting is the difference between two states and can neither forget nor repeat anything.
 * On 1303, 1132 and 6021 a `component` marks an allocation line: over all postings such lines of an instalment and component sum to
 * minus what is paid. Registration and accrual lines on these accounts carry no component, so the two are never merged or confused.
 */
import { strict as assert } from 'node:assert';
import { type Component, type Instalment, NOTHING, type Plan, type Receipt } from './plan.ts';

export type LedgerLine = Readonly<{
  /** Account of domain.md section 8; channel clearing is '1012.01:channel'. */
  account: string;
  minor: number;
  /** Null on lines that belong to no plan: suspense, fees, deposits, settlement. */
  planId: string | null;
  instalmentId: string | null;
  component: Component | null;
  scheduleVersion: number | null;
}>;

/** Name of each ledger account, by number. */
export const ACCOUNTS: Readonly<Record<string, Readonly<{ en: string; zh: string }>>> = {
  '1002': { en: 'Bank deposits', zh: '银行存款' },
  '1012.01': { en: 'Channel clearing', zh: '通道清算款' },
  '1012.02': { en: 'Funds in transit', zh: '在途资金' },
  '1132.01': { en: 'Interest receivable', zh: '应收利息' },
  '1132.02': { en: 'Penalty interest receivable', zh: '应收罚息' },
  '1221.01': { en: 'Shortage suspense', zh: '待处理短款' },
  '1303.01': { en: 'Loans, normal', zh: '正常贷款' },
  '1303.02': { en: 'Loans, overdue', zh: '逾期贷款' },
  '1304': { en: 'Loan loss allowance', zh: '贷款损失准备' },
  '2241.01': { en: 'Surplus suspense', zh: '待处理长款' },
  '2241.02': { en: 'Borrower overpayments', zh: '溢缴款' },
  '2241.03': { en: 'Payable to funder', zh: '应付资金方款' },
  '2241.04': { en: 'Reserve deposits', zh: '保证金' },
  '2241.05': { en: 'Payable to lender', zh: '应付放款机构款' },
  '2241.06': { en: 'Payable to guarantor', zh: '应付担保方款' },
  '2998': { en: 'Currency exchange', zh: '外币兑换' },
  '2999': { en: 'Loan funding', zh: '放款对应科目' },
  '6011': { en: 'Interest income', zh: '利息收入' },
  '6021': { en: 'Fee income', zh: '手续费收入' },
  '6022': { en: 'Servicing fee income', zh: '服务费收入' },
  '6421': { en: 'Channel fees', zh: '通道手续费' },
  '6702': { en: 'Impairment loss', zh: '贷款减值损失' },
};

/** The account that a debit through `channel` arrives on. */
export const clearingAccount = (channel: string): string => `1012.01:${channel}`;
/** The account that a borrower's own payment arrives on: the lender's own, of which we see no statement. */
export const SELF_PAYMENT_ACCOUNT = '1002';
/** Our settlement account as its bank names it: booked from that bank's statement alone, so it must equal the stated closing balance. */
export const depositAccount = (account: string): string => `1002:${account}`;
/** Money that has left us and does not stand on the account's statement yet, or has come back and does not stand there yet. */
export const IN_TRANSIT = '1012.02';
/** A line that belongs to no plan. */
export const line = (account: string, minor: number): LedgerLine => ({
  account,
  minor,
  planId: null,
  instalmentId: null,
  component: null,
  scheduleVersion: null,
});

/** Checks and tidies a posting: equal lines merged, zeros dropped; throws an AssertionError unless whole minor units on known accounts sum to zero. */
export function entry(lines: readonly LedgerLine[]): LedgerLine[] {
  const merged: LedgerLine[] = [];
  let balance = 0;
  for (const line of lines) {
    assert(Number.isSafeInteger(line.minor), `not whole minor units: ${line.minor} on ${line.account}`);
    assert(Object.hasOwn(ACCOUNTS, line.account.split(':')[0] as string), `no such ledger account: ${line.account}`);
    balance += line.minor;
    const at = merged.findIndex((m) => alike(m, line));
    if (at < 0) merged.push(line);
    else merged[at] = { ...line, minor: (merged[at] as LedgerLine).minor + line.minor };
  }
  assert(balance === 0, `a posting must sum to zero, this one to ${balance}`);
  return merged.filter((line) => line.minor !== 0);
}

const alike = (a: LedgerLine, b: LedgerLine): boolean =>
  a.account === b.account &&
  a.planId === b.planId &&
  a.instalmentId === b.instalmentId &&
  a.component === b.component &&
  a.scheduleVersion === b.scheduleVersion;

/** The posting that undoes another. */
export const reverse = (posting: readonly LedgerLine[]): LedgerLine[] => posting.map((line) => ({ ...line, minor: -line.minor }));

/** Where each component is credited. */
const CREDITED: Readonly<Record<Component, string>> = { fee: '6021', penalty: '1132.02', interest: '1132.01', principal: '1303.01' };
const PAYABLE = ['fee', 'penalty', 'interest', 'principal'] as const;
const UNBOOKED = { due: NOTHING, paid: NOTHING, accrued: { interest: 0, penalty: 0 } };

const lent = (plan: Plan): number => plan.instalments.reduce((s, i) => s + (i.state === 'superseded' ? 0 : i.due.principal), 0);
const sumOf = (receipts: readonly Receipt[], part: (r: Receipt) => number): number => receipts.reduce((s, r) => s + part(r), 0);
/** What came in and is still here. Below zero for a receipt whose whole sum was taken back after a part had been refunded. */
const inHand = (r: Receipt): number => (r.back ? 0 : r.minor) - r.refunded;
/** Refunded and then taken back whole: it went out twice. */
const twiceOut = (r: Receipt): number => (r.back ? r.refunded : 0);
const overpaid = (r: Receipt): number => (r.back ? 0 : r.overpaid);

/** Registration: Dr 1303.01, Cr 2999 with the plan's principal. */
export function onRegistered(plan: Plan): LedgerLine[] {
  const none = { planId: plan.id, instalmentId: null, component: null, scheduleVersion: null };
  return entry([
    { ...none, account: '1303.01', minor: lent(plan) },
    { ...none, account: '2999', minor: -lent(plan) },
  ]);
}

/**
 * The posting that leads from the books of one state of a plan to those of another. `cashAccount` takes what came in or went back;
 * it must be given where the receipts differ.
 */
export function difference(before: Plan, after: Plan, cashAccount?: string): LedgerLine[] {
  const lines: LedgerLine[] = [];
  const put = (account: string, minor: number, i: Instalment | null = null, component: Component | null = null) => {
    const instalmentId = i ? i.id : null;
    if (minor !== 0)
      lines.push({ account, minor, planId: after.id, instalmentId, component, scheduleVersion: i ? i.scheduleVersion : null });
  };
  const moved = (part: (r: Receipt) => number): number => sumOf(after.receipts, part) - sumOf(before.receipts, part);
  const cash = moved(inHand);
  assert(cash === 0 || cashAccount, 'money came in or went back: name the account it is on');
  if (cashAccount) put(cashAccount, cash);
  const principal = lent(after) - lent(before);
  put('1303.01', principal);
  put('2999', -principal);
  after.instalments.forEach((i, at) => {
    const same = before.instalments[at];
    const was = same?.id === i.id ? same : (before.instalments.find((b) => b.id === i.id) ?? UNBOOKED);
    if (was === i) return;
    const interest = i.accrued.interest - was.accrued.interest;
    put('1132.01', interest, i);
    put('6011', -interest, i, 'interest');
    const penalty = i.accrued.penalty - was.accrued.penalty;
    put('1132.02', penalty, i);
    put('6011', -penalty, i, 'penalty');
    for (const component of PAYABLE) put(CREDITED[component], was.paid[component] - i.paid[component], i, component);
  });
  put('2241.02', -moved(overpaid));
  put('1221.01', moved(twiceOut));
  return entry(lines);
}
