/** What one contract with one provider can do, as data (config/channels/*.yaml). */
import type { LocalTime } from './clock.ts';

/** The channel's form for an order number. `alphabet` names a character set; `check` appends a check character; fewer than 80 free bits draw from a durable counter instead of the hash. */
export type NumberGrammar = Readonly<{
  prefix: string;
  length: number;
  alphabet: 'digits' | 'upperAlnum' | 'lowerAlnum' | 'base32';
  check: 'none' | 'mod';
  /** Whose number the bank sees as the order number. */
  mode: 'ours' | 'lenders' | 'lenderId+lenders';
  lendersMax: number;
}>;

export type ChannelProfile = Readonly<{
  name: string;
  title: string;
  rails: readonly string[];
  currencies: readonly string[];
  merchant: string;
  number: NumberGrammar;
  /** Times in `zone`. */
  zone: string;
  windows: readonly Readonly<{ from: LocalTime; to: LocalTime }>[];
  cutOff: LocalTime;
  blackouts: readonly Readonly<{ from: LocalTime; to: LocalTime }>[];
  perDebitLimit: number | null;
  dailyLimitPerAccount: number | null;
  ratePerSecond: number;
  concurrency: number;
  callTimeoutMs: number;
  /** Minutes after which the bank's query answer is final. */
  queryHorizonMinutes: number;
  /** Expiry put inside the request and enforced by the bank; null where the rail has none. */
  requestExpiryMinutes: number | null;
  dedupeDays: number;
  fee: Readonly<{ share: string; min: number; flat: number }>;
  /** Long-run share of debits that succeed, before Duly has learned its own. */
  successRate: number;
  /** Brake: open unknowns caused by the bank at which new presentments stop. */
  brake: Readonly<{ openUnknown: number; shareOfLast500: number }>;
}>;
