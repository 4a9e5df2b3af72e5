/** What a text-message gateway can do: the port each implements. `test/contracts/sms.ts` is the suite each must pass. */
import type { Instant } from '../domain/clock.ts';

export type Message = Readonly<{
  /** Ours (ntc_...): most gateways have no idempotency, so nothing is sent twice on a guess. */
  id: string;
  /** E.164. */
  to: string;
  template: string;
  language: string;
  /** The whole text, for gateways that take free text. */
  text: string;
  /** Named values, for gateways that take an approved template and parameters. */
  params: Readonly<Record<string, string>>;
}>;

export type SendOutcome =
  | Readonly<{ kind: 'sent'; gatewayNo: string }>
  /** `again`: later, once, or never; `optOut`: the receiver said stop. */
  | Readonly<{ kind: 'failed'; rawCode: string; rawText: string; again: 'later' | 'once' | 'never'; optOut: boolean }>
  | Readonly<{ kind: 'unknown'; error: string }>;

export type DeliveryReport = Readonly<{
  id: string;
  gatewayNo: string;
  messageId: string;
  state: 'delivered' | 'failed';
  at: Instant;
  rawCode: string;
}>;

export interface SmsGateway {
  readonly name: string;
  send(message: Message): Promise<SendOutcome>;
  /** Delivery reports after the cursor, oldest first. */
  reports(cursor: string | null, limit: number): Promise<Readonly<{ items: readonly DeliveryReport[]; cursor: string | null }>>;
}
