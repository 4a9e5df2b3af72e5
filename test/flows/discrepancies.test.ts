/** The discrepancy desk: what people do is told as events, money takes two keys, and of two people at once one wins and the log has both. */
import { expect } from 'chai';
import type { Discrepancy } from '../../src/domain/discrepancy.ts';
import type { Actor } from '../../src/flows/actor.ts';
import { checkBooks } from '../../src/flows/check-books.ts';
import { assign, note, query } from '../../src/flows/discrepancies.ts';
import { approve, propose, reject } from '../../src/flows/money-acts.ts';
import { check } from '../check/support.ts';
import { layDiscrepancy } from '../support/discrepancies.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { holder } from '../support/keys.ts';
import { thrownBy } from './bodies.ts';

describe('the discrepancy desk', () => {
  let house: TestHouse;
  let li: Actor;
  let wang: Actor;
  before(async function () {
    this.timeout(240_000);
    house = await openTestHouse();
    [li, wang] = [await holder(house, 'li', null), await holder(house, 'wang', null)];
  });
  after(async () => {
    try {
      const { voucherCheck, ledgerCheck } = await checkBooks(house.world);
      expect([voucherCheck.rows, ledgerCheck.rows], 'the books follow every act').to.deep.equal([[], []]);
      expect((await check(house)).violations).to.deep.equal([]);
    } finally {
      await house.end();
    }
  });

  const laid = (minor: number, lenderId = house.lender.id): Promise<Discrepancy> => layDiscrepancy(house.world, lenderId, minor);

  const reread = async ({ id }: Discrepancy): Promise<Discrepancy> => (await house.world.store.discrepancies.get(id)) as Discrepancy;
  const logOf = ({ id }: Discrepancy) => house.world.store.discrepancies.eventsOf([id]);
  const typesOf = async (d: Discrepancy) => (await logOf(d)).map((e) => e.type.replace('discrepancy.', ''));
  /** Sums of a discrepancy's postings by account. */
  async function booked(d: Discrepancy): Promise<Record<string, number>> {
    const sums: Record<string, number> = {};
    for (const { account, minor } of (await logOf(d)).flatMap((e) => e.posting)) sums[account] = (sums[account] ?? 0) + minor;
    return Object.fromEntries(Object.entries(sums).filter(([, minor]) => minor !== 0));
  }

  it('tells who was given it, and what was noted, with key and reason', async () => {
    const d = await laid(8_800);
    const owned = await assign(house.world, d, 'li', li);
    await note(house.world, owned, 'asked the bank by letter', wang);
    expect(await reread(d)).to.include({ owner: 'li', version: 3, eventN: 3, state: 'suspense' });
    const log = await logOf(d);
    expect(log.map((e) => [e.type, e.by, e.data.keyId])).to.deep.equal([
      ['discrepancy.opened', 'duly', undefined],
      ['discrepancy.assigned', 'li', li.keyId],
      ['discrepancy.noted', 'wang', wang.keyId],
    ]);
    expect(log.map((e) => e.why)).to.include('li decided so');
  });

  it('asks the channel and keeps its answer', async () => {
    const asked = await query(house.world, await laid(8_800), li);
    expect(asked.asked).to.include({ kind: 'notFound', minor: null });
    expect(await typesOf(asked)).to.deep.equal(['opened', 'queried']);
  });

  it('writes a shortage off under two keys, and never a surplus', async () => {
    const d = await laid(-82_000);
    const proposed = await propose(house.world, d, { act: 'writeOff', facts: {} }, li);
    expect(await booked(d)).to.deep.equal({ '1221.01': 82_000, '1012.01:simulator': -82_000 });
    const done = await approve(house.world, proposed, wang);
    expect(done).to.include({ state: 'writtenOff', ended: 'writeOff', proposal: null });
    expect(await booked(d)).to.deep.equal({ '6702': 82_000, '1012.01:simulator': -82_000 });
    const error = await thrownBy(async () => propose(house.world, await laid(8_800), { act: 'writeOff', facts: {} }, li));
    expect(error.code).to.equal('ACT_NOT_POSSIBLE');
  });

  it('adjusts to the accounts that are allowed and to no other', async () => {
    const d = await laid(-100);
    for (const account of ['1303.01', '6022', '1002']) {
      const error = await thrownBy(async () => propose(house.world, await reread(d), { act: 'adjust', facts: { account } }, li));
      expect(error.code, account).to.equal('ACT_NOT_POSSIBLE');
    }
    const proposed = await propose(house.world, await reread(d), { act: 'adjust', facts: { account: '6421' } }, li);
    expect((await approve(house.world, proposed, wang)).state).to.equal('corrected');
    expect(await booked(d)).to.deep.equal({ '6421': 100, '1012.01:simulator': -100 });
  });

  it('gives an accepted surplus to the lender it is of, and nobody’s to nobody', async () => {
    const d = await laid(8_800);
    await approve(house.world, await propose(house.world, d, { act: 'accept', facts: {} }, li), wang);
    expect(await booked(d)).to.deep.equal({ '2241.05': -8_800, '1012.01:simulator': 8_800 });
    const nobodys = await laid(8_800, 'house');
    for (const act of ['accept', 'adjust'] as const) {
      const error = await thrownBy(async () => propose(house.world, await reread(nobodys), { act, facts: { account: '2241.05' } }, li));
      expect(error.code, act).to.equal('ACT_NOT_POSSIBLE');
    }
  });

  it('lets nobody approve or reject under the key that proposed, whatever name X-Actor gives, nor without a key', async () => {
    const d = await propose(house.world, await laid(-500), { act: 'writeOff', facts: {} }, li);
    const others: Actor[] = [
      { ...li, by: 'somebody else' },
      { by: 'wang', why: 'no key' },
      { by: 'wang', why: 'a key that is none', keyId: 'key_01ARZ3NDEKTSV4RRFFQ69G5FAV' },
    ];
    for (const actor of others)
      for (const act of [approve, reject]) {
        const error = await thrownBy(async () => act(house.world, await reread(d), actor));
        expect(error.code).to.equal('SECOND_KEY_REQUIRED');
      }
    const revoked = await holder(house, 'zhao', null);
    await house.world.store.admin.keys.revoke(revoked.keyId as string, house.world.clock.now());
    expect((await thrownBy(async () => approve(house.world, await reread(d), revoked))).code).to.equal('SECOND_KEY_REQUIRED');
    expect(await reread(d)).to.include({ state: 'suspense' });
    expect(await typesOf(d)).to.deep.equal(['opened', 'proposed', ...Array(7).fill('refused')]);
    expect((await reject(house.world, await reread(d), wang)).proposal).to.equal(null);
  });

  it('takes no second proposal, no approval of nothing, and no act on what is settled', async () => {
    const d = await laid(-500);
    expect((await thrownBy(() => approve(house.world, d, wang))).code).to.equal('NOTHING_PROPOSED');
    const proposed = await propose(house.world, await reread(d), { act: 'writeOff', facts: {} }, li);
    expect((await thrownBy(() => propose(house.world, proposed, { act: 'accept', facts: {} }, wang))).code).to.equal('PROPOSED_ALREADY');
    const settled = await approve(house.world, await reread(d), wang);
    expect((await thrownBy(() => assign(house.world, settled, 'li', li))).code).to.equal('DISCREPANCY_SETTLED');
    expect((await note(house.world, await reread(d), 'for the record', li)).state).to.equal('writtenOff');
  });

  it('has both in the log when two operators act at once, and one of them wins: 20 pairs', async function () {
    this.timeout(240_000);
    for (let pair = 0; pair < 20; pair++) {
      const d = await propose(house.world, await laid(-500), { act: 'writeOff', facts: {} }, li);
      const zhao = pair % 2 ? wang : { ...wang, by: 'zhao' };
      const both = await Promise.allSettled([approve(house.world, d, wang), reject(house.world, d, zhao)]);
      expect(both.map((r) => r.status).sort()).to.deep.equal(['fulfilled', 'rejected']);
      const lost = both.find((r) => r.status === 'rejected') as PromiseRejectedResult;
      expect(lost.reason.code).to.equal('CHANGED_MEANWHILE');
      const approved = both[0].status === 'fulfilled';
      const log = await logOf(d);
      expect(log.map((e) => e.type)).to.deep.equal([
        'discrepancy.opened',
        'discrepancy.proposed',
        approved ? 'discrepancy.writtenOff' : 'discrepancy.rejected',
        'discrepancy.refused',
      ]);
      expect(log.map((e) => e.n)).to.deep.equal([1, 2, 3, 4]);
      expect(log[3]).to.deep.include({ by: approved ? zhao.by : 'wang', why: 'wang decided so', posting: [] });
      expect(log[3]?.data).to.include({ act: approved ? 'reject' : 'approve', code: 'CHANGED_MEANWHILE', keyId: wang.keyId });
      expect((await reread(d)).state).to.equal(approved ? 'writtenOff' : 'suspense');
    }
  });
});
