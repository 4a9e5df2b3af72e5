/** The simulated text-message gateway: an outbox of its own, delivery reports, and outcomes by the last four digits of the number. */
import type { Db } from 'mongodb';
import type { Clock, Instant } from '../../domain/clock.ts';
import type { SmsGateway } from '../gateway.ts';

/** Shares from 0 to 1 of all messages, decided by a hash of (seed, message id). */
export type SmsFaultRates = Readonly<{ lostAnswer: number; notDelivered: number; queueFull: number; latencyMs: number }>;

export type SimulatorSmsOptions = Readonly<{
  db: Db;
  clock: Clock;
  seed: string | number;
  faults?: Partial<SmsFaultRates>;
  wait?: (ms: number) => Promise<void>;
}>;

/** One message taken by the gateway. `repeats` counts how often the same id came again. */
export type SimulatorSmsRow = Readonly<{
  _id: string;
  gatewayNo: string;
  /** Keyed hash of the number. */
  to: string;
  toLast4: string;
  template: string;
  language: string;
  text: string;
  sentAt: Instant;
  reportAt: Instant;
  reportState: 'delivered' | 'failed';
  rawCode: string;
  /** Place in the stream of reports; null until it was told. */
  told: number | null;
  repeats: number;
}>;

export type SimulatorSms = Readonly<{
  gateway: SmsGateway;
  /** When the next delivery report is due; null: none is. */
  nextDue(): Promise<Instant | null>;
  /** What was sent, oldest first; of one number where given. For tests. */
  outbox(to?: string): Promise<SimulatorSmsRow[]>;
  /** Messages sent and repeats refused. */
  counts(): Promise<Readonly<{ sent: number; repeats: number }>>;
}>;

export declare function openSimulatorSms(options: SimulatorSmsOptions): Promise<SimulatorSms>;
