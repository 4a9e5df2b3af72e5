import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { duly, type Running, startDuly } from '../support/cli.ts';

type Report = Readonly<{
  rows: number;
  imported: number;
  unchanged: number;
  rejectedRows: number;
  rejected: { line: number; code: string; message: string }[];
}>;

/** One way to spoil a row each, as a careless export would. */
const SPOILT: Readonly<Record<string, (line: string, column: (name: string) => number, first: string) => string>> = {
  'no id': (line, col) => set(line, col('externalId'), ''),
  'an id that another row has': (line, col, first) => set(line, col('externalId'), first.split(',')[col('externalId')] as string),
  'an endless id': (line, col) => set(line, col('externalId'), 'x'.repeat(5_000)),
  '30 February': (line, col) => set(line, col('dueDate'), '2027-02-30'),
  'a date in words': (line, col) => set(line, col('dueDate'), 'soon'),
  'a date of zeros': (line, col) => set(line, col('dueDate'), '0000-00-00'),
  'a date with more behind it': (line, col) => set(line, col('dueDate'), '20270125T'),
  ...Object.fromEntries(
    ['1e3', '-5', '', '12.345', 'NaN', '9007199254740993', '0x10', 'true', '１２３４', ' 12 '].map((amount) => [
      `an amount of '${amount}'`,
      (line: string, col: (name: string) => number) => set(line, col('principal'), amount),
    ]),
  ),
  'an unknown currency': (line, col) => set(line, col('currency'), 'ZZZ'),
  'half a currency': (line, col) => set(line, col('currency'), 'XX'),
  'a currency with dirt': (line, col) => set(line, col('currency'), 'cny$'),
  'a telephone in letters': (line, col) => set(line, col('phone'), 'abc'),
  'half a telephone': (line, col) => set(line, col('phone'), '+861'),
  'an unknown strategy': (line, col) => set(line, col('strategy'), 'no-such'),
  'an unknown rail': (line, col) => set(line, col('rail'), 'pigeon'),
  'an unknown method': (line, col) => set(line, col('method'), 'magic'),
  'no instalment at all': (line, col) => set(line, col('count'), '0'),
  'a field too many': (line) => `${line},extra`,
  'a field too few': (line) => line.slice(0, line.lastIndexOf(',')),
  'half a line': (line) => line.slice(0, 10),
  'commas alone': (line) => ','.repeat(line.split(',').length - 1),
};

function set(line: string, column: number, value: string): string {
  const fields = line.split(',');
  fields[column] = value;
  return fields.join(',');
}

describe('duly plans', function () {
  this.timeout(240_000);
  const dir = mkdtempSync(join(tmpdir(), 'duly-test-cli-plans-'));
  const env = { DULY_DATA_DIR: join(dir, 'data') };
  const file = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  // Keeps the folder's server up, so that each command only joins it.
  let house: Running;
  before(async () => {
    house = startDuly(['worker', '--json'], { env });
    expect(JSON.parse((await house.line()) ?? 'null')).to.include({ ready: true });
  });
  after(async () => {
    house.kill('SIGTERM');
    await house.ended;
    rmSync(dir, { recursive: true, force: true });
  });
  const importing = async (path: string, input?: string): Promise<Report> => {
    const { code, out, err } = await duly(['plans', 'import', path, '--json'], { env, input });
    expect(code, err).to.equal(0);
    return JSON.parse(out);
  };

  it('print the same sample for the same seed, and another for another', async () => {
    const print = (seed: string) => duly(['plans', 'template', '--rows', '40', '--seed', seed]).then((r) => r.out);
    const [once, again, other] = [await print('7'), await print('7'), await print('8')];
    expect(once).to.equal(again);
    expect(once).not.to.equal(other);
    expect(once.trimEnd().split('\n')).to.have.length(41);
    expect(once.split('\n')[0]).to.equal(
      'externalId,borrowerExternalId,name,phone,language,rail,account,perDebitCap,currency,strategy,principal,monthlyRate,count,method,dueDate',
    );
  });

  it('take the 500 good rows of a file, name each bad one by its line and reason, and double nothing when it is sent again', async () => {
    const { out } = await duly(['plans', 'template', '--rows', '500', '--seed', '3']);
    const more = (await duly(['plans', 'template', '--rows', String(Object.keys(SPOILT).length), '--seed', '4'])).out.trim().split('\n');
    const lines = out.trim().split('\n');
    const column = (name: string): number => {
      const at = lines[0]?.split(',').indexOf(name) ?? -1;
      expect(at, name).to.be.at.least(0);
      return at;
    };
    const bad = new Map<number, string>();
    const first = lines[1] as string;
    for (const [k, [name, spoil]] of Object.entries(SPOILT).entries()) {
      const at = 10 + k * 15;
      lines.splice(at, 0, spoil(more[k + 1] as string, column, first));
      bad.set(at + 1, name);
    }
    const path = file('plans.csv', `${lines.join('\n')}\n`);

    const report = await importing(path);
    const named = new Set(report.rejected.map((r) => r.line));
    expect([...bad].filter(([line]) => !named.has(line)).map(([, name]) => name)).to.deep.equal([]);
    expect(report).to.include({ rows: 500 + bad.size, imported: 500, unchanged: 0, rejectedRows: bad.size });
    for (const { line, code, message } of report.rejected) {
      expect(code, bad.get(line)).to.match(/^[A-Z_]+$/);
      expect(message, bad.get(line)).to.match(/\S{3}/);
      expect(message, bad.get(line)).not.to.match(/node_modules|\.ts:\d|Mongo/);
    }

    const again = await importing(path);
    expect(again).to.include({ imported: 0, unchanged: 500, rejectedRows: bad.size });
    expect(again.rejected).to.deep.equal(report.rejected);
  });

  it('come from standard input as well', async () => {
    const { out } = await duly(['plans', 'template', '--rows', '3', '--seed', '21']);
    expect(await importing('-', out)).to.deep.equal({ rows: 3, imported: 3, unchanged: 0, rejectedRows: 0, rejected: [] });
  });

  it('come as one POST body a line, where a line that is none is named', async () => {
    const body = (n: number) =>
      JSON.stringify({
        externalId: `N-${n}`,
        currency: 'CNY',
        strategy: 'standard',
        borrower: { externalId: `NB-${n}`, name: '张三', phone: '+8613800138000', language: 'zh' },
        mandate: { rail: 'simulator', account: `62220200000001${n}0019`, perDebitCap: 500_000 },
        instalments: [{ dueDate: '2027-01-25', principal: 92_016, interest: 18_000 }],
      });
    const path = file('plans.ndjson', [body(1), '{"half":', body(2), '[]', '', body(3)].join('\n'));
    const report = await importing(path);
    expect(report).to.include({ rows: 5, imported: 3, rejectedRows: 2 });
    expect(report.rejected.map((r) => r.line)).to.deep.equal([2, 4]);
    expect(report.rejected[0]).to.include({ code: 'NOT_JSON' });
  });

  it('say in words what became of each row without --json', async () => {
    const { out } = await duly(['plans', 'template', '--rows', '2', '--seed', '22']);
    const spoilt = out.replace(/2027-\d\d-\d\d\n$/, 'never\n');
    const { code, out: said } = await duly(['plans', 'import', '-'], { env, input: spoilt });
    expect(code).to.equal(0);
    expect(said).to.match(/^2 rows: 1 imported, 0 unchanged, 1 rejected\nline 3: .*dueDate.* \[[A-Z_]+\]\n$/);
  });

  it('refuse a file that is not there, one without the columns, and a lender nobody knows, in one sentence', async () => {
    const good = file('one.csv', (await duly(['plans', 'template', '--rows', '1'])).out);
    const runs = await Promise.all([
      duly(['plans', 'import', join(dir, 'nowhere.csv'), '--json'], { env }),
      duly(['plans', 'import', file('cows.csv', 'cow,milk\nBerta,12\n'), '--json'], { env }),
      duly(['plans', 'import', good, '--lender', 'lnd_01ARZ3NDEKTSV4RRFFQ69G5FAV', '--json'], { env }),
    ]);
    expect(runs.map(({ code, out }) => ({ code, out }))).to.deep.equal(Array(3).fill({ code: 2, out: '' }));
    expect(runs[0]?.err).to.match(/^duly: .*nowhere\.csv.* \[NO_FILE\]\n$/);
    expect(runs[1]?.err).to.match(/^duly: the first line must name the columns/);
    expect(runs[2]?.err).to.match(/^duly: .*lnd_01ARZ3NDEKTSV4RRFFQ69G5FAV.* \[NOT_FOUND\]\n$/);
    for (const { err } of runs) expect(err).not.to.match(/\n\s+at /);
  });
});
