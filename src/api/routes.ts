/** Every route of the API, in the order of the documentation. */
import { API_KEYS } from './resources/api-keys.ts';
import { ATTEMPTS } from './resources/attempts.ts';
import { BORROWERS } from './resources/borrowers.ts';
import { DISCREPANCIES } from './resources/discrepancies.ts';
import { EVENTS } from './resources/events.ts';
import { HOLDS } from './resources/holds.ts';
import { IMPORTS } from './resources/imports.ts';
import { INSTALMENTS } from './resources/instalments.ts';
import { JOBS } from './resources/jobs.ts';
import { LEDGER } from './resources/ledger.ts';
import { LENDER_STATEMENTS } from './resources/lender-statements.ts';
import { LENDERS } from './resources/lenders.ts';
import { MANDATES } from './resources/mandates.ts';
import { PLAN_ACTS } from './resources/plan-acts.ts';
import { PLANS } from './resources/plans.ts';
import { RECONCILIATIONS } from './resources/reconciliations.ts';
import { RECORDS } from './resources/records.ts';
import { REFUNDS } from './resources/refunds.ts';
import { SETTLEMENTS } from './resources/settlements.ts';
import { STATEMENTS } from './resources/statements.ts';
import { STOPS } from './resources/stops.ts';
import { TEST_MODE } from './resources/test-mode.ts';
import type { Route } from './route.ts';

export const ROUTES: readonly Route[] = [
  ...LENDERS,
  ...API_KEYS,
  ...BORROWERS,
  ...MANDATES,
  ...PLANS,
  ...PLAN_ACTS,
  ...INSTALMENTS,
  ...ATTEMPTS,
  ...HOLDS,
  ...RECORDS,
  ...REFUNDS,
  ...DISCREPANCIES,
  ...STATEMENTS,
  ...RECONCILIATIONS,
  ...SETTLEMENTS,
  ...EVENTS,
  ...LEDGER,
  ...LENDER_STATEMENTS,
  ...STOPS,
  ...JOBS,
  ...IMPORTS,
  ...TEST_MODE,
];
