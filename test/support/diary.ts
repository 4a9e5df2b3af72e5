/**
 * A plan's life on the real house, told as a diary: a registered plan, an account that holds what the story says, acts by hand at their minute,
 * and every move of attempts, plan and mandate as one line.
 *
 *   01-25 09:10  due 1,100.16: failed, insufficientFunds
 */
import { expect } from 'chai';
import type { AccountWorld } from '../../src/channels/simulator/index.ts';
import type { Attempt } from '../../src/domain/attempt.ts';
import { atLocal, dateIn, timeIn } from '../../src/domain/clock.ts';
import type { DulyEvent } from '../../src/domain/event.ts';
import type { Lender } from '../../src/domain/lender.ts';
import { outstanding, type Plan } from '../../src/domain/plan.ts';
import type { Actor } from '../../src/flows/actor.ts';
import { readPlanInput } from '../../src/flows/plan-input.ts';
import { registerPlans } from '../../src/flows/register.ts';
import { openTestHouse, type TestHouse } from './house.ts';
import { day } from './loan.ts';
import { at as inShanghai } from './story.ts';

export const STAFF: Actor = { by: 'li@harbour', why: 'a call of the borrower' };

/** What acts may touch. `at` reads '2026-02-04 09:12' in the lender's zone. */
export type Scene = Readonly<{ house: TestHouse; lender: Lender; plan: Plan; plans: readonly Plan[] }>;
export type Act = (scene: Scene) => Promise<unknown>;

export type Story = Readonly<{
  /** What the accounts hold; accounts with magic last four digits decide for themselves. */
  bank?: AccountWorld;
  /** The plan's body; several share one house, and the diary tells all of them. */
  plans: readonly Readonly<Record<string, unknown>>[];
  /** Acts of people, by local minute, in order. */
  acts?: Readonly<Record<string, Act>>;
  until: string;
  lender?: Partial<Lender>;
  /** Changes the house before the plan is registered: a strategy, a channel. */
  furnish?: (house: TestHouse) => void;
  start?: string;
}>;

/** Bodies for stories: plan `L-1` (or another) on an account, with instalments of '2026-01-25 principal interest fee' in minor units. */
export function body(account: string, dues: readonly string[], change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    externalId: 'L-1',
    currency: 'CNY',
    strategy: 'standard',
    borrower: { externalId: 'B-1', name: '张三', phone: '+8613800138000', language: 'zh' },
    mandate: { rail: 'simulator', account, perDebitCap: null },
    instalments: dues.map((due) => {
      const [dueDate, principal, interest = '0', fee = '0'] = due.split(' ');
      return { dueDate, principal: Number(principal), interest: Number(interest), fee: Number(fee) };
    }),
    ...change,
  };
}

/** Lives the story and holds its diary against `told`; `after` looks at what is left behind. */
export async function story(given: Story, told: string, after: Act = async () => undefined): Promise<void> {
  const scene = await opened(given);
  try {
    for (const [minute, act] of Object.entries(given.acts ?? {})) {
      await scene.house.to(instantOf(scene.lender, minute));
      await act({ ...scene, ...(await reread(scene)) });
    }
    await scene.house.to(instantOf(scene.lender, given.until));
    expect(await diaryOf(scene)).to.equal(page(told));
    await after({ ...scene, ...(await reread(scene)) });
  } finally {
    await scene.house.end();
  }
}

async function opened({ bank, plans, lender, furnish, start }: Story): Promise<Scene> {
  const house = await openTestHouse({ accounts: bank, ...(start ? { clockStart: inShanghai(start) } : {}) });
  const own = lender ? { ...house.lender, id: house.world.ids.next('lnd'), ...lender } : house.lender;
  if (lender) await house.world.store.admin.lenders.insert(own);
  furnish?.(house);
  const inputs = plans.map((p) => readPlanInput(p, house.world));
  const registered = (await registerPlans(house.world, own, inputs, STAFF)).map((r) => {
    if (r.result === 'refused') throw r.error;
    return r.plan;
  });
  return { house, lender: own, plan: registered[0]!, plans: registered };
}

async function reread({ house, lender, plans }: Scene): Promise<Pick<Scene, 'plan' | 'plans'>> {
  const now = await house.world.store.of(lender.id).plans.many(plans.map((p) => p.id));
  const ordered = plans.map((p) => now.find((n) => n.id === p.id)!);
  return { plan: ordered[0]!, plans: ordered };
}

/** '2026-02-04 09:12' on the lender's wall as an ISO instant. */
export const instantOf = ({ timeZone }: Lender, minute: string): string =>
  atLocal(day(minute.slice(0, 10)), minute.slice(11), timeZone).toISOString();

/** Attempts of the scene's plans, in the order of their numbers. */
export const attemptsOf = async ({ house, lender, plans }: Pick<Scene, 'house' | 'lender' | 'plans'>): Promise<Attempt[]> =>
  (await house.world.store.of(lender.id).attempts.all({ planId: plans.map((p) => p.id) })).sort((a, b) => (a.id < b.id ? -1 : 1));

/** 110016 as '1,100.16'. */
export const yuan = (minor: number): string => (minor / 100).toLocaleString('en', { minimumFractionDigits: 2 });

/** What is owed on a plan as it stands, in minor units. */
export const owed = (plan: Plan): number => plan.instalments.reduce((sum, i) => sum + outstanding(i), 0);

/** Drops the indentation that a page has in a test. */
const page = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .join('\n');

const UNTOLD = new Set(['plan.registered', 'plan.fellDue', 'mandate.registered', 'borrower.registered']);

async function diaryOf(scene: Scene): Promise<string> {
  const { house, lender, plans } = scene;
  const store = house.world.store.of(lender.id);
  const attempts = await attemptsOf(scene);
  const mandates = plans.flatMap((p) => p.mandateIds);
  const events = await store.eventsOf([...plans.map((p) => p.id), ...new Set(mandates), ...attempts.map((a) => a.id)]);
  const skips = await store.skips.all({ planId: plans.map((p) => p.id) });
  const name = (planId: string | null) => (plans.length > 1 ? `${plans.find((p) => p.id === planId)?.externalId} ` : '');
  const lines = [
    ...events
      .filter((e) => !UNTOLD.has(e.type))
      .map((e, k) => ({
        at: e.at,
        k,
        says: `${name(e.planId)}${told(
          e,
          attempts.find((a) => a.id === e.subject),
        )}`,
      })),
    ...skips.map((s, k) => ({ at: s.at, k: -skips.length + k, says: `${name(s.planId)}skipped: ${s.rule}` })),
  ];
  const local = (at: Date) => `${dateIn(at, lender.timeZone).slice(5)} ${timeIn(at, lender.timeZone)}`;
  return lines
    .sort((a, b) => a.at.getTime() - b.at.getTime() || a.k - b.k)
    .map((l) => `${local(l.at)} ${l.says}`.replace(/ +/g, ' '))
    .join('\n');
}

function told(event: DulyEvent, attempt: Attempt | undefined): string {
  if (!attempt) return event.type.replace('.', ' ');
  const part = attempt.part === null ? '' : ` part ${attempt.part}`;
  const why = event.to === 'failed' || event.to === 'returned' ? `, ${event.data.failure}` : '';
  return `${attempt.trigger}${part} ${yuan(attempt.amount.minor)}: ${event.to}${why}`;
}
