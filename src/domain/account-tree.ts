/**
 * The account tree (科目表): an account's parent is its number without the last part, '1012' over '1012.01' over '1012.01:simulator', and what
 * lies on an account lies on all above it too. Amounts: dr above zero, cr below, minor units of one currency.
 */
import { ACCOUNTS } from './ledger.ts';

export type Name = Readonly<{ en: string; zh: string }>;

/** Accounts that are only sums of those below them. */
const GROUPS: Readonly<Record<string, Name>> = {
  '1012': { en: 'Other monetary funds', zh: '其他货币资金' },
  '1132': { en: 'Interest receivable', zh: '应收利息' },
  '1221': { en: 'Other receivables', zh: '其他应收款' },
  '1303': { en: 'Loans', zh: '贷款' },
  '2241': { en: 'Other payables', zh: '其他应付款' },
};

/** The account above; null at the top. */
export function parentOf(account: string): string | null {
  const cut = Math.max(account.lastIndexOf(':'), account.includes(':') ? -1 : account.lastIndexOf('.'));
  return cut < 0 ? null : account.slice(0, cut);
}

/** What an account is called; a sub-account is named after its parent and its own part: 'Channel clearing: simulator'. */
export function nameOf(account: string): Name {
  const known = ACCOUNTS[account] ?? GROUPS[account];
  if (known) return known;
  const parent = parentOf(account);
  if (parent === null) return { en: account, zh: account };
  const own = account.slice(parent.length + 1);
  const above = nameOf(parent);
  return { en: `${above.en}: ${own}`, zh: `${above.zh}：${own}` };
}

/** The side on which an account grows: what is ours and what it costs on the debit side, what we owe and earn on the credit side. */
export const sideOf = (account: string): 'dr' | 'cr' => (/^(1(?!304)|64|67)/.test(account) ? 'dr' : 'cr');

export type AccountNode = Readonly<{
  account: string;
  parent: string | null;
  /** 1 at the top. */
  level: number;
  name: Name;
  side: 'dr' | 'cr';
  /** What was posted to this very account. */
  own: number;
  /** With all below it. */
  total: number;
}>;

/** Every account that holds something and all above it, each parent right before its children. Equal accounts are summed. */
export function accountTree(balances: readonly Readonly<{ account: string; minor: number }>[]): AccountNode[] {
  const own = new Map<string, number>();
  const totals = new Map<string, number>();
  for (const { account, minor } of balances) {
    own.set(account, (own.get(account) ?? 0) + minor);
    for (let at: string | null = account; at !== null; at = parentOf(at)) totals.set(at, (totals.get(at) ?? 0) + minor);
  }
  return [...totals]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([account, total]) => ({
      account,
      parent: parentOf(account),
      level: levelOf(account),
      name: nameOf(account),
      side: sideOf(account),
      own: own.get(account) ?? 0,
      total,
    }));
}

const levelOf = (account: string): number => {
  const parent = parentOf(account);
  return parent === null ? 1 : levelOf(parent) + 1;
};
