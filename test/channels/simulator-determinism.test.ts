import { expect } from 'chai';
import { type FaultRates, syntheticWorld } from '../../src/channels/simulator/index.ts';
import { addDays, atLocal, businessDate } from '../../src/domain/clock.ts';
import { collect, debitOf, type OpenBank, openBank } from './simulator-support.ts';

const FAULTS: Partial<FaultRates> = {
  lostRequest: 0.1,
  lostReply: 0.1,
  delayed: 0.2,
  lateReturn: 0.2,
  channelDown: 0.1,
  unmappedCode: 0.1,
  queryLagMinutes: 30,
};
/** Every account has its own plan, as real numbers do. */
const orders = Array.from({ length: 240 }, (_, k) => debitOf(`N${k}`, `62220200000${String(k).padStart(4, '0')}7777`, 50_000 + k * 1_000));

/** What the bank did, in words that no interleaving may change. */
async function book(bank: OpenBank): Promise<string[]> {
  const rows = await collect(bank.book.rows());
  return rows.map((r) =>
    [r._id, r.fact, r.rawCode, r.amount.minor, r.seq, r.at.toISOString(), r.businessDate, r.account, r.payloadHash].join(),
  );
}

describe('the simulated bank is a function of its seed', () => {
  const open: OpenBank[] = [];
  const opened = async (options: Parameters<typeof openBank>[0]) => {
    const bank = await openBank(options);
    open.push(bank);
    return bank;
  };
  afterEach(async () => {
    for (const bank of open.splice(0)) await bank.close();
  });

  it('keeps the same book whatever the order of the calls, one by one or all at once', async () => {
    const [one, two] = await Promise.all([opened({ faults: FAULTS }), opened({ faults: FAULTS })]);
    const outcomes = new Map<string, string>();
    for (const order of orders) outcomes.set(order.outTradeNo, (await one.channel.debit(order)).kind);
    const turned = await Promise.all([...orders].reverse().map(async (o) => [o.outTradeNo, (await two.channel.debit(o)).kind] as const));
    expect(new Map(turned.reverse())).to.deep.equal(outcomes);
    expect(new Set(outcomes.values())).to.include.all.keys('succeeded', 'failed', 'accepted', 'unknown');
    one.clock.pass(40 * 24 * 60);
    for (let day = 0; day < 40; day++) {
      two.clock.pass(24 * 60);
      await two.run(two.clock.now());
    }
    await one.run(one.clock.now());
    const [first, second] = [await book(one), await book(two)];
    expect(first.length).to.be.above(240);
    expect(second).to.deep.equal(first);
    expect((await one.channel.news!(null, 500)).items).to.deep.equal((await two.channel.news!(null, 500)).items);
  });

  it('rolls other dice under another seed, each fault about as often as it is set', async () => {
    const bank = await opened({ faults: { ...FAULTS, channelDown: 0, unmappedCode: 0 }, seed: 'another' });
    for (const order of orders) await bank.channel.debit(order);
    const rows = await collect(bank.book.rows());
    const share = (n: number) => n / orders.length;
    expect(share(orders.length - rows.length), 'lost requests').to.be.within(0.05, 0.16);
    expect(share(rows.filter((r) => r.fact === 'accepted').length), 'delayed').to.be.within(0.12, 0.26);
    expect(share(rows.filter((r) => r.hiddenUntil).length), 'lost replies').to.be.within(0.05, 0.16);
  });

  it('invents payers of whom most pay at first, many more in later tries, some only a part, and a few nothing', () => {
    const balances = syntheticWorld(7).bind({ keyOf: (a) => a, zone: 'Asia/Shanghai', openedOn: businessDate('2026-01-05') });
    const payers = Array.from({ length: 2_000 }, (_, k) => ({ key: `account ${k}`, last4: '5555' }));
    const tried = payers.map((payer, k) => {
      const due = addDays(businessDate('2026-01-15'), k % 28);
      const minor = 50_000 + (k % 26) * 10_000;
      const held = [0, 5, 10].map((days) => balances(payer, atLocal(addDays(due, days), '09:10', 'Asia/Shanghai')));
      return { first: held[0]! >= minor, later: held.some((h) => h >= minor), part: held[2]! >= minor * 0.6 };
    });
    const share = (some: typeof tried) => some.length / tried.length;
    expect(share(tried.filter((t) => t.first)), 'at the first try').to.be.within(0.65, 0.85);
    expect(share(tried.filter((t) => !t.first && t.later)), 'at a later try').to.be.within(0.03, 0.2);
    expect(share(tried.filter((t) => !t.later && t.part)), 'only a part').to.be.within(0.01, 0.1);
    expect(share(tried.filter((t) => !t.later && !t.part)), 'nothing').to.be.within(0.03, 0.2);
  });
});
