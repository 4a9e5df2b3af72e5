import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { addDays, businessDate } from '../../src/domain/clock.ts';
import { duly, type Running, startDuly, timed } from '../support/cli.ts';

const KEY = 'sk_test_cli_0123456789abcdef0123456789abcdef';

describe('duly start', function () {
  this.timeout(240_000);
  const dir = mkdtempSync(join(tmpdir(), 'duly-test-cli-start-'));
  const env = { DULY_DATA_DIR: join(dir, 'data'), PORT: '0', DULY_ADMIN_KEY: KEY };
  let house: Running;
  let url: string;
  const up = async (): Promise<void> => {
    house = startDuly(['start', '--json'], { env });
    const ready = JSON.parse((await house.line()) ?? 'null');
    expect(ready).to.deep.equal({ ready: true, url: ready?.url });
    url = ready.url;
  };
  let calls = 0;
  const call = async (method: 'GET' | 'POST', path: string, body?: object, key = KEY): Promise<ReturnType<typeof JSON.parse>> => {
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'idempotency-key': `cli-${process.pid}-${++calls}`,
    };
    const answer = await fetch(`${url}${path}`, { method, headers, body: body && JSON.stringify(body) });
    const json = await answer.json().catch(() => null);
    expect(answer.status, `${method} ${path}: ${JSON.stringify(json)}`).to.be.below(300);
    return json;
  };
  before(up);
  after(async () => {
    house.kill('SIGKILL');
    await house.ended;
    // The server that a killed start left behind goes with the last command that joins it.
    await duly(['check'], { env });
    rmSync(dir, { recursive: true, force: true });
  });

  let lenderKey: string;
  let planId: string;

  it('answers at the address that its one line on stdout names', async () => {
    expect((await fetch(`${url}/readyz`)).status).to.equal(200);
    const { id: lenderId } = await call('POST', '/v1/lenders', { name: 'Harbour Credit', timeZone: 'Asia/Shanghai', currency: 'CNY' });
    lenderKey = (await call('POST', '/v1/api-keys', { lenderId, scopes: ['lender'] })).key;
  });

  it('says so and stops when another start has the folder', async () => {
    const { code, out, err } = await duly(['start', '--json'], { env });
    expect({ code, out }).to.deep.equal({ code: 2, out: '' });
    expect(err).to.match(/^duly: .+ \[FOLDER_HELD\]\n$/);
  });

  const inDays = (now: string, n: number): string => addDays(businessDate(now.slice(0, 10)), n);

  it('makes no new debit while a stop switch set by `duly stop` stands, and debits again once it is lifted', async () => {
    const li = ['--by', 'Li Na', '--why', 'bank reports an outage', '--json'];
    const set = await duly(['stop', 'channel:simulator', ...li], { env });
    expect(set.code, set.err).to.equal(0);
    const listed = await duly(['stop'], { env });
    expect(listed.out).to.match(/^channel:simulator: bank reports an outage \(Li Na, \d{4}-.+Z\)\n$/);

    const { now } = await call('GET', '/v1/test/clock');
    const plan = {
      externalId: 'L-1',
      currency: 'CNY',
      strategy: 'standard',
      borrower: { externalId: 'B-1', name: '张三', phone: '+8613800138000', language: 'zh' },
      mandate: { rail: 'simulator', account: '6222020000000000019', perDebitCap: 500_000 },
      instalments: [{ dueDate: inDays(now, 10), principal: 92_016, interest: 18_000 }],
    };
    planId = (await call('POST', '/v1/plans', plan, lenderKey)).id;
    await call('POST', '/v1/test/clock/advance', { to: `${inDays(now, 11)}T02:00:00Z` });
    expect((await call('GET', `/v1/attempts?planId=${planId}`, undefined, lenderKey)).data).to.deep.equal([]);
    const [skip] = (await call('GET', `/v1/skips?planId=${planId}`, undefined, lenderKey)).data;
    expect(skip.rule).to.equal('stopSwitch');

    const lifted = await duly(['stop', 'channel:simulator', '--lift', ...li], { env });
    expect(JSON.parse(lifted.out)).to.deep.equal({ stops: [] });
    await call('POST', '/v1/test/clock/advance', { to: `${inDays(now, 20)}T02:00:00Z` });
    const tries = (await call('GET', `/v1/attempts?planId=${planId}`, undefined, lenderKey)).data;
    expect(tries.map((a: { state: string }) => a.state)).to.include('succeeded');
  });

  it('asks who stops what and why, and for a scope that there is', async () => {
    const [nobody, nothing] = await Promise.all([
      duly(['stop', 'all'], { env }),
      duly(['stop', 'everything', '--by', 'Li Na', '--why', 'x'], { env }),
    ]);
    expect([nobody.code, nothing.code]).to.deep.equal([2, 2]);
    expect(nobody.err).to.include('[WHO_AND_WHY]');
    expect(nothing.err).to.include('[BAD_SCOPE]');
  });

  it('ends within ten seconds of a SIGTERM, with exit code 0 and nothing more on stdout', async () => {
    house.kill('SIGTERM');
    const { value, ms } = await timed(() => house.ended);
    expect(value.code, value.err).to.equal(0);
    expect(ms).to.be.below(10_000);
    expect(value.out.trimEnd().split('\n')).to.have.length(1);
  });

  it('has everything again when it starts on the same folder', async () => {
    await up();
    expect((await call('GET', `/v1/plans/${planId}`, undefined, lenderKey)).externalId).to.equal('L-1');
  });

  it('takes over what a start killed with kill -9 left running, with all its data', async () => {
    house.kill('SIGKILL');
    expect((await house.ended).code).to.equal(null);
    await up();
    expect((await call('GET', `/v1/plans/${planId}`, undefined, lenderKey)).externalId).to.equal('L-1');
    const check = await duly(['check', '--json'], { env });
    expect(JSON.parse(check.out)).to.deep.include({ violated: 0 });
  });
});
