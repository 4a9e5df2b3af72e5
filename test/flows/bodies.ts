/** Bodies as a lender would send them, and the acts that most flow tests begin with. */
import type { Actor } from '../../src/flows/actor.ts';
import { readPlanInput } from '../../src/flows/plan-input.ts';
import { type Registered, registerPlans } from '../../src/flows/register.ts';
import type { TestHouse } from '../support/house.ts';

export const LI: Actor = { by: 'li@harbour', why: 'letter of 5 January' };

type Body = Record<string, unknown>;

/** A plan of two instalments, on 25 January and 25 February 2026, on an account that pays (ending 0019). */
export const planBody = (change: Body = {}): Body => ({
  externalId: 'L-1',
  currency: 'CNY',
  strategy: 'standard',
  borrower: { externalId: 'B-1', name: '张三', phone: '+8613800138000', language: 'zh' },
  mandate: { rail: 'simulator', account: '6222020000000000019', perDebitCap: 500000 },
  instalments: [
    { dueDate: '2026-01-25', principal: 92016, interest: 18000 },
    { dueDate: '2026-02-25', principal: 93396, interest: 16620 },
  ],
  ...change,
});

/** The body of borrower and plan number `n`, with an account whose last four digits are `tail`. */
export const numbered = (n: number, tail = '0019', change: Body = {}): Body =>
  planBody({
    externalId: `L-${n}`,
    borrower: { externalId: `B-${n}`, name: '李四', phone: '+8613900139000', language: 'zh' },
    mandate: { rail: 'simulator', account: `62220200${String(n).padStart(7, '0')}${tail}`, perDebitCap: 500000 },
    ...change,
  });

export const register = async (house: TestHouse, ...bodies: Body[]): Promise<Registered[]> =>
  registerPlans(
    house.world,
    house.lender,
    bodies.map((b) => readPlanInput(b, house.world)),
    LI,
  );

/** Registers one and returns its parts; throws what refused it. */
export async function registered(house: TestHouse, body: Body = planBody()): Promise<Exclude<Registered, { result: 'refused' }>> {
  const [result] = await register(house, body);
  if (!result || result.result === 'refused') throw result?.error ?? new Error('no result');
  return result;
}

/** What `body` throws or rejects with; fails when it does neither. */
export async function thrownBy(body: () => unknown): Promise<Error & { code?: string; facts?: Record<string, unknown> }> {
  try {
    await body();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
