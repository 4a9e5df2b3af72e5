import { expect } from 'chai';
import { historyOf } from '../../src/channels/simulator/histories.ts';
import {
  explicitWorld,
  historyWorld,
  openBook,
  SCENARIOS,
  type ScenarioName,
  type ScenarioTarget,
} from '../../src/channels/simulator/index.ts';
import { readMemo } from '../../src/channels/simulator/truth.ts';
import { businessDate } from '../../src/domain/clock.ts';
import { card, collect, debitOf, type OpenBank, openBank } from './simulator-support.ts';

describe("the simulated bank's book, statements and scenarios", () => {
  let bank: OpenBank;
  beforeEach(async () => {
    bank = await openBank({ world: explicitWorld({ [card('5555')]: 300_000 }) });
  });
  afterEach(() => bank.close());
  const debit = (orderNo: string, account: string, minor = 110_016, memo = `L-1/1:${minor}`) =>
    bank.channel.debit(debitOf(orderNo, account, minor, { memo }));
  const run = (name: ScenarioName, target: ScenarioTarget) => bank.runScenario(name, target);
  const kind = async (orderNo: string) => (await bank.channel.query(orderNo)).kind;

  it('counts by due what was taken and not returned, and names each due that was taken twice', async () => {
    await debit('N1', card('0019'), 110_706, 'L-1/3:110016 L-1/3p:690');
    await debit('N2', card('0019'), 500, 'L-1/4:500');
    await debit('N3', card('0019'), 400, 'L-1/4:400');
    await debit('N4', card('0043'), 700, 'L-2/1:700');
    bank.clock.pass(24 * 60);
    await bank.run(bank.clock.now());
    await debit('N5', card('0019'), 700, 'L-2/1:700');
    const truth = await openBook(bank.base.db).truth();
    expect(truth.collectedMinor).to.deep.equal({ CNY: 110_706 + 500 + 400 + 700 });
    expect([truth.takenOrders, truth.returnedOrders]).to.deep.equal([5, 1]);
    const dues = new Map([
      ['L-1/3', 110_016],
      ['L-1/4', 600],
      ['L-2/1', 700],
    ]);
    expect(truth.doubleDebits(dues)).to.deep.equal([{ due: 'L-1/4', takenMinor: 900, dueMinor: 600 }]);
    expect(truth.badMemos).to.deep.equal([]);
    await debit('N6', card('0019'), 700, 'L-3/1:699');
    expect((await bank.book.truth()).badMemos).to.deep.equal(['simulator/N6']);
    expect(readMemo('L-1/x:5')).to.equal(null);
  });

  it('says of every order what became of it', async () => {
    await debit('N1', card('0019'));
    await debit('N2', card('0027'));
    await debit('N3', card('0126'));
    await debit('N4', card('0043'));
    await run('attempt-returned', { outTradeNo: 'N4' });
    await bank.channel.cancel!('N5');
    const orders = await collect(bank.book.orders());
    expect(orders.map((o) => [o.orderNo, o.outcome, o.netMinor])).to.deep.equal([
      ['N1', 'taken', 110_016],
      ['N2', 'neverTaken', 0],
      ['N3', 'open', 0],
      ['N4', 'returned', 0],
      ['N5', 'neverTaken', 0],
    ]);
  });

  it('states each bank day in a file of its own: payments and returns, with counts, sums and fees, nothing refused', async () => {
    await debit('N1', card('0019'), 110_016);
    await debit('N2', card('0027'));
    await debit('N3', card('0043'), 67_750);
    const early = await bank.statement(businessDate('2026-01-05')).catch((error) => error);
    expect(early.code).to.equal('STATEMENT_NOT_READY');
    bank.clock.pass(48 * 60);
    const monday = await bank.statement(businessDate('2026-01-05'));
    expect(monday.name).to.equal('simulator-2026-01-05.csv');
    const lines = monday.text
      .trim()
      .split('\n')
      .map((line) => line.replace(/SB[0-9A-F]{18}/, 'SB'));
    expect(lines).to.deep.equal([
      'H,duly-simulator,1,simulator,M1,2026-01-05,Asia/Shanghai,1',
      'orderNo,channelTradeNo,kind,status,amount,fee,currency,bankTime,businessDate,refundNo',
      'N1,SB,payment,succeeded,110016,220,CNY,2026-01-05T02:00:00.000Z,2026-01-05,',
      'N3,SB,payment,succeeded,67750,136,CNY,2026-01-05T02:00:00.000Z,2026-01-05,',
      'T,CNY,2,177766,0,0,356,0,0',
    ]);
    const tuesday = (await bank.statement(businessDate('2026-01-06'))).text.trim().split('\n');
    expect(tuesday[2]).to.match(/^N3,SB[0-9A-F]{18},return,R1,67750,0,CNY,2026-01-06T02:00:00.000Z,2026-01-06,$/);
    expect(tuesday.at(-1)).to.equal('T,CNY,0,0,1,67750,0,0,0');
  });

  it('dates what happens at or after the cut-off to the next bank day', async () => {
    await debit('N1', card('0019'));
    bank.clock.to('2026-01-05T15:30:00Z'); // 23:30 in Shanghai, the cut-off is 23:00
    await run('attempt-returned', { outTradeNo: 'N1' });
    bank.clock.pass(48 * 60);
    expect((await bank.statement(businessDate('2026-01-05'))).text).to.include('T,CNY,1,110016,0,0,');
    expect((await bank.statement(businessDate('2026-01-06'))).text).to.include('T,CNY,0,0,1,110016,0');
  });

  it('runs each scenario once as it says, and tells of those that a bank would tell', async () => {
    await debit('N1', card('0019'));
    await debit('N2', card('0019'));
    await debit('N3', card('0027'));
    await debit('N4', card('0142'));
    await debit('N5', card('0019'));
    await run('attempt-returned', { outTradeNo: 'N1' });
    await run('attempt-disputed', { outTradeNo: 'N2' });
    await run('attempt-late-success', { outTradeNo: 'N3' });
    await run('attempt-late-success', {
      outTradeNo: 'N4',
      account: card('0142'),
      amount: { minor: 110_016, currency: 'CNY' },
      memo: 'L-1/1:110016',
    });
    await run('duplicate-at-bank', { outTradeNo: 'N5' });
    expect(await Promise.all(['N1', 'N2', 'N3', 'N4', 'N5'].map(kind))).to.deep.equal([
      'returned',
      'returned',
      'succeeded',
      'succeeded',
      'succeeded',
    ]);
    const { items } = await bank.channel.news!(null, 10);
    expect(items.map((i) => i.outTradeNo)).to.deep.equal(['N1', 'N2', 'N3', 'N4']);
    expect((await bank.book.truth()).collectedMinor).to.deep.equal({ CNY: 4 * 110_016 });
    expect((await collect(bank.book.orders())).find((o) => o.orderNo === 'N5')?.takenTimes).to.equal(2);
    for (const [name, outTradeNo] of [
      ['attempt-returned', 'N1'],
      ['attempt-late-success', 'N3'],
      ['duplicate-at-bank', 'N5'],
      ['attempt-returned', 'N9'],
    ] as const) {
      expect((await run(name, { outTradeNo }).catch((error) => error)).code, name).to.equal('SCENARIO_NOT_POSSIBLE');
    }
  });

  it('does not decide an accepted order again that a scenario has paid', async () => {
    await debit('N1', card('0126'));
    await run('attempt-late-success', { outTradeNo: 'N1' });
    bank.clock.pass(10);
    await bank.run(bank.clock.now());
    expect((await collect(bank.book.orders()))[0]).to.include({ takenTimes: 1, netMinor: 110_016 });
  });

  it('lets a tester fill, empty and close an account, whatever its digits', async () => {
    await run('account-empty', { account: card('0019') });
    expect(await debit('N1', card('0019'))).to.include({ kind: 'failed', failure: 'insufficientFunds' });
    await run('salary-arrives', { account: card('0019') });
    expect((await debit('N2', card('0019'))).kind).to.equal('succeeded');
    await run('account-funds', { account: card('0019'), amount: { minor: 123, currency: 'CNY' } });
    expect(await bank.balance(card('0019'))).to.equal(123);
    await run('mandate-revoked-at-bank', { outTradeNo: 'N2' });
    expect(await debit('N3', card('0019'), 100)).to.include({ kind: 'failed', failure: 'mandateInvalid' });
    expect((await bank.book.truth()).collectedMinor, 'what scenarios pay in is not collected').to.deep.equal({ CNY: 110_016 });
  });

  it('switches the channel off and on', async () => {
    await run('channel-down', {});
    expect(await debit('N1', card('0019'))).to.include({ kind: 'failed', failure: 'channelDown' });
    await run('channel-up', {});
    expect((await debit('N2', card('0019'))).kind).to.equal('succeeded');
  });

  it('describes every scenario it runs, and refuses one without its target in words', async () => {
    for (const { name, needs, does } of SCENARIOS) {
      expect(does, name).to.match(/^[A-Z].{10,}\.$/);
      if (needs === 'nothing') continue;
      const fault = await run(name, {}).catch((error) => error);
      expect(fault.message, name).to.match(needs === 'order' ? /needs outTradeNo/ : /needs account/);
    }
  });

  it('takes what was collected off the balances of a real history that follow', async () => {
    const row = (date: string, minor: number) => ({ transId: date, date: businessDate(date), minor, balanceMinor: 0, kind: '', line: 1 });
    const history = historyOf(37, [row('2026-01-04', 100_000), row('2026-01-05', 30_000), row('2026-01-07', -10_000)]);
    const real = await openBank({ world: historyWorld(new Map([[37, history]]), { accountOf: () => card('5555') }) });
    const held: number[] = [await real.balance(card('5555'))];
    await real.channel.debit(debitOf('N1', card('5555'), 60_000));
    for (let day = 0; day < 3; day++) {
      held.push(await real.balance(card('5555')));
      real.clock.pass(24 * 60);
    }
    held.push(await real.balance(card('5555')));
    await real.close();
    expect(held, 'the closing balance of the day before, less 600.00 from the debit on').to.deep.equal([
      100_000, 40_000, 70_000, 70_000, 60_000,
    ]);
  });
});
