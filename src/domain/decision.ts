/** What the decider answers. Pure data: the flow does it, the preview prints it, the simulation counts it. */
import type { Aim, Trigger } from './attempt.ts';
import type { BusinessDate, Instant } from './clock.ts';

export type RemindDecision = Readonly<{
  kind: 'remind';
  at: Instant;
  template: string;
  /** One message per key over the plan's life. */
  key: string;
  instalmentIds: readonly string[];
  dueDate: BusinessDate;
  /** The agreement whose account the message names; null where no debit is announced. */
  mandateId: string | null;
  /** The day on which the debit is announced. */
  debitDate: BusinessDate;
  minor: number;
  because: string;
}>;

export type DebitDecision = Readonly<{
  kind: 'debit';
  at: Instant;
  trigger: Trigger;
  mandateId: string;
  cycle: string;
  dueDate: BusinessDate;
  aims: readonly Aim[];
  minor: number;
  /** True on a rung below the first of the step-down ladder. */
  steppedDown: boolean;
  because: string;
}>;

export type Decision =
  | RemindDecision
  | DebitDecision
  | Readonly<{ kind: 'wait'; at: Instant | null; because: string }>
  | Readonly<{ kind: 'escalate'; at: Instant; stage: string; because: string }>
  | Readonly<{ kind: 'recall'; at: Instant; because: string }>
  | Readonly<{ kind: 'stop'; because: string }>;
