/** What the acts on a plan have in common: a restricting write is committed first, then the open attempts are read and named. */
import type { Plan } from '../domain/plan.ts';

/** The plan after the act, and the attempts (att_...) that had left before it and may still succeed. */
export type Acted = Readonly<{ plan: Plan; inFlight: readonly string[] }>;
