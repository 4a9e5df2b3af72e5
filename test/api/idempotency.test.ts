/** One effect an Idempotency-Key, however often and however fast it comes (X30). */
import { expect } from 'chai';
import { JOB, openTestApi, planBody, rows, type TestApi, type TestLender } from './support/api.ts';

describe('an Idempotency-Key', () => {
  let api: TestApi;
  let lender: TestLender;
  before(async function () {
    this.timeout(240_000);
    let faults = 1;
    api = await openTestApi((deps) => ({
      ...deps,
      jobs: {
        ...deps.jobs,
        pause: async (name) => {
          if (faults-- > 0) throw new Error('a secret of ours');
          await deps.jobs.pause(name);
        },
      },
    }));
    lender = await api.lender('Harbour');
  });
  after(() => api?.end());

  const key = (text: string) => ({ 'idempotency-key': text });

  it('is asked for on every POST that changes something', async () => {
    for (const wrong of ['', 'x'.repeat(256)]) {
      const answer = await lender.send('POST', '/v1/plans', planBody(), key(wrong));
      expect([answer.status, answer.at('code')]).to.deep.equal([400, 'IDEMPOTENCY_KEY_MISSING']);
    }
    expect((await lender.send('POST', '/v1/plans', planBody(), key('x'.repeat(255)))).status).to.equal(201);
  });

  it('gives the first answer again, byte for byte, and says so', async () => {
    const body = planBody();
    const first = await lender.send('POST', '/v1/plans', body, key('replay'));
    const again = await lender.send('POST', '/v1/plans', body, key('replay'));
    expect([again.status, again.text, again.headers.get('etag')]).to.deep.equal([first.status, first.text, first.headers.get('etag')]);
    expect([first.headers.get('idempotent-replayed'), again.headers.get('idempotent-replayed')]).to.deep.equal([null, 'true']);
  });

  it('gives a refusal again too', async () => {
    const body = planBody();
    await lender.send('POST', '/v1/plans', body);
    const other = { ...body, strategy: 'standard', instalments: [{ dueDate: '2026-05-01', principal: 5 }] };
    const first = await lender.send('POST', '/v1/plans', other, key('refused'));
    expect([first.status, first.at('code')]).to.deep.equal([409, 'PLAN_EXISTS_DIFFERENT']);
    const again = await lender.send('POST', '/v1/plans', other, key('refused'));
    expect([again.status, again.text, again.headers.get('idempotent-replayed')]).to.deep.equal([409, first.text, 'true']);
  });

  it('belongs to one method, address and body', async () => {
    const body = planBody();
    const plan = await lender.send('POST', '/v1/plans', body, key('bound'));
    for (const answer of [
      await lender.send('POST', '/v1/plans', planBody(), key('bound')),
      await lender.send('POST', `/v1/plans/${plan.at('id')}/cancel`, {}, key('bound')),
      await lender.send('POST', '/v1/borrowers', body.borrower, key('bound')),
    ])
      expect([answer.status, answer.at('code')]).to.deep.equal([422, 'IDEMPOTENCY_KEY_REUSED']);
  });

  it('lets fifty equal calls at once have one effect', async () => {
    const body = planBody({ externalId: 'L-fifty' });
    const answers = await Promise.all(Array.from({ length: 50 }, () => lender.send('POST', '/v1/plans', body, key('fifty'))));
    const by = (status: number) => answers.filter((a) => a.status === status);
    expect(by(201).length + by(409).length).to.equal(50);
    expect(new Set(by(201).map((a) => a.text)).size).to.equal(1);
    for (const waiting of by(409))
      expect([waiting.at('code'), waiting.headers.get('retry-after')]).to.deep.equal(['IDEMPOTENCY_IN_PROGRESS', '1']);
    expect(rows(await lender.send('GET', '/v1/plans?externalId=L-fifty'))).to.have.length(1);
  });

  it('is not needed for one plan: fifty equal calls under fifty keys leave one plan', async function () {
    this.timeout(240_000);
    const body = planBody({ externalId: 'L-fifty-keys' });
    const answers = await Promise.all(Array.from({ length: 50 }, () => lender.send('POST', '/v1/plans', body)));
    expect(answers.map((a) => a.status).filter((s) => s !== 200 && s !== 201)).to.deep.equal([]);
    expect(new Set(answers.map((a) => a.at('id'))).size).to.equal(1);
  });

  it('is free again after a fault of ours, of which the caller learns only the request id', async () => {
    const faulty = () => api.admin('POST', `/v1/jobs/${JOB}/pause`, {}, key('faulty'));
    const first = await faulty();
    expect([first.status, first.at('code'), first.headers.get('retry-after')]).to.deep.equal([500, 'INTERNAL', '1']);
    expect(first.text).to.not.match(/secret of ours|\.ts:\d/);
    expect(api.log.filter((line) => line.includes(first.at('requestId')) && line.includes('a secret of ours'))).to.have.length(1);
    const again = await faulty();
    expect([again.status, again.at('paused')]).to.deep.equal([200, true]);
  });

  it('turns a huge key away before it is read', async () => {
    const answer = await lender.send('POST', '/v1/plans', planBody(), key('k'.repeat(20_000)));
    expect(answer.status).to.equal(431);
  });

  it('that a crash left running is free again for the same request after a minute, by the database’s own clock', async () => {
    const body = planBody();
    const rows = api.house.database.db.collection<{ _id: string; startedAt: Date; state: string }>('idempotency');
    const _id = `${lender.id}|crashed`;
    const first = await lender.send('POST', '/v1/plans', body, key('crashed'));
    const begun = async (secondsAgo: number) =>
      rows.updateOne({ _id }, [{ $set: { state: 'running', startedAt: { $subtract: ['$$NOW', secondsAgo * 1000] } } }]);
    await begun(50);
    const early = await lender.send('POST', '/v1/plans', body, key('crashed'));
    expect([early.status, early.at('code')]).to.deep.equal([409, 'IDEMPOTENCY_IN_PROGRESS']);
    await begun(61);
    expect((await lender.send('POST', '/v1/plans', planBody(), key('crashed'))).at('code')).to.equal('IDEMPOTENCY_KEY_REUSED');
    const again = await lender.send('POST', '/v1/plans', body, key('crashed'));
    expect([again.status, again.at('id'), again.headers.get('idempotent-replayed')]).to.deep.equal([200, first.at('id'), null]);
    expect((await lender.send('POST', '/v1/plans', body, key('crashed'))).headers.get('idempotent-replayed')).to.equal('true');
  });
});
