/** A strategy: how one product is collected, as a credit officer wrote it. Read and checked by `config/strategies.ts`; evaluated by `decide.ts` alone. */
import type { LocalTime } from './clock.ts';

export type Strategy = Readonly<{
  name: string;
  version: number;
  title: string;
  reminders: readonly Readonly<{ daysBefore: number; at: LocalTime; template: string }>[];
  /** Days before the due date on which a debit may be tried; 0: never early. Only where mandate and pack allow it. */
  earlyDebitDays: number;
  present: Readonly<{
    /** Windows of a debiting day, first one first. */
    times: readonly LocalTime[];
    /** Nothing is submitted later, so that results arrive before the cut-off. */
    stopTime: LocalTime;
  }>;
  holidayPolicy: 'none' | 'following' | 'preceding' | 'modifiedFollowing';
  retries: Readonly<{
    /** Planned days counted from the due date; the first is the first presentment. */
    offsetsDays: readonly number[];
    /** Hours between two asks of one account after insufficient funds. */
    minGapHours: number;
    /** Minutes to wait after `channelDown`, one entry a try; used up: the next planned day. */
    channelDownMinutes: readonly number[];
    payday: Readonly<{ confidence: number; waitDays: number }> | null;
  }>;
  stepDown: Readonly<{
    /** Fractions of the outstanding amount, 1.0 first. */
    ladder: readonly number[];
    minGapMinutes: number;
    floor: Readonly<{ minor: number; share: number }>;
    /** Amounts are cut to whole multiples of this many minor units. */
    roundTo: number;
  }> | null;
  caps: Readonly<{
    perDay: number;
    perInstalment: number;
    perMandate30d: number;
    /** Consecutive insufficient-funds refusals after which the account is left alone; `coolOffDays` later the count is 0. */
    consecutiveNsf: number;
    coolOffDays: number;
  }>;
  overdue: Readonly<{
    everyDays: number;
    giveUpAfterDays: number;
    /** `merged`: one debit covers all arrears oldest first; `apart`: one instalment a debit. */
    arrears: 'merged' | 'apart';
  }>;
  /** Try the borrower's next account after this many insufficient-funds refusals of the first; 0: never. */
  otherAccountAfterNsf: number;
  collections: Readonly<{ handOverAfterDays: number; recallWhen: 'nothingOverdue' }>;
  quietHours: Readonly<{ from: LocalTime; to: LocalTime }>;
  afterPartial: 'stopForDay' | 'continue';
  split: Readonly<{ minPart: number }>;
  /** What is paid too much goes back to the borrower after so many days if nobody chose otherwise; null: only when somebody asks. */
  overpayment: Readonly<{ refundAfterDays: number }> | null;
  skip: Readonly<{ annoyanceCost: number; lossIfMissed: number }>;
}>;
