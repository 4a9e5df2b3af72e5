/** Tells the story of a plan or an attempt in words. */
import type { Instant } from '../domain/clock.ts';
import type { LenderStore } from './store.ts';
import type { World } from './world.ts';

/** `at`: when it happened; null for what is not an event (what is outstanding). */
export type Sentence = Readonly<{ at: Instant | null; text: string }>;
export type Section = Readonly<{ title: string; sentences: readonly Sentence[] }>;
export type Explanation = Readonly<{
  id: string;
  title: string;
  sections: readonly Section[];
  next: Readonly<{ at: Instant | null; text: string }>;
}>;

export declare function explainPlan(world: World, store: LenderStore, planId: string): Promise<Explanation>;
export declare function explainAttempt(world: World, store: LenderStore, attemptId: string): Promise<Explanation>;
/** The explanation as lines for a terminal. */
export declare function asText(explanation: Explanation, zone: string): string;
