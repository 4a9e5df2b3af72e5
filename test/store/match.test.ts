import { expect } from 'chai';
import type { Document } from 'mongodb';
import { addDays, businessDate, parseInstant } from '../../src/domain/clock.ts';
import { isDirty, type Ours, type Terms, type Verdict } from '../../src/domain/match.ts';
import { compareDay } from '../../src/domain/match-day.ts';
import type { StatementLine } from '../../src/domain/statement.ts';
import type { MatchedDay } from '../../src/flows/matching-store.ts';
import { createIndexes } from '../../src/store/collections.ts';
import { matchingStore } from '../../src/store/match/index.ts';
import { statementStore } from '../../src/store/statements.ts';
import { freshDatabase } from '../support/database.ts';
import { attemptOf, CHANNEL, chance, headerOf, lineOf, refundDocOf } from '../support/statement-day.ts';

const DAY = businessDate('2026-01-05');
const CUT_OFF = parseInstant('2026-01-05T23:00:00+08:00');
const TERMS: Terms = { businessDate: DAY, carryFrom: parseInstant('2026-01-05T19:00:00+08:00'), feeInside: false };

describe("a day's match in the store", () => {
  const database = freshDatabase();
  before(async function () {
    this.timeout(240_000);
    await createIndexes(database.db);
  });
  beforeEach(async () => {
    for (const name of ['attempts', 'statements', 'statementLines', 'statementCrossings', 'verdicts', 'verdictChunks', 'refunds'])
      await database.db.collection(name).deleteMany({});
  });

  const statements = () => statementStore(database.db);
  const store = () => matchingStore(database.db, statements());
  const load = async (id: string, lines: readonly StatementLine[], day = DAY) => {
    await statements().insert(headerOf(id, day, lines.length));
    for (let at = 0; at < lines.length; at += 1000) await statements().putLines(id, lines.slice(at, at + 1000), at + 1);
  };
  const insert = async (name: string, docs: readonly Document[]) => {
    if (docs.length) await database.db.collection(name).insertMany([...docs]);
  };
  const match = async (id: string, day = DAY): Promise<{ matched: MatchedDay; dirty: Verdict[] }> => {
    const dirty: Verdict[] = [];
    const asked = { channel: CHANNEL, businessDate: day, statementId: id, terms: { ...TERMS, businessDate: day }, cutOff: CUT_OFF };
    const matched = await store().matchDay(asked, async (v) => void dirty.push(...v));
    return { matched, dirty };
  };
  const brief = (v: Verdict) => `${v.result} ${v.ours?.outTradeNo ?? '-'} ${v.theirs?.line ?? '-'} ${v.differenceMinor}`;

  for (const seed of [1, 2, 3, 4])
    it(`finds in two scans what comparing everything at once finds, each line once (seed ${seed})`, async function () {
      this.timeout(240_000);
      const draw = chance(seed);
      const attempts: Document[] = [];
      const refunds: Document[] = [];
      const ours: Ours[] = [];
      const lines: StatementLine[] = [];
      const add = (line: Partial<StatementLine>) => void lines.push(lineOf(lines.length + 3, line));
      for (let k = 0; k < 3000; k++) {
        const a = attemptOf(k, draw);
        const { outTradeNo } = a.ours;
        const minor = a.ours.minor;
        attempts.push(a.doc);
        ours.push(a.ours, ...(a.back ? [a.back] : []));
        const fate = draw(100);
        if (a.ours.day === DAY) {
          if (fate < 90) add({ outTradeNo, minor });
          else if (fate < 91) add({ outTradeNo, minor: minor - 100 });
          else if (fate < 92) add({ outTradeNo, minor, status: 'failed', rawCode: 'X' });
          else if (fate < 94) {
            add({ outTradeNo, minor });
            add({ outTradeNo, minor });
          } else if (fate < 95) {
            add({ outTradeNo, minor: 100 });
            add({ outTradeNo, minor: minor - 100 });
          } else if (fate < 96) add({ outTradeNo, minor, currency: 'USD' });
          else if (fate < 97) add({ outTradeNo: null, minor, channelTradeNo: a.ours.channelTradeNo });
          if (a.back ? fate % 5 > 0 : fate === 50) add({ outTradeNo, minor, kind: 'return', side: 'out', rawCode: 'R' });
          if (fate === 10 || fate === 11) {
            const r = refundDocOf(a, 100, DAY);
            refunds.push(r.doc);
            ours.push(r.ours);
            if (fate === 10) add({ outTradeNo, minor: 100, kind: 'refund', side: 'out', refundNo: r.ours.refundNo });
          }
        } else if (fate < 30) add({ outTradeNo, minor });
      }
      for (let k = 0; k < 20; k++) add({ outTradeNo: `X${k}`, minor: 8800 });
      add({ outTradeNo: null, kind: 'other', minor: 5 });
      add({ outTradeNo: 'D1 with blanks|and 元', minor: 7 });
      const places = new Map(lines.map((line) => [line, draw(1_000_000)]));
      const shuffled = [...lines]
        .sort((a, b) => (places.get(a) as number) - (places.get(b) as number))
        .map((line, k) => ({ ...line, line: k + 3 }));
      await insert('attempts', attempts);
      await insert('refunds', refunds);
      await load('stm_1', shuffled);

      const expected = compareDay(ours, shuffled, TERMS);
      const { matched, dirty } = await match('stm_1');
      expect(dirty.map(brief).sort()).to.deep.equal(expected.filter(isDirty).map(brief).sort());
      expect(matched.lines).to.equal(shuffled.length);
      const results = Object.values(matched.byResult).reduce((s, n) => s + n, 0);
      expect(results).to.equal(expected.length);
      for (const currency of ['CNY', 'USD']) {
        const difference = dirty.reduce((s, v) => s + ((v.theirs ?? v.ours)?.currency === currency ? v.differenceMinor : 0), 0);
        expect((matched.theirsMinor[currency] ?? 0) - (matched.oursMinor[currency] ?? 0), currency).to.equal(difference);
        const net = matched.lenders.reduce(
          (s, l) => s + (l.currency === currency ? l.paidMinor - l.returnedMinor - l.refundedMinor : 0),
          0,
        );
        expect(net, `net ${currency}`).to.equal(matched.theirsMinor[currency] ?? 0);
      }
      expect(await store().faults({ channel: CHANNEL, businessDate: DAY, statementId: 'stm_1' })).to.deep.equal([]);
      const kept = await store().verdicts('stm_1', 1, shuffled.length);
      expect(kept.map((v) => v.n)).to.deep.equal(shuffled.map((_, k) => k + 1));

      const again = await match('stm_1');
      expect(again.matched).to.deep.equal(matched);
      expect(again.dirty.map(brief).sort()).to.deep.equal(dirty.map(brief).sort());
      expect(await database.db.collection('verdictChunks').countDocuments({ run: { $ne: 2 } })).to.equal(0);
    });

  it("puts a row of yesterday's record together with it once, and calls the same row in a third file doubled", async () => {
    const draw = chance(9);
    const a = attemptOf(1, draw, { takenOn: DAY });
    await insert('attempts', [a.doc]);
    const row = { outTradeNo: a.ours.outTradeNo, minor: a.ours.minor };
    await load('stm_1', []);
    await load('stm_2', [lineOf(3, row)], addDays(DAY, 1));
    await load('stm_3', [lineOf(3, row)], addDays(DAY, 2));
    const first = await match('stm_1');
    expect(first.dirty.map((v) => v.result)).to.deep.equal(['shortage']);
    const second = await match('stm_2', addDays(DAY, 1));
    expect(second.dirty.map(brief)).to.deep.equal([`matched ${row.outTradeNo} 3 ${row.minor}`]);
    const third = await match('stm_3', addDays(DAY, 2));
    expect(third.dirty.map(brief)).to.deep.equal([`duplicate ${row.outTradeNo} 3 ${row.minor}`]);
    expect((await match('stm_2', addDays(DAY, 1))).dirty.map((v) => v.result)).to.deep.equal(['matched']);
  });

  it('calls a row that the day before has already doubled', async () => {
    const a = attemptOf(1, chance(9), { takenOn: DAY });
    await insert('attempts', [a.doc]);
    const row = { outTradeNo: a.ours.outTradeNo, minor: a.ours.minor };
    await load('stm_1', [lineOf(3, row)]);
    await load('stm_2', [lineOf(3, row)], addDays(DAY, 1));
    expect((await match('stm_1')).dirty).to.deep.equal([]);
    expect((await match('stm_2', addDays(DAY, 1))).dirty.map((v) => v.result)).to.deep.equal(['duplicate']);
  });

  it('says when a line has no verdict, and when two have one record', async () => {
    const a = attemptOf(1, chance(9), { takenOn: DAY });
    await insert('attempts', [a.doc]);
    const row = { outTradeNo: a.ours.outTradeNo, minor: a.ours.minor };
    await load('stm_1', [lineOf(3, row), lineOf(4, row)]);
    await match('stm_1');
    const day = { channel: CHANNEL, businessDate: DAY, statementId: 'stm_1' };
    expect(await store().faults(day)).to.deep.equal([]);
    await database.db.collection('verdicts').deleteMany({});
    await database.db.collection('verdictChunks').updateMany({}, { $set: { codes: Buffer.from([17, 17]) } });
    expect((await store().faults(day)).join()).to.contain('matched with lines 1 and 2');
    await database.db.collection('verdictChunks').updateMany({}, { $set: { codes: Buffer.from([17, 0]) } });
    expect((await store().faults(day)).join()).to.contain('line 2 of stm_1 has no verdict');
  });
});
