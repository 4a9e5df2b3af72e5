/** What the HTTP door needs from the rest of the house. `src/app.ts` hands in the real things, a test builds them by hand. */
import type { BusinessDate, Instant } from '../domain/clock.ts';
import type { Money } from '../domain/money.ts';
import type { World } from '../flows/world.ts';
import type { TickDesk } from '../tick-desk.ts';

/** What the simulated bank can be made to do; `needs`: what it is played on. */
export type Scenario = Readonly<{ name: string; needs: 'order' | 'account' | 'nothing'; does: string }>;
/** The order number of an attempt or the clear number of an account, and a sum to set, pay in or take. */
export type ScenarioTarget = Readonly<{ outTradeNo?: string; account?: string; rail?: string; amount?: Money }>;

export interface TestMode {
  /** Moves the clock and with it the whole system; done when everything due by `to` is. Throws Conflict CLOCK_BACKWARDS. */
  advance(to: Instant): Promise<void>;
  /** Reads what other processes set. */
  refresh(): Promise<void>;
  readonly scenarios: readonly Scenario[];
  /** Answers in words what it changed. Throws DulyError SCENARIO_NOT_POSSIBLE. */
  play(name: string, target: ScenarioTarget): Promise<Readonly<{ did: string }>>;
}

/** One thing that must be right before work is taken. */
export type ReadyCheck = Readonly<{ name: string; ok: boolean; says: string }>;

export type ApiDeps = Readonly<{
  world: World;
  /** In `test` mode the routes under /v1/test exist and keys are sk_test_; never in production. */
  mode: 'test' | 'live';
  /** The ticks as rows, and the levers on them. */
  jobs: TickDesk;
  /** Null outside test mode. */
  test: TestMode | null;
  health: Readonly<{ started(): boolean; ready(): Promise<readonly ReadyCheck[]> }>;
}>;

/** The `X-Api-Version` this code speaks: the day its shapes were fixed. */
export const API_VERSION = '2026-11-23' as BusinessDate;
