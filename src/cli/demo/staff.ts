/** What people do during the demo: borrowers pay by themselves, promise and dispute; staff lift what they placed. By seed, on the morning of a day. */

import type { House } from '../../app.ts';
import { addDays, type BusinessDate } from '../../domain/clock.ts';
import type { Lender } from '../../domain/lender.ts';
import { outstanding, type Plan } from '../../domain/plan.ts';
import { placeHold, promiseToPay, releaseHold } from '../../flows/holds.ts';
import { recordPayment } from '../../flows/payment.ts';
import { draw } from './portfolio.ts';

const staff = (why: string) => ({ by: 'staff: Li Na', why });

/** About one plan in a hundred pays by itself on a given day that an instalment is due or overdue, a few promise, a few dispute for a week. */
export async function morning({ world }: House, lender: Lender, today: BusinessDate, seed: number): Promise<void> {
  const store = world.store.of(lender.id);
  for (let after: string | undefined; ; ) {
    const { data, hasMore } = await store.plans.list({ state: 'active' }, { limit: 200, after });
    for (const plan of data) await act(world, lender, plan, today, seed);
    after = data.at(-1)?.id;
    if (!hasMore || !after) return;
  }
}

async function act(world: House['world'], lender: Lender, plan: Plan, today: BusinessDate, seed: number): Promise<void> {
  for (const hold of plan.holds)
    if (hold.by.startsWith('staff') && hold.kind === 'dispute' && draw(7, seed, plan.externalId, today, 'lift') === 0)
      await releaseHold(world, lender, plan.id, hold.id, staff('the dispute is settled'));
  const due = plan.instalments.filter((i) => i.dueDate <= today && outstanding(i) > 0);
  if (!due.length || plan.holds.length) return;
  const chance = draw(1_000, seed, plan.externalId, today, 'acts');
  const owed = due.reduce((sum, i) => sum + outstanding(i), 0);
  if (chance < 12)
    await recordPayment(
      world,
      lender,
      plan.id,
      { externalId: `${plan.externalId}-${today}`, amount: owed, valueDate: null, targets: [], note: 'paid by transfer' },
      staff('transfer received'),
    );
  else if (chance < 16) await promiseToPay(world, lender, plan.id, addDays(today, 3), staff('promised on the phone'));
  else if (chance < 18) await placeHold(world, lender, plan.id, { kind: 'dispute', until: null }, staff('disputes the amount'));
}
