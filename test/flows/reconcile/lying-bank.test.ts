/** A bank whose files are wrong in ways that add up: after each of them clearing still holds what the files moved, and nothing is left stuck. */
import { expect } from 'chai';
import type { Answer } from '../../../src/channels/channel.ts';
import type { Attempt } from '../../../src/domain/attempt.ts';
import type { Discrepancy } from '../../../src/domain/discrepancy.ts';
import type { Actor } from '../../../src/flows/actor.ts';
import { cancelPlan } from '../../../src/flows/cancel.ts';
import { approve, type Proposed, propose } from '../../../src/flows/money-acts.ts';
import { reconcile, reconcileDue } from '../../../src/flows/reconcile.ts';
import { layFile, returnOf, rowOf } from '../../support/channel-file.ts';
import { withChannel } from '../../support/diary-world.ts';
import { holder } from '../../support/keys.ts';
import { CLEARING, DAY, type Furnished, furnished, NEXT } from '../../support/reconciling.ts';
import { numbered, registered } from '../bodies.ts';

const lost: Answer = { kind: 'unknown', rawCode: '', rawText: 'no answer' };

describe('a bank that lies', function () {
  this.timeout(240_000);
  let f: Furnished;
  let li: Actor;
  let wang: Actor;
  beforeEach(async () => {
    f = await furnished();
    [li, wang] = [await holder(f.house, 'li', null), await holder(f.house, 'wang', null)];
  });
  afterEach(() => f.end());

  const told = (rows: readonly Discrepancy[]) => rows.map((d) => `${d.kind} ${d.state} ${d.cause}`);
  const clearing = async () => (await f.balances())[CLEARING] ?? 0;
  const acted = async (d: Discrepancy, act: Proposed) => approve(f.world, await propose(f.world, d, act, li), wang);
  const paid = async (...sums: number[]): Promise<Attempt[]> => {
    const debits = await f.debited(
      sums.map((minor) => [minor, '0019'] as const),
      `${DAY}T01:10:30Z`,
    );
    await f.to('2026-01-09T00:00:00Z');
    return debits;
  };
  /** Debits whose answer was lost and that no question answers. */
  const unanswered = async (...sums: number[]): Promise<Attempt[]> => {
    const debits = await f.debited(
      sums.map((minor) => [minor, '0035'] as const),
      `${DAY}T01:10:30Z`,
    );
    for (const a of debits) f.told.set(a.outTradeNo, lost);
    await f.to('2026-01-09T00:00:00Z');
    for (const a of debits) expect((await f.attempt(a)).state).to.equal('unknown');
    return debits;
  };

  it('tells of one return twice: the debit goes back once, the second row lies in suspense', async () => {
    const [a] = (await paid(50_000)) as [Attempt];
    await layFile(f.house, DAY, [rowOf(a), returnOf(a), returnOf(a)]);
    await reconcileDue(f.world);
    expect((await f.attempt(a)).state).to.equal('returned');
    expect(await clearing()).to.equal(-50_000);
    expect(told(await f.found())).to.have.members(['statusMismatch corrected lateReturn', 'duplicate suspense null']);
    await reconcile(f.world, 'simulator', DAY);
    expect(await f.found()).to.have.length(2);
  });

  it('returns a part before the whole: the whole row is the return', async () => {
    const [a] = (await paid(50_000)) as [Attempt];
    await layFile(f.house, DAY, [rowOf(a), returnOf(a, { minor: 20_000 }), returnOf(a)]);
    await reconcileDue(f.world);
    expect((await f.attempt(a)).state).to.equal('returned');
    expect(await clearing()).to.equal(-20_000);
    await reconcile(f.world, 'simulator', DAY);
    expect(await clearing()).to.equal(-20_000);
    expect(await f.found()).to.have.length(2);
  });

  it('has a lost debit in two days’ files that come together: one is the debit, the other is doubled', async () => {
    const [a] = (await unanswered(50_000)) as [Attempt];
    await f.to('2026-01-10T00:00:00Z');
    await layFile(f.house, DAY, [rowOf(a, { channelTradeNo: 'T1' })]);
    await layFile(f.house, NEXT, [rowOf(a, { channelTradeNo: 'T2' })]);
    await reconcileDue(f.world);
    expect((await f.attempt(a)).state).to.equal('succeeded');
    expect(await clearing()).to.equal(100_000);
    expect(told(await f.found(NEXT))[0]).to.include('duplicate suspense');
  });

  it('has a lost debit beside a row of another sum: the row of its sum is the debit', async () => {
    const [a] = (await unanswered(50_000)) as [Attempt];
    await layFile(f.house, DAY, [rowOf(a, { minor: 20_000, channelTradeNo: 'T1' }), rowOf(a, { channelTradeNo: 'T2' })]);
    await reconcileDue(f.world);
    expect((await f.attempt(a)).state).to.equal('succeeded');
    expect(await clearing()).to.equal(70_000);
    const before = await f.found();
    await reconcile(f.world, 'simulator', DAY);
    expect(told(await f.found())).to.deep.equal(told(before));
  });

  it('has the return of a debit in two days’ files that come together', async () => {
    const [a] = (await paid(50_000)) as [Attempt];
    await f.to('2026-01-11T00:00:00Z');
    const AFTER = '2026-01-10' as typeof DAY;
    await layFile(f.house, DAY, [rowOf(a)]);
    await layFile(f.house, NEXT, [returnOf(a)]);
    await layFile(f.house, AFTER, [returnOf(a)]);
    await reconcileDue(f.world);
    expect((await f.attempt(a)).state).to.equal('returned');
    expect(await clearing()).to.equal(-50_000);
    expect(told(await f.found(AFTER))[0]).to.include('duplicate suspense');
  });

  it('returns a debit later: its own day run again finds nothing new', async () => {
    const [a] = (await paid(50_000)) as [Attempt];
    await f.to('2026-01-10T00:00:00Z');
    await layFile(f.house, DAY, [rowOf(a)]);
    await layFile(f.house, NEXT, [returnOf(a)]);
    await reconcileDue(f.world);
    expect((await f.attempt(a)).state).to.equal('returned');
    for (const date of [DAY, NEXT, DAY]) await reconcile(f.world, 'simulator', date);
    expect(await f.found()).to.have.length(0);
    expect(await clearing()).to.equal(0);
  });

  it('takes back in a corrected file what staff have adjusted: the same sum the other way lies in suspense', async () => {
    const [a] = (await paid(50_000)) as [Attempt];
    const x9 = { outTradeNo: 'X9', minor: 8_800 };
    await layFile(f.house, DAY, [rowOf(a), x9]);
    await reconcileDue(f.world);
    await acted(await f.one('X9'), { act: 'adjust', facts: { account: '6022' } });
    for (const issue of [8_800, 9_000, 0, 8_800]) {
      await layFile(f.house, DAY, issue ? [rowOf(a), { ...x9, minor: issue }] : [rowOf(a)]);
      await reconcileDue(f.world);
      expect(await clearing()).to.equal(50_000 + issue);
      await reconcile(f.world, 'simulator', DAY);
      expect(await clearing()).to.equal(50_000 + issue);
    }
    expect((await f.found()).filter((d) => !d.closedAt)).to.have.length(0);
  });

  it('brings in a corrected file the row that staff have written off', async () => {
    const [a, b] = (await paid(50_000, 60_000)) as [Attempt, Attempt];
    await layFile(f.house, DAY, [rowOf(a)]);
    await reconcileDue(f.world);
    await acted(await f.one(b.outTradeNo), { act: 'writeOff', facts: {} });
    await layFile(f.house, DAY, [rowOf(a), rowOf(b)]);
    await reconcileDue(f.world);
    expect(await clearing()).to.equal(110_000);
    const [, again] = await f.found();
    expect(again).to.include({ state: 'suspense', lenderId: f.house.lender.id, cause: 'correctedAfterAct' });
    await acted(again as Discrepancy, { act: 'adjust', facts: { account: '2241.05' } });
    await reconcile(f.world, 'simulator', DAY);
    expect((await f.runOf()).state).to.equal('closed');
  });

  it('has paid a surplus back: its day and the refund’s run again find nothing new', async () => {
    const [a] = (await paid(50_000)) as [Attempt];
    await layFile(f.house, DAY, [rowOf(a), { outTradeNo: 'X9', minor: 8_800 }]);
    await reconcileDue(f.world);
    const sent: string[] = [];
    const world = withChannel(f.world, () => ({
      refund: async ({ refundNo, amount }) => {
        sent.push(refundNo);
        const echo = { amount, accountLast4: '', at: f.world.clock.now() };
        return { kind: 'succeeded', rawCode: '00', rawText: 'given back', channelTradeNo: 'R', echo };
      },
    }));
    await approve(world, await propose(world, await f.one('X9'), { act: 'refund', facts: {} }, li), wang);
    await reconcileDue(world);
    await f.to('2026-01-10T00:00:00Z');
    await layFile(f.house, NEXT, [{ kind: 'refund', side: 'out', outTradeNo: 'X9', refundNo: sent[0] as string, minor: 8_800 }]);
    await reconcileDue(world);
    expect((await f.one('X9')).state).to.equal('refunded');
    for (const date of [DAY, NEXT]) await reconcile(world, 'simulator', date);
    expect([(await f.found()).length, (await f.found(NEXT)).length]).to.deep.equal([1, 1]);
    expect(await clearing()).to.equal(50_000);
    await layFile(f.house, DAY, [rowOf(a)]);
    await reconcileDue(world);
    expect(await clearing()).to.equal(50_000 - 8_800);
  });

  it('has a lost debit for another sum: accepted, the rest of the difference is open to the next act', async () => {
    const [a] = (await unanswered(50_000)) as [Attempt];
    await layFile(f.house, DAY, [rowOf(a, { minor: 49_900, channelTradeNo: 'T1' })]);
    await reconcileDue(f.world);
    await acted(await f.one(a.outTradeNo), { act: 'accept', facts: {} });
    await reconcileDue(f.world);
    expect((await f.attempt(a)).state).to.equal('succeeded');
    const d = await f.one(a.outTradeNo);
    expect([d.state, d.underway, d.suspense[1]?.minor]).to.deep.equal(['suspense', null, 100]);
    await acted(d, { act: 'adjust', facts: { account: '6421' } });
    expect(await clearing()).to.equal(49_900);
  });

  it('changes the sum under a proposal: it has to be proposed anew', async () => {
    const [a] = (await paid(50_000)) as [Attempt];
    await layFile(f.house, DAY, [rowOf(a), { outTradeNo: 'X9', minor: 100 }]);
    await reconcileDue(f.world);
    await propose(f.world, await f.one('X9'), { act: 'adjust', facts: { account: '6022' } }, li);
    await layFile(f.house, DAY, [rowOf(a), { outTradeNo: 'X9', minor: 900_000 }]);
    await reconcileDue(f.world);
    const d = await f.one('X9');
    expect(d.proposal).to.equal(null);
    const refused = await approve(f.world, d, wang).catch((e: { code: string }) => e.code);
    expect(refused).to.equal('NOTHING_PROPOSED');
  });

  it('changes the sum under an approved refund: what was approved goes out, or nothing', async () => {
    const [a] = (await paid(50_000)) as [Attempt];
    await layFile(f.house, DAY, [rowOf(a), { outTradeNo: 'X9', minor: 100 }]);
    await reconcileDue(f.world);
    const sent: number[] = [];
    const world = withChannel(f.world, () => ({
      refund: async ({ amount }) => {
        sent.push(amount.minor);
        throw new Error('the line is cut');
      },
      queryRefund: async () => ({ kind: 'notFound', rawCode: '404', rawText: 'no such refund' }),
    }));
    await approve(world, await propose(world, await f.one('X9'), { act: 'refund', facts: {} }, li), wang);
    await reconcileDue(world);
    await layFile(f.house, DAY, [rowOf(a), { outTradeNo: 'X9', minor: 900_000 }]);
    for (const hour of ['01', '03', '05', '07', '09']) {
      await f.to(`2026-01-11T${hour}:00:00Z`);
      await reconcile(world, 'simulator', DAY);
    }
    expect(sent.every((minor) => minor === 100)).to.equal(true);
    expect((await f.one('X9')).underway).to.equal(null);
  });

  it('never brings what was carried over: the channel is asked, and its own word denies it', async () => {
    await f.debited([[30_000, '0019', 'after-work']], `${DAY}T01:10:30Z`);
    await f.to(`${DAY}T12:45:00Z`);
    const late = (await f.world.store.of(f.house.lender.id).attempts.one({ 'amount.minor': 30_000 })) as Attempt;
    await f.to('2026-01-10T00:00:00Z');
    f.told.set(late.outTradeNo, { kind: 'failed', failure: 'riskRefused', channelTradeNo: null, rawCode: '05', rawText: 'never taken' });
    await layFile(f.house, DAY, []);
    await reconcileDue(f.world);
    expect(told(await f.found())).to.deep.equal(['carriedOver carriedOver null']);
    await layFile(f.house, NEXT, []);
    await reconcileDue(f.world);
    await reconcileDue(f.world);
    await f.to('2026-01-10T00:10:00Z');
    await reconcileDue(f.world);
    expect((await f.attempt(late)).state).to.equal('failed');
    expect(told(await f.found())).to.deep.equal(['carriedOver corrected missingRow']);
  });

  it('says one order in two currencies: each stands in its own books', async () => {
    const [a] = (await unanswered(50_000)) as [Attempt];
    await layFile(f.house, DAY, [rowOf(a, { currency: 'USD', channelTradeNo: 'T1' })]);
    await reconcileDue(f.world);
    const d = await f.one(a.outTradeNo);
    await acted(d, { act: 'accept', facts: {} }).catch(() => null);
    await reconcileDue(f.world);
    expect((await f.attempt(a)).state).to.equal('unknown');
    expect((await f.one(a.outTradeNo)).underway).to.equal(null);
  });

  it('a row long ago of a record that another file has again does not stop the day', async () => {
    const [a] = (await paid(50_000)) as [Attempt];
    await f.to('2026-01-10T00:00:00Z');
    await layFile(f.house, DAY, []);
    await layFile(f.house, NEXT, [rowOf(a)]);
    await reconcileDue(f.world);
    await f.to('2026-03-20T00:00:00Z');
    const FAR = '2026-03-19' as typeof DAY;
    await layFile(f.house, FAR, [rowOf(a)]);
    await reconcileDue(f.world);
    expect(told(await f.found(FAR))[0]).to.include('duplicate suspense');
    expect(await clearing()).to.equal(100_000);
  });

  it('has a day that cannot be compared: the others are, and the fault is told', async () => {
    const [a] = (await paid(50_000)) as [Attempt];
    await f.to('2026-01-10T00:00:00Z');
    await layFile(f.house, DAY, [rowOf(a)]);
    await layFile(f.house, NEXT, [{ outTradeNo: 'X9', minor: 8_800 }]);
    const statements = f.house.database.db.collection<{ _id: string }>('statements');
    const { statementId: _id } = await f.runOf();
    await statements.updateOne({ _id: _id as string }, { $set: { state: 'refused' } });
    const wrong = await reconcileDue(f.world).catch((e: Error) => e);
    expect(String(wrong)).to.include(String(_id));
    expect([(await f.runOf()).state, (await f.runOf(NEXT)).state]).to.deep.equal(['loaded', 'matched']);
    expect(told(await f.found(NEXT))).to.deep.equal(['surplus suspense unknownRow']);
    await statements.updateOne({ _id: _id as string }, { $set: { state: 'accepted' } });
    await reconcileDue(f.world);
    expect((await f.runOf()).state).to.equal('closed');
  });

  it('writes a lost debit in two rows: once its answer is known, the day run again closes both', async () => {
    const [a] = (await unanswered(50_000)) as [Attempt];
    const part = (minor: number) => rowOf(a, { minor, channelTradeNo: `T${minor}` });
    await layFile(f.house, DAY, [part(20_000), part(30_000)]);
    await reconcileDue(f.world);
    expect(await clearing()).to.equal(50_000);
    await acted(await f.one(a.outTradeNo), { act: 'accept', facts: {} });
    await reconcileDue(f.world);
    expect((await f.attempt(a)).state).to.equal('succeeded');
    expect(await clearing()).to.equal(50_000);
    await reconcile(f.world, 'simulator', DAY);
    expect((await f.found()).every((d) => d.state === 'corrected')).to.equal(true);
    expect([await clearing(), (await f.runOf()).state]).to.deep.equal([50_000, 'closed']);
  });

  it('writes two debits in one row of its own number: matched, then for less, then not at all', async () => {
    const [a, b] = (await paid(50_000, 60_000)) as [Attempt, Attempt];
    const attempts = f.house.database.db.collection<{ _id: string }>('attempts');
    await attempts.updateMany({ _id: { $in: [a.id, b.id] } }, { $set: { channelTradeNo: 'B1' } });
    const batch = { outTradeNo: null, channelTradeNo: 'B1', count: 2, feeMinor: 11 };
    for (const [minor, fee, kinds] of [
      [110_000, 11, []],
      [109_000, 11, ['amountMismatch']],
      [110_000, 11, []],
      [0, 0, ['shortage', 'shortage']],
      [110_000, 11, []],
    ] as const) {
      await layFile(f.house, DAY, minor ? [{ ...batch, minor }] : []);
      await reconcileDue(f.world);
      await reconcile(f.world, 'simulator', DAY);
      expect(await clearing()).to.equal(minor - fee);
      expect((await f.found()).filter((d) => !d.closedAt).map((d) => d.kind)).to.deep.equal(kinds);
    }
    expect((await f.runOf()).state).to.equal('closed');
  });

  it('suggests by mandate, amount and date, and takes nothing for a match', async () => {
    const [a] = (await unanswered(50_000)) as [Attempt];
    await layFile(f.house, DAY, [{ outTradeNo: null, minor: 50_000, accountLast4: a.accountLast4, channelTradeNo: 'T9' }]);
    await reconcileDue(f.world);
    const [d] = (await f.found()) as [Discrepancy];
    expect((d.facts.suggestion as { attemptId: string }).attemptId).to.equal(a.id);
    expect([d.attemptId, d.lenderId, (await f.attempt(a)).state]).to.deep.equal([null, 'house', 'unknown']);
  });

  it('returns a debit after its plan was cancelled: once, in the books, and nothing is debited again', async () => {
    const instalments = [DAY, '2026-01-15'].map((dueDate) => ({ dueDate, principal: 50_000, interest: 0 }));
    const { plan } = await registered(f.house, numbered(77, '0019', { instalments }));
    await f.to(`${DAY}T01:10:30Z`);
    const { lender, world } = f.house;
    const store = world.store.of(lender.id);
    const a = (await store.attempts.one({ planId: plan.id })) as Attempt;
    await f.to('2026-01-09T00:00:00Z');
    await layFile(f.house, DAY, [rowOf(a)]);
    await reconcileDue(f.world);
    await cancelPlan(world, lender, plan.id, li);
    await f.to('2026-01-10T00:00:00Z');
    await layFile(f.house, NEXT, [returnOf(a)]);
    await reconcileDue(f.world);
    await reconcileDue(f.world);
    await f.to('2026-01-20T00:00:00Z');
    expect((await store.attempts.list({ planId: plan.id }, { limit: 10 })).data.map((x) => x.state)).to.deep.equal(['returned']);
    expect(await store.plans.get(plan.id)).to.deep.include({ state: 'cancelled' });
    expect([await clearing(), (await f.found(NEXT)).map((d) => d.state)]).to.deep.equal([0, ['corrected']]);
  });

  it('gives a debit back while staff are about to deny it: what was proposed is not done to what it became', async () => {
    const [a] = (await paid(50_000)) as [Attempt];
    await layFile(f.house, DAY, []);
    await reconcileDue(f.world);
    const d = await propose(f.world, await f.one(a.outTradeNo), { act: 'accept', facts: {} }, li);
    await f.to('2026-01-10T00:00:00Z');
    await layFile(f.house, NEXT, [returnOf(a)]);
    await reconcileDue(f.world);
    expect((await f.attempt(a)).state).to.equal('returned');
    const refused = await approve(f.world, await f.one(a.outTradeNo), wang).catch((e: { code: string }) => e.code);
    expect([refused, (await f.one(a.outTradeNo)).suspense]).to.deep.equal(['ACT_NOT_POSSIBLE', d.suspense]);
    expect((await f.balances())['6421']).to.equal(undefined);
  });
});
