/** After an unclean insert: what became of each intent is read again, by plan and n and by number (design.md section 4). */
import { expect } from 'chai';
import type { Document } from 'mongodb';
import { attemptDoc } from '../../src/store/codec.ts';
import { GUARDS } from '../../src/store/collections.ts';
import { insertIntents, readAgain } from '../../src/store/intents.ts';
import { migrate } from '../../src/store/migrate.ts';
import { MIGRATIONS } from '../../src/store/migrations/index.ts';
import { workStore } from '../../src/store/work.ts';
import { freshDatabase } from '../support/database.ts';
import { claimOf, failing, intent } from '../support/diary-intent.ts';
import { eventually, realTimers } from '../support/timers.ts';

const APP = 'intents';

describe('intents', () => {
  const store = freshDatabase(APP);
  const MINE = claimOf('mine', 2);
  const OTHER = claimOf('another', 1);
  let plans = 0;
  const plan = () => `pln_${++plans}`;
  const put = (...there: ReturnType<typeof intent>[]) => store.db.collection<Document>('attempts').insertMany(there.map(attemptDoc));
  const stored = (planId: string) => store.db.collection<Document>('attempts').find({ planId }).toArray();
  const insert = (...mine: ReturnType<typeof intent>[]) => insertIntents(store.db, mine, MINE);
  before(() => migrate(store.db, MIGRATIONS, { timers: realTimers, log: () => undefined }));

  it('stand on unique indexes that are guarded', () => {
    const guarded = GUARDS.filter((g) => g.collection === 'attempts' && g.guard).map((g) => g.name);
    expect(guarded).to.include.members(['one_open', 'plan_n', 'channel_number', 'account_slot']);
  });

  it('are all mine after a clean insert', async () => {
    const [a, b] = [intent(plan(), MINE), intent(plan(), MINE)];
    expect(await insert(a, b)).to.deep.equal({ mine: [a, b], lost: [] });
  });

  describe('after an unclean insert', () => {
    it('mine, by token and payload: may be called', async () => {
      const a = intent(plan(), MINE);
      await put(a);
      expect(await insert(a)).to.deep.equal({ mine: [a], lost: [] });
    });

    it('my token over other bytes is not mine: it is never called', async () => {
      const id = plan();
      await put(intent(id, MINE, { payloadHash: 'other bytes' }));
      expect((await readAgain(store.db, [intent(id, MINE)], MINE)).mine).to.deep.equal([]);
    });

    it("another's, under a live epoch or a dead one: left as it stands, and the rest of the batch is mine", async () => {
      const [taken, free] = [intent(plan(), MINE), intent(plan(), MINE)];
      await put({ ...taken, id: 'att_other', claim: OTHER });
      const answer = await insert(taken, free);
      expect(answer).to.deep.equal({ mine: [free], lost: [{ planId: taken.planId, guard: 'openAttempt' }] });
      expect(await stored(taken.planId))
        .to.have.length(1)
        .and.nested.property('[0].claim')
        .deep.equal(OTHER);
    });

    it("another's that is final already: the number is spent", async () => {
      const a = intent(plan(), MINE);
      await put({ ...a, id: 'att_done', claim: OTHER, state: 'failed', open: false });
      expect((await insert(a)).lost).to.deep.equal([{ planId: a.planId, guard: 'planNumber' }]);
    });

    it('another plan on my number: said aloud as numberTaken, never called', async () => {
      const [a, b] = [intent(plan(), OTHER), intent(plan(), MINE)];
      await put(a);
      const mine = { ...b, outTradeNo: a.outTradeNo };
      expect(await insert(mine)).to.deep.equal({ mine: [], lost: [{ planId: b.planId, guard: 'numberTaken' }] });
      expect(await stored(b.planId)).to.have.length(0);
    });

    it('absent: dropped', async () => {
      const a = intent(plan(), MINE);
      expect(await readAgain(store.db, [a], MINE)).to.deep.equal({ mine: [], lost: [{ planId: a.planId, guard: 'absent' }] });
    });

    it("the account's slot of the day is taken by another plan: dropped, whichever index spoke", async () => {
      const [a, b] = [intent(plan(), OTHER), intent(plan(), MINE)];
      await put(a);
      expect((await insert({ ...b, accountKey: a.accountKey })).lost).to.deep.equal([{ planId: b.planId, guard: 'absent' }]);
    });
  });

  describe('under a fail point of the server', () => {
    it('a connection that breaks once leaves each intent in once', async () => {
      const a = intent(plan(), MINE);
      const answer = await failing(store.client, APP, 1, { failCommands: ['insert'], closeConnection: true }, () => insert(a));
      expect(answer.mine).to.deep.equal([a]);
      expect(await stored(a.planId)).to.have.length(1);
    });

    it('a connection that breaks twice, before a byte was stored: absent', async () => {
      const a = intent(plan(), MINE);
      const answer = await failing(store.client, APP, 2, { failCommands: ['insert'], closeConnection: true }, () => insert(a));
      expect(answer).to.deep.equal({ mine: [], lost: [{ planId: a.planId, guard: 'absent' }] });
      expect(await stored(a.planId)).to.have.length(0);
    });

    it('a write concern that failed after the write: mine once the majority has it, until then dropped, never called blindly', async () => {
      const a = intent(plan(), MINE);
      const writeConcernError = { code: 64, errmsg: 'waiting for replication timed out' };
      const answer = await failing(store.client, APP, 1, { failCommands: ['insert'], writeConcernError }, () => insert(a));
      const called = answer.mine.length;
      expect(answer).to.deep.equal(called ? { mine: [a], lost: [] } : { mine: [], lost: [{ planId: a.planId, guard: 'absent' }] });
      await eventually('the majority has it', async () => (await readAgain(store.db, [a], MINE)).mine.length);
      // What was dropped and surfaces later is found by the next epoch, which makes it unknown and asks (test/flows/ask.test.ts).
      const next = { partition: 'p000', from: 0, to: 255, owner: 'next', epoch: 3, safeUntilMs: 0 };
      expect((await workStore(store.db, realTimers).orphans(next, 100)).map((o) => o.id)).to.include(a.id);
    });

    it('an error of the server before the write: absent', async () => {
      const a = intent(plan(), MINE);
      const answer = await failing(store.client, APP, 1, { failCommands: ['insert'], errorCode: 8 }, () => insert(a));
      expect(answer.lost).to.deep.equal([{ planId: a.planId, guard: 'absent' }]);
    });

    it('and where reading again fails too, nobody is called: the first error is thrown', async () => {
      const a = intent(plan(), MINE);
      const broken = failing(store.client, APP, 4, { failCommands: ['insert', 'find'], errorCode: 8 }, () => insert(a));
      let thrown: unknown;
      await broken.catch((error: unknown) => {
        thrown = error;
      });
      expect(thrown).to.be.an('error');
    });
  });
});
