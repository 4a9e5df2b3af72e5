import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { connect, type Database } from '../../src/store/connect.ts';
import { type Embedded, joinOrStart } from '../../src/store/embedded/index.ts';
import { duly } from '../support/cli.ts';
import { writeSyntheticHistories } from '../support/synthetic-histories.ts';

const SMALL = ['demo', '--borrowers', '30', '--days', '25', '--seed', '7', '--json'];

describe('a demo that was kept', function () {
  this.timeout(240_000);
  const dir = mkdtempSync(join(tmpdir(), 'duly-test-cli-demo-'));
  const kept = join(dir, 'kept');
  let figures: ReturnType<typeof JSON.parse>;
  let server: Embedded;
  let database: Database;
  before(async () => {
    const { code, out, err } = await duly([...SMALL, '--keep', kept]);
    expect(code, err).to.equal(0);
    expect(out.trimEnd().split('\n')).to.have.length(1);
    figures = JSON.parse(out);
    // Keeps the folder's server up, so that each command only joins it.
    server = await joinOrStart({ dataDir: kept });
    database = await connect(server.uri, { appName: 'test' });
  });
  after(async () => {
    await database?.close();
    await server?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('prints figures that agree with the bank’s and with each other', () => {
    expect(figures).to.include({ seed: 7, days: 25, borrowers: 30 });
    expect(figures.collected.minor).to.be.greaterThan(0).and.to.equal(figures.bank.collectedMinor);
    expect(figures.bank.doubleDebits).to.equal(0);
    expect(figures.invariants).to.deep.include({ violated: 0 });
    const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);
    expect(sum(figures.attempts.byTrigger)).to.equal(figures.attempts.total);
    expect(sum(figures.attempts.byState)).to.equal(figures.attempts.total);
  });

  it('gives the same figures for the same seed, but for the seconds', async () => {
    const { out } = await duly(SMALL);
    expect({ ...JSON.parse(out), seconds: 0 }).to.deep.equal({ ...figures, seconds: 0 });
  });

  it('does not start in a folder that has something in it', async () => {
    const { code, out, err } = await duly([...SMALL, '--keep', kept]);
    expect({ code, out }).to.deep.equal({ code: 2, out: '' });
    expect(err).to.match(/^duly: .* is not empty: .* \[FOLDER_NOT_EMPTY\]\n$/);
  });

  it('is explained: the ladder, each rule with its source, and what comes next, when and why', async () => {
    const smaller = await database.db.collection('attempts').findOne({ trigger: 'stepDown' }, { sort: { _id: 1 } });
    const plan = await database.db.collection<{ _id: string; externalId: string }>('plans').findOne({ _id: smaller?.planId });
    const [words, json, one, nobody] = await Promise.all([
      duly(['explain', plan?.externalId ?? '', '--data', kept]),
      duly(['explain', plan?._id ?? '', '--data', kept, '--json']),
      duly(['explain', String(smaller?._id), '--data', kept]),
      duly(['explain', 'L-nobody', '--data', kept]),
    ]);
    expect(words.code, words.err).to.equal(0);
    expect(words.out).to.match(/^Plan L-\d+(-2)? of borrower B-\d+, lender Harbour Credit\n/);
    const order = [
      'for the first time: CNY ',
      'again, for the full amount: CNY ',
      'for a smaller amount: CNY ',
      'What is owed on ',
      'What happens next\n',
    ];
    const places = order.map((text) => words.out.indexOf(text));
    expect(Math.min(...places), order[places.indexOf(-1)]).to.be.greaterThan(0);
    expect(places).to.deep.equal([...places].sort((a, b) => a - b));
    expect(words.out).to.match(/for a smaller amount: CNY .* because on the last planned day CNY .* is \d+ % of the CNY .* outstanding/);
    expect(words.out).to.match(/What happens next\n {2}(\d{4}-\d\d-\d\d \d\d:\d\d: )?.*, because .+\./);
    expect(one.out).to.match(/stepDownAllowed: .*\[duly:simulator\]/);
    const story = JSON.parse(json.out);
    expect(story).to.include.keys('id', 'title', 'sections', 'next');
    expect(story.next.text).to.match(/because/);
    expect(nobody.code).to.equal(2);
    expect(nobody.err).to.include('[NOT_FOUND]');
  });

  it('is examined by the doctor, who names what is not fit for real money', async () => {
    const { code, out } = await duly(['doctor', '--json'], { env: { DULY_DATA_DIR: kept } });
    const { wrong, findings } = JSON.parse(out);
    expect({ code, wrong }).to.deep.equal({ code: 0, wrong: 0 });
    const state = Object.fromEntries(findings.map((f: { name: string; state: string }) => [f.name, f.state]));
    expect(state).to.include({ environment: 'warning', 'state tables': 'ok', database: 'ok', clock: 'ok', 'channel keys': 'warning' });
  });

  it('passes the check, and fails it with exit code 1 and the row once a document was changed by hand', async () => {
    const clean = await duly(['check', '--data', kept, '--json']);
    expect(clean.code, clean.out).to.equal(0);
    expect(JSON.parse(clean.out)).to.deep.include({ violated: 0, violations: [] });
    const attempts = database.db.collection<{ _id: string; amount: { minor: number } }>('attempts');
    const paid = await attempts.findOne({ state: 'succeeded' });
    await attempts.updateOne({ _id: paid!._id }, { $inc: { 'amount.minor': 1 } });
    const [json, words] = await Promise.all([duly(['check', '--data', kept, '--json']), duly(['check', '--data', kept])]);
    await attempts.updateOne({ _id: paid!._id }, { $inc: { 'amount.minor': -1 } });
    expect([json.code, words.code]).to.deep.equal([1, 1]);
    expect(JSON.parse(json.out).violated).to.be.greaterThan(0);
    expect(json.out).to.include(paid!._id);
    expect(words.out).to.match(/^\d+ invariants checked, [1-9]\d* broken\nI\d+: /);
  });
});

describe('a demo on account histories', function () {
  this.timeout(240_000);
  const dir = mkdtempSync(join(tmpdir(), 'duly-test-cli-histories-'));
  after(() => rmSync(dir, { recursive: true, force: true }));
  const { accountsCsv, loansCsv } = writeSyntheticHistories(dir, 'cli', 2);

  for (const mode of ['loan', '1.0x-inflow'])
    it(`makes a plan of every loan with instalments by ${mode}, and its books agree with the accounts’`, async () => {
      const { code, out, err } = await duly(['demo', '--accounts', accountsCsv, '--loans', loansCsv, '--instalment', mode, '--json']);
      expect(code, err).to.equal(0);
      const figures = JSON.parse(out);
      expect(figures).to.include({ plans: 2, borrowers: 2 });
      expect(figures.attempts.total).to.be.greaterThan(0);
      expect(figures.collected.minor).to.be.greaterThan(0).and.to.equal(figures.bank.collectedMinor);
      expect(figures.bank.doubleDebits).to.equal(0);
      expect(figures.invariants.violated).to.equal(0);
    });

  it('wants both files, and says which one it cannot read', async () => {
    const [half, nowhere] = await Promise.all([
      duly(['demo', '--accounts', accountsCsv]),
      duly(['demo', '--accounts', join(dir, 'nowhere.csv'), '--loans', loansCsv]),
    ]);
    expect([half.code, nowhere.code]).to.deep.equal([2, 2]);
    expect(half.err).to.include('--accounts and --loans go together');
    expect(nowhere.err).to.include('nowhere.csv');
  });
});
