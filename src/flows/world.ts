/** Everything a flow may touch, handed in. A test builds one by hand, `src/app.ts` builds the real one. */
import type { Channel } from '../channels/channel.ts';
import type { PayoutPort } from '../channels/payout.ts';
import type { Agreements } from '../domain/agreement.ts';
import type { Calendar } from '../domain/calendar.ts';
import type { BusinessDate, Clock, Instant } from '../domain/clock.ts';
import type { Ids } from '../domain/ids.ts';
import type { RulePack } from '../domain/rule-pack.ts';
import type { Strategy } from '../domain/strategy.ts';
import type { SmsGateway } from '../sms/gateway.ts';
import type { StatementReader } from './statements/reader.ts';
import type { Store } from './store.ts';

/** Real time, for leases, rates and patience; never for due-ness. */
export interface Timers {
  /** Milliseconds that only grow. */
  monotonic(): number;
  sleep(ms: number): Promise<void>;
}

/** Seals account numbers. `context` binds a sealed text to its place: moved elsewhere it does not open. */
export interface Vault {
  seal(clear: string, context: string): string;
  open(sealed: string, context: string): string;
  /** The keyed hash under which an account is found and counted: equal accounts of one lender have equal keys. */
  accountKey(lenderId: string, account: string): string;
}

export interface RulePacks {
  packFor(where: Readonly<{ rail: string; country?: string | null; lenderType?: string | null; on: BusinessDate }>): RulePack;
  byName(name: string, version: string): RulePack | undefined;
}

/** The highest intent ever made on a channel, kept outside the database: a restored database shows itself. */
export interface HighWater {
  raise(channel: string, at: Instant): Promise<void>;
}

export interface Log {
  info(facts: Readonly<Record<string, unknown>>, text: string): void;
  warn(facts: Readonly<Record<string, unknown>>, text: string): void;
  error(facts: Readonly<Record<string, unknown>>, text: string): void;
}

/** A message template's words: `fill` puts named values in; throws when one is missing. */
export interface Templates {
  fill(template: string, language: string, values: Readonly<Record<string, string>>): string;
}

export type Settings = Readonly<{
  leaseMs: number;
  batch: number;
  /** Owner name of this process: host, pid and a token. */
  incarnation: string;
}>;

export interface World {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly store: Store;
  readonly channels: ReadonlyMap<string, Channel>;
  /** Where money is paid out, by name; refunds by transfer take the first. */
  readonly payouts: ReadonlyMap<string, PayoutPort>;
  readonly agreements: Agreements;
  /** Statement formats by name. */
  readonly readers: ReadonlyMap<string, StatementReader>;
  readonly sms: SmsGateway;
  readonly strategies: ReadonlyMap<string, Strategy>;
  readonly packs: RulePacks;
  readonly calendars: ReadonlyMap<string, Calendar>;
  readonly templates: Templates;
  readonly vault: Vault;
  readonly highWater: HighWater;
  readonly log: Log;
  /** Unknowns the bank caused, by channel; refreshed by each due sweep before it decides. */
  readonly brakes: Map<string, Readonly<{ openUnknown: number; recentShare: number }>>;
  /**
   * Test mode: when the simulated bank next does something by itself, when its first file after a drop box's cursor is (or was) ready, and
   * when the simulated gateway next has a report.
   */
  readonly simulated: Readonly<{
    bankDue(): Promise<Instant | null>;
    filesDue(cursor: string | null): Promise<Instant | null>;
    smsDue(): Promise<Instant | null>;
  }>;
  readonly settings: Settings;
}
