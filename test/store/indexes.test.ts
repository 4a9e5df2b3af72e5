/** No query of the house reads a collection from end to end, and each id that a list may be filtered by has an index of its own. */
import { expect } from 'chai';
import type { Document } from 'mongodb';
import { ROUTES } from '../../src/api/routes.ts';
import { plusMinutes } from '../../src/domain/clock.ts';
import type { Lease, LenderStore, Repository } from '../../src/flows/store.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';

const ULID = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
/** Filters that name one thing; the others (states, rules, days) narrow what these or the lender have found. */
const IDS = ['planId', 'borrowerId', 'mandateId', 'attemptId', 'externalId', 'outTradeNo', 'lenderReference'];
/** Read off the plan itself. */
const OF_PLAN = new Set(['/v1/instalments', '/v1/holds']);

const lists = ROUTES.filter((r) => r.method === 'get' && r.tenancy !== 'house' && !r.path.includes('{') && !OF_PLAN.has(r.path)).flatMap(
  (r) =>
    Object.keys(r.query?.describe().keys ?? {})
      .filter((name) => IDS.includes(name))
      .map((name) => ({ path: r.path, repository: r.path.slice('/v1/'.length), name })),
);

/** The keys of every index that the planner weighs for this find. */
function indexesIn(plan: unknown): string[][] {
  if (typeof plan !== 'object' || plan === null) return [];
  const { keyPattern } = plan as { keyPattern?: Document };
  return [...(keyPattern ? [Object.keys(keyPattern)] : []), ...Object.values(plan).flatMap(indexesIn)];
}

describe('the indexes', () => {
  let house: TestHouse;
  let store: LenderStore;
  before(async function () {
    this.timeout(240_000);
    house = await openTestHouse();
    store = house.world.store.of(house.lender.id);
  });
  after(() => house.end());

  /** The finds and updates that `act` runs, as the server's profiler saw them. */
  async function profiled(act: () => Promise<unknown>): Promise<Document[]> {
    const { db } = house.database;
    await db.command({ profile: 0 });
    await db.collection('system.profile').drop();
    await db.command({ profile: 2 });
    await act();
    await db.command({ profile: 0 });
    const seen = await db
      .collection('system.profile')
      .find({ planSummary: { $exists: true } })
      .toArray();
    return seen.filter((s) => !s.ns.endsWith('system.profile'));
  }

  /** The indexes by lender and `field` that the planner weighs for the find that `act` runs. On empty collections it has no reason to prefer one. */
  async function serving(field: string, act: () => Promise<unknown>): Promise<string[][]> {
    const [seen] = await profiled(act);
    if (!seen) throw new Error('no find was seen');
    const { find, filter, sort = {} } = seen.command as Document;
    const plan = await house.database.db.command({ explain: { find, filter, sort }, verbosity: 'queryPlanner' });
    return indexesIn(plan.queryPlanner).filter(([first, ...rest]) => first === 'lenderId' && rest.includes(field));
  }

  it('cover lists of every kind of row', () => {
    expect(lists.map((l) => `${l.path} ${l.name}`)).to.include.members([
      '/v1/attempts borrowerId',
      '/v1/attempts outTradeNo',
      '/v1/attempts lenderReference',
      '/v1/mandates externalId',
      '/v1/plans externalId',
      '/v1/payments externalId',
      '/v1/notices planId',
      '/v1/discrepancies attemptId',
    ]);
  });

  for (const { path, repository, name } of lists)
    it(`serve ${path}?${name}=`, async () => {
      const rows = store[repository as keyof LenderStore] as Repository<unknown>;
      expect(await serving(name, () => rows.list({ [name]: ULID }, { limit: 50 }))).to.have.length.above(0);
    });

  it('serve the plan of a hold and of an instalment', async () => {
    for (const field of ['holds.id', 'instalments.id']) {
      expect(await serving(field, () => store.plans.one({ [field]: ULID })), field).to.have.length.above(0);
    }
  });

  it('leave no end-to-end read to the sweeps, the messages, the inbox and the feed', async () => {
    const { work, notices } = house.world.store;
    const now = house.world.clock.now();
    const lease: Lease = { partition: 'p', from: 0, to: 16_383, owner: 'test', epoch: 1, safeUntilMs: 0 };
    const key = { lenderId: house.lender.id, accountKey: 'k', businessDate: house.world.clock.today('UTC') };
    const seen = await profiled(async () => {
      await work.duePlans(lease, now, 10);
      await work.dueAsks(lease, now, 10);
      await work.orphans(lease, 10);
      await work.inbox(lease, 10);
      for (const kind of ['plans', 'asks'] as const) await Promise.all([work.partitionsWith(kind, now), work.nextDue(kind)]);
      await work.attemptsOfPlans([ULID]);
      await work.attemptsOfAccounts([key]);
      await work.attemptsOfMandates([ULID], now, []);
      await work.noticesOfPlans([ULID]);
      await work.plansOfBorrower(house.lender.id, ULID);
      await work.plansOfMandate(house.lender.id, ULID);
      await work.openAttempts([ULID]);
      await work.attemptsByNumber('simulator', [ULID]);
      await work.channelBrake('simulator');
      await notices.byGatewayNo([ULID]);
      await notices.stale(plusMinutes(now, -5), 10);
      await notices.retryable(now, 10);
      await notices.nextRetry();
      await store.feed(0, 10);
      await store.eventsOf([ULID]);
      await store.mandates.all({ externalId: [ULID] });
      await store.payments.one({ planId: ULID, externalId: ULID });
    });
    expect(seen).to.have.length.above(20);
    // There are a few partitions, and all are wanted.
    const scans = seen.filter((s) => s.planSummary === 'COLLSCAN' && !s.ns.endsWith('.partitions'));
    expect(scans.map((s) => `${s.ns} ${JSON.stringify(s.command)}`)).to.deep.equal([]);
  });
});
