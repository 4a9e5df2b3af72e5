/** What the HTTP door needs from the rest of the house. `src/app.ts` hands in the real things, a test builds them by hand. */
import type { BusinessDate, Instant } from '../domain/clock.ts';
import type { TickReport } from '../domain/records.ts';
import type { World } from '../flows/world.ts';

/** One run of one tick, as it was recorded. `report` is null while it runs and when it threw; `error` says why it threw. */
export type JobRun = Readonly<{
  id: string;
  job: string;
  startedAt: Instant;
  finishedAt: Instant | null;
  by: string;
  report: TickReport | null;
  error: string | null;
}>;

/** One recurring tick: when it runs, whether it is paused, and what its last run did. */
export type JobState = Readonly<{
  name: string;
  every: string;
  paused: boolean;
  nextRunAt: Instant | null;
  lastRun: JobRun | null;
}>;

/** The alarm clock's rows. Each act answers null for a name that no tick has. */
export interface JobControl {
  list(): Promise<readonly JobState[]>;
  pause(name: string): Promise<JobState | null>;
  resume(name: string): Promise<JobState | null>;
  /** Runs it here and now, beside the clock, and answers when it is done. */
  run(name: string, by: string): Promise<JobRun | null>;
  /** Newest first; null for an unknown name. */
  runs(name: string, limit: number): Promise<readonly JobRun[] | null>;
}

export interface TestClock {
  /** The instant the clock shows. */
  now(): Promise<Instant>;
  /** Moves the whole system; answers when everything due by `to` is done. Throws Conflict CLOCK_BACKWARDS for an earlier instant. */
  advance(to: Instant): Promise<Readonly<{ now: Instant; steps: number }>>;
}

export type Scenario = Readonly<{ name: string; title: string; subject: 'plan' | 'attempt' | 'mandate' }>;

export interface Scenarios {
  list(): readonly Scenario[];
  /** Plays one on an object of this lender; answers in words what it changed at the simulated bank. */
  run(name: string, where: Readonly<{ lenderId: string; subjectId: string }>): Promise<Readonly<{ did: string }>>;
}

/** One thing that must be right before work is taken. */
export type ReadyCheck = Readonly<{ name: string; ok: boolean; says: string }>;

export type ApiDeps = Readonly<{
  world: World;
  /** In `test` mode the routes under /v1/test exist and keys are sk_test_; never in production. */
  mode: 'test' | 'live';
  jobs: JobControl;
  /** Null outside test mode. */
  test: Readonly<{ clock: TestClock; scenarios: Scenarios }> | null;
  health: Readonly<{ started(): boolean; ready(): Promise<readonly ReadyCheck[]> }>;
}>;

/** The `X-Api-Version` this code speaks: the day its shapes were fixed. */
export const API_VERSION = '2026-11-23' as BusinessDate;
