/** Every state machine of the house: checked at start, drawn into docs/ by a script. */
import { ATTEMPT } from './attempt.ts';
import { DISCREPANCY } from './discrepancy.ts';
import type { Machine } from './machine.ts';
import { MANDATE } from './mandate.ts';
import { NOTICE } from './notice.ts';
import { INSTALMENT, PLAN } from './plan.ts';
import { RECONCILIATION } from './reconciliation.ts';
import { REFUND } from './refund.ts';
import { SETTLEMENT } from './settlement.ts';
import { STATEMENT } from './statement.ts';

export const MACHINES: readonly Machine<string, string>[] = [
  ATTEMPT,
  PLAN,
  INSTALMENT,
  MANDATE,
  NOTICE,
  STATEMENT,
  RECONCILIATION,
  DISCREPANCY,
  REFUND,
  SETTLEMENT,
] as readonly unknown[] as Machine<string, string>[];
