/** Paying a batch: one number, one payment, whatever is lost, refused or killed on the way. */
import { expect } from 'chai';
import { plusMinutes } from '../../src/domain/clock.ts';
import type { Lender } from '../../src/domain/lender.ts';
import type { Settlement } from '../../src/domain/settlement.ts';
import type { Actor } from '../../src/flows/actor.ts';
import { answered } from '../../src/flows/settle/pay.ts';
import { approve, confirm, nextSettlement, retry, settleDue } from '../../src/flows/settle.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { holder } from '../support/keys.ts';
import { batchesOf, booksOf, FakePayer, lenderUnder, owing, reconciled, withoutFiles } from '../support/settling.ts';
import { thrownBy } from './bodies.ts';

describe('a payout', function () {
  this.timeout(240_000);
  let house: TestHouse;
  let payer: FakePayer;
  let li: Actor;
  const lenders: Lender[] = [];
  let used = 0;
  before(async () => {
    house = await openTestHouse();
    withoutFiles(house);
    li = await holder(house, 'li', null);
    for (let n = 0; n < 10; n++) {
      const lender = await lenderUnder(house, n === 9 ? { payout: 'manual' } : {});
      lenders.push(lender);
      await owing(house, lender, '2026-01-06', [50_000]);
    }
    await reconciled(house, '2026-01-06');
    await house.to('2026-01-07T02:00:00Z');
  });
  after(() => house.end());
  beforeEach(() => {
    payer = new FakePayer();
    (house.world.payouts as Map<string, FakePayer>).set('fake', payer);
  });

  const reread = async (batch: Settlement) => (await house.world.store.of(batch.lenderId).settlements.get(batch.id)) as Settlement;
  const later = (minutes: number) => house.to(plusMinutes(house.world.clock.now(), minutes).toISOString());
  /** The next lender's batch of 499.90, approved, and sent in this mood. */
  async function sent(mood: FakePayer['mood']): Promise<Settlement> {
    payer.mood = mood;
    const [batch] = await batchesOf(house, lenders[used++]!);
    await approve(house.world, batch!, li);
    await settleDue(house.world);
    return reread(batch!);
  }
  const movesOf = async (batch: Settlement) =>
    (await house.world.store.of(batch.lenderId).eventsOf([batch.id])).map((e) => e.type.slice(11));
  const books = (batch: Settlement) => booksOf(house, { id: batch.lenderId } as Lender, '2241.05', '1012.02');

  it('is paid once and booked out of what is owed', async () => {
    const batch = await sent('pays');
    expect(batch).to.include({ state: 'settled', askAt: null });
    await settleDue(house.world);
    expect(payer.asked).to.have.length(1);
    expect(payer.asked[0]).to.deep.include({ amount: { minor: 49_990, currency: 'CNY' }, beneficiary: `lender:${batch.lenderId}` });
    const [{ payoutNo }] = batch.transfers as [Settlement['transfers'][0]];
    const late = { kind: 'failed', failure: 'channelDown', channelTradeNo: null, rawCode: '', rawText: 'late' } as const;
    for (const said of [await payer.query(payoutNo), late])
      expect(await answered(house.world, batch, payoutNo, said, { kind: 'query', ref: 'again' }, li), 'told again').to.equal(batch);
    expect(await movesOf(batch)).to.deep.equal(['opened', 'cleared', 'approved', 'transferring', 'transferred']);
    expect(await books(batch)).to.deep.equal({ '2241.05': 0, '1012.02': -49_990 });
  });

  it('whose reply is lost is asked about on the ladder and never paid again', async () => {
    const batch = await sent('losesReply');
    expect(batch).to.include({ state: 'unknown' });
    expect(await nextSettlement(house.world)).to.deep.equal(plusMinutes(house.world.clock.now(), 1));
    await later(1);
    expect(await reread(batch)).to.include({ state: 'settled' });
    expect(payer.asked).to.have.length(1);
    expect(payer.paid.size).to.equal(1);
  });

  it('that is killed between intent and answer is asked about, and found paid or unknown, and never paid again', async () => {
    const batch = await sent('dies');
    expect(batch.transfers[0]).to.include({ state: 'unknown' });
    await later(200);
    expect(await reread(batch), 'the payer does not know it: that proves nothing').to.include({ state: 'unknown' });
    expect(payer.asked).to.have.length(1);
    payer.paid.set(batch.transfers[0]!.payoutNo, 49_990);
    await later(60);
    expect(await reread(batch)).to.include({ state: 'settled' });
    expect(payer.asked).to.have.length(1);
  });

  it('that is killed before the answer could be recorded leaves the intent behind', async () => {
    payer.mood = 'pays';
    const [batch] = await batchesOf(house, lenders[used++]!);
    await approve(house.world, batch!, li);
    const { transact } = house.world.store;
    const killed = {
      ...house.world.store,
      transact: (async (body) => (payer.asked.length ? Promise.reject(new Error('killed')) : transact(body))) as typeof transact,
    };
    await thrownBy(() => settleDue({ ...house.world, store: killed }));
    expect(await reread(batch!)).to.include({ state: 'transferring' });
    expect(await books(batch!), 'nothing is booked').to.deep.equal({ '2241.05': -49_990, '1012.02': 0 });
    await later(2);
    expect(await reread(batch!)).to.include({ state: 'settled' });
    expect(payer.asked).to.have.length(1);
  });

  it('that is refused fails, and a retry goes under another number with the same contents', async () => {
    const batch = await sent('refuses');
    expect(batch).to.include({ state: 'failed', askAt: null });
    expect((await thrownBy(() => retry(house.world, batch, { by: 'li', why: 'no key' }))).code).to.equal('SECOND_KEY_REQUIRED');
    payer.mood = 'pays';
    await retry(house.world, batch, li);
    await settleDue(house.world);
    const paid = await reread(batch);
    expect(paid).to.include({ state: 'settled', contentsHash: batch.contentsHash });
    const [first, second] = payer.asked.map((r) => r.payoutNo);
    expect(first).to.not.equal(second);
    expect(await movesOf(batch)).to.include.members(['refused', 'retried', 'transferred']);
  });

  it('that surely never left goes again by itself under another number', async () => {
    const batch = await sent('down');
    expect(batch).to.include({ state: 'transferring' });
    payer.mood = 'pays';
    await later(1);
    expect(await reread(batch)).to.include({ state: 'settled' });
    expect(new Set(payer.asked.map((r) => r.payoutNo)).size).to.equal(2);
    expect(payer.paid.size).to.equal(1);
  });

  it('answered with another sum stays unknown until a person has looked', async () => {
    const batch = await sent('paysLess');
    expect(batch).to.include({ state: 'unknown' });
    expect(batch.transfers[0]!.rawText).to.include('49989');
    const { payoutNo } = batch.transfers[0]!;
    await confirm(house.world, batch, { payoutNo, outcome: 'paid', evidence: 'the bank paid the cent after it' }, li);
    expect(await reread(batch)).to.include({ state: 'settled' });
    const again = await thrownBy(() => confirm(house.world, batch, { payoutNo, outcome: 'paid', evidence: 'again' }, li));
    expect(again.code).to.equal('NOT_UNDER_WAY');
  });

  it('accepted for later is asked about and not repeated', async () => {
    const batch = await sent('accepts');
    expect(batch).to.include({ state: 'transferring' });
    await later(300);
    expect(await reread(batch)).to.include({ state: 'transferring' });
    expect(payer.asked).to.have.length(1);
    payer.paid.set(batch.transfers[0]!.payoutNo, 49_990);
    await later(60);
    expect(await reread(batch)).to.include({ state: 'settled' });
  });

  it('has a number that only its batch’s contents decide', async () => {
    const numbers = (await Promise.all(lenders.map((l) => batchesOf(house, l)))).flat().flatMap((b) => b.transfers.map((t) => t.payoutNo));
    expect(new Set(numbers).size).to.equal(numbers.length);
    for (const number of numbers) expect(number).to.match(/^P[0-9A-F]{23}$/);
  });

  it('by hand waits for a person’s word, who may also say that it was not made', async () => {
    const [batch] = await batchesOf(house, lenders[9]!);
    await approve(house.world, batch!, li);
    await settleDue(house.world);
    const [{ payoutNo }] = batch!.transfers as [Settlement['transfers'][0]];
    expect(await reread(batch!)).to.include({ state: 'transferring' });
    await confirm(house.world, batch!, { payoutNo, outcome: 'notPaid', evidence: 'the list was lost' }, li);
    expect(await reread(batch!)).to.include({ state: 'failed' });
    const alone = await thrownBy(() => retry(house.world, batch!, li));
    expect(alone.code, 'who says that it was not paid does not pay it again').to.equal('SECOND_KEY_REQUIRED');
    await retry(house.world, batch!, await holder(house, 'wang', null));
    await settleDue(house.world);
    const again = (await reread(batch!)).transfers[0]!;
    expect(again.payoutNo).to.not.equal(payoutNo);
    await confirm(house.world, batch!, { payoutNo: again.payoutNo, outcome: 'paid', evidence: 'receipt 4711' }, li);
    expect(await books(batch!)).to.deep.equal({ '2241.05': 0, '1012.02': -49_990 });
  });
});
