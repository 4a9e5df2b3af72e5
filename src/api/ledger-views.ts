/** What of the books leaves the house, field by field. */
import { type AccountNode, nameOf } from '../domain/account-tree.ts';
import type { Period, TrialBalance } from '../domain/books.ts';
import type { DulyEvent } from '../domain/event.ts';
import { MOVEMENTS } from '../domain/movement.ts';
import type { AccountStatement, Tree } from '../flows/books.ts';
import type { BooksCheckRow } from '../flows/books-store.ts';
import type { Closed } from '../flows/close-period.ts';
import type { Folded, LenderStatement, StatementRow } from '../flows/lender-statement.ts';

const nodeView = ({ account, parent, level, name, side, own, total }: AccountNode) => ({
  account,
  parent,
  level,
  name: name.en,
  nameZh: name.zh,
  side,
  own,
  total,
});
export const treeView = ({ lenderId, currency, accounts }: Tree) => ({ lenderId, currency, accounts: accounts.map(nodeView) });

export const trialBalanceView = ({ lenderId, currency, rows, dr, cr, difference }: TrialBalance) => ({
  lenderId,
  currency,
  rows: rows.map((r) => ({ account: r.account, name: nameOf(r.account).en, dr: r.dr, cr: r.cr })),
  dr,
  cr,
  difference,
});

export const entryView = (e: DulyEvent) => ({
  id: e.id,
  subject: e.subject,
  type: e.type,
  planId: e.planId,
  at: e.at,
  by: e.by,
  why: e.why,
  currency: e.currency,
  lines: e.posting.map(({ account, minor, planId, instalmentId, component }) => ({
    account,
    amount: minor,
    planId,
    instalmentId,
    component,
  })),
});

export const accountStatementView = ({ account, currency, opening, entries, hasMore }: AccountStatement) => ({
  account,
  name: nameOf(account).en,
  currency,
  opening,
  data: entries.map(({ event: e, minor, balance }) => ({
    id: e.id,
    type: e.type,
    subject: e.subject,
    planId: e.planId,
    at: e.at,
    why: e.why,
    amount: minor,
    balance,
  })),
  hasMore,
});

export const periodView = (p: Period) => ({
  lenderId: p.lenderId,
  period: p.period,
  zone: p.zone,
  from: p.from,
  until: p.until,
  entries: p.entries,
  balances: p.balances.map(({ currency, account, minor }) => ({ currency, account, amount: minor })),
  hash: p.hash,
  closedAt: p.closedAt,
  by: p.by,
  why: p.why,
});
export const closedView = (closed: readonly Closed[]) => ({
  closed: closed.map(({ period, repeated }) => ({ ...periodView(period), repeated })),
});

export const booksCheckView = ({ date, at, ok, verdicts }: BooksCheckRow) => ({ date, at, ok, ...verdicts });

export const movementView = ({
  id,
  kind,
  at,
  currency,
  minor,
  parts,
  planId,
  externalId,
  orderNo,
  lenderReference,
  channel,
  channelTradeNo,
  why,
}: StatementRow) => ({
  id,
  kind,
  at,
  currency,
  amount: minor,
  principal: parts.principal,
  interest: parts.interest,
  penalty: parts.penalty,
  fee: parts.fee,
  overpaid: parts.overpaid,
  planId,
  externalId,
  orderNo,
  reference: lenderReference,
  channel,
  channelTradeNo,
  why,
});
export const foldedView = ({ key, orderNo, currency, net, rows }: Folded) => ({
  key,
  orderNo,
  currency,
  net,
  rows: rows.map(movementView),
});

export const lenderStatementView = ({ date, zone, issue, totals }: LenderStatement) => ({
  date,
  zone,
  issue: issue.n,
  rows: issue.rows,
  sha256: issue.sha256,
  totals: totals.map(({ currency, opening, closing, byKind }) => ({
    currency,
    opening,
    closing,
    byKind: Object.fromEntries(MOVEMENTS.map((k) => [k, { count: byKind[k].count, amount: byKind[k].minor }])),
  })),
});
