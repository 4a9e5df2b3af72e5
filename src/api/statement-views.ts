/** The banks' files as the wire shows them. Names and accounts of payers stay in the store. */
import type { MatchResult } from '../domain/discrepancy.ts';
import type { Statement } from '../domain/statement.ts';
import type { KeptLine } from '../flows/statement-store.ts';

export const statementView = ({ head, version: _, ...s }: Statement) => ({
  ...s,
  sequence: head?.sequence ?? null,
  counted: head?.counted ?? [],
  declared: head?.declared ?? null,
  warnings: head?.warnings ?? [],
});

export const statementLineView = (l: KeptLine, result: MatchResult | null) => ({
  n: l.n,
  line: l.line,
  kind: l.kind,
  status: l.status,
  side: l.side,
  outTradeNo: l.outTradeNo,
  refundNo: l.refundNo,
  channelTradeNo: l.channelTradeNo,
  minor: l.minor,
  currency: l.currency,
  feeMinor: l.feeMinor,
  count: l.count,
  at: l.at,
  valueDate: l.valueDate,
  rawCode: l.rawCode,
  rawText: l.rawText,
  result,
});
