/** The inbox: what the bank tells unasked, told twice, out of order, or about a number that nobody knows. */
import { expect } from 'chai';
import type { Channel, News } from '../../src/channels/channel.ts';
import type { Attempt } from '../../src/domain/attempt.ts';
import { fetchNews, takeInbox } from '../../src/flows/evidence.ts';
import type { World } from '../../src/flows/world.ts';
import { withChannel } from '../support/diary-world.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { numbered, registered } from './bodies.ts';

const DUE = [{ dueDate: '2026-01-08', principal: 5000, interest: 0 }];

describe('news of the bank', () => {
  let house: TestHouse;
  let world: World;
  let told: News[] = [];
  /** Attempts that the bank has, and whose replies were lost. */
  const lost = new Map<number, Attempt>();
  before(async function () {
    this.timeout(240_000);
    house = await openTestHouse();
    // Tells everything again on every look, as the port allows.
    const news: Channel['news'] = async (cursor) => ({ items: told, cursor: cursor === 'told' ? null : 'told' });
    world = withChannel(house.world, () => ({ news }));
    for (let n = 0; n < 4; n++) {
      const { plan } = await registered(house, numbered(n, '0035', { instalments: DUE }));
      lost.set(n, { planId: plan.id } as Attempt);
    }
    await house.to('2026-01-08T01:10:30Z');
    for (const [k, { planId }] of lost) lost.set(k, (await store().attempts.one({ planId }))!);
  });
  after(() => house.end());
  beforeEach(async () => {
    told = [];
    await house.database.db.collection('cursors').deleteMany({});
  });

  const store = () => house.world.store.of(house.lender.id);
  const reread = (a: Attempt) => store().attempts.get(a.id);
  const movesOf = async (a: Attempt) => (await store().eventsOf([a.id])).map((e) => e.to);
  const rows = (name: string) => house.database.db.collection(name).countDocuments();
  const read = async () => {
    await house.database.db.collection('cursors').deleteMany({});
    await fetchNews(world);
    await takeInbox(world);
  };

  const echo = (a: Attempt) => ({ amount: a.amount, accountLast4: a.accountLast4, at: house.world.clock.now() });
  const paid = (a: Attempt, id: string): News => ({
    id,
    outTradeNo: a.outTradeNo,
    answer: { kind: 'succeeded', channelTradeNo: 'T', echo: echo(a), rawCode: '00', rawText: 'taken' },
  });
  const back = (a: Attempt, id: string): News => ({
    id,
    outTradeNo: a.outTradeNo,
    answer: {
      ...{ kind: 'returned', channelTradeNo: 'T', echo: echo(a), at: house.world.clock.now(), failure: 'mandateInvalid' },
      ...{ rawCode: 'R2', rawText: 'no agreement' },
    },
  });

  it('told twice, under one id or two, books once', async () => {
    const a = lost.get(0)!;
    expect(a.state).to.equal('unknown');
    told = [paid(a, 'n1'), paid(a, 'n1'), paid(a, 'n2')];
    await read();
    await read();
    expect(await movesOf(a)).to.deep.equal(['unknown', 'succeeded']);
    expect(await rows('inbox')).to.equal(0);
    expect((await store().plans.get(a.planId))?.receipts).to.have.length(1);
  });

  it('told out of order, the return before the success, does no harm; a return for want of an agreement suspends it', async () => {
    const a = lost.get(1)!;
    told = [back(a, 'n3')];
    await read();
    told = [paid(a, 'n4')];
    await read();
    expect(await movesOf(a)).to.deep.equal(['unknown', 'succeeded', 'returned']);
    expect(await reread(a)).to.include({ state: 'returned' });
    expect((await store().mandates.get(a.mandateId))?.state).to.equal('suspended');
    expect((await store().plans.get(a.planId))?.receipts.map((r) => r.back)).to.deep.equal([true]);
  });

  it('is taken by two sweeps at once and booked by one', async () => {
    const a = lost.get(2)!;
    told = [paid(a, 'n5')];
    await house.database.db.collection('cursors').deleteMany({});
    await fetchNews(world);
    await Promise.all([takeInbox(world), takeInbox(world), takeInbox(world)]);
    expect(await movesOf(a)).to.deep.equal(['unknown', 'succeeded']);
  });

  it('about a number nobody knows is passed over, and about another sum is a discrepancy', async () => {
    const a = lost.get(3)!;
    const other = paid(a, 'n6');
    told = [
      { ...other, id: 'n7', outTradeNo: 'D-unknown' },
      { ...other, answer: { ...other.answer, echo: { ...echo(a), amount: { minor: 1, currency: 'CNY' } } } as News['answer'] },
    ];
    const report = await fetchNews(world);
    expect(report).to.include({ lookedAt: 2, did: 1, failed: 1 });
    await takeInbox(world);
    expect(await reread(a)).to.include({ state: 'unknown', open: true });
    expect((await store().discrepancies.all({ attemptId: a.id })).map((d) => [d.kind, d.state])).to.deep.equal([
      ['answerMismatch', 'open'],
    ]);
  });
});
