/** Every state machine of the house: checked at start, drawn into docs/ by a script. */
import { ATTEMPT } from './attempt.ts';
import type { Machine } from './machine.ts';
import { MANDATE } from './mandate.ts';
import { NOTICE } from './notice.ts';
import { INSTALMENT, PLAN } from './plan.ts';

export const MACHINES: readonly Machine<string, string>[] = [ATTEMPT, PLAN, INSTALMENT, MANDATE, NOTICE] as readonly unknown[] as Machine<
  string,
  string
>[];
