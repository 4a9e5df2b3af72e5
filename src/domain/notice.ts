/** A message to a borrower, and the proof that it went out. At most one a key: losing a message beats sending two. */
import type { BusinessDate, Instant } from './clock.ts';
import type { Machine } from './machine.ts';

export type NoticeState = 'sending' | 'sent' | 'delivered' | 'failed' | 'unsure' | 'blocked';
export type NoticeEvent = 'take' | 'deliver' | 'fail' | 'lose' | 'retry';

/** `unsure`: the gateway's answer was lost; it is listed, never sent again on a guess. `blocked`: opted out or no number; never sent. */
export const NOTICE: Machine<NoticeState, NoticeEvent> = {
  name: 'notice',
  initial: ['sending', 'blocked'],
  table: {
    sending: { take: 'sent', deliver: 'delivered', fail: 'failed', lose: 'unsure' },
    sent: { deliver: 'delivered', fail: 'failed' },
    unsure: { deliver: 'delivered', fail: 'failed' },
    failed: { retry: 'sending' },
    delivered: {},
    blocked: {},
  },
};

export type Notice = Readonly<{
  id: string;
  lenderId: string;
  borrowerId: string;
  planId: string;
  bucket: number;
  /** Unique per plan: '2027-01-25:reminder:3', or 'att_…:failed'. */
  key: string;
  template: string;
  language: string;
  /** Named values of the template, for gateways that fill in the text themselves. */
  params: Readonly<Record<string, string>>;
  text: string;
  toLast4: string;
  /** The debit it announces: what the gate compares. Null on messages that announce none. */
  announces: Readonly<{ dueDate: BusinessDate; debitDate: BusinessDate; minor: number; accountLast4: string }> | null;
  state: NoticeState;
  why: string | null;
  /** The gateway's own number: the proof. */
  gatewayNo: string | null;
  tries: number;
  /** When a failed one is tried once more; null: never. */
  retryAt: Instant | null;
  createdAt: Instant;
  sentAt: Instant | null;
  deliveredAt: Instant | null;
}>;

/** What the decider and the gate know of a message. */
export type NoticeFact = Pick<Notice, 'id' | 'planId' | 'key' | 'state' | 'announces' | 'sentAt'>;
