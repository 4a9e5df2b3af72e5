/**
 * A debit attempt (扣款流水): one request to one channel. Its facts never change; `state` and `open` are the fold of its events.
 * An attempt found `submitted` under a dead claim counts as `unknown`: the call may have begun.
 */
import type { BusinessDate, Instant } from './clock.ts';
import type { FailureClass } from './failures.ts';
import type { Machine } from './machine.ts';
import type { Money } from './money.ts';
import type { CompactPermit } from './permit.ts';

export type AttemptState = 'created' | 'submitted' | 'accepted' | 'unknown' | 'succeeded' | 'failed' | 'unsent' | 'voided' | 'returned';
export type AttemptEvent = 'submit' | 'accept' | 'succeed' | 'fail' | 'lose' | 'refuse' | 'void' | 'return' | 'deny';

/** Late money, on evidence, is booked; the attempt is not re-opened. */
const LATE = { succeed: 'succeeded' } as const;

export const ATTEMPT: Machine<AttemptState, AttemptEvent> = {
  name: 'attempt',
  initial: ['created', 'submitted'],
  table: {
    created: { submit: 'submitted', refuse: 'unsent' },
    submitted: { accept: 'accepted', succeed: 'succeeded', fail: 'failed', lose: 'unknown', refuse: 'unsent' },
    accepted: { succeed: 'succeeded', fail: 'failed', lose: 'unknown' },
    unknown: { accept: 'accepted', succeed: 'succeeded', fail: 'failed', void: 'voided' },
    succeeded: { return: 'returned', deny: 'failed' },
    failed: LATE,
    unsent: LATE,
    voided: LATE,
    returned: LATE,
  },
};

const OPEN_STATES: ReadonlySet<AttemptState> = new Set(['created', 'submitted', 'accepted', 'unknown']);
export const isOpen = (state: AttemptState): boolean => OPEN_STATES.has(state);

/** `early` before the due date; `due` first presentment; `retry` the full amount at a planned offset; `stepDown` any smaller ask (it wins); `overdue` after the planned offsets. */
export type Trigger = 'early' | 'due' | 'retry' | 'stepDown' | 'overdue';
export const TRIGGERS: readonly Trigger[] = ['early', 'due', 'retry', 'stepDown', 'overdue'];

/** What an attempt asks for, by instalment: the bank's memo and the first place an arriving sum is allocated to. */
export type Aim = Readonly<{ instalmentId: string; n: number; minor: number }>;

/** Who inserted the intent. `token` is fresh per batch: only its holder knows whether the call began. */
export type Claim = Readonly<{ token: string; partition: string; epoch: number }>;

export type Attempt = Readonly<{
  id: string;
  lenderId: string;
  borrowerId: string;
  planId: string;
  mandateId: string;
  bucket: number;
  /** 1, 2, 3 ... over the plan's life; burnt by `unsent` and `voided`. */
  n: number;
  /** Id of the oldest instalment aimed at: the debit order this attempt belongs to. */
  cycle: string;
  /** 1, 2 ... where one amount was split; null otherwise. The parts of one split count as one attempt. */
  part: number | null;
  trigger: Trigger;
  channel: string;
  /** Our number at the channel: a pure function of (lender code, plan's external id, n). */
  outTradeNo: string;
  /** The lender's own reference with n appended, where the number mode carries one. */
  lenderReference: string | null;
  amount: Money;
  aims: readonly Aim[];
  accountKey: string;
  accountLast4: string;
  /** 1..daily cap of the account; null once `unsent` freed it. */
  slot: number | null;
  /** The lender's business date on which it is sent. */
  businessDate: BusinessDate;
  /** Due date of the oldest instalment aimed at. */
  dueDate: BusinessDate;
  scheduleVersion: number;
  strategy: Readonly<{ name: string; version: number }>;
  permit: CompactPermit;
  /** Why the decider asked for it, in words. */
  because: string;
  /** Why it took this channel, where there was a choice. */
  routed: string | null;
  payloadHash: string;
  coreHash: string;
  claim: Claim;
  born: 'created' | 'submitted';
  state: AttemptState;
  open: boolean;
  /** Number of its last event; the birth is event 1. */
  eventN: number;
  /** The call may not begin after this: lease margin, window and cut-off. */
  sendBy: Instant;
  /** Expiry inside the bytes that were sent; the bank refuses the request after it. Null where the rail has none. */
  validUntil: Instant | null;
  createdAt: Instant;
  channelTradeNo: string | null;
  /** The channel's business day on which the money was taken, and given back: where its rows stand in the statements. Null while it was not. */
  takenOn: BusinessDate | null;
  returnedOn: BusinessDate | null;
  /** Given back by refunds of ours; `amount` stays. */
  refundedMinor: number;
  failure: FailureClass | null;
  rawCode: string | null;
  rawText: string | null;
  /** Who made it `unknown`: the brake counts the bank's, not those of senders that died. Null while it never was. */
  unknownBy: 'bank' | 'sender' | null;
  /** When the last event happened. */
  movedAt: Instant;
  /** The ask ladder: when to query next and how often it was. Null when nothing is to be asked. */
  ask: Readonly<{ at: Instant; n: number }> | null;
}>;

/** One move of one attempt, stored for good. */
export type Evidence = Readonly<{
  kind: 'reply' | 'query' | 'news' | 'statement' | 'person' | 'self' | 'expiry';
  ref: string;
  rawCode?: string;
  rawText?: string;
}>;

/** What the decider and the gate know of an attempt. */
export type AttemptFact = Pick<
  Attempt,
  | 'id'
  | 'planId'
  | 'mandateId'
  | 'n'
  | 'cycle'
  | 'part'
  | 'trigger'
  | 'channel'
  | 'amount'
  | 'aims'
  | 'accountKey'
  | 'slot'
  | 'businessDate'
  | 'dueDate'
  | 'state'
  | 'open'
  | 'failure'
  | 'createdAt'
  | 'movedAt'
>;
