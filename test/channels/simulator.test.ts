import { expect } from 'chai';
import type { Outcome } from '../../src/channels/channel.ts';
import { explicitWorld, MAGIC, openSimulatorBank } from '../../src/channels/simulator/index.ts';
import { businessDate, parseInstant } from '../../src/domain/clock.ts';
import { card, collect, debitOf, type OpenBank, openBank, PROFILE } from './simulator-support.ts';

describe('the simulated bank', () => {
  let bank: OpenBank;
  afterEach(() => bank.close());
  const debit = (orderNo: string, account: string, minor?: number) => bank.channel.debit(debitOf(orderNo, account, minor));
  const truthOf = async (orderNo: string) => (await collect(bank.book.orders())).find((o) => o.orderNo === orderNo);

  /** Reply, what a query says a minute later, what it says two days later. */
  const MAGIC_LIVES: Readonly<Record<string, readonly [string, string, string]>> = {
    '0019': ['succeeded', 'succeeded', 'succeeded'],
    '0027': ['insufficientFunds', 'insufficientFunds', 'insufficientFunds'],
    '0035': ['unknown', 'succeeded', 'succeeded'],
    '0043': ['succeeded', 'succeeded', 'returned insufficientFunds'],
    '0050': ['succeeded', 'succeeded', 'returned disputed'],
    '0068': ['accountInvalid', 'accountInvalid', 'accountInvalid'],
    '0076': ['accountBlocked', 'accountBlocked', 'accountBlocked'],
    '0084': ['mandateInvalid', 'mandateInvalid', 'mandateInvalid'],
    '0092': ['limitExceeded', 'limitExceeded', 'limitExceeded'],
    '0100': ['riskRefused', 'riskRefused', 'riskRefused'],
    '0118': ['channelDown', 'channelDown', 'channelDown'],
    '0126': ['accepted', 'accepted', 'succeeded'],
    '0134': ['accepted', 'accepted', 'insufficientFunds'],
    '0142': ['unknown', 'notFound', 'notFound'],
    '0159': ['unknown', 'succeeded', 'succeeded'],
    '0167': ['payerRefused', 'payerRefused', 'payerRefused'],
    '0175': ['accepted', 'accepted', 'succeeded'],
    '0183': ['insufficientFunds', 'insufficientFunds', 'insufficientFunds'],
    '0191': ['unknown', 'insufficientFunds', 'insufficientFunds'],
  };
  const inWords = (o: Outcome | Awaited<ReturnType<OpenBank['channel']['query']>>) =>
    o.kind === 'failed' ? o.failure : o.kind === 'returned' ? `returned ${o.failure}` : o.kind;

  it('does what each magic number promises, at once and in the days after', async () => {
    bank = await openBank();
    const lives: Record<string, string[]> = {};
    for (const { last4 } of MAGIC) lives[last4] = [inWords(await debit(last4, card(last4)))];
    for (const minutes of [1, 48 * 60]) {
      bank.clock.pass(minutes);
      for (const { last4 } of MAGIC) lives[last4]?.push(inWords(await bank.channel.query(last4)));
    }
    expect(lives).to.deep.equal(MAGIC_LIVES);
  });

  it('finds the channel of 0118 up again at the second debit, and lets 0183 pay a smaller amount', async () => {
    bank = await openBank();
    await debit('A1', card('0118'));
    expect((await debit('A2', card('0118'))).kind).to.equal('succeeded');
    await debit('B1', card('0183'), 100_000);
    expect((await debit('B2', card('0183'), 100_000)).kind, 'the same again').to.equal('failed');
    expect((await debit('B3', card('0183'), 60_000)).kind).to.equal('succeeded');
  });

  it('takes no more than an account holds, however many ask at once and through however many processes', async () => {
    bank = await openBank({ world: explicitWorld({ [card('5555')]: 250_000 }) });
    const other = await openSimulatorBank({
      db: bank.base.db,
      clock: bank.clock,
      seed: 7,
      profile: PROFILE,
      world: explicitWorld({ [card('5555')]: 250_000 }),
    });
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, (_, k) => (k % 2 ? bank : other).channel.debit(debitOf(`N${k}`, card('5555'), 100_000))),
    );
    expect(outcomes.filter((o) => o.kind === 'succeeded').length).to.equal(2);
    expect(outcomes.filter((o) => o.kind === 'failed').length).to.equal(10);
    expect(await bank.balance(card('5555'))).to.equal(50_000);
    expect((await bank.book.truth()).collectedMinor).to.deep.equal({ CNY: 200_000 });
  });

  it('files each repeat with its own bytes, so that another amount under an old number is seen', async () => {
    bank = await openBank();
    await debit('N1', card('0019'));
    await debit('N1', card('0019'));
    await debit('N1', card('0019'), 500);
    const receipts = await collect(bank.book.receipts());
    expect(receipts.map((r) => r.first)).to.deep.equal([true, false, false]);
    expect(receipts[1]?.payloadHash).to.equal(receipts[0]?.payloadHash);
    expect(receipts[2]?.payloadHash).to.not.equal(receipts[0]?.payloadHash);
    expect((await bank.book.truth()).repeats).to.equal(2);
  });

  it('keeps no account number in clear', async () => {
    bank = await openBank();
    await debit('N1', card('0126'));
    await debit('N2', '6222020000000012345');
    await bank.runScenario('account-empty', { account: '6222020000000012345' });
    for (const { name } of await bank.base.db.listCollections().toArray()) {
      const text = JSON.stringify(await bank.base.db.collection(name).find().toArray());
      expect(text, name).to.not.include('622202000000');
    }
    const [first] = await collect(bank.book.receipts());
    expect((await bank.book.accountKey())(card('0126'))).to.equal(first?.account);
  });

  it('refuses outside its hours, after its cut-off, in a blackout, above its limits, in a foreign currency', async () => {
    const profile = {
      ...PROFILE,
      blackouts: [{ from: '12:00', to: '13:00' }],
      perDebitLimit: 200_000,
      dailyLimitPerAccount: 300_000,
      windows: [{ from: '07:00', to: '23:30' }],
    };
    bank = await openBank({ profile });
    const code = async (n: string, minor = 1_000) => (await debit(n, card('0019'), minor)).rawCode;
    expect(await code('A')).to.equal('00');
    expect(await code('B', 200_001)).to.equal('61');
    expect(await code('C', 199_000)).to.equal('00');
    expect(await code('D', 100_001), 'the day is nearly used up').to.equal('61');
    bank.clock.to('2026-01-05T04:30:00Z'); // 12:30 in Shanghai
    expect(await code('E')).to.equal('T3');
    bank.clock.to('2026-01-05T15:00:00Z'); // 23:00
    expect(await code('F')).to.equal('T2');
    bank.clock.to('2026-01-05T22:59:00Z'); // 06:59
    expect(await code('G')).to.equal('T1');
    bank.clock.to('2026-01-05T23:00:00Z'); // 07:00
    expect(await code('H', 200_000), 'a new day, a new daily limit').to.equal('00');
    const foreign = debitOf('I', card('0019'), 1, { amount: { minor: 1, currency: 'USD' } });
    expect(await bank.channel.debit(foreign)).to.include({ kind: 'failed', failure: 'badRequest' });
  });

  it('writes results and returns once, whoever runs it and however often', async () => {
    bank = await openBank();
    const other = await openSimulatorBank({ db: bank.base.db, clock: bank.clock, seed: 7, profile: PROFILE });
    for (let k = 0; k < 20; k++) await debit(`N${k}`, card(k % 2 ? '0126' : '0043'));
    expect(await bank.nextDue()).to.deep.equal(parseInstant('2026-01-05T02:03:00Z'));
    bank.clock.pass(48 * 60);
    const done = await Promise.all([bank, other, bank, other].map((b) => b.run(bank.clock.now())));
    expect(done.reduce((a, b) => a + b)).to.equal(20);
    expect(await bank.run(bank.clock.now())).to.equal(0);
    expect(await bank.nextDue()).to.equal(null);
    const { items } = await other.channel.news!(null, 100);
    expect(items.map((i) => i.answer.kind)).to.deep.equal([...Array(10).fill('succeeded'), ...Array(10).fill('returned')]);
    expect((await bank.book.truth()).collectedMinor).to.deep.equal({ CNY: 10 * 110_016 });
  });

  it('judges a file by the balance of the next morning', async () => {
    const from = (day: string, minor: number) => ({ from: businessDate(day), minor });
    const world = explicitWorld({
      [card('5555')]: [from('2026-01-05', 0), from('2026-01-06', 110_016)],
      [card('6666')]: [from('2026-01-05', 110_016), from('2026-01-06', 0)],
    });
    bank = await openBank({ style: 'file', world });
    expect((await debit('N1', card('5555'))).kind).to.equal('accepted');
    expect((await debit('N2', card('6666'))).kind).to.equal('accepted');
    bank.clock.to('2026-01-05T22:00:00Z'); // 06:00 on the 6th
    expect((await bank.channel.query('N1')).kind).to.equal('succeeded');
    expect((await bank.channel.query('N2')).kind).to.equal('failed');
  });

  it('knows nothing of a lost reply while its index lags, though a repeat is a duplicate', async () => {
    bank = await openBank({ faults: { queryLagMinutes: 30 } });
    await debit('N1', card('0035'));
    bank.clock.pass(29);
    expect((await bank.channel.query('N1')).kind).to.equal('notFound');
    expect((await debit('N1', card('0035'))).kind).to.equal('duplicate');
    bank.clock.pass(1);
    expect((await bank.channel.query('N1')).kind).to.equal('succeeded');
  });

  it('goes on after the process is gone: numbers, balances and plans are in the database', async () => {
    bank = await openBank({ world: explicitWorld({ [card('5555')]: 150_000 }) });
    await debit('N1', card('5555'), 100_000);
    await debit('N2', card('0043'));
    const again = await openSimulatorBank({
      db: bank.base.db,
      clock: bank.clock,
      seed: 7,
      profile: PROFILE,
      world: explicitWorld({ [card('5555')]: 150_000 }),
    });
    expect((await again.channel.debit(debitOf('N1', card('5555'), 100_000))).kind).to.equal('duplicate');
    expect((await again.channel.debit(debitOf('N3', card('5555'), 100_000))).kind).to.equal('failed');
    bank.clock.pass(24 * 60);
    expect((await again.channel.query('N2')).kind, 'planned by the first').to.equal('returned');
    const other = openSimulatorBank({ db: bank.base.db, clock: bank.clock, seed: 8, profile: PROFILE });
    expect((await other.catch((error) => error)).code).to.equal('SIMULATOR_SEED');
  });

  it('calls it unknown when its own database fails it, and never says failed', async () => {
    bank = await openBank();
    const { db, client } = bank.base;
    const broken = {
      configureFailPoint: 'failCommand',
      mode: { times: 1 },
      data: { failCommands: ['insert'], errorCode: 8000, appName: client.options.appName },
    };
    await client.db('admin').command(broken);
    expect((await debit('N1', card('0019'))).kind).to.equal('unknown');
    expect(await db.collection('simbank_book').countDocuments()).to.equal(0);
    expect((await debit('N1', card('0019'))).kind).to.equal('succeeded');
  });

  it('finds an order that an interrupted writer left without a plan', async () => {
    bank = await openBank();
    await debit('N1', card('0126'));
    await bank.base.db.collection('simbank_due').deleteMany({});
    bank.clock.pass(3);
    expect((await bank.channel.query('N1')).kind).to.equal('succeeded');
    expect((await truthOf('N1'))?.takenTimes).to.equal(1);
  });
});
