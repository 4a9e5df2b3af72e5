/** A day held against its file on the real database: what is found, what is written back, and that looking again changes nothing. */
import { expect } from 'chai';
import type { Answer } from '../../src/channels/channel.ts';
import type { Attempt } from '../../src/domain/attempt.ts';
import type { Discrepancy } from '../../src/domain/discrepancy.ts';
import { approve, propose } from '../../src/flows/money-acts.ts';
import { reconcile, reconcileDue } from '../../src/flows/reconcile.ts';
import type { World } from '../../src/flows/world.ts';
import { layFile, returnOf, rowOf } from '../support/channel-file.ts';
import { withChannel } from '../support/diary-world.ts';
import { holder } from '../support/keys.ts';
import { CLEARING, DAY, type Furnished, furnished, NEXT } from '../support/reconciling.ts';
import { chance } from '../support/statement-day.ts';

const kindsOf = (rows: readonly Discrepancy[]) => Object.fromEntries(rows.map((d) => [d.outTradeNo, `${d.kind} ${d.state} ${d.cause}`]));
const lost: Answer = { kind: 'unknown', rawCode: '', rawText: 'no answer' };

describe('reconciliation of worked example 6', function () {
  this.timeout(240_000);
  let f: Furnished;
  let world: World;
  const d: Record<string, Attempt> = {};
  before(async () => {
    f = await furnished();
    world = f.world;
    const sums = [110_016, 67_600, 82_000].map((minor) => [minor, '0019'] as const);
    const all = await f.debited([...sums, [50_000, '0035'], [30_000, '0019', 'after-work']], `${DAY}T01:10:30Z`);
    [d.D1, d.D2, d.D5, d.D3] = all as [Attempt, Attempt, Attempt, Attempt];
    f.told.set(d.D3.outTradeNo, lost);
    await f.to(`${DAY}T12:45:00Z`);
    d.D4 = (await world.store.of(f.house.lender.id).attempts.one({ 'amount.minor': 30_000 })) as Attempt;
    await f.to('2026-01-09T00:00:00Z');
    await layFile(f.house, DAY, [
      rowOf(d.D1, { feeMinor: 220 }),
      rowOf(d.D2, { minor: 67_500, feeMinor: 135 }),
      rowOf(d.D3, { feeMinor: 100, channelTradeNo: 'T-D3' }),
      { outTradeNo: 'X9', minor: 8_800, feeMinor: 100 },
    ]);
  });
  after(() => f.end());
  const numbers = () => Object.fromEntries(Object.entries(d).map(([name, a]) => [a.outTradeNo, name]));
  const named = async () => {
    const of = numbers();
    return Object.fromEntries((await f.found()).map((x) => [of[x.outTradeNo ?? ''] ?? x.outTradeNo, `${x.kind} ${x.state} ${x.cause}`]));
  };

  it('stands on four debits that succeeded and one of which nobody knows', async () => {
    const states = await Promise.all(['D1', 'D2', 'D3', 'D4', 'D5'].map(async (k) => (await f.attempt(d[k] as Attempt)).state));
    expect(states).to.deep.equal(['succeeded', 'succeeded', 'unknown', 'succeeded', 'succeeded']);
  });

  it('gives the handbook’s results and sums', async () => {
    await reconcileDue(world);
    const run = await f.runOf();
    expect(run).to.deep.include({
      state: 'matched',
      lines: 4,
      byResult: { matched: 1, carriedOver: 1, surplus: 2, shortage: 1, amountMismatch: 1, statusMismatch: 0, duplicate: 0 },
      oursMinor: { CNY: 259_616 },
      theirsMinor: { CNY: 236_316 },
    });
    expect(run.booked).to.deep.equal([
      { lenderId: 'house', currency: 'CNY', ...NONE, paidCount: 1, paidMinor: 8_800, feeMinor: 100 },
      { lenderId: f.house.lender.id, currency: 'CNY', ...NONE, paidCount: 3, paidMinor: 227_516, feeMinor: 455 },
    ]);
  });

  it('writes the lost result back, names what is proved, and holds the rest in suspense', async () => {
    expect(await named()).to.deep.equal({
      D2: 'amountMismatch suspense changedAmount',
      D3: 'surplus corrected lostResult',
      D4: 'carriedOver carriedOver null',
      D5: 'shortage suspense null',
      X9: 'surplus suspense unknownRow',
    });
    expect(await f.attempt(d.D3 as Attempt)).to.include({ state: 'succeeded', takenOn: DAY, channelTradeNo: 'T-D3' });
    const [told] = (await world.store.of(f.house.lender.id).eventsOf([(d.D3 as Attempt).id])).slice(-1);
    expect(told).to.deep.include({ type: 'attempt.succeeded' });
    expect(told?.evidence).to.include({ kind: 'statement', ref: (await f.runOf()).statementId });
    expect(told?.data.file).to.include({ feeMinor: 100, businessDate: DAY });
    expect((await f.one((d.D5 as Attempt).outTradeNo)).asked?.kind).to.equal('succeeded');
  });

  it('leaves the file’s sum on clearing, less its fees of 5.55, and every difference on its own side of suspense', async () => {
    const b = await f.balances();
    expect(b[CLEARING]).to.equal(236_316 - 555);
    expect([b['1221.01'], b['2241.01'], b['6421']]).to.deep.equal([100 + 82_000 + 30_000, -8_800, 555]);
  });

  it('is the same when it is run again, and again', async () => {
    const before = [await f.runOf(), await f.found(), await f.balances(), await f.events()] as const;
    await reconcile(world, 'simulator', DAY);
    await reconcile(world, 'simulator', DAY);
    const { runs, ranAt, version, ...run } = await f.runOf();
    const { runs: _r, ranAt: _a, version: _v, ...was } = before[0];
    expect([runs, version, ranAt !== null]).to.deep.equal([3, before[0].version + 2, true]);
    expect(run).to.deep.equal(was);
    const still = ({ lookAt, looks, ...rest }: Discrepancy) => rest;
    expect((await f.found()).map(still)).to.deep.equal(before[1].map(still));
    expect([await f.balances(), await f.events()]).to.deep.equal([before[2], before[3]]);
  });

  it('finds the carried-over row in the next day’s file, and what that lacks too is missing', async () => {
    await f.to('2026-01-10T00:00:00Z');
    await layFile(f.house, NEXT, [rowOf(d.D4 as Attempt)]);
    await reconcileDue(world);
    expect(await named()).to.deep.equal({
      D2: 'amountMismatch suspense changedAmount',
      D3: 'surplus corrected lostResult',
      D4: 'carriedOver corrected lateRow',
      D5: 'shortage suspense missingRow',
      X9: 'surplus suspense unknownRow',
    });
    expect((await f.balances())[CLEARING]).to.equal(236_316 - 555 + 30_000);
    expect((await f.runOf(NEXT)).state).to.equal('closed');
  });

  it('closes what the corrected file shows no more, and books the fees it has beside', async () => {
    await layFile(f.house, DAY, [
      rowOf(d.D1 as Attempt, { feeMinor: 220 }),
      rowOf(d.D2 as Attempt, { feeMinor: 135 }),
      rowOf(d.D3 as Attempt, { feeMinor: 100 }),
      rowOf(d.D5 as Attempt, { feeMinor: 164 }),
    ]);
    await reconcileDue(world);
    expect(await named()).to.deep.equal({
      D2: 'amountMismatch corrected changedAmount',
      D3: 'surplus corrected lostResult',
      D4: 'carriedOver corrected lateRow',
      D5: 'shortage corrected missingRow',
      X9: 'surplus corrected unknownRow',
    });
    const b = await f.balances();
    expect([b['1221.01'], b['2241.01']]).to.deep.equal([undefined, undefined]);
    expect([b['6421'], b[CLEARING]]).to.deep.equal([619, 110_016 + 67_600 + 50_000 + 82_000 + 30_000 - 619]);
    expect((await f.runOf()).state).to.equal('closed');
  });
});

const NONE = { paidCount: 0, paidMinor: 0, returnedCount: 0, returnedMinor: 0, refundedCount: 0, refundedMinor: 0, feeMinor: 0 };

describe('what a file tells', function () {
  this.timeout(240_000);
  let f: Furnished;
  before(async () => {
    f = await furnished();
  });
  after(() => f.end());

  it('is written back: lost, refused and returned debits; a doubled and a refused row are asked about; a denial needs the channel', async () => {
    const paying = [10_000, 20_000, 30_000, 40_000, 50_000].map((minor) => [minor, '0019'] as const);
    const all = await f.debited([...paying, [60_000, '0027']], `${DAY}T01:10:30Z`);
    const [late, returned, doubled, refused, denied, failed] = all as [Attempt, Attempt, Attempt, Attempt, Attempt, Attempt];
    await f.to('2026-01-09T00:00:00Z');
    expect((await f.attempt(failed)).state).to.equal('failed');
    f.told.set(denied.outTradeNo, { kind: 'failed', failure: 'riskRefused', channelTradeNo: null, rawCode: '05', rawText: 'never taken' });
    await layFile(f.house, DAY, [
      rowOf(late),
      rowOf(returned),
      returnOf(returned),
      rowOf(doubled),
      rowOf(doubled),
      rowOf(refused, { status: 'failed' }),
      rowOf(failed, { channelTradeNo: 'T-late' }),
    ]);
    await reconcileDue(f.world);
    expect(kindsOf(await f.found())).to.deep.equal({
      [returned.outTradeNo]: 'statusMismatch corrected lateReturn',
      [doubled.outTradeNo]: 'duplicate suspense doubledRow',
      [refused.outTradeNo]: 'statusMismatch suspense changedStatus',
      [failed.outTradeNo]: 'surplus corrected lateSuccess',
      [denied.outTradeNo]: 'shortage corrected neverTaken',
    });
    const states = await Promise.all([late, returned, doubled, refused, failed, denied].map(async (a) => (await f.attempt(a)).state));
    expect(states).to.deep.equal(['succeeded', 'returned', 'succeeded', 'succeeded', 'succeeded', 'failed']);
    expect(await f.attempt(returned)).to.include({ takenOn: DAY, returnedOn: DAY });
    const plan = await f.world.store.of(f.house.lender.id).plans.get(returned.planId);
    expect(plan?.receipts.map((r) => r.back)).to.deep.equal([true]);
    expect((await f.balances())[CLEARING]).to.equal(10_000 + 20_000 - 20_000 + 30_000 * 2 + 0 + 60_000);
  });

  it('goes back to the payer where a second debit was real: sent once, and closed by its own row', async () => {
    const [d] = (await f.found()).filter((x) => x.kind === 'duplicate') as [Discrepancy];
    const sent: string[] = [];
    const world = withChannel(f.world, () => ({
      refund: async ({ refundNo }) => {
        sent.push(refundNo);
        return {
          kind: 'succeeded',
          rawCode: '00',
          rawText: 'given back',
          channelTradeNo: 'R',
          echo: { amount: { minor: 30_000, currency: 'CNY' }, accountLast4: '', at: f.world.clock.now() },
        };
      },
    }));
    const [li, wang] = [await holder(f.house, 'li', null), await holder(f.house, 'wang', null)];
    await approve(world, await propose(world, d, { act: 'refund', facts: {} }, li), wang);
    await reconcileDue(world);
    await reconcileDue(world);
    expect(sent).to.have.length(1);
    expect(await f.one(d.outTradeNo as string)).to.include({ state: 'suspense' });
    await f.to('2026-01-10T00:00:00Z');
    await layFile(f.house, NEXT, [{ kind: 'refund', side: 'out', outTradeNo: d.outTradeNo, refundNo: sent[0] as string, minor: 30_000 }]);
    await reconcileDue(world);
    expect(await f.one(d.outTradeNo as string)).to.include({ state: 'refunded' });
    expect((await f.found(NEXT)).map((x) => [x.lenderId, x.state, x.cause])).to.deep.equal([[f.house.lender.id, 'corrected', 'ourRefund']]);
    expect((await f.runOf(NEXT)).booked).to.deep.equal([
      { lenderId: f.house.lender.id, currency: 'CNY', ...NONE, refundedCount: 1, refundedMinor: 30_000 },
    ]);
  });

  it('alarms once when money has lain in suspense for more than five days', async () => {
    await f.to('2026-01-13T23:59:00Z');
    await reconcileDue(f.world);
    const aged = async () => f.house.database.db.collection('events').countDocuments({ type: 'discrepancy.aged' });
    expect(await aged()).to.equal(0);
    await f.to('2026-01-14T00:30:00Z');
    await reconcileDue(f.world);
    await reconcileDue(f.world);
    expect(await aged()).to.equal(1);
    await f.to('2026-01-16T00:30:00Z');
    await reconcileDue(f.world);
    expect(await aged()).to.equal(1);
  });

  it('is accepted by staff under two keys: the attempt becomes what the file says, by the approver’s word', async () => {
    const d = (await f.found()).find((x) => x.cause === 'changedStatus') as Discrepancy;
    const [li, wang] = [await holder(f.house, 'li', null), await holder(f.house, 'wang', null)];
    await approve(f.world, await propose(f.world, d, { act: 'accept', facts: {} }, li), wang);
    expect((await f.world.store.work.attempts([d.attemptId as string]))[0]?.state, 'only whoever holds the partition may').to.equal(
      'succeeded',
    );
    await reconcileDue(f.world);
    expect(await f.one(d.outTradeNo as string)).to.include({ state: 'corrected', ended: 'agrees' });
    expect((await f.world.store.work.attempts([d.attemptId as string]))[0]).to.include({ state: 'failed', takenOn: null });
    const [denied] = (await f.world.store.of(f.house.lender.id).eventsOf([d.attemptId as string])).slice(-1);
    expect(denied).to.include({ type: 'attempt.failed', by: 'wang' });
    expect(denied?.evidence?.kind).to.equal('person');
  });
});

describe('whatever stands in a file', function () {
  this.timeout(240_000);
  let f: Furnished;
  let debits: Attempt[];
  before(async () => {
    f = await furnished();
    const sums = Array.from({ length: 12 }, (_, k) => [10_000 + 100 * k, '0019', k < 8 ? 'standard' : 'after-work'] as const);
    await f.debited([...sums, [70_000, '0027']], `${DAY}T12:45:00Z`);
    const rows = await f.world.store.of(f.house.lender.id).attempts.list({ channel: 'simulator' }, { limit: 100 });
    debits = [...rows.data];
    await f.to('2026-01-09T00:00:00Z');
  });
  after(() => f.end());

  type Row = ReturnType<typeof rowOf>;
  /** A file with something wrong in about every third row. */
  function wrong(below: (n: number) => number): Row[] {
    const rows = debits
      .filter((a) => a.state === 'succeeded')
      .flatMap((a): Row[] => {
        const row = rowOf(a, { feeMinor: below(30) });
        switch (below(16)) {
          case 0:
            return [];
          case 1:
            return [row, row];
          case 2:
            return [{ ...row, minor: row.minor + 1 + below(500) }];
          case 3:
            return [{ ...row, status: 'failed', feeMinor: 0 }];
          case 4:
            return [row, returnOf(a)];
          case 5:
            return [row, { ...row, outTradeNo: `X${below(1_000)}`, channelTradeNo: `X${below(1_000_000)}` }];
          default:
            return [row];
        }
      });
    return below(3) ? rows : [...rows, rowOf(debits.find((a) => a.state === 'failed') as Attempt)];
  }
  const movedBy = (rows: readonly Row[]) =>
    rows.reduce((sum, r) => sum + (r.status === 'failed' ? 0 : r.side === 'out' ? -r.minor : r.minor) - (r.feeMinor ?? 0), 0);

  it('clearing holds the file’s sum after each of 25 wrong issues, and suspense what they differ by', async () => {
    const below = chance(5);
    let dirty = 0;
    for (let issue = 0; issue < 25; issue++) {
      const rows = wrong(below);
      await layFile(f.house, DAY, rows);
      await reconcileDue(f.world);
      const b = await f.balances();
      expect(b[CLEARING] ?? 0, `issue ${issue}`).to.equal(movedBy(rows));
      const open = (await f.found()).filter((d) => !d.closedAt);
      const held = (account: string) => open.flatMap((d) => d.suspense).reduce((s, l) => s + (l.account === account ? l.minor : 0), 0);
      expect([b['1221.01'] ?? 0, b['2241.01'] ?? 0], `issue ${issue}`).to.deep.equal([held('1221.01'), held('2241.01')]);
      expect(Object.values(b).reduce((s, n) => s + n, 0)).to.equal(0);
      const run = await f.runOf();
      expect(Object.values(run.byResult).reduce((s, n) => s + n, 0)).to.be.at.least(run.lines);
      dirty += open.length;
    }
    expect(dirty, 'something was wrong in them').to.be.above(50);
  });

  it('and a right one brings both suspense accounts to nothing and closes the day', async () => {
    const now = await Promise.all(debits.map(f.attempt));
    const rows = now.flatMap((a): Row[] => [...(a.takenOn ? [rowOf(a)] : []), ...(a.returnedOn ? [returnOf(a)] : [])]);
    await layFile(f.house, DAY, rows);
    await reconcileDue(f.world);
    const b = await f.balances();
    expect([b['1221.01'], b['2241.01'], b['6421'], b[CLEARING] ?? 0]).to.deep.equal([undefined, undefined, undefined, movedBy(rows)]);
    expect((await f.found()).every((d) => d.state === 'corrected' && d.suspense.length === 0)).to.equal(true);
    expect((await f.runOf()).state).to.equal('closed');
    expect((await f.runOf()).byResult.matched).to.equal(rows.length);
  });
});
