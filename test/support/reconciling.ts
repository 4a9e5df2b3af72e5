/** A house whose bank's files are laid by hand, with the sums that a test of reconciliation looks at. */
import { expect } from 'chai';
import type { Answer, Channel } from '../../src/channels/channel.ts';
import type { Attempt } from '../../src/domain/attempt.ts';
import { parseInstant } from '../../src/domain/clock.ts';
import type { Discrepancy } from '../../src/domain/discrepancy.ts';
import type { Reconciliation } from '../../src/domain/reconciliation.ts';
import { advance } from '../../src/flows/advance.ts';
import { checkBooks } from '../../src/flows/check-books.ts';
import { check } from '../check/support.ts';
import { numbered, registered } from '../flows/bodies.ts';
import { withChannel } from './diary-world.ts';
import { openTestHouse } from './house.ts';
import { day } from './loan.ts';

export const DAY = day('2026-01-08');
export const NEXT = day('2026-01-09');
/** What makes debits; the files are laid and compared by hand. */
const DEBITING = new Set(['fetch-news', 'ask-unknown', 'present-due', 'send-reminders', 'relay-outbox']);
const OF_THE_BANK = new Set(['I1', 'I3', 'I9', 'I10']);
export const CLEARING = '1012.01:simulator';

/** A house whose bank lays no files of its own, and answers for some numbers as it is told. */
export async function furnished() {
  const house = await openTestHouse();
  const told = new Map<string, Answer>();
  const world = withChannel(house.world, (channel: Channel) => ({
    files: undefined,
    query: async (number) => told.get(number) ?? channel.query(number),
  }));
  const jobs = house.advance!.jobs.filter((job) => DEBITING.has(job.name));
  const to = (at: string) => advance({ ...house.advance!, world, jobs }, parseInstant(at), true);
  let n = 0;
  /** Debits of these sums, due on the day, at 09:10 or at 20:40; the account's last digits say what the bank does (0019 pays). */
  const debited = async (debits: readonly (readonly [minor: number, tail: string, strategy?: string])[], until: string) => {
    const plans: string[] = [];
    for (const [principal, tail, strategy = 'standard'] of debits) {
      const body = numbered(n++, tail, { strategy, instalments: [{ dueDate: DAY, principal, interest: 0 }] });
      plans.push((await registered(house, body)).plan.id);
    }
    await to(until);
    const store = world.store.of(house.lender.id);
    return Promise.all(plans.map(async (planId) => (await store.attempts.one({ planId })) as Attempt));
  };
  const attempt = async ({ id }: Attempt) => (await world.store.work.attempts([id]))[0] as Attempt;
  const found = async (date = DAY): Promise<Discrepancy[]> => world.store.discrepancies.ofDay('simulator', date);
  const one = async (number: string, date = DAY) => (await found(date)).find((d) => d.outTradeNo === number) as Discrepancy;
  /** Every account's balance over all lenders and the house. */
  const balances = async (): Promise<Record<string, number>> => {
    const rows = await house.database.db
      .collection('balances')
      .aggregate<{ _id: string; minor: number }>([{ $group: { _id: '$account', minor: { $sum: '$minor' } } }])
      .toArray();
    return Object.fromEntries(rows.filter((r) => Number(r.minor) !== 0).map((r) => [r._id, Number(r.minor)]));
  };
  const runOf = async (date = DAY) => (await world.store.reconciliations.get(`rec_simulator_${date}`)) as Reconciliation;
  const events = () => house.database.db.collection('events').countDocuments();
  /** The books follow the documents, and no invariant is broken by any of it. */
  const end = async () => {
    try {
      const { voucherCheck, ledgerCheck } = await checkBooks(world);
      expect([voucherCheck.rows, ledgerCheck.rows]).to.deep.equal([[], []]);
      // The files here are made up: the bank's own book has other rows.
      expect((await check(house)).violations.filter((v) => !OF_THE_BANK.has(v.invariant))).to.deep.equal([]);
    } finally {
      await house.end();
    }
  };
  return { house, world, end, to, told, debited, attempt, found, one, balances, runOf, events };
}
export type Furnished = Awaited<ReturnType<typeof furnished>>;
