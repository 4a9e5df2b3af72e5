/**
 * A discrepancy (差错): something in which we and the other side do not agree, or that nobody could resolve. It is kept until somebody or
 * something explains it; the difference lies in suspense (挂账) meanwhile. Every step is an event of the discrepancy; steps that move money
 * need a second person, who is the holder of another key.
 */
import { type BusinessDate, type Instant, plusHours } from './clock.ts';
import type { LedgerLine } from './ledger.ts';
import type { Machine } from './machine.ts';
import type { LineStatus } from './statement.ts';

/** What comparing a statement's lines with our records gives (domain.md section 8); all but `matched` open a discrepancy. */
export const RESULTS = ['matched', 'carriedOver', 'surplus', 'shortage', 'amountMismatch', 'statusMismatch', 'duplicate'] as const;
export type MatchResult = (typeof RESULTS)[number];

/** What an attempt's own answers leave open. */
export const ATTEMPT_KINDS = ['unresolved', 'answerMismatch', 'unmappedCode', 'numberTaken'] as const;
/** What files and accounts leave open. */
const FILE_KINDS = ['lateFile', 'depositMismatch'] as const;
export const DISCREPANCY_KINDS = [...ATTEMPT_KINDS, ...RESULTS.slice(1), ...FILE_KINDS] as readonly DiscrepancyKind[];
export type DiscrepancyKind = (typeof ATTEMPT_KINDS)[number] | Exclude<MatchResult, 'matched'> | (typeof FILE_KINDS)[number];

export type DiscrepancyState = 'open' | 'suspense' | 'carriedOver' | 'corrected' | 'refunded' | 'writtenOff';
export type DiscrepancyEvent = 'suspend' | 'carryOver' | 'lapse' | 'correct' | 'refund' | 'writeOff';

const ENDS = { correct: 'corrected', refund: 'refunded', writeOff: 'writtenOff' } as const;

/** `carriedOver` waits one run for the next day's file; `lapse`: it was not there either. */
export const DISCREPANCY: Machine<DiscrepancyState, DiscrepancyEvent> = {
  name: 'discrepancy',
  initial: ['open'],
  table: {
    open: { suspend: 'suspense', carryOver: 'carriedOver', ...ENDS },
    suspense: { ...ENDS },
    carriedOver: { lapse: 'suspense', correct: 'corrected' },
    corrected: {},
    refunded: {},
    writtenOff: {},
  },
};
export const SETTLED: readonly DiscrepancyState[] = Object.values(ENDS);
export const isSettled = (state: DiscrepancyState): boolean => SETTLED.includes(state);
export const UNSETTLED = (Object.keys(DISCREPANCY.table) as DiscrepancyState[]).filter((s) => !isSettled(s));

/** Acts of staff that move money: proposed under one key, done under another. */
export type MoneyAct = 'accept' | 'adjust' | 'refund' | 'writeOff';
export type Proposal = Readonly<{
  act: MoneyAct;
  facts: Readonly<Record<string, unknown>>;
  /** The key that proposed: another must approve. */
  keyId: string;
  by: string;
  why: string;
  at: Instant;
}>;

/** What the channel itself answered when it was asked about the number: `kind` is the channel port's word. */
export type Asked = Readonly<{
  kind: string;
  minor: number | null;
  channelTradeNo: string | null;
  rawCode: string;
  rawText: string;
  at: Instant;
}>;

/**
 * An act that was approved and is not finished: `accept` waits until the attempt agrees, `refund` until its row stands in a file.
 * `by`: who approved it; `minor`: what a refund gives back, as it was approved; `answer`: the channel's last word on it, null before it was sent.
 */
export type Underway = Readonly<{ act: 'accept' | 'refund'; ref: string; by: string; minor: number | null; answer: string | null }>;

/** The tenant of what belongs to no lender: rows of numbers nobody knows, files, deposits. No key opens it but the house's own staff's. */
export const HOUSE = 'house';

export type Discrepancy = Readonly<{
  id: string;
  /** A lender's id, or HOUSE. */
  lenderId: string;
  /** What it is about, once: 'att_…:unresolved', 'simulator:2026-01-05:D1234:shortage'. */
  key: string;
  kind: DiscrepancyKind;
  says: string;
  facts: Readonly<Record<string, unknown>>;
  planId: string | null;
  attemptId: string | null;
  bucket: number;
  /** Where it was found by comparing files; null on what an attempt's own answers left open. */
  channel: string | null;
  businessDate: BusinessDate | null;
  outTradeNo: string | null;
  statementId: string | null;
  line: number | null;
  oursMinor: number | null;
  theirsMinor: number | null;
  currency: string | null;
  /**
   * What its postings come to. Unsettled: the line that holds the difference, against the channel's clearing account; settled: empty where it
   * was reversed because both sides agree, else where an act of staff took it.
   */
  suspense: readonly LedgerLine[];
  /** What turned out to be behind it, once known: 'lateRow', 'doubledRow', 'returnedLater' ... */
  cause: string | null;
  /** How it was closed: 'agrees', 'correctedFile', 'lateRow', or the act that closed it. */
  ended: string | null;
  owner: string | null;
  proposal: Proposal | null;
  underway: Underway | null;
  asked: Asked | null;
  /**
   * When it is looked at next by itself, and how often it was. Null once settled, on what waits for an attempt's own answer, and on what no look
   * explains once the alarm was raised.
   */
  lookAt: Instant | null;
  looks: number;
  /** When the alarm was raised about money that has been in suspense too long. */
  alertedAt: Instant | null;
  state: DiscrepancyState;
  openedAt: Instant;
  closedAt: Instant | null;
  eventN: number;
  version: number;
}>;

/** What the file's row said of itself; null where there is no row. */
export const rowStatusOf = (d: Discrepancy): LineStatus | null =>
  (d.facts.theirs as { status: LineStatus } | null | undefined)?.status ?? null;

/** Money in suspense for longer than this is told to whoever is on call. */
export const SUSPENSE_DAYS = 5;
export const agesAt = (openedAt: Instant): Instant => plusHours(openedAt, SUSPENSE_DAYS * 24);

/** Keys of money that went out twice (src/flows/refund/shortage.ts): what such a row holds was posted by the attempt's or the refund's own event. */
export const WENT_OUT_TWICE = /^(att|rfd)_.*:shortage$/;

/** What every discrepancy begins with, so that whoever finds one states only what it knows. */
export const NEW_DISCREPANCY = {
  facts: {},
  planId: null,
  attemptId: null,
  channel: null,
  businessDate: null,
  outTradeNo: null,
  statementId: null,
  line: null,
  oursMinor: null,
  theirsMinor: null,
  currency: null,
  suspense: [],
  cause: null,
  ended: null,
  owner: null,
  proposal: null,
  underway: null,
  asked: null,
  lookAt: null,
  looks: 0,
  alertedAt: null,
  state: 'open',
  closedAt: null,
  eventN: 0,
  version: 1,
} as const;
