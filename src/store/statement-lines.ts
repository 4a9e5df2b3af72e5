/** A statement line as it is stored: short names, nothing that is empty, amounts as Longs; and `j`, the text that the day's match reads. */
import { type Document, Long } from 'mongodb';
import type { BusinessDate, Instant } from '../domain/clock.ts';
import type { FailureClass } from '../domain/failures.ts';
import type { StatementLine } from '../domain/statement.ts';
import type { KeptLine } from '../flows/statement-store.ts';
import { lineKey } from './day-keys.ts';

/** Sortable, and told from the statement: 'stm_…:000000017'. */
export const lineId = (statementId: string, n: number): string => `${statementId}:${String(n).padStart(9, '0')}`;
const placeIn = (id: string): number => Number(id.slice(id.lastIndexOf(':') + 1));

export function toLineDoc(statementId: string, line: StatementLine, n: number): Document {
  const doc: Document = {
    _id: lineId(statementId, n),
    s: statementId,
    j: lineKey(line, n),
    l: line.line,
    k: line.kind,
    u: line.status,
    d: line.side,
    m: Long.fromNumber(line.minor),
    y: line.currency,
    v: line.valueDate,
  };
  if (line.outTradeNo !== null) doc.o = line.outTradeNo;
  if (line.refundNo !== null) doc.r = line.refundNo;
  if (line.channelTradeNo !== null) doc.t = line.channelTradeNo;
  if (line.mandateRef !== null) doc.g = line.mandateRef;
  if (line.accountLast4 !== null) doc.a = line.accountLast4;
  if (line.feeMinor !== 0) doc.f = Long.fromNumber(line.feeMinor);
  if (line.count !== 1) doc.c = line.count;
  if (line.at !== null) doc.at = line.at;
  if (line.rawCode !== '') doc.rc = line.rawCode;
  if (line.rawText !== '') doc.rt = line.rawText;
  if (line.counterparty !== null) doc.cp = line.counterparty;
  if (line.failure !== null) doc.fl = line.failure;
  if (line.fx !== null) doc.fx = { ...line.fx, minor: Long.fromNumber(line.fx.minor) };
  return doc;
}

export const fromLineDoc = (doc: Document): KeptLine => ({
  n: placeIn(doc._id as string),
  line: doc.l as number,
  kind: doc.k as StatementLine['kind'],
  status: doc.u as StatementLine['status'],
  side: doc.d as StatementLine['side'],
  outTradeNo: (doc.o as string | undefined) ?? null,
  refundNo: (doc.r as string | undefined) ?? null,
  channelTradeNo: (doc.t as string | undefined) ?? null,
  mandateRef: (doc.g as string | undefined) ?? null,
  accountLast4: (doc.a as string | undefined) ?? null,
  minor: doc.m as number,
  currency: doc.y as string,
  feeMinor: (doc.f as number | undefined) ?? 0,
  count: (doc.c as number | undefined) ?? 1,
  at: (doc.at as Instant | undefined) ?? null,
  valueDate: doc.v as BusinessDate,
  rawCode: (doc.rc as string | undefined) ?? '',
  rawText: (doc.rt as string | undefined) ?? '',
  counterparty: (doc.cp as string | undefined) ?? null,
  failure: (doc.fl as FailureClass | undefined) ?? null,
  fx: (doc.fx as StatementLine['fx'] | undefined) ?? null,
});
