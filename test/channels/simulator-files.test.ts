import { expect } from 'chai';
import type { SimulatorBankOptions } from '../../src/channels/simulator/index.ts';
import { addDays, atLocal, type BusinessDate, businessDate } from '../../src/domain/clock.ts';
import { card, debitOf, type OpenBank, openBank, PROFILE, STATEMENT } from './simulator-support.ts';

const ZONE = PROFILE.zone;
const at = (day: string, time: string) => atLocal(businessDate(day), time, ZONE);

type Laid = Readonly<{ name: string; kind: string; lines: readonly string[] }>;

async function read(bank: OpenBank, cursor: string | null = null, limit = 500): Promise<Laid[]> {
  const { items } = await bank.channel.files!(cursor, limit);
  const out: Laid[] = [];
  for (const item of items) {
    let text = '';
    for await (const part of item.bytes()) text += new TextDecoder().decode(part);
    out.push({ name: item.name, kind: item.kind, lines: text.trimEnd().split('\n') });
  }
  return out;
}

describe("the simulated bank's drop box and our account there", () => {
  let bank: OpenBank;
  const opened = async (options: Partial<SimulatorBankOptions> = {}) => {
    bank = await openBank({ profile: { ...PROFILE, statement: STATEMENT }, ...options });
    return bank;
  };
  const pay = async (no: string, minor: number, day: string, time = '10:00') => {
    bank.clock.to(at(day, time));
    return bank.channel.debit(debitOf(no, card('0019'), minor));
  };
  afterEach(() => bank.close());

  it('lays out a statement a day at 06:00, pays the day in at 05:00, and from then on states our account at 07:00', async () => {
    await opened();
    await pay('N1', 110_016, '2026-01-05');
    bank.clock.to(at('2026-01-06', '05:59'));
    expect(await read(bank)).to.deep.equal([]);
    bank.clock.to(at('2026-01-07', '07:00'));
    const laid = await read(bank);
    expect(laid.map((f) => [f.kind, f.name])).to.deep.equal([
      ['channel', 'simulator-2026-01-05.csv'],
      ['channel', 'simulator-2026-01-06.csv'],
      ['account', 'settlement-account-2026-01-06.csv'],
    ]);
    expect(laid[0]!.lines[0]).to.equal('H,duly-simulator,1,simulator,M1,2026-01-05,Asia/Shanghai,1');
    expect(laid[0]!.lines.at(-1)).to.equal('T,CNY,1,110016,0,0,220,0,0');
    expect(laid[1]!.lines.slice(2)).to.deep.equal(['T,,0,0,0,0,0,0,0']);
    expect(laid[2]!.lines.slice(2)).to.deep.equal([
      'O,CNY,0',
      'simulator:2026-01-05,deposit,109796,CNY,2026-01-05T21:00:00.000Z,Simulated bank 2026-01-05,109796',
      'C,CNY,109796,1',
    ]);
  });

  it('hands out files once after a cursor, and says when the next is ready', async () => {
    await opened();
    await pay('N1', 110_016, '2026-01-05');
    expect(await bank.filesDue(null)).to.equal(null);
    expect(await bank.nextDue()).to.deep.equal(at('2026-01-06', '05:00'));
    bank.clock.to(at('2026-01-06', '05:00'));
    await bank.run(bank.clock.now());
    expect(await bank.filesDue(null)).to.deep.equal(at('2026-01-06', '06:00'));
    bank.clock.to(at('2026-01-07', '06:00'));
    const first = await bank.channel.files!(null, 1);
    expect(first.items.map((f) => f.id)).to.deep.equal(['simulator-2026-01-05.csv']);
    expect(await bank.filesDue(first.cursor)).to.deep.equal(at('2026-01-07', '06:00'));
    const second = await bank.channel.files!(first.cursor, 10);
    expect(second.items.map((f) => f.id)).to.deep.equal(['simulator-2026-01-06.csv']);
    expect(await bank.channel.files!(second.cursor, 10)).to.deep.equal({ items: [], cursor: second.cursor });
    expect(await bank.filesDue(second.cursor)).to.deep.equal(at('2026-01-07', '07:00'));
    bank.clock.to(at('2026-01-07', '08:00'));
    const third = await bank.channel.files!(second.cursor, 10);
    expect(third.items.map((f) => f.id)).to.deep.equal(['settlement-account-2026-01-06.csv']);
    expect(await bank.filesDue(third.cursor), 'all fetched: nothing is due until the next closing').to.equal(null);
  });

  it('refuses a cursor that is not its own', async () => {
    await opened();
    const thrown = await bank.channel.files!('17', 1).catch((error) => error);
    expect(thrown).to.be.instanceOf(RangeError);
  });

  it('pays out once a number, never more than is on the account, and tells of a lost reply when asked', async () => {
    await opened();
    await pay('N1', 100_000, '2026-01-05');
    bank.clock.to(at('2026-01-06', '09:00'));
    await bank.run(bank.clock.now());
    const request = { payoutNo: 'P1', amount: { minor: 60_000, currency: 'CNY' }, beneficiary: 'lender:a', memo: 'settlement, of Monday' };
    const first = await bank.payouts.pay(request);
    expect(first).to.include({ kind: 'succeeded' });
    expect((await bank.payouts.pay(request)).kind).to.equal('duplicate');
    expect(await bank.payouts.query('P1')).to.deep.equal(first);
    expect(await bank.payouts.pay({ ...request, payoutNo: 'P2' })).to.include({ kind: 'failed', failure: 'insufficientFunds' });
    expect((await bank.payouts.query('P2')).kind).to.equal('failed');
    expect((await bank.payouts.query('P3')).kind).to.equal('notFound');
    const many = await Promise.all(
      Array.from({ length: 6 }, (_, k) => bank.payouts.pay({ ...request, payoutNo: `Q${k}`, amount: { minor: 10_000, currency: 'CNY' } })),
    );
    expect(many.filter((o) => o.kind === 'succeeded').length).to.equal(3);
    bank.clock.to(at('2026-01-07', '07:00'));
    const account = (await read(bank)).at(-1)!;
    expect(account.lines.at(-1)).to.equal(`C,CNY,${99_800 - 90_000},5`);
    expect(account.lines.find((l) => l.startsWith('P1,'))).to.match(/^P1,payout,-60000,CNY,[^,]+,lender:a settlement of Monday,39800$/);
  });

  it('loses replies of payouts and refunds by seed, and has done them all the same', async () => {
    await opened({ faults: { lostReply: 1, queryLagMinutes: 20 } });
    await pay('N1', 100_000, '2026-01-05');
    const back = { refundNo: 'R1', outTradeNo: 'N1', channelTradeNo: '', amount: { minor: 30_000, currency: 'CNY' } };
    expect((await bank.channel.refund!(back)).kind).to.equal('unknown');
    expect((await bank.channel.queryRefund!('R1')).kind).to.equal('notFound');
    bank.clock.pass(20);
    expect((await bank.channel.queryRefund!('R1')).kind).to.equal('succeeded');
    bank.clock.to(at('2026-01-06', '09:00'));
    await bank.run(bank.clock.now());
    const request = { payoutNo: 'P1', amount: { minor: 60_000, currency: 'CNY' }, beneficiary: 'lender:a', memo: '' };
    expect((await bank.payouts.pay(request)).kind).to.equal('unknown');
    expect((await bank.payouts.query('P1')).kind).to.equal('notFound');
    bank.clock.pass(20);
    expect((await bank.payouts.query('P1')).kind).to.equal('succeeded');
  });

  it('refunds once a number and never more than is left, and states it in the file apart from returns', async () => {
    await opened();
    await pay('N1', 100_000, '2026-01-05');
    const back = (refundNo: string, minor: number, outTradeNo = 'N1') =>
      bank.channel.refund!({ refundNo, outTradeNo, channelTradeNo: '', amount: { minor, currency: 'CNY' } });
    expect(await back('R1', 40_000)).to.include({ kind: 'succeeded' });
    expect((await back('R1', 40_000)).kind).to.equal('duplicate');
    expect((await back('R2', 60_001)).kind).to.equal('failed');
    expect((await back('R3', 1, 'N9')).kind).to.equal('failed');
    const races = await Promise.all(['R4', 'R5', 'R6', 'R7'].map((no) => back(no, 20_000)));
    expect(races.filter((o) => o.kind === 'succeeded').length).to.equal(3);
    expect((await bank.channel.query('N1')).kind, 'the order stays taken').to.equal('succeeded');
    const truth = await bank.book.truth();
    expect(truth.collectedMinor).to.deep.equal({ CNY: 100_000 });
    expect(truth.refundedMinor).to.deep.equal({ CNY: 100_000 });
    bank.clock.to(at('2026-01-06', '06:00'));
    const file = (await read(bank))[0]!;
    expect(file.lines.filter((l) => l.includes(',refund,succeeded,')).map((l) => l.split(',').at(-1))).to.include('R1');
    expect(file.lines.at(-1)).to.equal('T,CNY,1,100000,0,0,200,4,100000');
  });

  it('closes a day once, however many processes do it at once', async () => {
    await opened();
    await pay('N1', 110_016, '2026-01-05');
    bank.clock.to(at('2026-01-09', '07:00'));
    await Promise.all(Array.from({ length: 4 }, () => bank.run(bank.clock.now())));
    const deposits = await bank.base.db.collection('simbank_account').countDocuments();
    expect(deposits).to.equal(1);
    expect((await read(bank)).length).to.equal(4 + 3);
  });

  it('keeps its files free of faults unless it is told otherwise', async () => {
    await opened();
    for (let day = businessDate('2026-01-05'), n = 0; n < 10; n++, day = addDays(day, 1) as BusinessDate) await pay(`N${n}`, 50_000, day);
    bank.clock.to(at('2026-01-20', '07:00'));
    expect(await bank.putIn()).to.deep.equal({});
    expect((await read(bank)).length).to.equal(15 + 14);
    bank.clock.to(at('2026-01-31', '07:00'));
    const names = (await read(bank)).map((f) => f.name);
    expect(names.filter((n) => n.includes('account')).at(-1), 'an account at rest').to.equal('settlement-account-2026-01-21.csv');
    expect(names.at(-1)).to.equal('simulator-2026-01-30.csv');
  });
});
