/** What one contract with one provider can do, as data (config/channels/*.yaml). */
import { addDays, type BusinessDate, dateIn, type Instant, type LocalTime, timeIn } from './clock.ts';

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

/** When a channel's statement comes, in which format, and on which account its money arrives. */
export type StatementProfile = Readonly<{
  /** A reader's name (src/statements), or a mapping's of config/channels/*.yaml. */
  format: string;
  /** On the first day of `calendar` after the business day. */
  readyAt: LocalTime;
  calendar: string;
  /** Minutes after `readyAt` from which a missing file is late. */
  lateAfterMinutes: number;
  /** Debits taken so many minutes before the cut-off may come in the next day's file. */
  carryOverMinutes: number;
  /** Name of our account on which it pays; '1002:NAME' in the books. */
  account: string;
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
  /** Its statement files; null where it has none. */
  statement: StatementProfile | null;
  /** Brake: open unknowns caused by the bank at which new presentments stop. */
  brake: Readonly<{ openUnknown: number; shareOfLast500: number }>;
}>;

/** The channel's business day of a moment: what happens at or after its cut-off belongs to the next day. */
export function bankDayOf({ zone, cutOff }: Pick<ChannelProfile, 'zone' | 'cutOff'>, at: Instant): BusinessDate {
  const date = dateIn(at, zone);
  return timeIn(at, zone) >= cutOff ? addDays(date, 1) : date;
}
