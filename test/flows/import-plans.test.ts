import { Readable } from 'node:stream';
import { expect } from 'chai';
import { type ImportOptions, importPlans, template } from '../../src/flows/import-plans.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { LI, numbered, thrownBy } from './bodies.ts';

const set = (line: string, column: number, value: string): string => line.split(',').with(column, value).join(',');
const [ID, PHONE, ACCOUNT, CAP, CURRENCY, PRINCIPAL, DATE] = [0, 3, 6, 7, 8, 10, 14] as const;

describe('importing plans', () => {
  let house: TestHouse;
  before(async () => {
    house = await openTestHouse();
  });
  after(() => house.end());

  const load = (text: string | Buffer | Readable, change: Partial<ImportOptions> = {}) =>
    importPlans(house.world, house.lender, text instanceof Readable ? text : Readable.from([text]), {
      format: 'csv',
      actor: LI,
      ...change,
    });
  const sample = (rows: number, seed: number) => [...template(rows, seed)];

  it('takes every row of the sample file, and finds each unchanged the second time', async () => {
    const file = `${sample(120, 1).join('\n')}\n`;
    const counts = { rows: 120, imported: 120, unchanged: 0, rejectedRows: 0, rejected: [] };
    expect(await load(file)).to.deep.equal(counts);
    expect(await load(file)).to.deep.equal({ ...counts, imported: 0, unchanged: 120 });
    expect((await house.world.store.of(house.lender.id).plans.list({}, { limit: 500 })).data).to.have.length(120);
  });

  it('prints the same sample for the same seed, and another for another', () => {
    expect(sample(50, 7)).to.deep.equal(sample(50, 7));
    expect(sample(50, 7)[1]).not.to.equal(sample(50, 8)[1]);
    expect(sample(50, 7).join('')).not.to.match(/["']/);
    expect(new Set(sample(2000, 7).map((l) => l.split(',')[ACCOUNT])).size).to.equal(2001);
  });

  it('names each bad row by its line, and takes the good ones around it', async () => {
    const lines = sample(60, 2);
    const bad: Record<number, (line: string) => string> = {
      3: (l) => set(l, ID, ''),
      4: (l) => set(l, ID, lines[1]!.split(',')[ID]!),
      5: (l) => set(l, DATE, '2027-02-30'),
      6: (l) => set(l, DATE, 'soon'),
      7: (l) => set(l, PRINCIPAL, '1e3'),
      8: (l) => set(l, PRINCIPAL, '-5'),
      9: (l) => set(l, PRINCIPAL, ''),
      10: (l) => set(l, PRINCIPAL, '12.345'),
      11: (l) => set(l, PRINCIPAL, 'NaN'),
      12: (l) => set(l, CURRENCY, 'ZZZ'),
      13: (l) => set(l, CURRENCY, 'XX'),
      14: (l) => set(l, PHONE, 'abc'),
      15: (l) => `${l},extra`,
      16: (l) => l.slice(0, l.lastIndexOf(',')),
      17: (l) => l.slice(0, 10),
      18: (l) => set(l, PRINCIPAL, '9007199254740993'),
      19: (l) => set(l, DATE, '0000-00-00'),
      20: (l) => set(l, PHONE, '+861'),
      21: (l) => set(l, PRINCIPAL, '0x10'),
      22: (l) => set(l, PRINCIPAL, 'true'),
      23: (l) => set(l, ID, 'x'.repeat(5000)),
      24: (l) => set(l, CURRENCY, 'cny$'),
      25: (l) => set(l, DATE, '20270125T'),
      26: (l) => ','.repeat(l.split(',').length - 1),
      27: (l) => set(l, PRINCIPAL, '１２３４'),
      28: (l) => set(l, PRINCIPAL, '0'),
      29: (l) => set(l, ID, 'a"b'),
      30: (l) => set(l, 2, 'x'.repeat(70_000)),
      31: (l) => set(l, 2, 'a\u0000b'),
      32: (l) => set(l, PRINCIPAL, ' 120000'),
      33: (l) => set(l, PRINCIPAL, '0120000'),
      34: (l) => set(l, ACCOUNT, '12'),
      35: (l) => set(l, 2, '\uFFFD'),
    };
    for (const [line, spoil] of Object.entries(bad)) lines[Number(line) - 1] = spoil(lines[Number(line) - 1]!);
    const report = await load(`\uFEFF${lines.join('\r\n')}\r\n`);
    expect(report.rejected.map((r) => r.line)).to.deep.equal(Object.keys(bad).map(Number));
    for (const { code, message } of report.rejected) {
      expect(code).to.match(/^[A-Z][A-Z0-9_]+$/);
      expect(message).to.match(/: /);
    }
    expect(report).to.include({ rows: 60, imported: 60 - Object.keys(bad).length, rejectedRows: Object.keys(bad).length });
    const said = new Map(report.rejected.map((r) => [r.line, r]));
    expect(said.get(4)).to.include({ code: 'PLAN_EXISTS_DIFFERENT' });
    expect(said.get(5)?.message).to.match(/^dueDate is not a day/);
    expect(said.get(14)?.message).to.match(/^phone /);
    expect(said.get(26)).to.include({ code: 'EMPTY_ROW' });
    expect(said.get(30)).to.include({ code: 'LINE_TOO_LONG' });
  });

  it('takes an empty cap as no cap, and columns in any order', async () => {
    const [header, line] = sample(1, 3) as [string, string];
    const turned = [header, set(line, CAP, '')].map((l) => l.split(',').reverse().join(',')).join('\n');
    expect(await load(turned)).to.include({ imported: 1 });
  });

  it('takes quoted fields, and lets an open quote spoil its own line only', async () => {
    const lines = sample(3, 4);
    lines[1] = set(lines[1]!, 2, '"Smith, John ""Jack"""');
    lines[2] = set(lines[2]!, 2, '"open');
    const report = await load(lines.join('\n'));
    expect(report).to.include({ imported: 2 });
    expect(report.rejected.map((r) => [r.line, r.code])).to.deep.equal([[3, 'BAD_QUOTES']]);
    const { data } = await house.world.store.of(house.lender.id).borrowers.list({ externalId: 'B-4-0000001' }, { limit: 1 });
    expect(data[0]?.name).to.equal('Smith, John "Jack"');
  });

  it('refuses a file without the known columns before it takes a row', async () => {
    const [header, line] = sample(1, 5) as [string, string];
    for (const first of ['', header.replace('phone,', ''), `${header},extra`, header.replace('phone', 'name'), line, '\u0000e\u0000x']) {
      const error = await thrownBy(() => load(`${first}\n${line}\n`));
      expect(error, first).to.have.nested.property('faults[0].code', 'BAD_HEADER');
    }
    expect(await thrownBy(() => load(Readable.from([])))).to.have.nested.property('faults[0].code', 'BAD_HEADER');
  });

  it('reads what comes in pieces, cut anywhere, characters of several bytes included', async () => {
    const bytes = Buffer.from(`${sample(5, 6).join('\n')}\n`);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, i) => bytes.subarray(i * 7, i * 7 + 7));
    expect(await load(Readable.from(pieces))).to.include({ imported: 5, rejectedRows: 0 });
  });

  it('lets go of a line that never ends instead of gathering it', async () => {
    const [header, line] = sample(1, 9) as [string, string];
    function* flood() {
      yield `${header}\n`;
      for (let n = 0; n < 200; n++) yield Buffer.alloc(1 << 20, 'x');
      yield `\n${line}\n`;
    }
    const before = process.memoryUsage().rss;
    const report = await load(Readable.from(flood()));
    expect(report.rejected).to.deep.equal([
      { line: 2, code: 'LINE_TOO_LONG', message: 'the line is longer than 65536 bytes: shorten it, or look for a missing line break' },
    ]);
    expect(report.imported).to.equal(1);
    expect(process.memoryUsage().rss - before).to.be.lessThan(100 << 20);
  });

  it('takes bodies of the API line by line as NDJSON', async () => {
    const lines = [JSON.stringify(numbered(801)), '{"a":', 'null', JSON.stringify(numbered(802)), JSON.stringify(numbered(801))];
    const report = await load(lines.join('\n'), { format: 'ndjson' });
    expect(report).to.include({ rows: 5, imported: 2, unchanged: 1 });
    expect(report.rejected.map((r) => [r.line, r.code])).to.deep.equal([
      [2, 'NOT_JSON'],
      [3, 'NOT_AN_OBJECT'],
    ]);
  });

  it('tells how far it is, with counts that add up', async () => {
    const told: number[] = [];
    const report = await load(`${sample(1200, 11).join('\n')}\n`, {
      onProgress: (p) => told.push(p.imported + p.unchanged + p.rejectedRows),
    });
    expect(told).to.deep.equal([500, 1000, 1200]);
    expect(report.imported).to.equal(1200);
  }).timeout(40_000);
});
