/** The statement a lender gets for a day: every movement of its money, with sums, hash and issue; and nothing in it that a spreadsheet would run. */
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { parse } from 'csv-parse/sync';
import { businessDate, parseInstant } from '../../src/domain/clock.ts';
import { csvText } from '../../src/domain/csv-cell.ts';
import type { DulyEvent } from '../../src/domain/event.ts';
import { line } from '../../src/domain/ledger.ts';
import { movementOf } from '../../src/domain/movement.ts';
import { COLUMNS, fold, type LenderStatement, lenderStatement, statementPage } from '../../src/flows/lender-statement.ts';
import { registerAll, Spoiler } from '../check/support.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';

const DAY = businessDate('2026-01-25');

describe('a cell of a CSV', () => {
  it('is quoted before what a spreadsheet would run, and never holds NUL', () => {
    const told = [
      '=HYPERLINK("x")',
      '+1',
      '-1',
      '@SUM',
      '\tx',
      '\rx',
      '\n=1',
      '＝1',
      '＋1',
      '－1',
      '＠x',
      '\u0000=1',
      'L-1',
      'a,b',
      'say "so"',
      '',
    ].map(csvText);
    expect(told).to.deep.equal([
      `"'=HYPERLINK(""x"")"`,
      "'+1",
      "'-1",
      "'@SUM",
      "'\tx",
      `"'\rx"`,
      `"'\n=1"`,
      "'＝1",
      "'＋1",
      "'－1",
      "'＠x",
      "'=1",
      'L-1',
      '"a,b"',
      '"say ""so"""',
      '',
    ]);
  });
});

describe('a movement', () => {
  const event = (type: string, lines: readonly [string, number][], data = {}): DulyEvent =>
    ({
      id: 'x:1',
      subject: 'x',
      type,
      at: parseInstant('2026-01-25T00:00:00Z'),
      currency: 'CNY',
      planId: null,
      why: '',
      posting: lines.map(([a, m]) => line(a, m)),
      data,
    }) as unknown as DulyEvent;
  const of = (type: string, ...lines: [string, number][]) => {
    const m = movementOf(event(type, lines));
    return m && [m.kind, m.minor];
  };

  it('is what an event did to the money held for the lender', () => {
    expect(of('attempt.succeeded', ['1012.01:a', 100], ['1303.01', -100])).to.deep.equal(['debit', 100]);
    expect(of('attempt.returned', ['1012.01:a', -100], ['1303.01', 100])).to.deep.equal(['return', -100]);
    expect(of('refund.succeeded', ['1012.02', -40], ['2241.02', 40])).to.deep.equal(['refund', -40]);
    expect(of('settlement.cleared', ['2999', 100], ['2241.05', -93], ['6022', -5], ['6421', -2])).to.deep.equal(['fee', -7]);
    expect(of('settlement.paid', ['2241.05', 93], ['1012.02', -93])).to.deep.equal(['settlement', -93]);
    expect(of('discrepancy.accepted', ['2241.01', 8], ['2241.05', -8]), 'a surplus that is the lender’s').to.deep.equal(['adjustment', 8]);
  });

  it('is none where its money only moved on, lies in suspense, or is the house’s own affair', () => {
    expect(of('accountRow.booked', ['1002:settlement', 98], ['1012.01:a', -98])).to.equal(null);
    expect(of('discrepancy.opened', ['1012.01:a', 88], ['2241.01', -88])).to.equal(null);
    expect(of('reconciliation.feesBooked', ['6421', 2], ['1012.01:a', -2]), 'charged when it is cleared').to.equal(null);
    expect(of('discrepancy.writtenOff', ['6702', 5], ['1221.01', -5])).to.equal(null);
    expect(of('plan.paid', ['1002', 50], ['1303.01', -50]), 'paid to the lender itself').to.equal(null);
    expect(of('plan.registered', ['1303.01', 50], ['2999', -50])).to.equal(null);
  });
});

describe('a lender’s statement', function () {
  this.timeout(240_000);
  let house: TestHouse;
  const spoil = new Spoiler(() => house);
  before(async () => {
    house = await openTestHouse();
    await registerAll(house, ['0019', '0019', '0035', '0019', '1234']);
    await house.to('2026-01-27T12:00:00Z');
  });
  afterEach(() => spoil.mend());
  after(() => house.end());
  const textOf = async (s: LenderStatement) => {
    let text = '';
    for await (const part of s.lines()) text += part;
    return text;
  };
  const statementOf = (day = DAY) => lenderStatement(house.world, house.lender, day);

  it('has one line a movement, whose sums lead from the opening to the closing sum, and a hash over them', async () => {
    const statement = await statementOf();
    const text = await textOf(statement);
    const records = parse(text, { relax_column_count: true }) as string[][];
    expect(records[0]).to.deep.equal(['H', 'duly-lender-statement', '1', house.lender.id, DAY, 'Asia/Shanghai', '1']);
    expect(records[1]).to.deep.equal([...COLUMNS]);
    const rows = records.filter((r) => r[0] === 'M');
    expect(rows.length).to.be.above(1);
    const cell = (row: string[], name: (typeof COLUMNS)[number]) => row[COLUMNS.indexOf(name)] ?? '';
    for (const row of rows) {
      expect(cell(row, 'kind')).to.equal('debit');
      expect(cell(row, 'planExternalId')).to.match(/^L-\d$/);
      const parts = (['principal', 'interest', 'penalty', 'fee', 'overpaid'] as const).map((name) => Number(cell(row, name)));
      expect(parts.reduce((s, p) => s + p, 0)).to.equal(Number(cell(row, 'amount')));
    }
    const sum = rows.reduce((s, r) => s + Number(cell(r, 'amount')), 0);
    const [totals] = statement.totals;
    expect([totals?.opening, totals?.closing, totals?.byKind.debit]).to.deep.equal([0, sum, { count: rows.length, minor: sum }]);
    expect(records.find((r) => r[0] === 'T')?.slice(0, 5)).to.deep.equal(['T', 'CNY', '0', String(rows.length), String(sum)]);
    const hash = createHash('sha256')
      .update(
        text
          .split(/(?<=\n)/)
          .filter((l) => l.startsWith('M,'))
          .join(''),
      )
      .digest('hex');
    expect(records.at(-1)).to.deep.equal(['E', String(rows.length), hash]);
    const next = await statementOf(businessDate('2026-01-26'));
    expect(next.totals[0]?.opening, 'a day opens where the one before closed').to.equal(sum);
  });

  it('keeps its issue number while its rows are the same, and takes the next when they are not', async () => {
    const first = await statementOf();
    expect((await statementOf()).issue).to.deep.equal(first.issue);
    expect((await Promise.all([statementOf(), statementOf(), statementOf()])).map((s) => s.issue.n)).to.deep.equal([1, 1, 1]);
    const event = await spoil.find('events', { type: 'attempt.succeeded' });
    await spoil.set('events', event._id, { 'data.channelTradeNo': 'CHANGED' });
    const second = await Promise.all([statementOf(), statementOf()]);
    expect(second.map((s) => s.issue.n)).to.deep.equal([2, 2]);
    expect(second[0]?.issue.sha256).to.not.equal(first.issue.sha256);
    expect(await textOf(second[0] as LenderStatement)).to.match(/^H,.*,2\n/);
    await spoil.mend();
    expect((await statementOf()).issue, 'the old content again is a new issue').to.include({ n: 3, sha256: first.issue.sha256 });
  });

  it('breaks off before its end where the day moves on while it is written, so that no file is whole and wrong', async () => {
    const statement = await statementOf();
    const event = await spoil.find('events', { type: 'attempt.succeeded' });
    await spoil.insert('events', { ...event, _id: 'att_LATER:2', partition: 'none' });
    const got: string[] = [];
    const broken = await (async () => {
      for await (const part of statement.lines()) got.push(part);
    })().catch((error: { code?: string }) => error.code);
    expect(broken).to.equal('VERSION_CHANGED');
    expect(got.join(''))
      .to.match(/^M,/m)
      .and.not.match(/^[TE],/m);
  });

  it('holds no formula, whatever a lender or a bank called its things', async () => {
    const event = await spoil.find('events', { type: 'attempt.succeeded' });
    await spoil.set('events', event._id, { why: '=cmd|x', 'data.channelTradeNo': '@SUM(A1)' });
    const plan = await spoil.find('plans', { _id: event.planId });
    await spoil.set('plans', plan._id, { externalId: '+1,2' });
    const text = await textOf(await statementOf());
    expect(text).to.include(`"'+1,2"`).and.include(`'=cmd|x`).and.include(`'@SUM(A1)`);
    expect(text).to.not.match(/(^|,)"?[=+@]/m);
  });

  it('pages through the same rows, and folds a debit with its return beneath', async () => {
    const all = await statementPage(house.world, house.lender, DAY, null, 200);
    const paged: string[] = [];
    for (let after: string | null = null; ; ) {
      const page: typeof all = await statementPage(house.world, house.lender, DAY, after, 1);
      paged.push(...page.data.map((r) => r.id));
      if (!page.hasMore) break;
      after = paged.at(-1) ?? null;
    }
    expect(paged).to.deep.equal(all.data.map((r) => r.id));
    const [one] = all.data;
    const back = { ...one!, id: 'back', kind: 'return' as const, minor: -one!.minor };
    const folded = fold([...all.data, back]);
    expect(folded).to.have.length(all.data.length);
    expect(folded.find((f) => f.orderNo === one!.orderNo))
      .to.include({ net: 0 })
      .and.have.property('rows')
      .with.length(2);
  });
});
